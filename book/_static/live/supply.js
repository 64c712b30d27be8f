// What the page's Python is made of: the parts that the site's list names, with their addresses.
import { manifest } from "./manifest.js";
import { Parts } from "./parts.js";

const NONE = "Cells cannot be run here: the site was built without Pyodide.";

export class Supply {
  /** @param {(loaded: number, total: number, label: string) => void} onProgress */
  constructor(onProgress) {
    if (!manifest) throw new Error(NONE);
    const root = new URL(manifest.root, import.meta.url);
    const part = ([address, size, key], label) => ({
      name: address.split("/").pop(), url: new URL(`${address}?v=${key}`, root).href, size, label,
    });
    this.parts = new Parts(onProgress);
    this.info = manifest.info;
    /** A hash of all that is listed: it changes with the library, Pyodide and the packages. */
    this.version = manifest.version;
    this.root = root.href;
    this.pyodide = new URL(manifest.pyodide, root).href;
    /** @type {Object<string, Part>} the interpreter's own files, by name */
    this.core = Object.fromEntries(
      manifest.core.map((row) => part(row, "Python")).map((each) => [each.name, each]));
    /** @type {Object<string, Part[]>} archives, by the package that they make up */
    this.packages = Object.fromEntries(Object.entries(manifest.packages)
      .map(([name, rows]) => [name, rows.map((row) => part(row, name))]));
  }

  /** Of all parts that there are. */
  get addresses() {
    const all = [...Object.values(this.core), ...Object.values(this.packages).flat()];
    return all.map(({ url }) => url);
  }
}

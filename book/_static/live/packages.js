// The packages of the page's Python: downloaded, unpacked, and put where Python finds them.
import { unzip } from "./unzip.js";

export const SITE_PACKAGES = "/lib/python3.12/site-packages";
// Of a package: no tests, no stubs, no headers, no sources of other languages.
const NOT_WANTED = /(^|\/)(tests?|include|f2py|distutils|sample_data|_examples)\/|\.(pyi|h|pxd|a|c)$|_(umath|rational|flag|ufunc)_tests\.cpython|\.dist-info\//;

export class Packages {
  #supply;
  #unpacked = new Map(); // name of a package -> promise of its archives
  #compiled = [];
  /** Names of those that are in their place. */
  installed = new Set();

  /** @param {import("./supply.js").Supply} supply */
  constructor(supply) {
    this.#supply = supply;
    // Python's import compiles a library when it is asked for it, and everything waits. Those of
    // the packages were compiled while they came, all at a time; the same bytes get what was made
    // of them.
    WebAssembly.Module = new Proxy(WebAssembly.Module, {
      construct: (Module, [bytes]) =>
        this.#compiled.find(({ data }) => same(data, bytes))?.module ?? new Module(bytes),
    });
  }

  /** The archives of a package: files by name, compiled libraries as modules. */
  unpacked(name) {
    if (!this.#unpacked.has(name)) {
      const archives = Promise.all(this.#supply.packages[name].map((part) => this.#archive(part)));
      this.#unpacked.set(name, archives);
      archives.catch(() => this.#unpacked.delete(name));
    }
    return this.#unpacked.get(name);
  }

  async #archive(part) {
    const files = await unzip(await this.#supply.parts.bytes(part), (file) => !NOT_WANTED.test(file));
    repair(files);
    const libraries = [...files].filter(([file]) => file.endsWith(".so"));
    const modules = await Promise.all(libraries.map(async ([, data]) =>
      ({ data, module: await WebAssembly.compile(data) })));
    return { files, modules };
  }

  /** Put a package into its place. */
  async install(pyodide, name) {
    if (this.installed.has(name)) return;
    for (const { files, modules } of await this.unpacked(name)) {
      write(pyodide, files);
      this.#compiled.push(...modules);
    }
    this.installed.add(name);
  }

  /** The files of the packages that are in their place, by name. */
  async files() {
    const archives = await Promise.all([...this.installed].map((name) => this.unpacked(name)));
    return new Map(archives.flat().flatMap(({ files }) => [...files]));
  }
}

/** @param {Iterable<[string, Uint8Array]>} files by their names in site-packages */
export function write(pyodide, files) {
  const made = new Set();
  for (const [file, data] of files) {
    const path = `${SITE_PACKAGES}/${file}`;
    const folder = path.slice(0, path.lastIndexOf("/"));
    if (!made.has(folder)) pyodide.FS.mkdirTree(folder);
    made.add(folder);
    pyodide.FS.writeFile(path, data, { canOwn: true });
  }
}

const same = (one, two) =>
  one.length === two.length && one.every((byte, place) => byte === two[place]);

// matplotlib 3.8.4 of Pyodide comes with a list of its fonts that names another version, would not
// take it, and would look at each font for seconds.
function repair(files) {
  const [list, code] = ["fontlist.json", "font_manager.py"].map((f) => files.get(`matplotlib/${f}`));
  if (!list || !code) return;
  const [, version] = new TextDecoder().decode(code).match(/__version__ = (\d+)/) ?? [];
  const text = new TextDecoder().decode(list).replace(/("_version": )\d+/, `$1${version}`);
  files.set("matplotlib/fontlist.json", new TextEncoder().encode(text));
}

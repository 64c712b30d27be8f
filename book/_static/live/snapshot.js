// A copy of Python's memory, kept in the browser: with it Python starts where it stood when the copy
// was made, its packages imported, and no cell run.
//
// Three entries of the cache, written in this order: the packages' files, the memory (without its
// empty pages), and a description with the sizes of both. It has the version of all parts in its
// address: a new library, or another Pyodide, makes a new one.
import { CACHE } from "./parts.js";

const PAGE = 4096; // bytes
const ENTRIES = { files: "snapshot-files", memory: "snapshot-memory", text: "snapshot" };

/** @typedef {{packages: string[], libraries: object, files: [string, number][],
 *   size: number, used: [number, number][]}} Description size: of the memory; used: its parts */

export class Snapshots {
  #addresses;

  /** @param {import("./supply.js").Supply} supply */
  constructor({ root, version }) {
    this.#addresses = Object.fromEntries(Object.entries(ENTRIES)
      .map(([entry, name]) => [entry, `${root}${name}?v=${version}`]));
  }

  get addresses() {
    return Object.values(this.#addresses);
  }

  async #cache() {
    return globalThis.caches ? caches.open(CACHE) : null;
  }

  /** @returns {Promise<Snapshot|null>} the one that is kept */
  async find() {
    try {
      const cache = await this.#cache();
      const text = await cache?.match(this.#addresses.text);
      if (!text) return null;
      const blob = async (entry) => (await cache.match(this.#addresses[entry])).blob();
      return new Snapshot(await text.json(), () => blob("files"), () => blob("memory"));
    } catch {
      return null;
    }
  }

  /**
   * Keep one. A browser that has no room for it starts as before.
   * @param {{packages: string[], libraries: object, files: Map<string, Uint8Array>,
   *   memory: Uint8Array}} taken
   */
  async keep({ packages, libraries, files, memory }) {
    const cache = await this.#cache();
    const used = filled(memory);
    const put = (entry, parts) =>
      cache.put(this.#addresses[entry], new Response(new Blob(parts)));
    try {
      await cache.delete(this.#addresses.text);
      await put("files", [...files.values()]);
      await put("memory", used.map(([from, to]) => memory.subarray(from, to)));
      const sizes = [...files].map(([name, data]) => [name, data.length]);
      const text = { packages, libraries, files: sizes, size: memory.length, used };
      await put("text", [JSON.stringify(text)]);
    } catch (error) {
      await this.drop();
      throw error;
    }
  }

  async drop() {
    const cache = await this.#cache().catch(() => null);
    for (const address of this.addresses) await cache?.delete(address).catch(() => {});
  }
}

class Snapshot {
  #files;
  #memory;

  /** @param {Description} text */
  constructor({ packages, libraries, files, size, used }, openFiles, openMemory) {
    Object.assign(this, { packages, libraries, size, used });
    this.names = files;
    this.#files = openFiles;
    this.#memory = openMemory;
  }

  /** @returns {Promise<Map<string, Uint8Array>>} the packages' files */
  async files() {
    const bytes = await whole(this.#files, sum(this.names.map(([, size]) => size)));
    let at = 0;
    return new Map(this.names.map(([name, size]) => [name, bytes.subarray(at, (at += size))]));
  }

  /** @returns {Promise<Uint8Array>} as Pyodide takes it */
  async memory() {
    const bytes = await whole(this.#memory, sum(this.used.map(([from, to]) => to - from)));
    const memory = new Uint8Array(this.size);
    let at = 0;
    for (const [from, to] of this.used) memory.set(bytes.subarray(at, (at += to - from)), from);
    return memory;
  }
}

const sum = (values) => values.reduce((all, value) => all + value, 0);

async function whole(open, size) {
  const bytes = new Uint8Array(await (await open()).arrayBuffer());
  if (bytes.length !== size) throw new Error(`${bytes.length} bytes are kept, and there were ${size}`);
  return bytes;
}

/** The parts of the memory in which something stands. */
function filled(memory) {
  const words = new BigUint64Array(memory.buffer, 0, memory.length >> 3);
  const parts = [];
  const step = PAGE / 8;
  for (let page = 0; page < words.length; page += step) {
    const end = Math.min(page + step, words.length);
    let word = page;
    while (word < end && words[word] === 0n) word += 1;
    if (word === end) continue;
    const last = parts.at(-1);
    if (last && last[1] === page * 8) last[1] = end * 8;
    else parts.push([page * 8, end * 8]);
  }
  return parts;
}

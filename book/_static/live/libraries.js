// The compiled libraries that Python had loaded when its memory was copied.
//
// A copy of the memory holds what a library has in it, but not its functions: they stand in a table
// that belongs to the interpreter's instance, and memory has their numbers alone. Before such a copy
// is put back, each library is loaded in the same order at the same places, so that every number
// means the same function as before. Where one does not, the copy is of no use, and this says so.
//
// The structure that describes a loaded library (struct dso of Emscripten 3.1.58, which Pyodide
// 0.27.7 is made with) lies at its handle.
const LOADED = 8; // a byte: the places below are set
const PLACES = { memory: 12, memorySize: 16, table: 20, tableSize: 24 };
const [DATA, DATA_SIZE] = [28, 32]; // a copy of the file, which there is none of

/**
 * @typedef {{name: string, handle: number, shared: boolean, forever: boolean, memory: number,
 *   memorySize: number, table: number, tableSize: number}} Library
 */

/** What is loaded now, in order, and where the functions are. */
export function loaded(Module) {
  const handles = new Map(
    Object.entries(Module.LDSO.loadedLibsByHandle).map(([handle, dso]) => [dso, Number(handle)]));
  /** @type {Library[]} */
  const rows = Object.values(Module.LDSO.loadedLibsByName)
    .filter((dso) => dso.name !== "__main__")
    .map((dso) => {
      const handle = handles.get(dso);
      if (!handle) throw new Error(`${dso.name} was not loaded by Python`);
      const places = Object.fromEntries(Object.entries(PLACES)
        .map(([place, offset]) => [place, Module.HEAPU32[(handle + offset) >>> 2]]));
      const forever = dso.refcount === Infinity;
      return { name: dso.name, handle, shared: dso.global, forever, ...places };
    });
  return { rows, state: state(Module) };
}

/**
 * Load libraries as they were loaded before. To be called before the memory is put back: they write
 * into it what they begin with.
 * @param {{rows: Library[], state: object}} before
 * @param {(name: string) => WebAssembly.Module} module of a library, by its path
 */
export function load(Module, { rows, state: expected }, module) {
  for (const { name, handle, shared, forever, ...places } of rows) {
    Module.HEAP8[handle + LOADED] = 1;
    for (const [place, offset] of Object.entries(PLACES)) {
      Module.HEAPU32[(handle + offset) >>> 2] = places[place];
    }
    for (const offset of [DATA, DATA_SIZE]) Module.HEAPU32[(handle + offset) >>> 2] = 0;
    const dso = Module.newDSO(name, handle, "loading");
    dso.refcount = forever ? Infinity : 1;
    dso.global = shared;
    const flags = { global: shared, nodelete: forever, loadAsync: false };
    dso.exports = Module.loadWebAssemblyModule(module(name), flags, name, {}, handle);
    if (shared) Module.mergeLibSymbols(dso.exports, name);
  }
  const found = state(Module);
  for (const [what, value] of Object.entries(expected)) {
    if (found[what] !== value) throw new Error(`${what}: ${found[what]}, and it was ${value}`);
  }
}

/** How many functions the table has, and a sum over all names and the numbers that they stand for. */
function state(Module) {
  let sum = 0;
  for (const [name, { value }] of Object.entries(Module.GOT)) {
    let hash = 0x811c9dc5; // FNV-1a
    for (const letter of `${name}=${value}`) hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193);
    sum = (sum + hash) >>> 0;
  }
  return { functions: Module.wasmTable.length, names: Object.keys(Module.GOT).length, sum };
}

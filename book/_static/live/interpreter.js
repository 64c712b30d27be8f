// Pyodide, started from nothing, or from a copy of its memory.
import { load } from "./libraries.js";
import { SITE_PACKAGES, write } from "./packages.js";

const ENVIRONMENT = { MPLBACKEND: "agg", PYTHONDONTWRITEBYTECODE: "1", BNLIB_QUIET: "1" };
const [WASM, LIBRARY] = ["pyodide.asm.wasm", "python_stdlib.zip"];

/**
 * Start from nothing. All downloads begin at once; the interpreter is compiled as it arrives.
 * @param {import("./supply.js").Supply} supply
 * @param {import("./packages.js").Packages} packages
 * @param {object} options of loadPyodide
 */
export async function fresh(supply, packages, options = {}) {
  const first = ["bnlib", "numpy"];
  for (const name of first) packages.unpacked(name).catch(() => {});
  const pyodide = await loaded(supply, supply.parts.response(supply.core[WASM]), options);
  await Promise.all(first.map((name) => packages.install(pyodide, name)));
  return pyodide;
}

/**
 * Start from a copy of the memory.
 * @param {import("./snapshot.js").Snapshot} snapshot
 * @throws where it does not fit the interpreter; this worker is then of no use
 */
export async function restored(supply, packages, snapshot) {
  const files = snapshot.files();
  files.catch(() => {});
  const place = async (Module) => {
    const bytes = await files;
    load(Module, snapshot.libraries, (path) =>
      new WebAssembly.Module(bytes.get(path.slice(SITE_PACKAGES.length + 1))));
  };
  const options = { _loadSnapshot: snapshot.memory() };
  options._loadSnapshot.catch(() => {});
  const pyodide = await loaded(supply, again(supply), options, place);
  write(pyodide, await files);
  for (const name of snapshot.packages) packages.installed.add(name);
  pyodide.runPython("from bnlib.browser import warm; warm.seed()");
  return pyodide;
}

async function loaded(supply, wasm, options, place = null) {
  // No list of packages: they are brought by this worker.
  const lock = new Response(JSON.stringify({ info: supply.info, packages: {} }));
  const library = supply.parts.response(supply.core[LIBRARY]);
  for (const promise of [wasm, library]) promise.catch(() => {});
  const restore = answerFetches({
    [WASM]: wasm, [LIBRARY]: library, "pyodide-lock.json": Promise.resolve(lock),
  });
  try {
    const [{ loadPyodide }] = await Promise.all([
      imported(supply.core["pyodide.mjs"]), imported(supply.core["pyodide.asm.js"]), wasm, library,
    ]);
    if (place) {
      // Between the making of the instance and its memory: Pyodide has no place for it.
      const make = globalThis._createPyodideModule;
      globalThis._createPyodideModule = async (settings) => {
        const Module = await make(settings);
        await place(Module);
        return Module;
      };
    }
    // Pyodide tells the console alone of a download that broke off, and waits forever.
    return await Promise.race([
      supply.parts.broken,
      loadPyodide({ indexURL: supply.pyodide, env: ENVIRONMENT, ...options }),
    ]);
  } finally {
    restore();
  }
}

/** Answer Pyodide's own requests with what is on its way already. */
function answerFetches(waiting) {
  const ask = globalThis.fetch;
  globalThis.fetch = (request, options) => {
    const name = new URL(request.url ?? request).pathname.split("/").pop();
    return waiting[name] ?? ask(request, options);
  };
  return () => (globalThis.fetch = ask);
}

// The browser keeps what it has compiled beside its own copy of the file, and knows it again in the
// answer to a request of its own only.
async function again({ parts, core }) {
  const { url } = core[WASM];
  try {
    const own = await fetch(url, { cache: "only-if-cached", mode: "same-origin" });
    if (own.ok && own.headers.get("Content-Type")?.startsWith("application/wasm")) return own;
  } catch { /* it has none */ }
  return parts.response(core[WASM]);
}

async function imported({ url, name }) {
  try {
    return await import(url);
  } catch (error) {
    throw new Error(`Python: ${name} could not be loaded (${error.message})`);
  }
}

// The Python of a page: Pyodide in a worker, so that the page never waits for it.
//
// All downloads start at once. The interpreter is compiled as it arrives, packages are unpacked
// and their compiled parts made ready meanwhile.
import { manifest } from "./manifest.js";
import { Parts } from "./parts.js";
import { unzip } from "./unzip.js";

const SITE_PACKAGES = "/lib/python3.12/site-packages";
// Of a package: no tests, no stubs, no headers, no sources of other languages.
const NOT_WANTED = /(^|\/)(tests?|include|f2py|distutils|sample_data|_examples)\/|\.(pyi|h|pxd|a|c)$|_(umath|rational|flag|ufunc)_tests\.cpython|\.dist-info\//;

const parts = new Parts((loaded, total, label) =>
  postMessage({ type: "progress", loaded, total, label }));
if (!manifest) {
  const message = "Cells cannot be run here: the site was built without Pyodide.";
  postMessage({ type: "failed", message });
  throw new Error(message);
}
const root = new URL(manifest.root, import.meta.url);
const part = ([address, size, key], label) => ({
  name: address.split("/").pop(), url: new URL(`${address}?v=${key}`, root).href, size, label,
});
const core = Object.fromEntries(
  manifest.core.map((row) => part(row, "Python")).map((each) => [each.name, each]));
const packages = Object.fromEntries(
  Object.entries(manifest.packages).map(([name, rows]) => [name, rows.map((row) => part(row, name))]));

const packed = new Map(); // name of a package -> promise of its files
let pyodide, python;
const installed = new Set();

// Python's import compiles a library when it is asked for it, and everything waits. Those of the
// packages were compiled while they came, all at a time; the same bytes get what was made of them.
const compiled = [];
WebAssembly.Module = new Proxy(WebAssembly.Module, {
  construct: (Module, [bytes]) =>
    compiled.find(({ data }) => same(data, bytes))?.module ?? new Module(bytes),
});
const same = (one, two) =>
  one.length === two.length && one.every((byte, place) => byte === two[place]);

/** The files of a package, downloaded and unpacked; compiled parts as modules. */
function unpacked(name) {
  if (!packed.has(name)) {
    packed.set(name, Promise.all(packages[name].map(async (each) => {
      const files = await unzip(await parts.bytes(each), (file) => !NOT_WANTED.test(file));
      const libraries = [...files].filter(([file]) => file.endsWith(".so"));
      const modules = await Promise.all(libraries.map(async ([, data]) =>
        ({ data, module: await WebAssembly.compile(data) })));
      return { files, modules };
    })));
    packed.get(name).catch(() => packed.delete(name));
  }
  return packed.get(name);
}

// matplotlib 3.8.4 of Pyodide comes with a list of its fonts that names another version, would not
// take it, and would look at each font for seconds.
function repair(files) {
  const [list, code] = ["fontlist.json", "font_manager.py"].map((f) => files.get(`matplotlib/${f}`));
  if (!list || !code) return;
  const [, version] = new TextDecoder().decode(code).match(/__version__ = (\d+)/) ?? [];
  const text = new TextDecoder().decode(list).replace(/("_version": )\d+/, `$1${version}`);
  files.set("matplotlib/fontlist.json", new TextEncoder().encode(text));
}

/** Put the files of a package where Python finds them. */
async function install(name) {
  if (installed.has(name)) return;
  for (const { files, modules } of await unpacked(name)) {
    repair(files);
    const made = new Set();
    for (const [file, data] of files) {
      const path = `${SITE_PACKAGES}/${file}`;
      const folder = path.slice(0, path.lastIndexOf("/"));
      if (!made.has(folder)) pyodide.FS.mkdirTree(folder);
      made.add(folder);
      pyodide.FS.writeFile(path, data, { canOwn: true });
    }
    compiled.push(...modules);
  }
  installed.add(name);
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

async function start() {
  // No list of packages: they are brought by this worker.
  const lock = new Response(JSON.stringify({ info: manifest.info, packages: {} }));
  const wasm = parts.response(core["pyodide.asm.wasm"]);
  const library = parts.response(core["python_stdlib.zip"]);
  const first = ["bnlib", "numpy"].map(unpacked);
  for (const promise of [wasm, library, ...first]) promise.catch(() => {});
  const restore = answerFetches({
    "pyodide.asm.wasm": wasm, "python_stdlib.zip": library, "pyodide-lock.json": Promise.resolve(lock),
  });
  try {
    const [{ loadPyodide }] = await Promise.all([
      imported(core["pyodide.mjs"]), imported(core["pyodide.asm.js"]), wasm, library,
    ]);
    // Pyodide tells the console alone of a download that broke off, and waits forever.
    pyodide = await Promise.race([
      parts.broken,
      loadPyodide({
        indexURL: new URL(manifest.pyodide, root).href,
        env: { MPLBACKEND: "agg", PYTHONDONTWRITEBYTECODE: "1", BNLIB_QUIET: "1" },
      }),
    ]);
    await Promise.all(["bnlib", "numpy"].map(install));
  } finally {
    restore();
  }
  python = pyodide.pyimport("bnlib.browser.worker");
  postMessage({ type: "ready" });
}

async function imported({ url, name }) {
  try {
    return await import(url);
  } catch (error) {
    throw new Error(`Python: ${name} could not be loaded (${error.message})`);
  }
}

const started = start();
started.catch((error) => postMessage({ type: "failed", message: String(error?.message ?? error) }));

const JOBS = {
  async run({ id, code, cell, standIns }) {
    for (const name of JSON.parse(python.packages_for(code))) await install(name);
    const emit = (output) => postMessage({ type: "output", id, output: JSON.parse(output) });
    return { ok: python.run(code, cell, emit, standIns) };
  },
  async call({ module, function: name, args }) {
    for (const needed of JSON.parse(python.packages_for(`import ${module}`))) await install(needed);
    return { value: JSON.parse(python.call(module, name, JSON.stringify(args))) };
  },
};

// One after the other, in the order in which they were asked for.
let queue = started;
addEventListener("message", ({ data }) => {
  queue = queue.then(async () => {
    try {
      postMessage({ type: "done", id: data.id, ...(await JOBS[data.type](data)) });
    } catch (error) {
      postMessage({ type: "done", id: data.id, ok: false, error: String(error?.message ?? error) });
    }
  });
  queue.catch(() => {});
});

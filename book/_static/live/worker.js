// The Python of a page: Pyodide in a worker, so that the page never waits for it.
import { fresh, restored } from "./interpreter.js";
import { Packages } from "./packages.js";
import { Snapshots } from "./snapshot.js";
import { Supply } from "./supply.js";

// Milliseconds without a job, after which the memory of a Python like this one may be copied.
const QUIET = 1500;
const LEAST_MEMORY = 4; // GB, of a machine that shall have two Pythons for some seconds

let supply, packages, snapshots, pyodide, python;
let copy = null; // of a memory: what this Python started from

async function start() {
  supply = new Supply((loaded, total, label) =>
    postMessage({ type: "progress", loaded, total, label }));
  packages = new Packages(supply);
  snapshots = new Snapshots(supply);
  if (globalThis.name === "anew") await snapshots.drop();
  copy = await snapshots.find();
  if (copy) {
    try {
      pyodide = await restored(supply, packages, copy);
    } catch (error) {
      console.warn(`Python starts anew: ${error.message}`);
      await snapshots.drop();
      postMessage({ type: "again" });
      return new Promise(() => {}); // another worker takes this one's place
    }
  } else pyodide = await fresh(supply, packages);
  python = pyodide.pyimport("bnlib.browser.worker");
  postMessage({ type: "ready" });
}

const started = start();
started.catch((error) => postMessage({ type: "failed", message: String(error?.message ?? error) }));

const JOBS = {
  async run({ id, code, cell, standIns }) {
    await bring(python.packages_for(code));
    const emit = (output) => postMessage({ type: "output", id, output: JSON.parse(output) });
    return { ok: python.run(code, cell, emit, standIns) };
  },
  async call({ module, function: name, args }) {
    await bring(python.packages_for(`import ${module}`));
    return { value: JSON.parse(python.call(module, name, JSON.stringify(args))) };
  },
};

async function bring(names) {
  for (const name of JSON.parse(names)) await packages.install(pyodide, name);
}

// One after the other, in the order in which they were asked for.
let queue = started;
let jobs = 0;
addEventListener("message", ({ data }) => {
  jobs += 1;
  clearTimeout(quiet);
  queue = queue.then(async () => {
    try {
      postMessage({ type: "done", id: data.id, ...(await JOBS[data.type](data)) });
    } catch (error) {
      const message = String(error?.message ?? error);
      if (error?.pyodide_fatal_error) {
        // Nothing can be asked of it any more; if a copy was the cause, the next has none.
        if (copy) await snapshots.drop();
        postMessage({ type: "failed", message: `Python has ended: ${message}` });
      } else postMessage({ type: "done", id: data.id, ok: false, error: message });
    }
    jobs -= 1;
    if (jobs === 0) quiet = setTimeout(keep, QUIET);
  });
  queue.catch(() => {});
});

let quiet = 0;
let keeper = null;
let asked = []; // packages that the keeper was told

/** Have a Python with the same packages copied for the next visit, where the copy has fewer. */
function keep() {
  const names = [...packages.installed];
  const enough = names.every((name) => (copy?.packages ?? []).includes(name) || asked.includes(name));
  const frugal = navigator.connection?.saveData || (navigator.deviceMemory ?? 8) < LEAST_MEMORY;
  if (enough || frugal || !globalThis.caches || !globalThis.Worker) return;
  keeper?.terminate();
  keeper = new Worker(new URL("keeper.js", import.meta.url), { type: "module" });
  keeper.postMessage((asked = names));
}

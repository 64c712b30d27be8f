// The Python of a page, as the rest of the page sees it: one worker, started at its first use.
//
//   const rt = Runtime.shared();
//   rt.onState(({ phase, text, progress }) => ...);
//   const { ok, error } = await rt.run("1 + 1", { cell: "3", onOutput: (output) => ... });
//   const value = await rt.call("bnlib.browser.order", "plan", [sources, 3]);
//   rt.stop();

/** @typedef {"off"|"loading"|"ready"|"busy"|"stopped"|"failed"} Phase */
/** @typedef {{phase: Phase, text: string, progress: number}} State */

const TEXTS = {
  off: "",
  ready: "Python is ready.",
  busy: "Running.",
  stopped: "Stopped. What the cells had defined is gone; the next run starts anew.",
};

/** Rejects what was under way when the worker was ended. */
export class Stopped extends Error {}

export class Runtime {
  static #shared = null;

  /** The one of this page. */
  static shared() {
    return (Runtime.#shared ??= new Runtime());
  }

  #worker = null;
  #starting = null;
  #giveUp = () => {}; // rejects the start that is under way
  #waiting = new Map();
  #listeners = new Set();
  #next = 1;
  #anew = false; // whether the next start may use no copy of an earlier Python's memory
  /** Counts the workers: what an earlier one had defined is gone. */
  generation = 0;
  /** @type {State} */
  state = { phase: "off", text: "", progress: 0 };

  /** @param {(state: State) => void} listener @returns {() => void} ends it */
  onState(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Load Python, if it is not. A failure is a state and a rejection; the next call tries again. */
  start() {
    return (this.#starting ??= new Promise((resolve, reject) => {
      this.#giveUp = reject;
      this.generation += 1;
      this.#set("loading", "Loading Python.", 0);
      this.#launch(resolve, reject);
    }));
  }

  #launch(resolve, reject) {
    const name = this.#anew ? "anew" : "";
    const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module", name });
    this.#worker = worker;
    const failed = (message) => {
      if (this.#worker !== worker) return;
      this.#end(new Error(message));
      this.#set("failed", message, 0);
      reject(new Error(message));
    };
    // Where the worker's own script cannot be loaded, there is no message.
    worker.onerror = (event) =>
      failed(event.message || "Python: the worker's script could not be loaded");
    worker.onmessage = ({ data }) => {
      if (this.#worker !== worker) return;
      if (data.type === "progress") this.#progress(data);
      else if (data.type === "failed") failed(data.message);
      else if (data.type === "again") {
        // What it started from was of no use, and is gone; the next starts from nothing.
        worker.terminate();
        this.#launch(resolve, reject);
      } else if (data.type === "ready") {
        this.#anew = false;
        this.#idle();
        resolve();
      } else this.#answer(data);
    };
  }

  /**
   * Run code in the page's namespace.
   * @param {string} code
   * @param {{cell?: string, standIns?: boolean, onOutput?: (output: object) => void}} options
   *   cell: its name in errors; standIns: whether libraries that are not there can be imported
   * @returns {Promise<{ok: boolean, error: object|null}>} error: the output of type "error"
   */
  async run(code, { cell = "input", standIns = false, onOutput = () => {} } = {}) {
    let error = null;
    const job = { type: "run", code, cell: String(cell), standIns };
    const { ok } = await this.#ask(job, (output) => {
      if (output.type === "error") error = output;
      onOutput(output);
    });
    return { ok, error };
  }

  /** Call a Python function of the library; JSON goes in and comes out. */
  async call(module, name, args = []) {
    return (await this.#ask({ type: "call", module, function: name, args })).value;
  }

  /** End whatever runs, and with it all that was defined. */
  stop() {
    if (!this.#worker) return;
    // A start that does not end may be the fault of what it starts from.
    this.#anew = this.state.phase === "loading";
    this.#end(new Stopped(TEXTS.stopped));
    this.#set("stopped", TEXTS.stopped, 0);
  }

  async #ask(job, onOutput) {
    await this.start();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onOutput });
      if (this.state.phase !== "loading") this.#set("busy", TEXTS.busy, 1);
      this.#worker.postMessage({ ...job, id });
    });
  }

  #answer(data) {
    const job = this.#waiting.get(data.id);
    if (!job) return;
    if (data.type === "output") {
      job.onOutput?.(data.output);
      return;
    }
    this.#waiting.delete(data.id);
    if (data.error === undefined) job.resolve(data);
    else job.reject(new Error(data.error));
    if (this.#waiting.size === 0) this.#idle();
  }

  #progress({ loaded, total, label }) {
    const share = total ? loaded / total : 0;
    const size = `${(loaded / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`;
    const text = share < 1 ? `Loading ${label}: ${size}.` : "Starting Python.";
    if (this.state.phase === "loading" || share < 1) this.#set("loading", text, share);
    else if (this.#waiting.size) this.#set("busy", TEXTS.busy, 1);
  }

  #idle() {
    if (this.#waiting.size) this.#set("busy", TEXTS.busy, 1);
    else this.#set("ready", TEXTS.ready, 1);
  }

  #end(error) {
    this.#worker?.terminate();
    this.#worker = this.#starting = null;
    this.#giveUp(error);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }

  #set(phase, text, progress) {
    this.state = { phase, text, progress };
    for (const listener of this.#listeners) listener(this.state);
  }
}

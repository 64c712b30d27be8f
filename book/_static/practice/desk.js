// The cells of this page and what is known of them; all parts of the page ask here.
import { mark, read, update } from "./store.js";
import { standing } from "./standing.js";

const WAIT = 400; // ms between a key and the storage

export class Desk {
  #listeners = new Set();
  #waiting = new Map();
  #timer = 0;

  /** @param {object} model what the page says of itself @param {Map<string, string>} originals */
  constructor(model, originals) {
    this.notebook = model.notebook;
    this.exercises = new Map(model.exercises.map((exercise) => [exercise.name, exercise]));
    this.cells = model.cells;
    this.originals = originals;
    const { record, problem } = read(this.notebook);
    this.record = record;
    this.problem = problem;
    addEventListener("pagehide", () => this.flush());
    document.addEventListener("visibilitychange", () => document.hidden && this.flush());
    addEventListener("beforeunload", (event) => {
      this.flush();
      if (this.unkept) event.preventDefault();
    });
  }

  /** Told of each change of sources, verdicts and problems. */
  onChange(listener) {
    this.#listeners.add(listener);
  }

  cell(id) {
    return this.cells.find((cell) => cell.id === id);
  }

  #key(cell) {
    return cell.exercise && cell.kind === "answer" ? cell.exercise : cell.id;
  }

  source(cell) {
    return this.record.sources[this.#key(cell)] ?? this.originals.get(cell.id);
  }

  isChanged(cell) {
    return this.source(cell) !== this.originals.get(cell.id);
  }

  /** Take what the reader wrote; it is stored a moment later. */
  write(cell, source) {
    const key = this.#key(cell);
    const kept = source === this.originals.get(cell.id) ? undefined : source;
    if (kept === undefined) delete this.record.sources[key];
    else this.record.sources[key] = kept;
    this.#waiting.set(key, kept);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), WAIT);
    this.#tell();
  }

  /** Keep a verdict on the answer as it was when it was judged. */
  judged(cell, source, report) {
    const { status, points, possible } = report;
    const { version } = this.exercises.get(cell.exercise);
    const verdict = { status, points, possible, version, of: mark(source) };
    this.record.verdicts[cell.exercise] = verdict;
    this.flush((record) => (record.verdicts[cell.exercise] = verdict));
  }

  /** Store now what waits; `change` may add to it. */
  flush(change = null) {
    clearTimeout(this.#timer);
    if (!this.#waiting.size && !change) return;
    this.problem = update(this.notebook, (record) => {
      for (const [key, source] of this.#waiting) {
        if (source === undefined) delete record.sources[key];
        else record.sources[key] = source;
      }
      change?.(record);
    });
    this.unkept = this.problem !== "";
    if (!this.unkept) this.#waiting.clear();
    this.#tell();
  }

  standing(cell) {
    const exercise = this.exercises.get(cell.exercise);
    const verdict = this.record.verdicts[cell.exercise];
    const changed = verdict !== undefined && verdict.of !== mark(this.source(cell));
    return standing(exercise, verdict, this.isChanged(cell), changed);
  }

  /** The page's answers, in order. */
  get answers() {
    return this.cells.filter((cell) => cell.kind === "answer");
  }

  /** Cells as Python takes them. */
  listed() {
    return this.cells.map((cell) => {
      const exercise = cell.kind === "answer" ? cell.exercise : "";
      return [cell.id, cell.kind, this.source(cell), exercise];
    });
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }
}

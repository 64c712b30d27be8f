// The live cells of a page: which run for which, what is edited, what is shown.
import { make } from "./dom.js";
import { Edits } from "./edits.js";
import { edit } from "./editor.js";
import { Shown } from "./shown.js";
import { Runtime, Stopped } from "./runtime.js";
import { remove } from "./store.js";

const ORDER = "bnlib.browser.order";
const EDITED = "Edited; not run yet.";

export class LivePage {
  constructor({ page, bar, cells, button }) {
    Object.assign(this, { bar, button, cells, runtime: Runtime.shared(), edits: new Edits(page) });
    this.byPlace = new Map(cells.map((cell) => [cell.place, cell]));
    this.file = new URL(bar.dataset.cells, document.baseURI);
    this.running = null;
    this.queue = Promise.resolve();
    for (const cell of this.#live()) {
      const code = cell.element.querySelector(".cell_input pre");
      cell.original = code.textContent.replace(/\n$/, "");
      cell.text = cell.original;
      cell.shown = new Shown(cell.element, (frame) => this.#where(frame, cell));
      cell.stop = button("Stop", `Stop ${cell.name}`, () => this.runtime.stop());
      cell.reset = button("Reset", `Reset ${cell.name}: back to the original`, () => this.reset(cell));
      cell.stop.hidden = cell.reset.hidden = true;
      cell.run.after(cell.stop);
      cell.edit.after(cell.reset);
    }
    this.original = button("Back to the original", "All cells back to the original", () => this.resetAll());
    this.stop = button("Stop", "Stop what runs", () => this.runtime.stop());
    this.original.hidden = this.stop.hidden = true;
    bar.all.after(this.stop, this.original);
    this.runtime.onState((state) => this.#state(state));
    this.#restore();
  }

  #live() {
    return this.cells.filter((cell) => cell.runs);
  }

  /** The sources of all cells, of hidden ones too, as the reader has them. */
  async #sources() {
    this.listed ??= this.#list().catch((error) => {
      this.listed = null;
      throw error;
    });
    const listed = await this.listed;
    return listed.map(({ source }, place) => this.byPlace.get(place)?.text ?? source);
  }

  async #list() {
    const response = await fetch(this.file);
    if (!response.ok) throw new Error(`The site has no list of this page's cells (${response.status}).`);
    return response.json();
  }

  /** Run a cell, and before it those that it needs. One run waits for the other. */
  run(cell) {
    return (this.queue = this.queue.then(() => this.#run(cell)));
  }

  async runAll() {
    for (const cell of this.#live()) {
      if (!(await this.run(cell))) return false;
    }
    this.bar.status.textContent = "All cells have run.";
    return true;
  }

  async #run(cell) {
    this.#busy(cell);
    try {
      const sources = await this.#sources();
      const originals = (await this.listed).map(({ source }) => source);
      const plan = await this.runtime.call(ORDER, "plan", [sources, cell.place]);
      const before = plan.length - 1;
      for (const place of plan) {
        const each = this.byPlace.get(place);
        const visible = place === cell.place || (each?.shown && sources[place] !== originals[place]);
        if (place !== cell.place) this.#say(cell, `Running what it needs: cell ${plan.indexOf(place) + 1} of ${before}.`);
        else this.#say(cell, "Running.");
        const drawn = visible ? each.shown.begin(sources[place] !== originals[place]) : null;
        const { ok, error } = await this.runtime.run(sources[place], {
          cell: place, standIns: true, onOutput: (output) => drawn?.add(output),
        });
        const key = await this.runtime.call(ORDER, "ran", [sources, place, ok]);
        drawn?.end();
        if (visible) each.key = key;
        if (!ok) {
          this.#failed(cell, each, error);
          return false;
        }
      }
      await this.#older(sources, originals);
      const cells = before === 1 ? "1 earlier cell that it needs" : `${before} earlier cells that it needs`;
      this.#say(cell, before > 0 ? `Done, after ${cells}.` : "Done.");
      return true;
    } catch (error) {
      this.#say(cell, error instanceof Stopped ? error.message : `${error.message} `);
      if (!(error instanceof Stopped)) {
        cell.status.append(this.button("Try again", `Try again to run ${cell.name}`, () => this.run(cell)));
      }
      return false;
    } finally {
      this.#idle(cell);
    }
  }

  #failed(cell, each, error) {
    if (each === cell) {
      this.#say(cell, `${error.name}.`);
      return;
    }
    cell.shown.begin(false).add(error);
    this.#say(cell, "A cell above, which this one needs, ends in an error.");
  }

  /** Mark what is shown of the page before an edit. */
  async #older(sources, originals) {
    const keys = sources.map((_, place) => this.byPlace.get(place)?.key ?? null);
    const older = new Set(await this.runtime.call(ORDER, "older", [sources, originals, keys]));
    for (const cell of this.#live()) cell.shown.older(older.has(cell.place));
  }

  #where(frame, cell) {
    const place = /^<cell (\d+)>$/.exec(frame.file)?.[1];
    if (place === undefined) return frame.where;
    if (Number(place) === cell.place) return "this cell";
    return this.byPlace.get(Number(place))?.name ?? "a hidden cell";
  }

  // ------------------------------------------------------------------ edits

  async edit(cell, { focus = true } = {}) {
    if (!cell.field) {
      const input = cell.element.querySelector(".cell_input");
      cell.edit.hidden = true;
      cell.element.querySelector("details")?.setAttribute("open", "");
      cell.field = await edit(input, {
        text: cell.text,
        label: `Code of ${cell.name}`,
        onChange: (text) => this.#changed(cell, text),
        onRun: () => this.run(cell),
      });
      input.querySelector(".highlight").hidden = true;
    }
    if (focus) cell.field.focus();
  }

  #changed(cell, text) {
    cell.text = text;
    const edited = text !== cell.original;
    cell.reset.hidden = !edited;
    if (!edited) this.edits.drop(cell.place);
    else {
      const why = this.edits.keep(cell.place, text, cell.original);
      const said = why ? `This edit is not kept: ${why}. It is lost when the page is left.` : EDITED;
      if (cell.status.textContent !== said) this.#say(cell, said);
    }
    this.#marked();
  }

  #marked() {
    this.original.hidden = !this.#live().some(({ text, original }) => text !== original);
  }

  /** Back to the page's own text and outputs; the editor closes. */
  reset(cell) {
    this.edits.drop(cell.place);
    cell.text = cell.original;
    cell.field?.remove();
    cell.field = null;
    cell.key = null;
    cell.element.querySelector(".cell_input .highlight").hidden = false;
    cell.reset.hidden = true;
    cell.edit.hidden = false;
    cell.shown.original();
    this.#say(cell, "Back to the original.");
    this.#marked();
    if (!document.activeElement || document.activeElement === document.body) cell.edit.focus();
    this.#refresh();
  }

  resetAll() {
    for (const cell of this.#live()) {
      this.reset(cell);
      cell.status.textContent = "";
    }
    this.bar.status.textContent = "All cells are back to the original.";
    this.bar.all.focus();
  }

  async #refresh() {
    if (this.runtime.state.phase !== "ready") {
      if (!this.#live().some((cell) => cell.key)) for (const cell of this.#live()) cell.shown.older(false);
      return;
    }
    const sources = await this.#sources();
    await this.#older(sources, (await this.listed).map(({ source }) => source)).catch(() => {});
  }

  #restore() {
    const originals = new Map(this.#live().map((cell) => [cell.place, cell.original]));
    const { found, lost } = this.edits.restore(originals);
    for (const [place, text] of found) {
      const cell = this.byPlace.get(place);
      cell.text = text;
      cell.reset.hidden = false;
      this.edit(cell, { focus: false });
      this.#say(cell, "Your edit, kept from before; not run yet.");
    }
    for (const one of lost) this.#offer(one);
    this.#marked();
  }

  /** An edit of a text that is no longer on the page. */
  #offer({ key, place, text }) {
    const cell = this.byPlace.get(place);
    const box = make("details", { class: "live-lost" },
      make("summary", {}, "An edit of yours is kept, of a cell that has changed since."),
      make("pre", { tabindex: "0" }, text));
    const drop = this.button("Delete it", "Delete the kept edit", () => {
      remove(key);
      box.remove();
    });
    if (cell?.runs) {
      box.append(this.button("Put it here", `Put the kept edit into ${cell.name}`, async () => {
        await this.edit(cell);
        cell.field.text = text;
        this.#changed(cell, text);
        box.remove();
      }));
    }
    box.append(drop);
    (cell?.bar ?? this.bar).after(box);
  }

  // ------------------------------------------------------------------ what the buttons say

  #busy(cell) {
    this.running = cell;
    cell.run.hidden = true;
    cell.stop.hidden = this.stop.hidden = false;
    this.bar.all.hidden = true;
    cell.element.setAttribute("aria-busy", "true");
    if (document.activeElement === document.body) cell.stop.focus();
    this.#state(this.runtime.state);
  }

  #idle(cell) {
    this.running = null;
    const focused = document.activeElement;
    cell.run.hidden = false;
    this.bar.all.hidden = false;
    if (focused === cell.stop) cell.run.focus();
    if (focused === this.stop) this.bar.all.focus();
    cell.stop.hidden = this.stop.hidden = true;
    cell.element.removeAttribute("aria-busy");
    cell.bar.style.removeProperty("--progress");
  }

  #state({ phase, text, progress }) {
    const cell = this.running;
    if (!cell) return;
    if (phase === "loading") this.#say(cell, text);
    if (phase === "loading") cell.bar.style.setProperty("--progress", progress);
    else cell.bar.style.removeProperty("--progress");
  }

  #say(cell, text) {
    cell.status.textContent = text;
  }
}

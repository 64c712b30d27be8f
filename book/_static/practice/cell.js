// A cell of the page: its code, which becomes an editor, its buttons, and what comes of it.
import { make } from "../live/dom.js";

// After that long a reader is told of a loop that may not end.
const LONG = 15000;

export class CellView {
  #editor = null;
  #timer = 0;

  /**
   * @param {object} cell of the page's model
   * @param {import("./desk.js").Desk} desk
   * @param {{act: (view: CellView) => Promise<void>, stop: () => void, root: string}} page
   *   act: what Check or Run does
   */
  constructor(cell, desk, page) {
    this.cell = cell;
    this.desk = desk;
    this.page = page;
    this.container = document.getElementById(`cell-${cell.id}`);
    this.input = this.container.querySelector(".cell_input");
    this.isAnswer = cell.kind === "answer";
    this.#build(document.querySelector(`.practice-place[data-cell="${cell.id}"]`));
    if (desk.isChanged(cell)) this.#showSource();
    this.refresh();
    // A click that selects text is none that wants to write.
    this.input.addEventListener("click", (event) => {
      if (!this.#editor && !event.target.closest("button") && getSelection().isCollapsed) this.edit();
    });
  }

  get name() {
    return this.cell.exercise || "this cell";
  }

  #build(place) {
    const button = (text, onclick, more = {}) =>
      make("button", { type: "button", onclick, "aria-label": `${text} ${this.name}`, ...more }, text);
    this.act = button(this.isAnswer ? "Check" : "Run", () => this.page.act(this), { class: "practice-main" });
    this.write = button("Edit", () => this.edit());
    this.reset = button("Reset", () => this.restore());
    this.stop = button("Stop", () => this.page.stop(), { hidden: true });
    this.state = make("span", { class: "practice-state" });
    this.bar = make("progress", { max: "1", hidden: true, "aria-label": "Loading Python" });
    this.line = make("span", { role: "status" });
    this.result = make("div", { class: "practice-result" });
    const { needs = [] } = this.desk.exercises.get(this.cell.exercise) ?? {};
    if (needs.length) this.result.append(this.#without(needs));
    place.replaceChildren(
      make("div", { class: "practice-buttons" }, this.act, this.write, this.reset, this.stop, this.state),
      make("p", { class: "practice-line" }, this.bar, this.line), this.result);
  }

  /** What to do with an exercise that needs what no browser has. */
  #without(needs) {
    const how = new URL("book/00_start.html#how-is-it-read-run-and-done", this.page.root).href;
    return make("p", {}, `This exercise needs ${needs.join(" and ")}, which does not run in a browser. ` +
      "What you write here is kept and exported; to check it, open the exported notebook in Jupyter: ",
    make("a", { href: how }, "how that is done"), ".");
  }

  /** Show the state of the exercise, and whether there is something to reset. */
  refresh() {
    this.reset.disabled = !this.desk.isChanged(this.cell);
    if (!this.isAnswer) return;
    const { word, text } = this.desk.standing(this.cell);
    this.state.textContent = text;
    this.state.dataset.word = word;
  }

  #showSource() {
    const source = this.desk.source(this.cell);
    if (this.#editor) this.#editor.text = source;
    else this.input.querySelector("pre").textContent = source;
  }

  /** Turn the code into an editor, with the cursor in it. */
  async edit() {
    if (!this.#editor) {
      this.write.disabled = true;
      try {
        const { edit } = await import("../live/editor.js");
        this.#editor = await edit(this.input, {
          text: this.desk.source(this.cell),
          label: `Code of ${this.name}`,
          onChange: (source) => this.desk.write(this.cell, source),
          onRun: () => this.page.act(this),
        });
        this.input.querySelector(".highlight").hidden = true;
        this.write.hidden = true;
      } catch (error) {
        this.say(`The editor could not be loaded (${error.message}). Try again.`);
      } finally {
        this.write.disabled = false;
      }
    }
    this.#editor?.focus();
  }

  /** Replace what the reader wrote, by a step that can be taken back. */
  restore() {
    const before = this.desk.source(this.cell);
    this.put(this.desk.originals.get(this.cell.id));
    this.say("As it was handed out. ");
    this.line.append(make("button", { type: "button", onclick: () => {
      this.put(before);
      this.say("Your code is back.");
      this.act.focus();
    } }, "Undo"));
  }

  /** Give the cell another source. */
  put(source) {
    this.desk.write(this.cell, source);
    this.#showSource();
  }

  /** @param {...(Node|string)} parts */
  say(...parts) {
    this.bar.hidden = true;
    this.line.replaceChildren(...parts);
  }

  /** While Python works for this cell. */
  begin(text) {
    this.doing = text;
    this.say(text);
    this.act.disabled = true;
    this.stop.hidden = false;
  }

  /** What Python does meanwhile: loading shows how far it is. */
  follow({ phase, text, progress }) {
    clearTimeout(this.#timer);
    if (phase === "loading") {
      this.bar.hidden = false;
      this.bar.value = progress;
      // Not each number: a screen reader would say them all.
      const what = text.split(":")[0];
      if (this.line.textContent !== what) this.line.textContent = what;
    } else {
      if (this.line.textContent !== this.doing) this.say(this.doing);
      this.#timer = setTimeout(() => {
        this.say(`${this.doing} This takes long. Does a loop never end? Stop ends it.`);
      }, LONG);
    }
  }

  end() {
    clearTimeout(this.#timer);
    const had = document.activeElement === this.stop;
    this.act.disabled = false;
    this.stop.hidden = true;
    this.bar.hidden = true;
    if (had) this.act.focus();
  }
}

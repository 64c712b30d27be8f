// The tools of a page: points so far, check all, export, import.
import { make } from "../live/dom.js";
import { ask } from "./dialog.js";
import { points } from "./standing.js";

export class Tools {
  /**
   * @param {import("./desk.js").Desk} desk
   * @param {{checkAll: Function, stop: Function, put: Function, root: string}} page
   */
  constructor(desk, page) {
    this.desk = desk;
    this.page = page;
    const button = (text, onclick, more = {}) => make("button", { type: "button", onclick, ...more }, text);
    this.sum = make("p", { class: "practice-sum" });
    this.all = button("Check all", () => this.checkAll(), { class: "practice-main" });
    this.stop = button("Stop", () => page.stop(), { hidden: true });
    this.file = make("input", {
      type: "file", accept: ".ipynb,application/json", hidden: true, onchange: () => this.import(),
    });
    this.line = make("p", { class: "practice-line", role: "status" });
    this.warning = make("p", { class: "practice-warning", role: "alert", hidden: true });
    const place = document.querySelector(".practice-desk");
    place.replaceChildren(this.sum,
      make("p", { class: "practice-buttons" }, this.all, this.stop,
        button("Export answers", () => this.export()),
        button("Import answers", () => this.file.click()), this.file),
      this.line, this.warning);
    desk.onChange(() => this.refresh());
  }

  refresh() {
    const standings = this.desk.answers.map((cell) => this.desk.standing(cell));
    const got = standings.reduce((sum, each) => sum + each.points, 0);
    const possible = [...this.desk.exercises.values()].reduce((sum, each) => sum + each.points, 0);
    const passed = standings.filter(({ word }) => word === "passed").length;
    this.sum.textContent =
      `${got} of ${points(possible)}; ${passed} of ${standings.length} exercises passed.`;
    this.warning.hidden = !this.desk.problem;
    if (this.warning.textContent !== this.desk.problem) this.warning.textContent = this.desk.problem;
  }

  async checkAll() {
    this.all.disabled = true;
    this.stop.hidden = false;
    const { done, all, stopped } = await this.page.checkAll((text) => (this.line.textContent = text));
    const had = document.activeElement === this.stop;
    this.all.disabled = false;
    this.stop.hidden = true;
    if (had) this.all.focus();
    const number = done === all ? `All ${all}` : `${done} of ${all}`;
    const checked = `${number} exercises were checked.`;
    this.line.textContent = stopped ? `Stopped: ${checked}` : `${checked} ${this.sum.textContent}`;
  }

  async export() {
    try {
      const { download, filled, untouched } = await import("./notebook.js");
      const notebook = await untouched(this.page.root, this.desk.notebook);
      const sources = new Map(this.desk.cells.map((cell) => [cell.id, this.desk.source(cell)]));
      download(`${this.desk.notebook}.ipynb`, filled(notebook, sources));
      this.line.textContent = `Your answers are in ${this.desk.notebook}.ipynb, among your downloads.`;
    } catch (error) {
      this.line.textContent = `The notebook could not be made: ${error.message}`;
    }
  }

  async import() {
    const [file] = this.file.files;
    this.file.value = ""; // the same file can be chosen again
    if (!file) return;
    try {
      const { match, opened, untouched, whose } = await import("./notebook.js");
      const content = await opened(file);
      const own = await untouched(this.page.root, this.desk.notebook);
      const { sources, extra, missing } = match(content, own, this.desk.cells);
      if (!this.desk.answers.some(({ id }) => sources.has(id))) {
        throw new Error(await whose(content, this.page.root, this.desk.notebook));
      }
      const changed = new Map([...sources].filter(([id, source]) =>
        source !== this.desk.source(this.desk.cell(id))));
      const answers = this.desk.answers.filter(({ id }) => changed.has(id));
      if (!changed.size) {
        this.line.textContent = `${file.name} holds what is on the page already.`;
        return;
      }
      const others = changed.size - answers.length;
      const lines = [
        `${file.name} replaces ${answers.length} of ${this.desk.answers.length} answers on this page` +
          (others ? `, and ${others} other cell${others > 1 ? "s" : ""}.` : "."),
        ...(answers.length ? [`Replaced: ${answers.map((cell) => cell.exercise).join(", ")}.`] : []),
        ...(missing.length
          ? [`Not in the file, and left as they are: ${missing.map((cell) => cell.exercise).join(", ")}.`] : []),
        ...(extra ? [`Code of ${extra} more cell${extra > 1 ? "s" : ""} of the file is put above the answer that follows it.`] : []),
      ];
      if (await ask("Import these answers?", lines, "Replace", "Keep what is here")) {
        this.page.put(changed);
        this.line.textContent = `Imported from ${file.name}. Check the answers to have their points.`;
      } else {
        this.line.textContent = "Nothing was imported.";
      }
    } catch (error) {
      this.line.textContent = `${file.name} was not imported, and nothing here has changed. ${error.message}`;
    }
  }
}

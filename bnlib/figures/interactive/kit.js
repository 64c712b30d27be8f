/**
 * What all interactive figures share: the shell, the state, the controls, what is read out.
 *
 * A figure is `export default interactive((ui) => { ...; return draw; })`. The function builds
 * controls once and returns `draw(state)`, which is called at every change of state or width.
 */

let count = 0; // of ids on this page, of all figures

/** An element with attributes and children (elements or text). */
export function html(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A number as a reader expects it: fixed digits, a true minus, no minus before zero. */
export function num(value, digits = 2) {
  if (!Number.isFinite(value)) return "–";
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `\u2212${text}` : text;
}

/** A power of ten with one digit, as in 1e-5: "0.00001" and "5000" where short, else "2·10⁻⁷". */
export function tiny(value) {
  if (value === 0 || (Math.abs(value) >= 0.001 && Math.abs(value) < 1e5)) {
    return String(Number(value.toPrecision(2))).replace("-", "\u2212");
  }
  const [digits, power] = value.toExponential(0).split("e");
  const raised = [...String(Number(power))].map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
  return `${digits === "1" ? "" : `${digits}·`}10${raised.join("")}`;
}

export const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;

/** The biased variance, divided by N: in two passes, as everywhere in the course. */
export function variance(values) {
  const middle = mean(values);
  return mean(values.map((v) => (v - middle) ** 2));
}

/** Random numbers that are the same on every machine: uniform in [0, 1), and normal. */
export function generator(seed) {
  let a = seed >>> 0;
  const uniform = () => { // mulberry32
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

/** What a figure is built with: state, places for its parts, controls. */
export class Ui {
  constructor(model, el) {
    this.model = model;
    this.id = `bn-${(count += 1)}`;
    this.stage = html("div", { class: "bn-stage" });
    this.readout = html("div", { class: "bn-readout" });
    this.panel = html("div", { class: "bn-panel" });
    this.status = html("p", { class: "bn-spoken", role: "status" });
    this.root = html(
      "div",
      // The attribute keeps JupyterLab's shortcuts (arrow keys choose a cell) out of the figure.
      { class: "bn-live", role: "group", "data-lm-suppress-shortcuts": "true" },
      html("div", { class: "bn-body" }, this.stage, this.readout), this.panel, this.status,
    );
    this.root.setAttribute("aria-label", model.get("title") ?? "interactive figure");
    // Nor are a page's own keys meant for the figure: some themes turn pages with the arrows.
    this.root.addEventListener("keydown", (event) => event.stopPropagation());
    this.updates = [];
    this.first = new Map();
    el.append(this.root);
  }

  /** The value of a parameter. */
  get(key) {
    return this.model.get(key);
  }

  /** Change parameters, draw, and tell Python where there is one. */
  set(changes) {
    this.setting = true;
    for (const [key, value] of Object.entries(changes)) this.model.set(key, value);
    this.setting = false;
    this.draw();
    clearTimeout(this.saving);
    this.saving = setTimeout(() => this.model.save_changes(), 100);
  }

  /** Follow a parameter: kept for the reset, drawn again when Python sets it. */
  follow(...keys) {
    for (const key of keys) {
      if (this.first.has(key)) continue;
      this.first.set(key, structuredClone(this.get(key)));
      this.model.on(`change:${key}`, () => this.setting || this.draw());
    }
  }

  draw() {
    if (!this.paint) return;
    for (const update of this.updates) update();
    this.paint(Object.fromEntries([...this.first.keys()].map((key) => [key, this.get(key)])));
  }

  /** Put what is read out beside the stage, where there is room. */
  beside() {
    this.stage.parentElement.classList.add("beside");
  }

  /** A sentence for a screen reader, once the hand rests. */
  say(text) {
    clearTimeout(this.saying);
    this.saying = setTimeout(() => (this.status.textContent = text), 300);
  }

  /**
   * A slider with its label and its value.
   * @param {string} key the parameter
   * @param {{label: string, min: number, max: number, step: number, log?: boolean,
   *   format?: (v: number) => string}} options with log, min, max and step are powers of ten
   */
  slider(key, { label, min, max, step, log = false, format = (v) => num(v) }) {
    this.follow(key);
    const id = `${this.id}-${key}`;
    const input = html("input", { type: "range", id, min, max, step });
    const output = html("output", { for: id });
    const read = (text) => (log ? Number((10 ** Number(text)).toPrecision(3)) : Number(text));
    input.addEventListener("input", () => this.set({ [key]: read(input.value) }));
    this.updates.push(() => {
      const value = this.get(key);
      const place = log ? Math.log10(value) : value;
      if (Math.abs(Number(input.value) - place) > step / 2) input.value = place;
      output.textContent = format(value);
      input.setAttribute("aria-valuetext", format(value));
    });
    const row = html("div", { class: "bn-slider" }, html("label", { for: id }, label), output, input);
    this.panel.append(row);
    return input;
  }

  /** One of several: options is a list of [value, text]. */
  radios(key, { label, options }) {
    this.follow(key);
    const inputs = options.map(([value]) => {
      const input = html("input", { type: "radio", name: `${this.id}-${key}`, value });
      input.addEventListener("change", () => this.set({ [key]: value }));
      return input;
    });
    this.updates.push(() => {
      for (const [i, input] of inputs.entries()) input.checked = options[i][0] === this.get(key);
    });
    const labels = options.map(([, text], i) => html("label", {}, inputs[i], html("span", {}, text)));
    const group = html("fieldset", { class: "bn-radios" }, html("legend", {}, label), ...labels);
    this.panel.append(group);
    return group;
  }

  /** A box to tick. */
  toggle(key, { label }) {
    this.follow(key);
    const input = html("input", { type: "checkbox" });
    input.addEventListener("change", () => this.set({ [key]: input.checked }));
    this.updates.push(() => (input.checked = this.get(key)));
    this.panel.append(html("label", { class: "bn-toggle" }, input, html("span", {}, label)));
    return input;
  }

  button(label, action) {
    const button = html("button", { type: "button", class: "bn-button" }, label);
    button.addEventListener("click", action);
    this.panel.append(button);
    return button;
  }

  /** A button that brings back the state in which the figure came. */
  reset(label = "Reset") {
    return this.button(label, () => {
      this.set(structuredClone(Object.fromEntries(this.first)));
      this.say("Reset.");
    });
  }
}

/** The module's default export: what anywidget and the page's host call. */
export function interactive(build) {
  return {
    render({ model, el }) {
      const ui = new Ui(model, el);
      ui.paint = build(ui);
      ui.draw();
      let width = ui.root.clientWidth;
      const resized = new ResizeObserver(() => {
        if (ui.root.clientWidth === width) return;
        width = ui.root.clientWidth;
        ui.draw();
      });
      resized.observe(ui.root);
      return () => {
        resized.disconnect();
        clearTimeout(ui.saving);
        clearTimeout(ui.saying);
      };
    },
  };
}

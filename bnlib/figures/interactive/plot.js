/** Drawing in SVG, in the pixels of the page, so that text keeps its size at every width. */

import { num } from "./kit.js";

const SVG = "http://www.w3.org/2000/svg";
const MARKS = {
  circle: (r) => `M${-r},0a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0Z`,
  square: (r) => `M${-r},${-r}H${r}V${r}H${-r}Z`,
  triangle: (r) => `M0,${-1.2 * r}L${1.15 * r},${0.9 * r}H${-1.15 * r}Z`,
  diamond: (r) => `M0,${-1.3 * r}L${1.3 * r},0L0,${1.3 * r}L${-1.3 * r},0Z`,
};
const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function svg(tag, attributes = {}) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** A linear map from data [d0, d1] to pixels [p0, p1]; `back` leads from pixels to data. */
export function scale(d0, d1, p0, p1) {
  const map = (v) => p0 + ((v - d0) / (d1 - d0)) * (p1 - p0);
  map.back = (p) => d0 + ((p - p0) / (p1 - p0)) * (d1 - d0);
  map.domain = [d0, d1];
  return map;
}

/** About `wanted` round numbers between two values. */
export function ticks(from, to, wanted = 5) {
  const rough = (to - from) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i += 1) {
    found.push(Number((i * step).toPrecision(12)));
  }
  return found;
}

const rounded = (value, step) => Number((Math.round(value / step) * step).toPrecision(12));
const within = (value, [low, high]) => Math.min(Math.max(value, low), high);
const plain = (value) => num(value, Math.max(0, (String(value).split(".")[1] ?? "").length));

/** A picture in the stage of a figure: cleared by `begin`, finished by `end`, at every draw. */
export class Plot {
  /**
   * @param {import("./kit.js").Ui} ui
   * @param {{label: string, height: number | ((width: number) => number), parent?: Element}} options
   */
  constructor(ui, { label, height, parent = ui.stage }) {
    this.size = height;
    this.svg = svg("svg", { class: "bn-plot", role: "group", "aria-label": label });
    this.ground = svg("g", { "aria-hidden": "true" });
    this.front = svg("g");
    this.svg.append(this.ground, this.front);
    this.handles = new Map();
    parent.append(this.svg);
  }

  begin() {
    this.width = Math.max(this.svg.parentElement.clientWidth, 200);
    this.height = typeof this.size === "function" ? this.size(this.width) : this.size;
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.svg.style.height = `${this.height}px`;
    this.ground.replaceChildren();
    for (const handle of this.handles.values()) handle.drawn = false;
  }

  /** Drop the handles that were not drawn again. */
  end() {
    for (const [id, handle] of this.handles) {
      if (handle.drawn) continue;
      handle.node.remove();
      this.handles.delete(id);
    }
  }

  add(tag, attributes) {
    const element = svg(tag, attributes);
    this.ground.append(element);
    return element;
  }

  /** A line through [x, y] pixels; cls names its look: s0 to s3, muted, grid, dashed. */
  path(points, cls = "s0", { close = false } = {}) {
    const d = points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(2)},${y.toFixed(2)}`).join("");
    return this.add("path", { d: close ? `${d}Z` : d, class: `line ${cls}` });
  }

  mark(shape, x, y, cls = "s0", size = 5) {
    return this.add("path", {
      d: MARKS[shape](size), transform: `translate(${x},${y})`, class: `mark ${cls}`,
    });
  }

  rect(x, y, width, height, cls = "band") {
    return this.add("rect", { x, y, width: Math.max(width, 0), height: Math.max(height, 0), class: cls });
  }

  text(x, y, text, { anchor = "start", cls = "" } = {}) {
    const element = this.add("text", { x, y, "text-anchor": anchor, class: cls });
    element.textContent = text;
    return element;
  }

  /**
   * Axes in a box of pixels [left, top, width, height], its labels included.
   * @returns {{x: ReturnType<typeof scale>, y: ReturnType<typeof scale>, left: number,
   *   right: number, top: number, bottom: number}} the scales, and the inner box
   */
  frame({ box = [0, 0, this.width, this.height], x, y, title = "" }) {
    const left = box[0] + (y.label ? 50 : y.ticks?.length === 0 ? 6 : 32);
    const right = box[0] + box[2] - 10;
    const top = box[1] + (title ? 24 : 8);
    const bottom = box[1] + box[3] - (x.label ? 40 : x.ticks?.length === 0 ? 6 : 22);
    const to = { x: scale(x.from, x.to, left, right), y: scale(y.from, y.to, bottom, top) };
    for (const value of x.ticks ?? ticks(x.from, x.to, Math.max(2, (right - left) / 70))) {
      this.path([[to.x(value), bottom], [to.x(value), top]], "grid");
      this.text(to.x(value), bottom + 15, plain(value), { anchor: "middle", cls: "tick" });
    }
    for (const value of y.ticks ?? ticks(y.from, y.to, Math.max(2, (bottom - top) / 32))) {
      this.path([[left, to.y(value)], [right, to.y(value)]], "grid");
      this.text(left - 5, to.y(value) + 4, plain(value), { anchor: "end", cls: "tick" });
    }
    this.path([[left, top], [left, bottom], [right, bottom]], "axis");
    if (title) this.text(left, box[1] + 15, title, { cls: "title" });
    if (x.label) this.text((left + right) / 2, bottom + 34, x.label, { anchor: "middle" });
    if (y.label) {
      const at = [box[0] + 13, (top + bottom) / 2];
      const turned = this.text(...at, y.label, { anchor: "middle" });
      turned.setAttribute("transform", `rotate(-90 ${at})`);
    }
    return { ...to, left, right, top, bottom };
  }

  /**
   * A point that can be dragged, and moved by the arrow keys (with Shift five steps at a time).
   * @param {string} id which point; the same at every draw
   * @param {object} options frame: of `frame`; at: [x, y] in data; step: [x, y] in data, 0 where it
   *   cannot go; label: its name; said: its value in words; move: (x, y) => void, in data
   */
  handle(id, { frame, at, step, label, said, move, shape = "circle", cls = "s0", size = 8 }) {
    const handle = this.handles.get(id) ?? this.newHandle(id);
    Object.assign(handle, { frame, at, step, move, drawn: true });
    const along = step[0] ? 0 : 1;
    const domain = along ? frame.y.domain : frame.x.domain;
    handle.node.setAttribute("transform", `translate(${frame.x(at[0])},${frame.y(at[1])})`);
    handle.node.setAttribute("class", `handle ${cls}`);
    handle.face.setAttribute("d", MARKS[shape](size));
    handle.ring.setAttribute("r", size + 5);
    const aria = {
      label, valuemin: domain[0], valuemax: domain[1], valuenow: at[along], valuetext: said,
      orientation: along ? "vertical" : "horizontal",
    };
    for (const [name, value] of Object.entries(aria)) handle.node.setAttribute(`aria-${name}`, value);
    return handle.node;
  }

  newHandle(id) {
    const node = svg("g", { role: "slider", tabindex: "0", "data-handle": id });
    // What a finger can hit is larger than what is seen.
    const ring = svg("circle", { class: "ring" });
    const face = svg("path", { class: "face" });
    node.append(svg("circle", { r: 20, class: "hit" }), ring, face);
    const handle = { node, face, ring };
    this.handles.set(id, handle);
    this.front.append(node);

    const go = (x, y) => {
      const { frame, at, step, move } = handle;
      const to = [x, y].map((v, i) => {
        if (!step[i]) return at[i];
        return within(rounded(v, step[i]), (i ? frame.y : frame.x).domain);
      });
      if (to[0] !== at[0] || to[1] !== at[1]) move(...to);
    };
    const place = (event) => {
      const box = this.svg.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    // A finger on the point moves the point, not the page. Parts of an SVG do not heed the style
    // touch-action everywhere.
    node.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    let grip = null; // from the pointer to the middle of the point, in pixels
    node.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const [x, y] = place(event);
      const { frame, at } = handle;
      grip = [frame.x(at[0]) - x, frame.y(at[1]) - y];
      node.setPointerCapture(event.pointerId);
      node.focus();
      event.preventDefault();
    });
    node.addEventListener("pointermove", (event) => {
      if (!grip) return;
      const [x, y] = place(event);
      go(handle.frame.x.back(x + grip[0]), handle.frame.y.back(y + grip[1]));
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      node.addEventListener(end, () => (grip = null));
    }
    node.addEventListener("keydown", (event) => {
      const arrow = ARROWS[event.key];
      if (!arrow) return;
      event.preventDefault();
      const { at, step } = handle;
      const times = event.shiftKey ? 5 : 1;
      // Where a point goes along one line only, both pairs of arrows move it there.
      const turn = (i) => arrow[i] || (step[1 - i] ? 0 : arrow[1 - i]);
      go(at[0] + turn(0) * step[0] * times, at[1] + turn(1) * step[1] * times);
    });
    return handle;
  }
}

// A figure with controls, drawn again by Python when one is moved.
import { make } from "../live/dom.js";
import { address } from "../live/outputs.js";

/**
 * How an output of type "controls" (bnlib/browser/showing.py) is drawn.
 * @param {(box: number, control: number, position: number) => Promise<object>} move
 * @returns {(output: object, options: {alt: string}) => HTMLElement} for `draw` of outputs.js
 */
export const controls = (move) => (output, { alt }) => figure(output, alt, move);

function figure({ box, controls, png, said }, alt, move) {
  const image = make("img", { alt: alt || "The figure that the controls change." });
  const text = make("p", { role: "status" });
  const show = (content) => {
    image.hidden = !content.png;
    if (content.png) image.src = address(content.png);
    text.textContent = content.said;
  };
  // One move at a time: of those that come meanwhile, the last.
  let busy = false;
  const next = new Map();
  const moved = async (control, position) => {
    next.set(control, position);
    if (busy) return;
    busy = true;
    try {
      while (next.size) {
        const [first, at] = next.entries().next().value;
        next.delete(first);
        show(await move(box, first, at));
      }
    } catch (error) {
      show({ png: "", said: `The figure is gone: run the cell again. (${error.message})` });
    } finally {
      busy = false;
    }
  };
  const inputs = controls.map((control, i) => input(control, (position) => moved(i, position)));
  show({ png, said });
  return make("div", { class: "practice-figure" }, ...inputs, image, text);
}

/** An input with its name, and the value in words beside a slider. */
function input(control, moved) {
  if (control.kind === "box") {
    const box = make("input", { type: "checkbox", onchange: () => moved(Number(box.checked)) });
    box.checked = Boolean(control.position);
    return make("label", { class: "practice-control" }, box, ` ${control.name}`);
  }
  if (control.kind === "menu") {
    const menu = make("select", { onchange: () => moved(menu.selectedIndex) },
      ...control.labels.map((label) => make("option", {}, label)));
    menu.selectedIndex = control.position;
    return make("label", { class: "practice-control" }, `${control.name} `, menu);
  }
  const value = make("output", {}, words(control, control.position));
  const slider = make("input", {
    type: "range", min: control.low, max: control.high, step: control.step,
    "aria-valuetext": words(control, control.position),
  });
  slider.value = control.position;
  slider.addEventListener("input", () => {
    value.textContent = words(control, slider.valueAsNumber);
    slider.setAttribute("aria-valuetext", value.textContent);
    if (control.continuous) moved(slider.valueAsNumber);
  });
  if (!control.continuous) slider.addEventListener("change", () => moved(slider.valueAsNumber));
  return make("label", { class: "practice-control" }, `${control.name} `, slider, " ", value);
}

function words(control, position) {
  if (control.labels.length) return control.labels[position];
  if (control.base) return String(Number((control.base ** position).toPrecision(3)));
  return String(Number(position.toFixed(4)));
}

/** The loss along the gradient, with batch norm and without, as training goes on (chapter 8). */

import { html, interactive, num } from "./kit.js";
import { ends, labelled, power, series, short } from "./marks.js";
import { Plot } from "./plot.js";

const NETS = {
  without: { name: "without", cls: "s0", shape: "circle", every: 5, from: 0 },
  "batch norm": { name: "with batch norm", cls: "s1", shape: "square", every: 5, from: 2 },
};

/**
 * What a step along the gradient meets.
 * @param {{parts: number[], losses: number[], upto: number}} state lengths of steps, from 0; the
 *   loss at each; the index of the longest step that is taken
 */
export function compute({ parts, losses, upto }) {
  const met = losses.slice(0, upto + 1);
  const lowest = Math.min(...met);
  return {
    before: losses[0],
    after: losses[upto],
    lowest,
    at: parts[met.indexOf(lowest)],
    range: Math.max(...met) - lowest,
  };
}

export default interactive((ui) => {
  ui.follow("parts", "moments", "losses");
  const plot = new Plot(ui, {
    label: "The loss against the length of a step along the gradient, for both networks.",
    height: (width) => (width < 480 ? 300 : width < 640 ? 330 : 380),
  });
  const body = html("tbody");
  const heads = ["loss (nats)", "now", "after", "lowest", "range"];
  ui.readout.append(html(
    "table", {},
    html("thead", {}, html("tr", {}, ...heads.map((text) => html("th", { scope: "col" }, text)))),
    body,
  ));
  const activations = Object.keys(ui.get("losses"));
  ui.radios("activation", { label: "Activation", options: activations.map((name) => [name, name]) });
  const moments = ui.get("moments");
  ui.slider("moment", {
    label: "Trained for", min: 0, max: moments.length - 1, step: 1,
    format: (i) => `${moments[i]} steps`,
  });
  const parts = ui.get("parts");
  const length = (i) => `${num(100 * parts[i], 0)} % of the weights`;
  ui.slider("upto", { label: "Step", min: 0, max: parts.length - 1, step: 1, format: length });
  ui.reset();
  let spoken = "";

  return ({ activation, moment, upto, losses }) => {
    const exponents = range(losses[activation]);
    plot.begin();
    const frame = plot.frame({
      x: { from: 0, to: parts.at(-1), label: "step (parts of the weights' length)" },
      y: { from: exponents[0], to: exponents.at(-1), ticks: [], label: "loss (nats)" },
    });
    labelled(plot, frame, { y: exponents.map((p) => [p, power(p)]) });
    const heights = (values) => values.map((v, i) => [frame.x(parts[i]), frame.y(Math.log10(v))]);
    const drawn = Object.entries(NETS).map(([key, look]) => {
      const [low, median, high] = losses[activation][key][moment];
      const band = [...heights(low), ...heights(high).reverse()];
      const outline = band.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`).join("");
      plot.add("path", { d: `${outline}Z`, class: `band ${look.cls}` });
      return { look, points: heights(median), met: compute({ parts, losses: median, upto }) };
    });
    const here = frame.x(parts[upto]);
    plot.path([[here, frame.bottom], [here, frame.top]], "muted");
    for (const { look, points } of drawn) {
      series(plot, points, look);
      plot.mark(look.shape, ...points[upto], look.cls, 8);
    }
    ends(plot, frame, drawn.map(({ look, points }) => [look.name, points.at(-1)[1]]));
    plot.handle("step", {
      frame, at: [parts[upto], exponents.at(-1)], step: [parts[1], 0],
      label: "Length of the step", said: length(upto), cls: "s2", size: 7, shape: "diamond",
      move: (x) => ui.set({ upto: nearest(parts, x) }),
    });
    plot.end();

    body.replaceChildren(...drawn.map(({ look, met }) => html(
      "tr", {}, html("th", { scope: "row" }, look.name.replace("with ", "")),
      ...[met.before, met.after, met.lowest, met.range].map((v) => html("td", {}, short(v))),
    )));
    const [first, second] = drawn.map(({ met }) => `from ${short(met.before)} to ${short(met.after)}`);
    const words = `A step of ${length(upto)} takes the loss ${first} without batch norm, ${second} with it.`;
    if (spoken && spoken !== words) ui.say(words);
    spoken = words;
  };
});

/** The index of the number that is nearest. */
function nearest(numbers, wanted) {
  const far = numbers.map((v) => Math.abs(v - wanted));
  return far.indexOf(Math.min(...far));
}

/** Powers of ten about all losses of a network, so that the axis stays while training goes on. */
function range(nets) {
  const all = Object.values(nets).flat(3);
  const [low, high] = [Math.min(...all), Math.max(...all)].map(Math.log10);
  const from = Math.floor(low);
  return Array.from({ length: Math.ceil(high) - from + 1 }, (_, i) => from + i);
}

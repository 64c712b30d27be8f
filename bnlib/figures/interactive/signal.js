/** A signal through fifty layers, with batch norm between them and without (chapter 3). */

import { generator, html, interactive, num } from "./kit.js";
import { ends, labelled, power, series, short } from "./marks.js";
import { Plot } from "./plot.js";

export const DEPTH = 50;
export const WIDTH = 40; // units a layer: as many as a slow machine multiplies while a slider moves
export const ROWS = 50;
const EPS = 1e-5;
const SATURATED = 0.99; // of tanh, in size: where chapter 3 calls a value saturated
const LOWEST = -17; // powers of ten of the axis
const HIGHEST = 11;

const ACTIVATIONS = {
  linear: (z) => z,
  tanh: Math.tanh,
  ReLU: (z) => (z > 0 ? z : 0),
};
const STUCK = {
  linear: "stuck (%)", // nothing is: a straight line has no flat part
  tanh: "saturated (%)",
  ReLU: "dead units (%)",
};

/** The rows that go in, (ROWS, WIDTH), and DEPTH matrices of deviation 1, one after the other. */
export function drawNetwork(seed) {
  const { normal } = generator(seed);
  const x = Float64Array.from({ length: ROWS * WIDTH }, normal);
  return { x, noise: Float64Array.from({ length: DEPTH * WIDTH * WIDTH }, normal) };
}

/** z = h (scale w); h: (ROWS, WIDTH), w: the matrix of the given layer. */
function product(h, noise, layer, factor, z) {
  const from = layer * WIDTH * WIDTH;
  z.fill(0);
  for (let r = 0; r < ROWS; r += 1) {
    for (let k = 0; k < WIDTH; k += 1) {
      const value = factor * h[r * WIDTH + k];
      if (value === 0) continue; // half of them behind a ReLU
      const w = from + k * WIDTH;
      for (let j = 0; j < WIDTH; j += 1) z[r * WIDTH + j] += value * noise[w + j];
    }
  }
}

/** Batch norm of each unit over the rows, with gamma = 1 and beta = 0, in place. */
function normalize(z) {
  for (let j = 0; j < WIDTH; j += 1) {
    let middle = 0;
    let spread = 0;
    for (let i = j; i < z.length; i += WIDTH) middle += z[i] / ROWS;
    for (let i = j; i < z.length; i += WIDTH) spread += (z[i] - middle) ** 2 / ROWS;
    const inverse = 1 / Math.sqrt(spread + EPS);
    for (let i = j; i < z.length; i += WIDTH) z[i] = (z[i] - middle) * inverse;
  }
}

function deviation(h) {
  let middle = 0;
  let spread = 0;
  for (const value of h) middle += value / h.length;
  for (const value of h) spread += (value - middle) ** 2 / h.length;
  return Math.sqrt(spread);
}

/** The share of tanh values that are saturated, or of ReLU units that are 0 in every row. */
function stuckShare(h, activation) {
  if (activation === "linear") return 0;
  let found = 0;
  if (activation === "tanh") {
    for (const value of h) found += Math.abs(value) >= SATURATED;
    return found / h.length;
  }
  for (let j = 0; j < WIDTH; j += 1) {
    let dead = true;
    for (let i = j; dead && i < h.length; i += WIDTH) dead = h[i] === 0;
    found += dead;
  }
  return found / WIDTH;
}

/**
 * Send the rows through all layers.
 * @param {{x: Float64Array, noise: Float64Array}} network
 * @param {{activation: string, gain: number}} state the weights' deviation is gain / sqrt(WIDTH)
 * @param {boolean} normalized whether batch norm stands before each activation
 * @returns {{std: number[], stuck: number[]}} one value a layer
 */
export function throughLayers(network, { activation, gain }, normalized) {
  const f = ACTIVATIONS[activation];
  const factor = gain / Math.sqrt(WIDTH);
  const found = { std: [], stuck: [] };
  const h = Float64Array.from(network.x);
  const z = new Float64Array(h.length);
  for (let layer = 0; layer < DEPTH; layer += 1) {
    product(h, network.noise, layer, factor, z);
    if (normalized) normalize(z);
    for (let i = 0; i < h.length; i += 1) h[i] = f(z[i]);
    found.std.push(deviation(h));
    found.stuck.push(stuckShare(h, activation));
  }
  return found;
}

/** Both networks; the same rows and matrices. */
export function compute(state, network = drawNetwork(state.seed)) {
  const [without, withNorm] = [false, true].map((bn) => throughLayers(network, state, bn));
  return { without, withNorm };
}

const LOOKS = {
  without: { name: "without", cls: "s0", shape: "circle", from: 0 },
  withNorm: { name: "with batch norm", cls: "s1", shape: "square", from: 2 },
};

export default interactive((ui) => {
  ui.follow("seed");
  const plot = new Plot(ui, {
    label: "Two plots over the layers: the signal's standard deviation, and how much is stuck.",
    height: (width) => (width < 640 ? 470 : 330),
  });
  const body = html("tbody");
  const heads = [`layer ${DEPTH}`, "without", "batch norm"];
  ui.readout.append(html(
    "table", {},
    html("thead", {}, html("tr", {}, ...heads.map((text) => html("th", { scope: "col" }, text)))),
    body,
  ));
  ui.radios("activation", {
    label: "Activation",
    options: Object.keys(ACTIVATIONS).map((name) => [name, name]),
  });
  ui.slider("gain", {
    label: "Weights' deviation",
    min: -0.15, max: 0.2, step: 0.025, log: true,
    format: (v) => `${num(v)} / √n`,
  });
  ui.panel.append(html(
    "div", { class: "bn-radios" }, // a row of buttons
    ui.button("Other random numbers", () => ui.set({ seed: (ui.get("seed") % 1000) + 1 })),
    ui.reset(),
  ));
  let network = null;
  let seed = null;
  let shown = "";

  const scales = (box, result) => {
    const frame = plot.frame({
      box, title: "How large the signal is",
      x: { from: 1, to: DEPTH, ticks: [1, 10, 20, 30, 40, 50], label: "layer" },
      y: { from: LOWEST, to: HIGHEST, ticks: [], label: "standard deviation" },
    });
    const powers = [-16, -12, -8, -4, 0, 4, 8];
    labelled(plot, frame, { y: powers.map((p) => [p, power(p)]) });
    const last = Object.entries(LOOKS).map(([key, look]) => {
      const heights = result[key].std.map((v) => Math.max(LOWEST, Math.min(HIGHEST, Math.log10(v))));
      series(plot, heights.map((y, i) => [frame.x(i + 1), frame.y(y)]), look);
      return [look.name, frame.y(heights[DEPTH - 1])];
    });
    ends(plot, frame, last);
  };

  const stuckOnes = (box, result, activation) => {
    const frame = plot.frame({
      box, title: "How much of it is stuck",
      x: { from: 1, to: DEPTH, ticks: [1, 10, 20, 30, 40, 50], label: "layer" },
      y: { from: 0, to: 100, ticks: [0, 50, 100], label: STUCK[activation] },
    });
    const last = Object.entries(LOOKS).map(([key, look]) => {
      const points = result[key].stuck.map((v, i) => [frame.x(i + 1), frame.y(100 * v)]);
      series(plot, points, look);
      return [look.name, points[DEPTH - 1][1]];
    });
    ends(plot, frame, last);
  };

  return (state) => {
    if (state.seed !== seed) network = drawNetwork(state.seed);
    seed = state.seed;
    const result = compute(state, network);
    plot.begin();
    const { width, height } = plot;
    const wide = width >= 640;
    scales(wide ? [0, 0, 0.6 * width, height] : [0, 0, width, 280], result);
    stuckOnes(wide ? [0.6 * width, 0, 0.4 * width, height] : [0, 290, width, 180], result, state.activation);
    plot.end();
    const last = (key) => ["without", "withNorm"].map((net) => result[net][key][DEPTH - 1]);
    const row = (name, values) => html(
      "tr", {}, html("th", { scope: "row" }, name), ...values.map((v) => html("td", {}, v)),
    );
    const stds = last("std").map(short);
    const shares = last("stuck").map((v) => num(100 * v, 0));
    body.replaceChildren(row("std", stds), row(STUCK[state.activation], shares));
    const words = `After ${DEPTH} layers the standard deviation is ${stds[0]} without batch norm, ` +
      `${stds[1]} with it.`;
    if (shown && shown !== words) ui.say(words);
    shown = words;
  };
});

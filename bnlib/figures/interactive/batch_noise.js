/** Batches of a few rows: how far their mean and their variance are off (chapter 9). */

import { generator, html, interactive, mean, num, tiny, variance } from "./kit.js";
import { labelled, onGround } from "./marks.js";
import { Plot } from "./plot.js";

export const BATCHES = 400;
export const SIZES = [2, 3, 4, 8, 16, 32, 64, 128, 256];

/** Standard deviations over batches of independent normal rows of variance 1. */
const THEORY = {
  mean: (n) => 1 / Math.sqrt(n),
  variance: (n) => Math.sqrt(2 * (n - 1)) / n,
};
const HIGHEST = 5; // batch variance that is drawn; what lies above stands at the edge
const DENSEST = 1.05; // of the axis of the outputs
const BINS = 48; // of the outputs, from -3 to 3

/** Batches of n rows of one feature with mean 0 and variance 1, one after the other. */
export function drawBatches({ n, seed }) {
  const { normal } = generator(1000 * seed + n);
  return Array.from({ length: BATCHES }, () => Array.from({ length: n }, normal));
}

/** Mean and variance of each batch, and how much they vary from batch to batch. */
export function statistics(batches) {
  const means = batches.map(mean);
  const variances = batches.map(variance);
  const [spreadMean, spreadVariance] = [means, variances].map((v) => Math.sqrt(variance(v)));
  return { means, variances, spreadMean, spreadVariance, averageVariance: mean(variances) };
}

/** Shares of the normalized values of all batches in equal bins from -3 to 3; others left out. */
export function outputs(batches, { means, variances }, eps) {
  const shares = new Array(BINS).fill(0);
  const weight = 1 / (batches.length * batches[0].length);
  for (const [b, batch] of batches.entries()) {
    const inverse = 1 / Math.sqrt(variances[b] + eps);
    for (const value of batch) {
      const bin = Math.floor((((value - means[b]) * inverse + 3) / 6) * BINS);
      if (bin >= 0 && bin < BINS) shares[bin] += weight;
    }
  }
  return shares;
}

/** @param {{n: number, eps: number, seed: number}} state */
export function compute({ n, eps, seed }) {
  const batches = drawBatches({ n, seed });
  const found = statistics(batches);
  return { ...found, shares: outputs(batches, found, eps) };
}

export default interactive((ui) => {
  ui.follow("seed");
  const plot = new Plot(ui, {
    label: "Three plots: mean and variance of each batch, the outputs, and both spreads by size.",
    height: (width) => (width < 640 ? 760 : 560),
  });
  const body = html("tbody");
  const heads = [`of ${BATCHES} batches`, "measured", "theory"];
  ui.readout.append(html(
    "table", {},
    html("thead", {}, html("tr", {}, ...heads.map((text) => html("th", { scope: "col" }, text)))),
    body,
  ));
  ui.slider("size", {
    label: "Rows in a batch, m", min: 0, max: SIZES.length - 1, step: 1, format: (i) => `${SIZES[i]}`,
  });
  ui.radios("eps", { label: "ε", options: [1e-5, 0.1, 1].map((v) => [v, tiny(v)]) });
  ui.panel.append(html(
    "div", { class: "bn-radios" }, // a row of buttons
    ui.button("Draw again", () => ui.set({ seed: (ui.get("seed") % 1000) + 1 })),
    ui.reset(),
  ));
  let seed = null;
  let drawn = null; // batches of every size, and their statistics
  let spoken = "";

  const cloud = (box, found, n) => {
    const frame = plot.frame({
      box, title: `${BATCHES} batches of ${n}`,
      x: { from: -2.5, to: 2.5, ticks: [-2, -1, 0, 1, 2], label: "batch mean (true: 0)" },
      y: { from: 0, to: HIGHEST, label: "batch variance (true: 1)" },
    });
    const dot = (x, y) => `M${x.toFixed(1)},${y.toFixed(1)}m-2,0a2,2 0 1,0 4,0a2,2 0 1,0 -4,0`;
    const dots = found.means.map((m, b) =>
      dot(frame.x(m), frame.y(Math.min(found.variances[b], HIGHEST))));
    plot.add("path", { d: dots.join(""), class: "mark s0", "stroke-width": 0, "fill-opacity": 0.55 });
    plot.path([[frame.left, frame.y(1)], [frame.right, frame.y(1)]], "muted");
    plot.path([[frame.x(0), frame.bottom], [frame.x(0), frame.top]], "muted");
    // One deviation to each side of what theory expects.
    const [a, b, middle] = [THEORY.mean(n), THEORY.variance(n), (n - 1) / n];
    const corners = [[-a, middle - b], [a, middle - b], [a, middle + b], [-a, middle + b]];
    plot.path(corners.map(([x, y]) => [frame.x(x), frame.y(Math.max(y, 0))]), "s1", { close: true });
  };

  const values = (box, shares) => {
    const density = shares.map((share) => (share * BINS) / 6);
    const frame = plot.frame({
      box, title: "All outputs x̂",
      x: { from: -3, to: 3, ticks: [-2, -1, 0, 1, 2], label: "x̂ (γ = 1, β = 0)" },
      y: { from: 0, to: DENSEST, ticks: [0, 0.5, 1], label: "density" },
    });
    const wide = (frame.right - frame.left) / BINS;
    for (const [i, v] of density.entries()) {
      const top = frame.y(Math.min(v, DENSEST));
      plot.rect(frame.left + i * wide, top, wide, frame.bottom - top, "mark s0");
      // A bar that is taller than the axis ends in an arrowhead.
      if (v > DENSEST) plot.mark("triangle", frame.left + (i + 0.5) * wide, top, "s0", 6);
    }
    const bell = Array.from({ length: 61 }, (_, i) => -3 + i / 10).map((z) =>
      [frame.x(z), frame.y(Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI))]);
    plot.path(bell, "s1");
    onGround(plot.text(frame.x(1.15), frame.y(0.24), "normal"));
  };

  const spreads = (box, chosen) => {
    const log = (n) => Math.log2(n);
    const frame = plot.frame({
      box, title: "Spread from batch to batch",
      x: { from: 0.8, to: 8.2, ticks: [], label: "rows in a batch, m" },
      y: { from: -1.6, to: 0, ticks: [], label: "standard deviation" },
    });
    labelled(plot, frame, {
      x: SIZES.filter((n) => n !== 3).map((n) => [log(n), `${n}`]),
      y: [0.03, 0.1, 0.3, 1].map((v) => [Math.log10(v), `${v}`]),
    });
    const here = frame.x(log(SIZES[chosen]));
    plot.path([[here, frame.bottom], [here, frame.top]], "muted");
    const kinds = [["variance", "spreadVariance", "s1", "square", -10], ["mean", "spreadMean", "s0", "circle", 22]];
    for (const [kind, measured, cls, shape, push] of kinds) {
      const at = (n, value) => [frame.x(log(n)), frame.y(Math.log10(value))];
      const line = Array.from({ length: 57 }, (_, i) => 2 ** (1 + i / 8)).map((n) => at(n, THEORY[kind](n)));
      plot.path(line, cls);
      for (const [i, n] of SIZES.entries()) {
        plot.mark(shape, ...at(n, drawn[i].found[measured]), cls, i === chosen ? 8 : 5);
      }
      const [x, y] = at(48, THEORY[kind](48));
      onGround(plot.text(x + push / 2, y + push, `batch ${kind}`, { anchor: push < 0 ? "start" : "end" }));
    }
  };

  return (state) => {
    if (seed !== state.seed) {
      drawn = SIZES.map((n) => drawBatches({ n, seed: state.seed }))
        .map((batches) => ({ batches, found: statistics(batches) }));
    }
    seed = state.seed;
    const n = SIZES[state.size];
    const { batches, found } = drawn[state.size];
    plot.begin();
    const { width } = plot;
    const boxes = width < 640
      ? [[0, 0, width, 250], [0, 260, width, 230], [0, 500, width, 260]]
      : [[0, 0, width / 2, 280], [width / 2, 0, width / 2, 280], [0, 290, width, 270]];
    cloud(boxes[0], found, n);
    values(boxes[1], outputs(batches, found, state.eps));
    spreads(boxes[2], state.size);
    plot.end();
    const rows = [
      ["std of the mean", found.spreadMean, THEORY.mean(n)],
      ["std of the variance", found.spreadVariance, THEORY.variance(n)],
      ["average variance", found.averageVariance, (n - 1) / n],
    ];
    body.replaceChildren(...rows.map(([name, ...values]) => html(
      "tr", {}, html("th", { scope: "row" }, name), ...values.map((v) => html("td", {}, num(v, 3))),
    )));
    const words = `Batches of ${n}: the mean varies by ${num(found.spreadMean)}, the variance by ` +
      `${num(found.spreadVariance)}; the variance is ${num(found.averageVariance)} on average.`;
    if (spoken && spoken !== words) ui.say(words);
    spoken = words;
  };
});

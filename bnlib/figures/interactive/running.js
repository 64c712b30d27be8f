/** Running statistics behind a batch whose distribution drifts. */

import { generator, html, interactive, mean, num, variance } from "./kit.js";
import { Plot } from "./plot.js";

const FIRST = 30; // the drift begins after so many batches
const LAST = 80; // and ends after so many

/** The mean and the variance that the data have at each batch. */
export function truth({ batches, drift }) {
  const since = Array.from({ length: batches }, (_, t) => Math.min(Math.max(t + 1 - FIRST, 0), LAST - FIRST));
  return { mean: since.map((t) => drift * t), variance: since.map((t) => (1 + (drift / 4) * t) ** 2) };
}

/** The rows of each batch: (batches, size), the same on every machine. */
export function rows({ batches, size, drift, seed }) {
  const { normal } = generator(seed);
  const true_ = truth({ batches, drift });
  return true_.mean.map((m, t) =>
    Array.from({ length: size }, () => m + Math.sqrt(true_.variance[t]) * normal()));
}

/**
 * Batch and running statistics after each batch, in PyTorch's way: momentum weighs the new batch,
 * the running variance has Bessel's correction, and the start is 0 and 1.
 */
export function follow(data, momentum) {
  const out = { batchMean: [], batchVariance: [], runningMean: [], runningVariance: [] };
  let [m, v] = [0, 1];
  for (const x of data) {
    const [bm, bv] = [mean(x), variance(x) * (x.length / (x.length - 1))];
    m = (1 - momentum) * m + momentum * bm;
    v = (1 - momentum) * v + momentum * bv;
    out.batchMean.push(bm);
    out.batchVariance.push(bv);
    out.runningMean.push(m);
    out.runningVariance.push(v);
  }
  return out;
}

export function compute(state) {
  const data = rows(state);
  return { rows: data, truth: truth(state), ...follow(data, state.momentum) };
}

export default interactive((ui) => {
  ui.follow("batches", "size", "seed", "at");
  const plot = new Plot(ui, {
    label: "Mean and variance of a feature, batch by batch: true, of the batch, running.",
    height: 430,
  });
  const legend = html("p", { class: "bn-key" });
  legend.innerHTML = '<span><svg width="26" height="12" aria-hidden="true" class="bn-swatch"><path d="M0,6H26" class="line s0"/></svg> running</span>'
    + '<span><svg width="26" height="12" aria-hidden="true" class="bn-swatch"><path d="M0,6H26" class="line s1"/></svg> true</span>'
    + '<span><svg width="12" height="12" aria-hidden="true" class="bn-swatch"><circle cx="6" cy="6" r="3" class="mark muted"/></svg> of the batch</span>';
  ui.root.prepend(legend);
  const caption = html("caption");
  const body = html("tbody");
  const heads = ["", "true", "batch", "running", "behind"].map((t) => html("th", { scope: "col" }, t));
  ui.readout.append(html("table", {}, caption, html("thead", {}, html("tr", {}, ...heads)), body));
  ui.slider("momentum", {
    label: "momentum", min: 0.01, max: 1, step: 0.01,
    format: (v) => `PyTorch ${num(v)}, Keras ${num(1 - v)}`,
  });
  ui.slider("drift", { label: "drift per batch", min: 0, max: 0.2, step: 0.01, format: (v) => num(v) });
  ui.reset();

  return (state) => {
    const { batches, at, momentum, drift, size } = state;
    const result = compute(state);
    const reach = Math.ceil(drift * (LAST - FIRST) + 1.5);
    const widest = (1 + (drift / 4) * (LAST - FIRST)) ** 2;
    plot.begin();
    const half = plot.height / 2;
    const panels = [
      ["mean", "mean (no unit)", [-1.5, reach], result.truth.mean, result.batchMean, result.runningMean],
      ["variance", "variance (no unit)", [0, 3.4 * widest], result.truth.variance, result.batchVariance, result.runningVariance],
    ];
    const shown = panels.map(([title, label, to, real, seen, running], i) => {
      const f = plot.frame({
        box: [0, i * (half - 12), plot.width, half + (i ? 12 : -12)], title,
        x: { from: 0, to: batches, label: i ? "batches seen" : "" },
        y: { from: to[0], to: to[1], label },
      });
      const inside = (v) => Math.min(Math.max(v, to[0]), to[1]); // what lies beyond stays at the edge
      for (const [t, v] of seen.entries()) plot.mark("circle", f.x(t + 1), f.y(inside(v)), "muted", 2.2);
      plot.path(real.map((v, t) => [f.x(t + 1), f.y(v)]), "s1");
      plot.path(running.map((v, t) => [f.x(t + 1), f.y(inside(v))]), "s0");
      plot.path([[f.x(at), f.top], [f.x(at), f.bottom]], "muted");
      return f;
    });
    const t = at - 1;
    for (const [i, f] of shown.entries()) {
      const to = f.y.domain;
      const value = Math.min(Math.max(panels[i][5][t], to[0]), to[1]);
      if (i) plot.mark("circle", f.x(at), f.y(value), "s0", 5);
      else {
        plot.handle("at", {
          frame: { x: f.x, y: f.y }, at: [at, value], step: [1, 0], label: "Batch that is read",
          said: `batch ${at}: true mean ${num(result.truth.mean[t])}, running mean ${num(result.runningMean[t])}`,
          move: (to_) => {
            const next = Math.min(Math.max(Math.round(to_), 1), batches);
            ui.set({ at: next });
            const k = next - 1;
            ui.say(`Batch ${next}: the running mean is ${num(result.truth.mean[k] - result.runningMean[k])} behind.`);
          },
        });
      }
    }
    plot.end();

    const lag = ((1 - momentum) / momentum) * drift;
    caption.textContent = `Batch ${at} of ${batches}, ${size} rows each. ` +
      `In a long drift: (1 − α)/α · ${num(drift)} = ${num(lag)} behind.`;
    const row = (name, real, seen, running) => html("tr", {}, html("th", { scope: "row" }, name),
      ...[real, seen, running, real - running].map((v) => html("td", {}, num(v))));
    body.replaceChildren(
      row("mean", result.truth.mean[t], result.batchMean[t], result.runningMean[t]),
      row("variance", result.truth.variance[t], result.batchVariance[t], result.runningVariance[t]),
    );
  };
});

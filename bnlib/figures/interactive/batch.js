/** A batch through batch norm: one feature, before, between and after. */

import { html, interactive, mean, num, tiny, variance } from "./kit.js";
import { Plot, scale, ticks } from "./plot.js";

const SHAPES = ["circle", "square", "diamond", "triangle"];
const NAMES = "ABCDEFGH";

/**
 * The forward pass for one feature.
 * @param {{x: number[], gamma: number, beta: number, eps: number}} state
 */
export function compute({ x, gamma, beta, eps }) {
  const middle = mean(x);
  const spread = variance(x);
  const xhat = x.map((v) => (v - middle) / Math.sqrt(spread + eps));
  const y = xhat.map((v) => gamma * v + beta);
  return { mean: middle, variance: spread, xhat, y };
}

export default interactive((ui) => {
  ui.follow("x");
  const plot = new Plot(ui, {
    label: "Three scales: input, normalized, output. The inputs can be dragged.",
    height: 300,
  });
  const body = html("tbody");
  const caption = html("caption");
  const heads = ["", "x (m²)", "x̂", "y"].map((text) => html("th", { scope: "col" }, text));
  ui.readout.append(html("table", {}, caption, html("thead", {}, html("tr", {}, ...heads)), body));
  ui.beside();
  ui.slider("gamma", { label: "scale γ", min: -3, max: 3, step: 0.1, format: (v) => num(v, 1) });
  ui.slider("beta", { label: "shift β", min: -3, max: 3, step: 0.1, format: (v) => num(v, 1) });
  const unit = (v) => `${tiny(v)} m⁴`;
  ui.slider("eps", { label: "ε, added to the variance", min: -5, max: 4, step: 0.5, log: true, format: unit });
  ui.reset();

  return (state) => {
    const { x } = state;
    const result = compute(state);
    const most = Math.sqrt(x.length - 1); // no normalized value is larger in size
    const columns = [
      { title: "input x", unit: "m²", values: x, to: [0, 200], digits: 0 },
      { title: "normalized x̂", unit: "deviations", values: result.xhat, to: [-1.15 * most, 1.15 * most] },
      { title: "output y", unit: "no unit", values: result.y, to: [-3 * most - 3.5, 3 * most + 3.5] },
    ];
    plot.begin();
    const gap = plot.width / 3;
    const top = 44;
    const bottom = plot.height - 10;
    const places = columns.map(({ title, unit: named, values, to }, i) => {
      const middle = gap * (i + 0.5) + 14;
      const half = Math.min(44, gap * 0.3);
      const y = scale(to[0], to[1], bottom, top);
      const m = mean(values);
      const s = Math.sqrt(variance(values));
      plot.text(middle, 15, title, { anchor: "middle", cls: "title" });
      plot.text(middle, 32, named, { anchor: "middle", cls: "tick" });
      for (const v of ticks(...to, 5)) {
        plot.path([[middle - half, y(v)], [middle + half, y(v)]], "grid");
        plot.text(middle - half - 4, y(v) + 4, num(v, 0), { anchor: "end", cls: "tick" });
      }
      plot.rect(middle - half, y(m + s), 2 * half, y(m - s) - y(m + s));
      plot.path([[middle - half, bottom], [middle - half, top]], "axis");
      plot.path([[middle - half, y(m)], [middle + half, y(m)]], "ink s1");
      return { middle, y, half };
    });
    for (let n = 0; n < x.length; n += 1) {
      const points = places.map((p, i) => [p.middle, p.y(columns[i].values[n])]);
      plot.path(points, "muted");
    }
    for (let n = 0; n < x.length; n += 1) {
      const look = [SHAPES[n % 4], `s${n % 4}`];
      for (const i of [1, 2]) {
        plot.mark(look[0], places[i].middle, places[i].y(columns[i].values[n]), look[1], 6);
      }
      plot.text(places[0].middle - 13, places[0].y(x[n]) + 4, NAMES[n], { anchor: "end", cls: "tick" });
      plot.handle(`x${n}`, {
        frame: { x: scale(0, 1, 0, 2 * places[0].middle), y: places[0].y },
        at: [0.5, x[n]],
        step: [0, 2],
        label: `Input ${NAMES[n]}`,
        said: `${num(x[n], 0)} square metres`,
        shape: look[0],
        cls: look[1],
        move: (_, v) => {
          ui.set({ x: x.map((old, i) => (i === n ? v : old)) });
          const after = compute({ ...state, x: ui.get("x") });
          ui.say(`${NAMES[n]}: input ${num(v, 0)}, normalized ${num(after.xhat[n])}, ` +
            `output ${num(after.y[n])}. Mean ${num(after.mean, 1)}.`);
        },
      });
    }
    plot.end();

    const row = (name, values, cls = "") =>
      html("tr", { class: cls }, html("th", { scope: "row" }, name), ...values.map((v) => html("td", {}, v)));
    const digits = [0, 2, 2];
    body.replaceChildren(
      ...x.map((_, n) => row(NAMES[n], columns.map((c, i) => num(c.values[n], digits[i])))),
      row("mean", columns.map((c) => num(mean(c.values))), "sum"),
      row("std", columns.map((c) => num(Math.sqrt(variance(c.values)))), "sum"),
    );
    caption.textContent = `σ² = ${num(result.variance, 0)} m⁴, ε = ${tiny(state.eps)} m⁴: ` +
      `x̂ has variance σ²/(σ² + ε) = ${num(result.variance / (result.variance + state.eps), 3)}`;
  };
});

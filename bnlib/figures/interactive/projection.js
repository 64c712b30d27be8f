/** The backward pass as a projection: three examples of one feature, drawn in space (chapter 5). */

import { html, interactive, num, tiny } from "./kit.js";
import { arrow, onGround } from "./marks.js";
import { Plot, scale } from "./plot.js";

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const times = (factor, a) => a.map((value) => factor * value);
const minus = (a, b) => a.map((value, i) => value - b[i]);
const plus = (a, b) => a.map((value, i) => value + b[i]);
const total = (a) => a.reduce((sum, value) => sum + value, 0);

/**
 * The backward pass of batch norm for one feature of N examples, part by part.
 *
 * gamma is sqrt(var + eps), so that gamma / sqrt(var + eps) = 1 and dx is dy less two parts.
 * @param {{x: number[], dy: number[], eps: number}} state
 */
export function compute({ x, dy, eps }) {
  const n = x.length;
  const centred = minus(x, x.map(() => total(x) / n));
  const xhat = times(1 / Math.sqrt(dot(centred, centred) / n + eps), centred);
  const alongOne = x.map(() => total(dy) / n); // taken away by the path through the mean
  const alongXhat = times(dot(dy, xhat) / n, xhat); // by the path through the variance
  return { xhat, alongOne, alongXhat, dx: minus(minus(dy, alongOne), alongXhat) };
}

/** Unit vectors along 1, along xhat, and along what is at a right angle to both, for N = 3. */
export function directions(x) {
  const one = [1, 1, 1].map((v) => v / Math.sqrt(3));
  const { xhat } = compute({ x, dy: [0, 0, 0], eps: 0 });
  const along = times(1 / Math.sqrt(3), xhat);
  const rest = [0, 1, 2].map((i) => {
    const [j, k] = [(i + 1) % 3, (i + 2) % 3];
    return one[j] * along[k] - one[k] * along[j];
  });
  return [one, along, rest];
}

/**
 * Where a vector is seen, right and up, in its own unit: parallel projection.
 *
 * The plane of 1 and xhat lies level, is turned by `turn` degrees, and looked at from `HEIGHT`.
 */
export function viewed(vector, axes, turn) {
  const [a, b, c] = axes.map((axis) => dot(axis, vector));
  const [cos, sin] = [Math.cos, Math.sin].map((f) => f((turn * Math.PI) / 180));
  const up = (HEIGHT * Math.PI) / 180;
  return [a * cos - b * sin, (a * sin + b * cos) * Math.sin(up) + c * Math.cos(up)];
}

/** The vector that is seen as [right, up] and lies in the plane of the screen. */
export function unviewed([right, up], axes, turn) {
  const [cos, sin] = [Math.cos, Math.sin].map((f) => f((turn * Math.PI) / 180));
  const height = (HEIGHT * Math.PI) / 180;
  const deep = up * Math.sin(height);
  const parts = [right * cos + deep * sin, deep * cos - right * sin, up * Math.cos(height)];
  return [0, 1, 2].map((i) => total(parts.map((part, k) => part * axes[k][i])));
}

const HEIGHT = 24; // degrees above the plane
const REACH = 1.6; // of a component of dy
const SEEN = 2.9; // half the width that is shown, in units of dy
const hundredth = (value) => Math.round(value * 100) / 100;
const allowed = (value) => Math.max(-REACH, Math.min(REACH, hundredth(value)));

export default interactive((ui) => {
  ui.follow("x");
  const plot = new Plot(ui, {
    label: "Vectors of three examples in space. The tip of dy can be dragged.",
    height: (width) => (width < 480 ? 250 : width < 640 ? 320 : 360),
  });
  const body = html("tbody");
  const heads = ["", "n = 1", "2", "3", "· 1", "· x̂"].map((text) => html("th", { scope: "col" }, text));
  const note = html("p");
  ui.readout.append(html("table", {}, html("thead", {}, html("tr", {}, ...heads)), body), note);
  for (const i of [0, 1, 2]) {
    const input = ui.slider(`dy${i + 1}`, {
      label: `dy of example ${i + 1}`, min: -REACH, max: REACH, step: 0.05,
    });
    input.addEventListener("change", () => tell());
  }
  ui.slider("turn", { label: "Turn the view", min: -90, max: 90, step: 5, format: (v) => `${num(v, 0)}°` });
  ui.radios("eps", { label: "ε", options: [1e-5, 1, 5].map((v) => [v, tiny(v)]) });
  const put = (vector) => {
    ui.set(Object.fromEntries(vector.map((v, i) => [`dy${i + 1}`, allowed(v)])));
    tell();
  };
  ui.panel.append(html(
    "div", { class: "bn-radios" }, // a row of buttons
    ui.button("Put dy along 1", () => put([1, 1, 1])),
    ui.button("Put dy along x̂", () => put(times(1.5, directions(ui.get("x"))[1]))),
    ui.reset(),
  ));
  const given = () => ({ x: ui.get("x"), dy: [1, 2, 3].map((i) => ui.get(`dy${i}`)), eps: ui.get("eps") });
  const tell = () => {
    const { dx, xhat } = compute(given());
    ui.say(`dx is ${dx.map((v) => num(v)).join(", ")}. Its products: with 1, ${num(total(dx))}; ` +
      `with x̂, ${num(dot(dx, xhat))}.`);
  };

  return (state) => {
    const { x, dy, eps } = given();
    const result = compute({ x, dy, eps });
    const axes = directions(x);
    plot.begin();
    const unit = Math.min(plot.width / (2 * SEEN), plot.height / (1.3 * SEEN));
    const middle = [plot.width / 2, 0.62 * plot.height];
    const half = [plot.width / 2 / unit, middle[1] / unit, (plot.height - middle[1]) / unit];
    const frame = {
      x: scale(-half[0], half[0], 0, plot.width),
      y: scale(-half[2], half[1], plot.height, 0),
    };
    const at = (vector) => {
      const [right, up] = viewed(vector, axes, state.turn);
      return [frame.x(right), frame.y(up)];
    };
    const zero = [0, 0, 0];
    const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([a, b]) =>
      at(plus(times(2.2 * a, axes[0]), times(2.2 * b, axes[1]))));
    const outline = corners.map(([right, down], i) => `${i ? "L" : "M"}${right},${down}`).join("");
    plot.add("path", { d: `${outline}Z`, class: "band" });
    for (const [axis, name] of [[axes[0], "1"], [axes[1], "x̂"]]) {
      plot.path([at(times(-2.5, axis)), at(times(2.5, axis))], "muted");
      const [right, down] = at(times(2.7, axis));
      onGround(plot.text(right, down + 4, name, { anchor: "middle", cls: "title" }));
    }
    const { alongOne, alongXhat, dx } = result;
    const foot = plus(alongOne, alongXhat);
    arrow(plot, at(zero), at(alongOne), "s1");
    arrow(plot, at(alongOne), at(foot), "s2");
    arrow(plot, at(foot), at(dy), "s3 solid");
    arrow(plot, at(zero), at(dy), "s0");
    const between = (from, to, name, push) => {
      const [a, b] = [at(from), at(to)];
      if (Math.hypot(a[0] - b[0], a[1] - b[1]) < 24) return;
      const place = [(a[0] + b[0]) / 2 + push[0], (a[1] + b[1]) / 2 + push[1]];
      onGround(plot.text(...place, name, { anchor: push[0] < 0 ? "end" : "start" }));
    };
    between(zero, alongOne, "along 1", [-4, 18]);
    between(alongOne, foot, "along x̂", [6, 16]);
    between(foot, dy, "dx", [8, 4]);
    between(zero, dy, "dy", [-8, -6]);
    const seen = viewed(dy, axes, state.turn);
    plot.handle("dy", {
      frame, at: seen, step: [0.05, 0.05], label: "Tip of dy",
      said: dy.map((v) => num(v)).join(", "),
      move: (right, up) => {
        const moved = unviewed([right - seen[0], up - seen[1]], axes, state.turn);
        put(plus(dy, moved));
      },
    });
    plot.end();

    const row = (name, vector, cls = "") => html("tr", { class: cls }, html("th", { scope: "row" }, name),
      ...[...vector, total(vector), dot(vector, result.xhat)].map((v) => html("td", {}, num(v))));
    body.replaceChildren(
      row("dy", dy), row("along 1", alongOne), row("along x̂", alongXhat), row("dx", dx, "sum"),
    );
    note.textContent = `x = ${x.map((v) => num(v, 0)).join(", ")}; γ / √(σ² + ε) = 1.`;
  };
});

/** Whitening: a cloud under the hand, and what four maps make of it. */

import { html, interactive, mean, num } from "./kit.js";
import { Plot } from "./plot.js";

const METHODS = [["standardized", "standardized"], ["pca", "PCA"], ["zca", "ZCA"], ["cholesky", "Cholesky"]];
const HALF = 3.4; // half the width of a whitened panel, in deviations

/** Rows times a matrix of 2 x 2. */
const times = (rows, [[a, b], [c, d]]) => rows.map(([x, y]) => [x * a + y * c, x * b + y * d]);

/** (2, 2), divided by N. */
export function covariance(rows) {
  const middle = [0, 1].map((i) => mean(rows.map((row) => row[i])));
  const entry = (i, j) => mean(rows.map((row) => (row[i] - middle[i]) * (row[j] - middle[j])));
  return [[entry(0, 0), entry(0, 1)], [entry(0, 1), entry(1, 1)]];
}

/** The matrices w of the four maps, for the covariance of rows plus eps on its diagonal. */
export function maps(rows, eps) {
  const [[a0, b], [, c0]] = covariance(rows);
  const [a, c] = [a0 + eps, c0 + eps];
  // Eigenvectors of a symmetric 2 x 2 matrix by their angle, the largest eigenvalue first.
  const angle = Math.atan2(2 * b, a - c) / 2;
  const half = Math.hypot(a - c, 2 * b) / 2;
  const large = (a + c) / 2 + half;
  const small = (a * c - b * b) / large; // not the difference, which cancels
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  // The largest entry of an eigenvector is positive, as in bnlib.
  const signed = (u) => {
    const most = Math.abs(u[1]) > Math.abs(u[0]) ? u[1] : u[0];
    return most < 0 ? [-u[0], -u[1]] : u;
  };
  const [u, v] = [signed([cos, sin]), signed([-sin, cos])];
  const [p, q] = [1 / Math.sqrt(large), 1 / Math.sqrt(small)];
  const zca = (i, j) => u[i] * p * u[j] + v[i] * q * v[j];
  const l00 = Math.sqrt(a);
  const l10 = b / l00;
  const l11 = Math.sqrt(c - l10 * l10);
  return {
    standardized: [[1 / Math.sqrt(a), 0], [0, 1 / Math.sqrt(c)]],
    pca: [[u[0] * p, v[0] * q], [u[1] * p, v[1] * q]],
    zca: [[zca(0, 0), zca(0, 1)], [zca(1, 0), zca(1, 1)]],
    cholesky: [[1 / l00, -l10 / (l00 * l11)], [0, 1 / l11]],
  };
}

/** The cloud: the base, white rows, stretched along the axis and across it, around its centre. */
export function cloud({ base, centre, axis, across }) {
  const length = Math.hypot(...axis);
  const side = [(-axis[1] / length) * across, (axis[0] / length) * across];
  return times(base, [axis, side]).map(([x, y]) => [x + centre[0], y + centre[1]]);
}

/** What the four maps make of rows x: each whitened cloud by the method's name. */
export function compute({ x, eps }) {
  const middle = [0, 1].map((i) => mean(x.map((row) => row[i])));
  const centred = x.map(([a, b]) => [a - middle[0], b - middle[1]]);
  return Object.fromEntries(Object.entries(maps(x, eps)).map(([name, w]) => [name, times(centred, w)]));
}

export default interactive((ui) => {
  ui.follow("base", "centre", "axis", "across", "marked", "middle", "eps");
  const plot = new Plot(ui, {
    label: "A cloud that can be moved, turned and stretched, and the same rows after four maps.",
    height: (width) => (width < 480 ? 300 + 320 : 430),
  });
  const body = html("tbody");
  const heads = ["", "var 1", "var 2", "covariance"].map((t) => html("th", { scope: "col" }, t));
  const caption = html("caption", {}, "Given: in cm², kg² and cm kg.");
  ui.readout.append(html("table", {}, caption, html("thead", {}, html("tr", {}, ...heads)), body));
  ui.reset();

  const panel = (box, title, names, x, y) =>
    plot.frame({
      box, title,
      x: { from: x[0], to: x[1], label: names[0], ticks: names[0] ? undefined : [-2, 0, 2] },
      y: { from: y[0], to: y[1], label: names[1], ticks: names[1] ? undefined : [-2, 0, 2] },
    });
  const points = (frame, rows, marked) => {
    for (const [i, [x, y]] of rows.entries()) {
      if (!marked.includes(i)) plot.mark("circle", frame.x(x), frame.y(y), "muted", 2.6);
    }
    for (const [k, i] of marked.entries()) {
      plot.mark(["diamond", "triangle"][k % 2], frame.x(rows[i][0]), frame.y(rows[i][1]), `s${1 + (k % 2)}`, 6);
    }
  };

  return (state) => {
    const { centre, axis, across, marked } = state;
    const x = cloud(state);
    const result = compute({ x, eps: state.eps });
    plot.begin();
    const narrow = plot.width < 480;
    const wide = narrow ? plot.width : plot.width * 0.46;
    const tall = narrow ? 300 : plot.height;
    // As many pixels a centimetre as a kilogram, so that a right angle looks like one.
    const inner = [wide - 60, tall - 64];
    const unit = Math.min(...inner) / 92;
    const to = [0, 1].map((i) => [state.middle[i] - inner[i] / unit / 2, state.middle[i] + inner[i] / unit / 2]);
    const frame = panel([0, 0, wide, tall], "given: drag ● or ■", ["height (cm)", "weight (kg)"], ...to);
    points(frame, x, marked);
    const start = narrow ? [0, tall] : [wide, 0];
    const [w, h] = narrow ? [plot.width / 2, 160] : [(plot.width - wide) / 2, tall / 2];
    for (const [k, [name, title]] of METHODS.entries()) {
      const box = [start[0] + (k % 2) * w, start[1] + Math.floor(k / 2) * h, w, h];
      const size = [box[2] - 42, box[3] - 46];
      const ratio = size[1] / size[0];
      const [hx, hy] = ratio > 1 ? [HALF, HALF * ratio] : [HALF / ratio, HALF];
      const f = panel(box, title, ["", ""], [-hx, hx], [-hy, hy]);
      const turn = Array.from({ length: 61 }, (_, i) => (i / 30) * Math.PI);
      points(f, result[name], marked);
      plot.path(turn.map((t) => [f.x(Math.cos(t)), f.y(Math.sin(t))]), "thin");
    }

    const length = Math.hypot(...axis);
    const along = axis.map((v) => v / length);
    const side = [-along[1], along[0]];
    const tip = centre.map((v, i) => v + 2 * axis[i]);
    const edge = centre.map((v, i) => v + 2 * across * side[i]);
    for (const end of [tip, edge]) {
      plot.path([centre, end].map(([a, b]) => [frame.x(a), frame.y(b)]), "s0 solid");
    }
    const said = () => {
      const now = covariance(cloud({ ...state, ...Object.fromEntries(["centre", "axis", "across"].map((k) => [k, ui.get(k)])) }));
      const r = now[0][1] / Math.sqrt(now[0][0] * now[1][1]);
      ui.say(`Correlation ${num(r)} before and after standardizing, 0 after each whitening.`);
    };
    plot.handle("centre", {
      frame, at: centre, step: [1, 1], label: "Centre of the cloud", shape: "circle", cls: "s0",
      said: `${num(centre[0], 0)} centimetres, ${num(centre[1], 0)} kilograms`,
      move: (a, b) => { ui.set({ centre: [a, b] }); said(); },
    });
    plot.handle("axis", {
      frame, at: tip, step: [0.5, 0.5], label: "Tip of the long axis", shape: "square", cls: "s0",
      said: `2 deviations: ${num(2 * axis[0], 1)} centimetres, ${num(2 * axis[1], 1)} kilograms from the centre`,
      move: (a, b) => {
        const next = [(a - centre[0]) / 2, (b - centre[1]) / 2];
        if (Math.hypot(...next) >= 1) { ui.set({ axis: next }); said(); }
      },
    });
    plot.handle("across", {
      frame, at: edge, step: [0.5, 0.5], label: "Tip of the axis across", shape: "square", cls: "s0",
      said: `deviation across ${num(across, 1)}`,
      move: (a, b) => {
        const next = ((a - centre[0]) * side[0] + (b - centre[1]) * side[1]) / 2;
        ui.set({ across: Math.min(Math.max(next, 1), 20) });
        said();
      },
    });
    plot.end();

    const row = (title, rows, digits) => {
      const [[a, b], [, d]] = covariance(rows);
      return html("tr", {}, html("th", { scope: "row" }, title),
        ...[a, d, b].map((v) => html("td", {}, num(v, digits))));
    };
    body.replaceChildren(row("given", x, 0), ...METHODS.map(([name, title]) => row(title, result[name], 2)));
  };
});

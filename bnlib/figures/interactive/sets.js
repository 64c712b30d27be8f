/** Which values share a mean: a block of N examples, C channels and H x W positions, laid flat. */

import { html, interactive, num } from "./kit.js";
import { Plot } from "./plot.js";

const NORMS = [
  ["batch", "batch"], ["layer", "layer"], ["instance", "instance"], ["group", "group, G = 2"], ["rms", "RMS"],
];

/** The numbers of a nested array, whatever its depth. */
const flat = (x) => x.flat(Infinity);

/** Whether cells [n, c] and [m, d] share their statistics; all positions of a channel do. */
export function together(norm, [n, c], [m, d], channels, groups) {
  const size = channels / groups;
  return {
    batch: c === d,
    layer: n === m,
    rms: n === m,
    instance: n === m && c === d,
    group: n === m && Math.floor(c / size) === Math.floor(d / size),
  }[norm];
}

/**
 * The set of a cell, and the whole block normalized.
 * @param {{x: number[][][][], norm: string, cell: number[], groups: number, eps: number}} state
 *   x: (N, C, H, W). cell: [n, c, h, w].
 */
export function compute({ x, norm, cell, groups, eps }) {
  const channels = x[0].length;
  const set = (n, c) => x.flatMap((example, m) =>
    example.flatMap((plane, d) => (together(norm, [n, c], [m, d], channels, groups) ? flat(plane) : [])));
  const statistics = (n, c) => {
    const values = set(n, c);
    const average = (list) => list.reduce((sum, v) => sum + v, 0) / list.length;
    const middle = norm === "rms" ? 0 : average(values);
    const scale2 = average(values.map((v) => (v - middle) ** 2)); // rms: the mean of squares
    return { mean: middle, scale: Math.sqrt(scale2 + eps), count: values.length };
  };
  const xhat = x.map((example, n) => example.map((plane, c) => {
    const { mean: middle, scale: divisor } = statistics(n, c);
    return plane.map((row) => row.map((v) => (v - middle) / divisor));
  }));
  const [n, c, h, w] = cell;
  const members = x.map((example, m) =>
    example.map((_, d) => together(norm, [n, c], [m, d], channels, groups)));
  const own = statistics(n, c);
  return { ...own, members, xhat, sets: flat(x).length / own.count, before: x[n][c][h][w], after: xhat[n][c][h][w] };
}

/** What a set extends over, in words. */
function extent(norm, [n, c], channels, groups) {
  const size = channels / groups;
  const first = Math.floor(c / size) * size;
  return {
    batch: `channel ${c} of all examples`,
    layer: `all channels of example ${n}`,
    rms: `all channels of example ${n}`,
    instance: `channel ${c} of example ${n}`,
    group: `channels ${first}–${first + size - 1} of example ${n}`,
  }[norm];
}

export default interactive((ui) => {
  ui.follow("x", "cell", "groups", "eps");
  const shape = [ui.get("x").length, ui.get("x")[0].length, ui.get("x")[0][0].length, ui.get("x")[0][0][0].length];
  const [N, C, H, W] = shape;
  const radios = ui.radios("norm", { label: "Norm", options: NORMS });
  ui.root.prepend(radios);
  const plot = new Plot(ui, {
    label: `${N} examples of ${C} channels with ${H} times ${W} positions. One cell is chosen.`,
    height: (width) => 42 + N * H * side(width) + (N - 1) * gap,
  });
  const gap = 8;
  const left = 34;
  const side = (width) => Math.min(width < 480 ? 32 : 46, (width - left - (C - 1) * gap - 6) / (C * W));
  const body = html("tbody");
  ui.readout.append(html("table", { class: "bn-facts" }, body));
  ui.reset();

  /** Cells in a row, with a gap between tiles: a scale that the plot's handle understands. */
  const places = (cells, tile, start, size, turn = false) => {
    const at = (i) => start + i * size + Math.floor(i / tile) * gap + size / 2;
    const map = (v) => at(turn ? cells - 1 - v : v);
    map.back = (p) => {
      let best = 0;
      for (let i = 1; i < cells; i += 1) if (Math.abs(at(i) - p) < Math.abs(at(best) - p)) best = i;
      return turn ? cells - 1 - best : best;
    };
    map.domain = [0, cells - 1];
    return map;
  };
  let frame;
  const toCell = (column, up) => {
    const row = N * H - 1 - up;
    return [Math.floor(row / H), Math.floor(column / W), row % H, column % W];
  };
  const choose = (column, up) => {
    const cell = toCell(column, up);
    if (String(cell) === String(ui.get("cell"))) return;
    ui.set({ cell });
  };
  const under = (event) => {
    const box = plot.svg.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (x > left && y > 38 && y < plot.height) choose(frame.x.back(x), frame.y.back(y));
  };
  plot.svg.addEventListener("pointermove", (event) => event.pointerType === "mouse" && under(event));
  plot.svg.addEventListener("click", under);

  return (state) => {
    const { x, norm, cell, groups } = state;
    const result = compute(state);
    plot.begin();
    const size = side(plot.width);
    frame = { x: places(C * W, W, left, size), y: places(N * H, H, 38, size, true) };
    plot.text(left, 13, `channel (C = ${C}), ${H} × ${W} positions each`, { cls: "tick" });
    for (let c = 0; c < C; c += 1) {
      plot.text(frame.x(c * W) + ((W - 1) * size) / 2, 31, String(c), { anchor: "middle", cls: "tick" });
    }
    const turned = plot.text(12, plot.height / 2 + 10, `example (N = ${N})`, { anchor: "middle", cls: "tick" });
    turned.setAttribute("transform", `rotate(-90 12 ${plot.height / 2 + 10})`);
    for (let n = 0; n < N; n += 1) {
      const up = N * H - 1 - n * H;
      plot.text(29, frame.y(up) + ((H - 1) * size) / 2 + 4, String(n), { anchor: "end", cls: "tick" });
      for (let c = 0; c < C; c += 1) {
        const inside = result.members[n][c];
        for (let h = 0; h < H; h += 1) {
          for (let w = 0; w < W; w += 1) {
            const [px, py] = [frame.x(c * W + w), frame.y(up - h)];
            plot.rect(px - size / 2 + 1, py - size / 2 + 1, size - 2, size - 2, inside ? "cell in" : "cell");
            plot.text(px, py + 4, num(x[n][c][h][w], 1), { anchor: "middle", cls: `value${inside ? " in" : ""}${size < 36 ? " small" : ""}` });
          }
        }
      }
    }
    const [n, c, h, w] = cell;
    const at = [c * W + w, N * H - 1 - (n * H + h)];
    const name = `example ${n}, channel ${c}, position ${h}, ${w}`;
    const over = extent(norm, cell, C, groups);
    const [m, s] = [num(result.mean), num(result.scale)];
    plot.handle("cell", {
      frame, at, step: [1, 1], label: "Chosen cell", said: `${name}. Its set: ${over}`, shape: "square", cls: "cursor",
      size: size / 2 - 2,
      move: (column, up) => {
        choose(column, up);
        const next = compute({ ...state, cell: ui.get("cell") });
        ui.say(`${extent(norm, ui.get("cell"), C, groups)}: ${next.count} values, ` +
          `${norm === "rms" ? "no mean is taken" : `mean ${num(next.mean)}`}.`);
      },
    });
    plot.end();

    const before = num(result.before, 1);
    const less = result.mean < 0 ? `+ ${num(-result.mean)}` : `− ${m}`;
    const facts = [
      ["shared by", over],
      ["in the block", `${result.sets} sets of ${result.count} values`],
      norm === "rms" ? ["mean μ", "none is taken"] : ["mean μ", m],
      [norm === "rms" ? "root mean square" : "std σ", s],
      ["this cell", norm === "rms" ? `${before} ÷ ${s} = ${num(result.after)}` : `(${before} ${less}) ÷ ${s} = ${num(result.after)}`],
    ];
    body.replaceChildren(...facts.map(([head, text]) =>
      html("tr", {}, html("th", { scope: "row" }, head), html("td", {}, text))));
  };
});

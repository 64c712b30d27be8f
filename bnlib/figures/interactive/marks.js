/** Parts of plots that several figures use: ticks with words of their own, arrows, labels on lines. */

/**
 * Grid lines and labels at given places: for axes whose data are logarithms or numbers of a list.
 * @param {{x?: [number, string][], y?: [number, string][]}} places in data, each with its label
 */
export function labelled(plot, frame, { x = [], y = [] }) {
  for (const [at, text] of x) {
    plot.path([[frame.x(at), frame.bottom], [frame.x(at), frame.top]], "grid");
    plot.text(frame.x(at), frame.bottom + 15, text, { anchor: "middle", cls: "tick" });
  }
  for (const [at, text] of y) {
    plot.path([[frame.left, frame.y(at)], [frame.right, frame.y(at)]], "grid");
    plot.text(frame.left - 5, frame.y(at) + 4, text, { anchor: "end", cls: "tick" });
  }
}

/** A power of ten: "10⁻⁴", "1", "10⁸". */
export function power(exponent) {
  if (exponent === 0) return "1";
  return `10${[...String(exponent)].map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("")}`;
}

/** A positive number to two digits, with a power of ten where it is far from 1. */
export function short(value) {
  if (value >= 0.001 && value < 1000) return String(Number(value.toPrecision(2)));
  const [digits, exponent] = value.toExponential(1).split("e");
  return value === 0 ? "0" : `${digits}·${power(Number(exponent))}`;
}

/** A line with a mark at every `every`-th point, in the look of one series. */
export function series(plot, points, { cls, shape, every = 5, from = 0 }) {
  plot.path(points, cls);
  for (let i = from; i < points.length; i += every) plot.mark(shape, ...points[i], cls, 4);
}

/**
 * Names at the right end of two lines: above the upper one, below the lower one.
 * @param {[string, number][]} lines name and height in pixels of each
 */
export function ends(plot, frame, lines) {
  const [upper, lower] = [...lines].sort((a, b) => a[1] - b[1]);
  const places = [[upper, upper[1] - 9], [lower, lower[1] + 19]];
  for (const [[name], y] of places) {
    const inside = Math.min(Math.max(y, frame.top + 13), frame.bottom - 5);
    onGround(plot.text(frame.right - 4, inside, name, { anchor: "end" }));
  }
}

/** Give a text an edge in the colour of the ground, so that it is read across lines. */
export function onGround(text) {
  text.style.cssText = "paint-order: stroke; stroke: var(--bn-ground); stroke-width: 4px";
  return text;
}

/** An arrow between two points in pixels; none where it would be shorter than its head. */
export function arrow(plot, from, to, cls, head = 9) {
  const along = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(...along);
  if (length < 2) return;
  const [x, y] = along.map((v) => v / length);
  const size = Math.min(head, length);
  const neck = [to[0] - size * x, to[1] - size * y];
  plot.path([from, neck], cls);
  const side = 0.45 * size;
  const corners = [to, [neck[0] - side * y, neck[1] + side * x], [neck[0] + side * y, neck[1] - side * x]];
  const d = corners.map(([a, b], i) => `${i ? "L" : "M"}${a.toFixed(2)},${b.toFixed(2)}`).join("");
  plot.add("path", { d: `${d}Z`, class: `mark ${cls}` });
}

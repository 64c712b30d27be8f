// What a run shows, drawn as the book shows it: in chapters and on the pages of exercises.
import { make } from "./dom.js";

const NO_ALT = "The figure that this cell has drawn.";

/**
 * Add an output to an element, which lies in a .cell_output.
 * @param {HTMLElement} element
 * @param {{type: string}} output as bnlib/browser/session.py gives it
 * @param {{alt?: string, where?: (frame: object) => string, others?: object}} options
 *   alt: of pictures; where: names the cell or file of a line; others: functions that make an
 *   element of outputs of more types, by type
 */
export function draw(element, output, { alt = "", where = (frame) => frame.where, others = {} } = {}) {
  const drawn = { ...DRAWN, ...others };
  const kind = drawn[output.type];
  if (!kind) throw new Error(`no output of type ${output.type}; there are ${Object.keys(drawn)}`);
  const last = element.lastElementChild;
  // What is printed comes in pieces.
  if (output.type === "stream" && last?.dataset.stream === output.name) {
    last.querySelector("pre").append(output.text);
  } else element.append(kind(output, { alt, where }));
}

const DRAWN = {
  stream: ({ name, text }) => block(text, {
    class: `output ${name === "stderr" ? "stderr" : "stream"}`, "data-stream": name,
  }),
  text: ({ text }) => block(text, { class: "output text_plain" }),
  html: ({ html }) => written("output text_html", html),
  svg: ({ svg }) => written("output", svg),
  png: (output, { alt }) => make("img", {
    class: "output", src: address(output.data), alt: alt || NO_ALT,
    width: output.width, height: output.height,
  }),
  error: ({ name, message, line, frames, hint }, { where }) =>
    make("div", { class: "output live-error" },
      make("p", {}, make("strong", {}, name), message && `: ${message}`, line ? ` (line ${line})` : ""),
      frames.length ? make("ol", {}, ...frames.map((frame) => step(frame, where(frame)))) : "",
      hint && make("p", {}, hint)),
};

/** A picture as an address. @param {string} png base64 */
export const address = (png) => `data:image/png;base64,${png}`;

/** A line on the way to an error; where it could not be read, with a mark below the place. */
function step({ line, function: name, source, column }, where) {
  const item = make("li", {}, `${where}, line ${line}${name && `, in ${name}`}`);
  if (column !== null) {
    item.append(":", make("pre", { tabindex: "0" }, `${source}\n${" ".repeat(column)}^`));
  } else if (source) item.append(": ", make("code", {}, source));
  return item;
}

function written(name, markup) {
  const box = make("div", { class: name });
  box.innerHTML = markup;
  return box;
}

function block(text, attributes) {
  return make("div", { ...attributes, class: `${attributes.class} highlight-myst-ansi notranslate` },
    make("div", { class: "highlight" }, make("pre", { tabindex: "0" }, text)));
}

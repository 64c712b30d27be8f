// What a run shows, drawn as the book shows it.

/**
 * Add an output to an element.
 * @param {HTMLElement} element
 * @param {{type: string}} output of runtime.js
 * @param {{alt?: string, where?: (frame: object) => string}} options
 */
export function draw(element, output, { alt = "", where = (frame) => frame.where } = {}) {
  const kind = DRAWN[output.type];
  if (!kind) throw new Error(`no output of type ${output.type}; there are ${Object.keys(DRAWN)}`);
  kind(element, output, { alt, where });
}

const DRAWN = {
  stream(element, { name, text }) {
    const last = element.lastElementChild;
    if (last?.dataset.stream === name) last.querySelector("pre").append(text);
    else element.append(block(text, { stream: name }, name === "stderr" ? "stderr" : "stream"));
  },
  text: (element, { text }) => element.append(block(text, {}, "text_plain")),
  html(element, { html }) {
    const box = make("div", "output text_html");
    box.innerHTML = html;
    element.append(box);
  },
  svg(element, { svg }) {
    const box = make("div", "output");
    box.innerHTML = svg;
    element.append(box);
  },
  png(element, output, { alt }) {
    const image = make("img", "output");
    image.src = address(output);
    image.alt = alt || "The figure that this cell has drawn.";
    image.width = output.width;
    image.height = output.height;
    element.append(image);
  },
  error(element, error, { where }) {
    const box = make("div", "output live-error");
    const head = make("p");
    head.append(make("strong", "", error.name), error.message ? `: ${error.message}` : "");
    if (error.line) head.append(` (line ${error.line})`);
    box.append(head);
    if (error.frames.length) {
      const list = make("ol");
      for (const frame of error.frames) {
        const item = make("li", "", `${where(frame)}, line ${frame.line}`);
        if (frame.source) item.append(": ", make("code", "", frame.source));
        list.append(item);
      }
      box.append(list);
    }
    element.append(box);
  },
};

/** The picture of an output of type "png" as an address. */
export const address = ({ data }) => `data:image/png;base64,${data}`;

export function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

function block(text, data, kind) {
  const box = make("div", `output ${kind} highlight-myst-ansi notranslate`);
  Object.assign(box.dataset, data);
  const inner = make("div", "highlight");
  const pre = make("pre", "", text);
  pre.tabIndex = 0;
  inner.append(pre);
  box.append(inner);
  return box;
}

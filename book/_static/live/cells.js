// The buttons of a page's cells. This is all that is loaded before a reader uses one of them; the
// rest (page.js) comes with the first use, or where an edit was kept.
import { keys } from "./store.js";

const bar = document.querySelector(".live-page");
const page = bar && location.pathname.split("/").slice(-2).join("/").replace(/\.html$/, "");
const cells = [...document.querySelectorAll(".cell.live, .cell.live-off")].map((element) => ({
  element,
  place: Number(/\blive-(\d+)\b/.exec(element.className)[1]),
  runs: element.classList.contains("live"),
}));

let loaded = null;
const whole = () =>
  (loaded ??= import("./page.js").then(({ LivePage }) => new LivePage({ page, bar, cells, button })));

// A button for what page.js does; what it needs is asked for as soon as a hand comes near.
function button(text, label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", () => act());
  return made;
}

const soon = (element) => {
  for (const event of ["pointerenter", "focusin"]) {
    element.addEventListener(event, whole, { once: true });
  }
};

const status = () => {
  const line = document.createElement("span");
  line.className = "live-status";
  line.setAttribute("role", "status");
  return line;
};

// Where a cell runs that does not run here.
function elsewhere() {
  const link = (href, text) => Object.assign(document.createElement("a"), { href, textContent: text });
  const { binder, how } = bar.dataset;
  return binder
    ? [link(binder, "run this chapter on Binder"), ", or ", link(how, "on your machine")]
    : [link(how, "how to run it")];
}

for (const [number, cell] of cells.entries()) {
  const line = document.createElement("div");
  line.className = "live-bar";
  cell.status = status();
  cell.bar = line;
  if (cell.runs) {
    const name = `cell ${number + 1}`;
    cell.name = name;
    cell.run = button("Run", `Run ${name}`, () => whole().then((all) => all.run(cell)));
    cell.edit = button("Edit", `Edit ${name}`, () => whole().then((all) => all.edit(cell)));
    line.append(cell.run, cell.edit, cell.status);
    soon(line);
  } else {
    const why = document.createElement("span");
    why.className = "live-why";
    why.append("Needs PyTorch, which does not run in a browser: ", ...elsewhere(), ".");
    line.append(why);
  }
  (cell.element.querySelector(":scope > details") ?? cell.element.querySelector(".cell_input"))
    .after(line);
}

if (bar && cells.some((cell) => cell.runs)) {
  const all = button("Run all", "Run all cells", () => whole().then((live) => live.runAll()));
  const text = document.createElement("span");
  text.className = "live-status";
  text.setAttribute("role", "status");
  text.textContent = "Cells can be run and edited here.";
  bar.append(all, text);
  bar.all = all;
  bar.status = text;
  soon(bar);
  if (keys(`bn:live:${page}:`).length) whole();
}

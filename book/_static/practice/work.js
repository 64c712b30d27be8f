// What the page asks of Python. Nothing is loaded before the first question.

const JUDGING = "bnlib.browser.judging";
const SHOWING = "bnlib.browser.showing";
// Packages that the runtime can bring; others are missing, and the code's import says so.
const BROUGHT = ["matplotlib"];

let loading = null;

/** The page's runtime (../live/runtime.js). */
export function runtime() {
  loading ??= import("../live/runtime.js").then(({ Runtime }) => Runtime.shared());
  loading.catch(() => (loading = null));
  return loading;
}

async function bring(python, packages) {
  for (const name of packages.filter((each) => BROUGHT.includes(each))) {
    await python.run(`import ${name}`, { cell: name });
  }
}

/**
 * The report on one exercise.
 * @param {string} name @param {string[][]} cells
 * @param {() => void} goOn throws where the reader has stopped it; asked before each call
 */
export async function check(name, cells, goOn = () => {}) {
  return asked(JUDGING, "check", [name, cells], [cells], goOn);
}

/** What a cell shows, and what raised above it. @param {string} id @param {string[][]} cells */
export async function show(id, cells, goOn = () => {}) {
  return asked(SHOWING, "show", [id, cells], [id, cells], goOn);
}

async function asked(module, name, args, needing, goOn) {
  const python = await runtime();
  goOn();
  const packages = await python.call(module, "packages", needing);
  goOn();
  await bring(python, packages);
  goOn();
  return python.call(module, name, args);
}

/** A figure after one of its controls was moved. */
export async function move(box, control, position) {
  return (await runtime()).call(SHOWING, "move", [box, control, position]);
}

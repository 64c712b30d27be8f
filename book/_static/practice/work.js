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

/** The report on one exercise. @param {string} name @param {string[][]} cells */
export async function check(name, cells) {
  const python = await runtime();
  await bring(python, await python.call(JUDGING, "packages", [cells]));
  return python.call(JUDGING, "check", [name, cells]);
}

/** What a cell shows, and what raised above it. @param {string} id @param {string[][]} cells */
export async function show(id, cells) {
  const python = await runtime();
  await bring(python, await python.call(SHOWING, "packages", [id, cells]));
  return python.call(SHOWING, "show", [id, cells]);
}

/** A figure after one of its controls was moved. */
export async function move(box, control, position) {
  return (await runtime()).call(SHOWING, "move", [box, control, position]);
}

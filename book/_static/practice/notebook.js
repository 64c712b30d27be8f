// A page's answers as a Jupyter notebook, and back. An .ipynb file is JSON of nbformat 4.

export const LARGEST = 20 * 2 ** 20; // bytes

/** The student's notebook as it is handed out. @param {string} root @param {string} name */
export async function untouched(root, name) {
  const response = await fetch(new URL(`practice/${name}.ipynb`, root));
  if (!response.ok) throw new Error(`the site has no ${name}.ipynb (it answered ${response.status})`);
  return response.json();
}

/**
 * The notebook with these sources in the cells of these ids, and no outputs.
 * @param {object} notebook @param {Map<string, string>} sources
 */
export function filled(notebook, sources) {
  const cells = notebook.cells.map((cell) => {
    if (cell.cell_type !== "code") return cell;
    const source = sources.get(cell.id) ?? text(cell.source);
    return { ...cell, source: lines(source), outputs: [], execution_count: null };
  });
  return { ...notebook, cells };
}

/** Let the browser save it. */
export function download(name, notebook) {
  const blob = new Blob([`${JSON.stringify(notebook, null, 1)}\n`], { type: "application/x-ipynb+json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/**
 * The notebook in a file.
 * @param {File} file
 * @throws {Error} whose message says what the file is instead
 */
export async function opened(file) {
  if (file.size > LARGEST) {
    const size = (file.size / 2 ** 20).toFixed(0);
    throw new Error(`It has ${size} MB; a notebook of at most ${LARGEST / 2 ** 20} MB is read.`);
  }
  const content = await file.text();
  if (!content.trim()) throw new Error("The file is empty.");
  let notebook;
  try {
    notebook = JSON.parse(content);
  } catch (error) {
    const start = content.trimStart()[0];
    throw new Error(start === "{"
      ? `The notebook is broken: its JSON ends or goes wrong (${error.message}).`
      : "It is no notebook: an .ipynb file is expected, which begins with {.");
  }
  if (notebook === null || typeof notebook !== "object" || !Array.isArray(notebook.cells)) {
    const old = notebook?.worksheets ? " It is of an old format: save it again in Jupyter." : "";
    throw new Error(`It is no notebook: it has no list of cells.${old}`);
  }
  if (notebook.nbformat !== 4) {
    throw new Error(`It is a notebook of format ${notebook.nbformat}; format 4 is expected.`);
  }
  return notebook;
}

/**
 * Which cell of a file is which of the page: by its id, or by the name that it defines.
 *
 * Code that the reader added in cells of their own goes above the cell that follows it, so that
 * what an answer leans on comes along.
 * @param {object} notebook @param {object} own the untouched one @param {object[]} cells the page's
 * @returns {{sources: Map<string, string>, extra: number, missing: object[]}}
 */
export function match(notebook, own, cells) {
  const known = new Map(cells.map((cell) => [cell.id, cell]));
  const given = new Map(own.cells.map((cell) => [cell.id, text(cell.source)]));
  const sources = new Map();
  const others = [...given.values()].map((source) => source.trim());
  let extra = 0;
  let loose = [];
  let last = null;
  for (const cell of notebook.cells) {
    if (cell?.cell_type !== "code") continue;
    const source = text(cell.source);
    const found = known.get(cell.id) ?? cells.find((each) => !sources.has(each.id) &&
      (each.kind === "answer" ? defines(source, each.exercise) : given.get(each.id).trim() === source.trim()));
    if (!found) {
      if (source.trim() && !others.includes(source.trim())) loose.push(source);
    } else if (found.kind !== "check" && !sources.has(found.id)) {
      extra += loose.length;
      sources.set(found.id, [...loose, source].join("\n\n\n"));
      loose = [];
      last = found.id;
    }
  }
  if (loose.length && last) {
    extra += loose.length;
    sources.set(last, [sources.get(last), ...loose].join("\n\n\n"));
  }
  const missing = cells.filter((cell) => cell.kind === "answer" && !sources.has(cell.id));
  return { sources, extra, missing };
}

/** Why no cell of a file answers an exercise of this page: it is another notebook's, or none's. */
export async function whose(notebook, root, name) {
  const response = await fetch(new URL("practice/index.json", root));
  const index = response.ok ? await response.json() : {};
  const code = notebook.cells.filter((cell) => cell?.cell_type === "code").map((cell) => text(cell.source));
  const other = Object.keys(index).find((each) => each !== name &&
    index[each].some((exercise) => code.some((source) => defines(source, exercise))));
  return other
    ? `It is notebook ${other}; this page takes ${name}.`
    : `It answers no exercise of ${name}: no cell defines ${(index[name] ?? []).join(", ")}.`;
}

const text = (source) => Array.isArray(source) ? source.join("") : String(source ?? "");
const lines = (source) => source.split(/(?<=\n)/);
const defines = (source, name) => new RegExp(`^(def|class)\\s+${name}\\b`, "m").test(source);

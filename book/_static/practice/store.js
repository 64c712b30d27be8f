// What a reader has written and reached, kept in the browser: one record a notebook.
//
// A record is {format, sources, verdicts}: sources by the exercise's name or the cell's id, of what
// was changed alone; verdicts by the exercise's name, each {status, points, possible, version, of}.

export const PREFIX = "bn:practice:";
const FORMAT = 1;

export const empty = () => ({ format: FORMAT, sources: {}, verdicts: {} });

/** A sentence for the reader where the storage failed. */
function problem(error) {
  const full = error?.name === "QuotaExceededError";
  const why = full ? "the browser's storage is full" : "the browser gives this page no storage";
  return `What you write is not kept: ${why}. It stays on this page until you leave it; ` +
    "“Export answers” saves it as a file.";
}

const isRecord = (value) => value?.format === FORMAT &&
  typeof value.sources === "object" && typeof value.verdicts === "object";

/**
 * The record of a notebook, an empty one where there is none.
 * @param {string} notebook
 * @returns {{record: object, problem: string}}
 */
export function read(notebook) {
  const key = PREFIX + notebook;
  let text;
  try {
    text = localStorage.getItem(key);
  } catch (error) {
    return { record: empty(), problem: problem(error) };
  }
  if (text === null) return { record: empty(), problem: "" };
  try {
    const record = JSON.parse(text);
    if (isRecord(record)) return { record, problem: "" };
  } catch {
    // Said below.
  }
  // Put aside, so that what is written now does not take its place.
  try {
    localStorage.setItem(`${key}:unreadable`, text);
  } catch {
    return { record: empty(), problem: problem() };
  }
  return {
    record: empty(),
    problem: "What was kept for this page cannot be read. It was put aside in the browser's " +
      `storage, as “${key}:unreadable”; the page begins anew.`,
  };
}

/**
 * Change the record of a notebook, as another tab may have left it.
 * @param {string} notebook
 * @param {(record: object) => void} change
 * @returns {string} why it could not be kept, or ""
 */
export function update(notebook, change) {
  try {
    const { record } = read(notebook);
    change(record);
    localStorage.setItem(PREFIX + notebook, JSON.stringify(record));
    return "";
  } catch (error) {
    return problem(error);
  }
}

/** Remove all that was kept of all notebooks. Returns why that failed, or "". */
export function forget() {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
    for (const key of keys) localStorage.removeItem(key);
    return "";
  } catch (error) {
    return problem(error);
  }
}

/** A short mark of a text, to see later whether it has changed. */
export function mark(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return `${text.length.toString(36)}-${hash.toString(36)}`;
}

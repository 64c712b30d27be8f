// What a reader has written and reached, kept in the browser: one record a notebook.
//
// A record is {format, sources, verdicts}: sources by the exercise's name or the cell's id, of what
// was changed alone; verdicts by the exercise's name, each {status, points, possible, version, of}.
import * as kept from "../live/store.js";

export const PREFIX = "bn:practice:";
const FORMAT = 1;

export const empty = () => ({ format: FORMAT, sources: {}, verdicts: {} });

/** A sentence for the reader of why something is not kept; of "", none. */
const problem = (why) => why && `What you write is not kept: ${why}. It stays on this page until ` +
  "you leave it; “Export answers” saves it as a file.";

const isRecord = (value) => value?.format === FORMAT &&
  typeof value.sources === "object" && typeof value.verdicts === "object";

/**
 * The record of a notebook, an empty one where there is none.
 * @param {string} notebook
 * @returns {{record: object, problem: string}}
 */
export function read(notebook) {
  const key = PREFIX + notebook;
  const text = kept.read(key);
  if (text === null) return { record: empty(), problem: problem(kept.refused()) };
  try {
    const record = JSON.parse(text);
    if (isRecord(record)) return { record, problem: "" };
  } catch {
    // Said below.
  }
  // Put aside, so that what is written now does not take its place.
  const why = kept.write(`${key}:unreadable`, text);
  if (why) return { record: empty(), problem: problem(why) };
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
  const { record } = read(notebook);
  change(record);
  return problem(kept.write(PREFIX + notebook, JSON.stringify(record)));
}

/** Remove all that was kept of all notebooks. Returns why that failed, or "". */
export function forget() {
  return problem(kept.refused() || kept.keys(PREFIX).map(kept.remove).find(Boolean) || "");
}

/** A short mark of a text, to see later whether it has changed. */
export function mark(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return `${text.length.toString(36)}-${hash.toString(36)}`;
}

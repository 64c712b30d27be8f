// The browser's storage, which may be full, forbidden or not there: nothing here throws.

const FULL = "the browser's storage is full";
const NONE = "the browser gives this page no storage";

function attempt(act, otherwise) {
  try {
    return act();
  } catch (error) {
    return otherwise(error);
  }
}

const done = (act) => attempt(() => {
  act();
  return "";
}, (error) => (error?.name === "QuotaExceededError" ? FULL : NONE));

/** @param {string} key @returns {string|null} */
export const read = (key) => attempt(() => localStorage.getItem(key), () => null);

/** @param {string} key @param {string} text @returns {string} why it is not kept, or "" */
export const write = (key, text) => done(() => localStorage.setItem(key, text));

/** @param {string} key @returns {string} why it is still there, or "" */
export const remove = (key) => done(() => localStorage.removeItem(key));

/** @param {string} prefix @returns {string[]} the keys that begin so */
export const keys = (prefix) => attempt(
  () => Object.keys(localStorage).filter((key) => key.startsWith(prefix)), () => []);

/** @returns {string} why nothing at all can be kept or read here, or "" */
export const refused = () => done(() => localStorage.length);

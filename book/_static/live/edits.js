// What a reader has changed in the cells of a page, kept by the browser under
// bn:live:<page>:<cell> as { text, original }. The original says which cell it was, should the
// page change.
import { keys, read, remove, write } from "./store.js";

export class Edits {
  /** @param {string} page */
  constructor(page) {
    this.prefix = `bn:live:${page}:`;
  }

  /** @returns {string} why it is not kept, or "" */
  keep(place, text, original) {
    return write(`${this.prefix}${place}`, JSON.stringify({ text, original }));
  }

  drop(place) {
    remove(`${this.prefix}${place}`);
  }

  /**
   * The kept edits beside the cells of the page as it is now.
   * @param {Map<number, string>} originals text by place
   * @returns {{found: Map<number, string>, lost: {key: string, place: number, text: string}[]}}
   *   found: edits of cells that are there; lost: of cells whose text has changed since
   */
  restore(originals) {
    const found = new Map();
    const lost = [];
    for (const key of keys(this.prefix)) {
      const place = Number(key.slice(this.prefix.length));
      const kept = parsed(read(key));
      if (!kept) continue;
      const same = originals.get(place) === kept.original
        ? place
        : [...originals].find(([, text]) => text === kept.original)?.[0];
      if (same === undefined || (same !== place && found.has(same))) {
        lost.push({ key, place, text: kept.text });
        continue;
      }
      found.set(same, kept.text);
      if (same !== place) {
        remove(key);
        this.keep(same, kept.text, kept.original);
      }
    }
    return { found, lost };
  }
}

function parsed(text) {
  try {
    const kept = JSON.parse(text);
    return typeof kept?.text === "string" && typeof kept.original === "string" ? kept : null;
  } catch {
    return null;
  }
}

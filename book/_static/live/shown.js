// The output of a cell on the page: the book's own, or in its place what a run has made.
import { make } from "./dom.js";
import { address, draw } from "./outputs.js";

const OLDER = "This output is of an older state of the cells above, or of this one.";

export class Shown {
  /** @param {HTMLElement} cell @param {(frame: object) => string} where names a line's place */
  constructor(cell, where) {
    this.cell = cell;
    this.where = where;
    this.place = cell.querySelector(":scope > .cell_output");
    this.own = this.place ? [...this.place.children] : [];
    const image = this.place?.querySelector("figure img");
    this.picture = image && { image, src: image.getAttribute("src"), alt: image.alt, width: image.getAttribute("width") };
  }

  /** A run begins; nothing changes before it shows something or ends. */
  begin(edited) {
    const made = make("div", { class: "live-output" });
    let drawn = false;
    let framed = false;
    const put = () => {
      if (drawn) return;
      drawn = true;
      this.#replace(made);
    };
    return {
      add: (output) => {
        put();
        const frame = this.picture && !framed && output.type === "png";
        if (frame) {
          framed = true;
          this.#framed(output, edited);
        } else {
          const alt = this.picture?.alt && edited ? changed(this.picture.alt) : this.picture?.alt;
          draw(made, output, { alt, where: this.where });
        }
      },
      end: () => {
        put();
        if (!framed) this.#frame()?.setAttribute("hidden", "");
        this.older(false);
      },
    };
  }

  // The figure keeps its number, its caption and its anchor; another picture stands in it.
  #framed(output, edited) {
    const { image, alt } = this.picture;
    image.src = address(output.data);
    image.alt = edited ? changed(alt) : alt;
    this.#frame().hidden = false;
  }

  #frame() {
    return this.picture && this.own.find((child) => child.contains(this.picture.image));
  }

  #replace(made) {
    if (!this.place) {
      this.place = make("div", { class: "cell_output docutils container" });
      this.cell.append(this.place);
    }
    this.place.querySelector(":scope > .live-output")?.remove();
    for (const child of this.own) if (child !== this.#frame()) child.hidden = true;
    this.place.prepend(made);
  }

  /** The book's output again. */
  original() {
    if (!this.place) return;
    this.place.querySelector(":scope > .live-output")?.remove();
    for (const child of this.own) child.hidden = false;
    if (this.picture) {
      const { image, src, alt } = this.picture;
      image.setAttribute("src", src);
      image.alt = alt;
    }
    this.older(false);
  }

  /** Say, or no longer, that the output is not that of the cells as they stand. */
  older(is) {
    const found = this.place?.querySelector(":scope > .live-older");
    if (is && this.place && !found) this.place.prepend(make("p", { class: "live-older" }, OLDER));
    if (!is) found?.remove();
  }
}

const changed = (alt) => `Drawn by the edited cell. Before the edit: ${alt}`;

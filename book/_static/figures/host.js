/**
 * Starts the interactive figures of a page, with no kernel and no widget manager.
 *
 * Each place (`.interactive[data-figure]`, made by bnlib/figures/interactive/base.py) holds a still
 * picture and the state. When it comes near the viewport, the figure's module, the same text as the
 * widget's, is loaded and asked to render with a model that lives on the page alone. Until then,
 * and where that fails, the picture stays.
 */
import { modules } from "./modules.js"; // written by tools/site/figures.py

/** What a figure needs of a widget's model, and nothing behind it. */
class Model {
  constructor(state) {
    this.state = state;
    this.listeners = new Map();
  }

  get(key) {
    return this.state[key];
  }

  set(key, value) {
    this.state[key] = value;
    for (const listener of this.listeners.get(`change:${key}`) ?? []) listener();
  }

  on(event, listener) {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
  }

  off(event, listener) {
    const rest = (this.listeners.get(event) ?? []).filter((l) => listener && l !== listener);
    this.listeners.set(event, rest);
  }

  save_changes() {} // there is no kernel to save them to
}

/** Start one figure in its place. */
export async function start(place) {
  place.dataset.started = "yes";
  try {
    const load = modules[place.dataset.figure];
    if (!load) throw new Error(`the site has ${Object.keys(modules).join(", ")}`);
    const { default: figure } = await load();
    const el = document.createElement("div");
    (place.querySelector(".bn-room") ?? place).append(el);
    // Before the figure measures itself, and in the same turn, so that both are never seen.
    place.classList.add("moves");
    try {
      figure.render({ model: new Model(JSON.parse(place.dataset.state)), el });
    } catch (error) {
      el.remove();
      place.classList.remove("moves");
      throw error;
    }
  } catch (error) {
    place.dataset.started = "failed";
    console.error(`The figure ${place.dataset.figure} does not move:`, error);
  }
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      start(target);
    }
  },
  { rootMargin: "400px 0px" },
);

/** Look after the figures in a part of a page; also after those that a cell shows later. */
export function watch(root = document) {
  for (const place of root.querySelectorAll(".interactive[data-figure]:not([data-started])")) {
    near.observe(place);
  }
}

watch();

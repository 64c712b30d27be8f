// The editor of a cell.
import { make } from "./dom.js";

export async function open(place, source, { label, onChange, onRun }) {
  const area = make("textarea", { class: "practice-editor", "aria-label": label, spellcheck: "false",
    autocapitalize: "off", autocomplete: "off" });
  area.value = source;
  area.rows = source.split("\n").length + 1;
  area.addEventListener("input", () => onChange(area.value));
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.shiftKey || event.ctrlKey)) {
      event.preventDefault();
      onRun();
    }
  });
  place.replaceChildren(area);
  return { set: (text) => (area.value = text), focus: () => area.focus() };
}

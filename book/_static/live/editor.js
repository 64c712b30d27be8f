// A field for code: a textarea with colours behind it (prism-code-editor, in vendor/editor), or,
// where that is not in the site, a plain textarea. Tab indents until Escape is pressed; then it
// leaves, as everywhere.
import { make } from "./dom.js";

const VENDOR = new URL("../../vendor/editor/dist/", import.meta.url);
export const HINT = "Shift+Enter runs. Tab indents; Escape, then Tab, leaves the field.";

let library = null;
const load = () => (library ??= Promise.all([
  import(new URL("index.js", VENDOR)),
  import(new URL("extensions/commands/index.js", VENDOR)),
  import(new URL("prism/languages/python.js", VENDOR)),
  import(new URL("languages/python.js", VENDOR)),
  style(new URL("layout.css", VENDOR)),
]).catch(() => null));

function style(url) {
  return new Promise((resolve, reject) => {
    document.head.append(
      make("link", { rel: "stylesheet", href: url.href, onload: resolve, onerror: reject }));
  });
}

let count = 0;

/**
 * Put a field for code into an element.
 * @param {HTMLElement} element
 * @param {{text: string, label: string, onChange?: (text: string) => void, onRun?: () => void}} options
 * @returns {Promise<{text: string, focus: () => void, remove: () => void}>} text can be set
 */
export async function edit(element, { text, label, onChange = () => {}, onRun = () => {} }) {
  const found = await load();
  const box = make("div", { class: "live-editor" });
  const hint = make("p", { class: "live-hint", id: `live-hint-${(count += 1)}` }, HINT);
  const field = found ? coloured(box, text, onChange, found) : plain(box, text, onChange);
  const { area } = field;
  area.setAttribute("aria-label", label);
  area.setAttribute("aria-describedby", hint.id);
  // Before the library sees the key.
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      onRun();
    }
  }, { capture: true });
  box.append(hint);
  element.append(box);
  return {
    get text() { return field.get(); },
    set text(value) { field.set(value); },
    focus: () => area.focus(),
    remove: () => box.remove(),
  };
}

function coloured(box, text, onChange, [{ createEditor }, { defaultCommands, editHistory }]) {
  let silent = true;
  const editor = createEditor(box, {
    value: text, language: "python", tabSize: 4, insertSpaces: true, lineNumbers: true,
    onUpdate: (value) => silent || onChange(value),
  }, defaultCommands(), editHistory());
  silent = false;
  const area = editor.textarea;
  leavable(area);
  // The library leaves the field on Escape; here the next Tab does.
  delete editor.keyCommandMap.Escape;
  return {
    area,
    get: () => editor.value,
    set: (value) => editor.setOptions({ value }),
  };
}

// After Escape a Tab is the browser's own, until something else is typed.
function leavable(area) {
  let leaving = false;
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leaving = true;
    else if (event.key === "Tab" && leaving) event.stopImmediatePropagation();
    else if (!["Shift", "Tab"].includes(event.key)) leaving = false;
  }, { capture: true });
  area.addEventListener("blur", () => (leaving = false));
}

function plain(box, text, onChange) {
  const area = make("textarea", {
    class: "live-plain", rows: text.split("\n").length + 1, spellcheck: "false",
    autocapitalize: "off", oninput: () => onChange(area.value),
  });
  area.value = text;
  let leaving = false;
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leaving = true;
    else if (event.key === "Tab" && !event.shiftKey && !leaving) {
      event.preventDefault();
      area.setRangeText("    ", area.selectionStart, area.selectionEnd, "end");
      onChange(area.value);
    } else if (!["Shift", "Tab"].includes(event.key)) leaving = false;
  });
  box.append(area);
  return { area, get: () => area.value, set: (value) => (area.value = value) };
}

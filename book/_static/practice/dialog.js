// A question over the page.
import { make } from "../live/dom.js";

/** Show a question; resolves with whether it was answered with `yes`. */
export function ask(title, lines, yes, no) {
  return new Promise((resolve) => {
    const box = make("dialog", { class: "practice-dialog", "aria-labelledby": "practice-asked" },
      make("h2", { id: "practice-asked" }, title),
      ...lines.map((line) => make("p", {}, line)),
      make("p", { class: "practice-buttons" },
        make("button", { type: "button", class: "practice-main", onclick: () => box.close("yes") }, yes),
        make("button", { type: "button", autofocus: true, onclick: () => box.close("no") }, no)));
    box.addEventListener("close", () => {
      box.remove();
      resolve(box.returnValue === "yes");
    });
    document.body.append(box);
    box.returnValue = "no";
    box.showModal();
  });
}

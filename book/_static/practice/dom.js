// Making elements; texts are always texts.

/**
 * @param {string} tag
 * @param {object} attributes a function is a listener: {onclick: f}; false leaves one out
 * @param {...(Node|string)} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Show a question over the page; resolves with whether it was answered with `yes`. */
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

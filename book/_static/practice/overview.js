// The table of all exercises, with what this browser has kept of them.
import { make } from "../live/dom.js";
import { ask } from "./dialog.js";
import { points, standing } from "./standing.js";
import { forget, read } from "./store.js";

const table = document.querySelector("table.practice-progress");
const problems = make("p", { class: "practice-warning", role: "alert", hidden: true });
const line = make("p", { class: "practice-line", role: "status" });

function fill() {
  const said = new Set();
  let all = 0;
  let passed = 0;
  for (const body of table.tBodies) {
    const { record, problem } = read(body.dataset.notebook);
    if (problem) said.add(problem);
    let sum = 0;
    for (const row of body.querySelectorAll("tr[data-exercise]")) {
      const { exercise: name, version } = row.dataset;
      const worth = Number(row.dataset.points);
      const written = name in record.sources;
      const { word, text, points: got } =
        standing({ name, version, points: worth }, record.verdicts[name], written);
      const cell = row.querySelector(".practice-done");
      cell.replaceChildren(make("span", { class: "practice-state", "data-word": word }, text));
      sum += got;
      passed += Number(word === "passed");
    }
    total(body, sum);
    all += sum;
  }
  total(table.tFoot, all);
  problems.textContent = [...said].join(" ");
  problems.hidden = said.size === 0;
  const count = table.querySelectorAll("tr[data-exercise]").length;
  return `${passed} of ${count} exercises passed, ${table.tFoot.querySelector(".practice-done").textContent}.`;
}

function total(part, sum) {
  const cell = part.querySelector(".practice-total .practice-done");
  cell.textContent = `${sum} of ${points(Number(cell.dataset.points))}`;
}

async function clear() {
  const yes = await ask("Forget your progress?", [
    "All answers and points that this browser keeps of all notebooks are removed. " +
      "What you have not exported is lost.",
  ], "Forget all", "Keep it");
  if (!yes) return;
  const problem = forget();
  line.textContent = problem || `Forgotten. ${fill()}`;
}

for (const cell of table.querySelectorAll(".practice-done")) cell.hidden = false;
table.classList.add("practice-filled");
const sum = make("p", { class: "practice-sum" }, fill());
document.querySelector(".practice-desk").replaceChildren(sum, problems,
  make("p", { class: "practice-buttons" },
    make("button", { type: "button", onclick: () => clear().then(() => (sum.textContent = fill())) },
      "Forget my progress")),
  line);
// Another tab has checked something.
addEventListener("storage", () => (sum.textContent = fill()));

// A page of exercises: each cell can be written in and run or checked, what was written is kept.
import { CellView } from "./cell.js";
import { Desk } from "./desk.js";
import { Tools } from "./tools.js";

const root = new URL("../../", import.meta.url).href;
const model = JSON.parse(document.getElementById("practice-page").textContent);
const originals = new Map(model.cells.map(({ id }) => {
  const code = document.querySelector(`#cell-${id} .cell_input pre`).textContent;
  return [id, code.replace(/\n$/, "")];
}));

const desk = new Desk(model, originals);
const page = { act, stop, root };
const views = new Map(model.cells.filter(({ kind }) => kind !== "check")
  .map((cell) => [cell.id, new CellView(cell, desk, page)]));
const tools = new Tools(desk, { checkAll, stop, put, root });

let stopped = false; // by the reader, since the last question
let queue = Promise.resolve();

/** Check or run a cell, after what is under way. */
function act(view) {
  view.begin(view.isAnswer ? "Checking." : "Running.");
  stopped = false;
  queue = queue.then(() => work(view));
  return queue;
}

/** One question to Python, and its answer on the page. Resolves with whether it was one. */
async function work(view) {
  let unfollow = () => {};
  try {
    if (stopped) throw new Error("stopped");
    const { check, move, runtime, show } = await import("./work.js");
    const python = await runtime();
    unfollow = python.onState((state) => view.follow(state));
    if (view.isAnswer) {
      const source = desk.source(view.cell);
      const report = await check(view.cell.exercise, desk.listed());
      const { said, shown } = await import("./report.js");
      view.say(...said(report));
      if (report.status === "not judged") return false;
      view.result.replaceChildren(...shown(report, root));
      desk.judged(view.cell, source, report);
    } else {
      const { outputs, above } = await show(view.cell.id, desk.listed());
      const { shown } = await import("./outputs.js");
      view.result.replaceChildren(...shown(outputs, view.cell.alt, move));
      view.say(above.length ? above.join(" ") : outputs.length ? "Done." : "Done; it shows nothing.");
    }
    return true;
  } catch (error) {
    view.say(stopped
      ? "Stopped. Python starts anew at the next check or run; what you wrote is still here."
      : `This did not work: ${error.message}`);
    return false;
  } finally {
    unfollow();
    view.end();
  }
}

/** End what runs and what waits. */
async function stop() {
  stopped = true;
  const { runtime } = await import("./work.js");
  (await runtime()).stop();
}

/** Every exercise, one after the other; `told` is given how far it is. */
async function checkAll(told) {
  const answers = desk.answers.map(({ id }) => views.get(id));
  stopped = false;
  let done = 0;
  for (const view of answers) {
    told(`Checking ${view.name}, ${done + 1} of ${answers.length}.`);
    view.begin("Checking.");
    queue = queue.then(() => work(view));
    const judged = await queue;
    if (stopped) break;
    done += Number(judged);
  }
  return { done, all: answers.length, stopped };
}

/** Give cells other sources, as an import does. @param {Map<string, string>} sources by id */
function put(sources) {
  for (const [id, source] of sources) views.get(id).put(source);
  desk.flush();
}

desk.onChange(() => views.forEach((view) => view.refresh()));
tools.refresh();

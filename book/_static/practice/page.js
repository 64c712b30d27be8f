// A page of exercises: each cell can be written in and run or checked, what was written is kept.
import { make } from "../live/dom.js";
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

let stops = 0; // how often the reader has stopped what ran and what waited
const halts = new Set(); // ends what waits for Python, which a stop while it loads leaves waiting
let queue = Promise.resolve();

/** Check or run a cell, after what is under way. */
function act(view) {
  view.begin(view.isAnswer ? "Checking." : "Running.");
  const asked = stops;
  queue = queue.then(() => work(view, asked));
  return queue;
}

/**
 * One question to Python, and its answer on the page. Resolves with whether it was one.
 * @param {CellView} view
 * @param {number} asked how many stops there were when the reader asked
 */
async function work(view, asked) {
  let unfollow = () => {};
  // Between two calls there is nothing that a stop could end: the next call would begin anew.
  const goOn = () => {
    if (stops !== asked) throw new Error("stopped");
  };
  const halted = new Promise((_, reject) => halts.add(reject));
  halted.catch(() => {});
  try {
    goOn();
    const { check, move, runtime, show } = await import("./work.js");
    const python = await runtime();
    unfollow = python.onState((state) => view.follow(state));
    if (view.isAnswer) {
      const source = desk.source(view.cell);
      const report = await Promise.race([check(view.cell.exercise, desk.listed(), goOn), halted]);
      const { said, shown } = await import("./report.js");
      view.say(...said(report));
      if (report.status === "not judged") return false;
      view.result.replaceChildren(...shown(report, root));
      desk.judged(view.cell, source, report);
    } else {
      const { outputs, above } = await Promise.race([show(view.cell.id, desk.listed(), goOn), halted]);
      const [{ draw }, { controls }] = await Promise.all([
        import("../live/outputs.js"), import("./controls.js")]);
      const place = make("div", { class: "cell_output live-output" });
      for (const output of outputs) {
        draw(place, output, { alt: view.cell.alt, others: { controls: controls(move) } });
      }
      view.result.replaceChildren(place);
      const error = outputs.find(({ type }) => type === "error");
      const done = outputs.length ? "Done." : "Done; it shows nothing.";
      view.say(above.join(" ") || (error ? `${error.name}.` : done));
    }
    return true;
  } catch (error) {
    view.say(stops !== asked
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
  stops += 1;
  for (const reject of halts) reject(new Error("stopped"));
  halts.clear();
  const { runtime } = await import("./work.js");
  (await runtime()).stop();
}

/** Every exercise, one after the other; `told` is given how far it is. */
async function checkAll(told) {
  const answers = desk.answers.map(({ id }) => views.get(id));
  const asked = stops;
  let done = 0;
  for (const view of answers) {
    told(`Checking ${view.name}, ${done + 1} of ${answers.length}.`);
    view.begin("Checking.");
    queue = queue.then(() => work(view, asked));
    done += Number(await queue);
    if (stops !== asked) break;
  }
  return { done, all: answers.length, stopped: stops !== asked };
}

/** Give cells other sources, as an import does. @param {Map<string, string>} sources by id */
function put(sources) {
  for (const [id, source] of sources) views.get(id).put(source);
  desk.flush();
}

desk.onChange(() => views.forEach((view) => view.refresh()));
tools.refresh();

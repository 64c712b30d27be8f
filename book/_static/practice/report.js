// A verdict as the page shows it, and as it is said.
import { make } from "../live/dom.js";
import { draw } from "../live/outputs.js";
import { points } from "./standing.js";

const WORDS = new Map([[true, "passed"], [false, "wrong"], [null, "not judged"]]);
const SIGNS = new Map([[true, "✓"], [false, "✗"], [null, "–"]]);

/**
 * The line above a report: the points in sight, and for screen readers the first thing wrong.
 * @param {object} report as bnlib.browser.judging gives it
 * @returns {(Node|string)[]}
 */
export function said(report) {
  if (report.error) return [`The cell raised an error. ${lastLine(report.error)}`];
  const got = `${report.points} of ${points(report.possible)}`;
  if (report.status === "passed") return [`Passed: ${got}.`];
  if (report.message) return [`${got}. ${report.message}`];
  const failed = report.rows.filter((row) => row.passed === false);
  const first = failed[0]?.message.split("\n")[0] ?? "";
  return [`${got}; ${failed.length} of ${report.rows.length} checks failed.`,
    make("span", { class: "practice-spoken" }, ` ${first}`)];
}

/** What follows the line. @param {object} report @param {string} root of the site */
export function shown(report, root) {
  const parts = [];
  if (report.raised) parts.push(output(report.raised));
  if (!report.message && report.rows.length) {
    parts.push(make("ul", { class: "practice-rows" }, ...report.rows.map((row) => shownRow(row, root))));
  }
  if (report.printed) {
    parts.push(make("p", {}, "Printed by your code:"),
      output({ type: "stream", name: "stdout", text: report.printed }));
  }
  return parts;
}

function output(one) {
  const place = make("div", { class: "cell_output live-output" });
  draw(place, one);
  return place;
}

function shownRow(row, root) {
  const word = WORDS.get(row.passed);
  const item = make("li", { class: `practice-${word.replace(" ", "-")}` },
    make("p", {},
      make("span", { class: "practice-word" },
        make("span", { "aria-hidden": "true" }, `${SIGNS.get(row.passed)} `), word),
      ` ${row.name} `,
      make("span", { class: "practice-points" }, `(${row.points} of ${row.possible})`)));
  if (row.message) {
    item.append(...row.message.split("\n").map((line) => make("p", {}, line)));
    if (row.passed === false && row.section) {
      const { title, path } = row.section;
      item.append(make("p", {}, "Read: ", make("a", { href: new URL(path, root).href }, title)));
    }
  }
  return item;
}

const lastLine = (text) => text.trimEnd().split("\n").pop();

// How a reader stands with an exercise, in a word and a sentence: on its page and in the overview.

/**
 * @param {{name: string, points: number, version: string}} exercise as the site has it now
 * @param {object|undefined} verdict the last one that was kept
 * @param {boolean} written whether the answer was changed from what was handed out
 * @param {boolean} changed whether it was changed since the verdict
 * @returns {{word: "open"|"started"|"passed"|"old", text: string, points: number}}
 */
export function standing(exercise, verdict, written, changed = false) {
  const worth = points(exercise.points);
  if (!verdict) {
    return written
      ? { word: "started", text: `Started, not checked (${worth})`, points: 0 }
      : { word: "open", text: `Open (${worth})`, points: 0 };
  }
  const got = `${verdict.points} of ${worth}`;
  if (verdict.version !== exercise.version) {
    const was = verdict.status === "passed" ? "Passed" : "Checked";
    const text = `${was} under older checks (${verdict.points} of ${verdict.possible}): check again`;
    return { word: "old", text, points: 0 };
  }
  if (changed) return { word: "started", text: `Changed since its check (${got})`, points: verdict.points };
  if (verdict.status === "passed") return { word: "passed", text: `Passed: ${got}`, points: verdict.points };
  return { word: "started", text: `Not yet: ${got}`, points: verdict.points };
}

/** "1 point", "6 points". */
export const points = (number) => `${number} point${number === 1 ? "" : "s"}`;

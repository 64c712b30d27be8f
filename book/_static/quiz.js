// What the quizzes gain over their plain HTML: an answer that is opened is read aloud by a screen
// reader, and a line counts the questions that were answered rightly at the first try.
document.addEventListener("DOMContentLoaded", () => {
  for (const quiz of document.querySelectorAll("div.quiz")) {
    const questions = [...quiz.querySelectorAll("fieldset")];
    const firstTries = new Map();
    const status = (className) => {
      const line = document.createElement("p");
      line.setAttribute("role", "status");
      line.className = className;
      return line;
    };
    const spoken = status("spoken");
    const score = status("score");
    quiz.append(score, spoken);

    // "toggle" does not bubble, hence the capturing listener.
    quiz.addEventListener("toggle", ({ target }) => {
      if (!target.open) return;
      spoken.textContent = target.querySelector("p").textContent;
      const question = target.closest("fieldset");
      if (firstTries.has(question)) return;
      firstTries.set(question, target.classList.contains("right"));
      const right = [...firstTries.values()].filter(Boolean).length;
      score.textContent =
        `At the first try: ${right} of ${firstTries.size} right` +
        (firstTries.size < questions.length ? `, ${questions.length - firstTries.size} to go.` : ".");
    }, true);
  }
});

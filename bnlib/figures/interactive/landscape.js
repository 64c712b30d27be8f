/**
 * What a step along the gradient meets.
 * @param {number[]} steps lengths of steps, rising from 0
 * @param {number[]} losses the loss at each
 * @param {number} upto index of the longest step taken
 */
export function compute(steps, losses, upto) {
  const met = losses.slice(0, upto + 1);
  const best = met.indexOf(Math.min(...met));
  return {
    before: losses[0],
    after: losses[upto],
    range: Math.max(...met) - met[best],
    best: { step: steps[best], loss: met[best] },
  };
}

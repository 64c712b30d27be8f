export const BATCHES = 400;
export const SIZES = [2, 3, 4, 8, 16, 32, 64, 128, 256];

/** Standard deviation, over batches of independent normal rows of variance 1, of ... */
export const theory = {
  mean: (n) => 1 / Math.sqrt(n),
  variance: (n) => Math.sqrt(2 * (n - 1)) / n,
};

function average(values) {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function deviation(values) {
  const mean = average(values);
  let sum = 0;
  for (const value of values) sum += (value - mean) ** 2;
  return Math.sqrt(sum / values.length);
}

/**
 * Draw batches of n rows of one feature, true mean 0 and variance 1, and normalize each.
 * @param {{n: number, eps: number, seed: number}} state
 */
export function compute({ n, eps, seed }) {
  const x = normals(1000 * seed + n, BATCHES * n);
  const means = new Float64Array(BATCHES);
  const variances = new Float64Array(BATCHES);
  const xhat = new Float64Array(x.length);
  for (let b = 0; b < BATCHES; b++) {
    const batch = x.subarray(b * n, (b + 1) * n);
    means[b] = average(batch);
    variances[b] = deviation(batch) ** 2;
    const inverse = 1 / Math.sqrt(variances[b] + eps);
    for (let i = 0; i < n; i++) xhat[b * n + i] = (batch[i] - means[b]) * inverse;
  }
  return {
    x,
    means,
    variances,
    xhat,
    spread: { mean: deviation(means), variance: deviation(variances) },
    averageVariance: average(variances),
  };
}

/** Shares of values in equal bins from low to high; values outside go to the end bins. */
export function histogram(values, low, high, bins) {
  const shares = new Array(bins).fill(0);
  for (const value of values) {
    const bin = Math.floor(((value - low) / (high - low)) * bins);
    shares[Math.min(bins - 1, Math.max(0, bin))] += 1 / values.length;
  }
  return shares;
}

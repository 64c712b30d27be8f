// Runs Lighthouse on pages, one after the other in one Chromium, and prints a line of JSON a page.
//
//     node run.mjs URL...      CHROME_PATH: the browser; NODE_MODULES: where Lighthouse lies
//
// A line: {url, scores: {performance: 0..100, ...}, metrics: {name: milliseconds}, failed: [...]}.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(`${process.env.NODE_MODULES}/`));
const load = async (name) => import(pathToFileURL(require.resolve(name)));
const { default: lighthouse } = await load("lighthouse");
const { launch } = await load("chrome-launcher");

const METRICS = [
  "first-contentful-paint",
  "largest-contentful-paint",
  "speed-index",
  "total-blocking-time",
  "cumulative-layout-shift",
];
const CATEGORIES = (process.env.CATEGORIES ?? "performance,accessibility,best-practices,seo").split(",");

const chrome = await launch({
  chromePath: process.env.CHROME_PATH,
  chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
});
try {
  for (const url of process.argv.slice(2)) {
    // The defaults are those of a telephone of the middle class on slow 4G, simulated: what it
    // would take is computed from how the page loaded here, so little depends on this machine.
    const { lhr } = await lighthouse(url, {
      port: chrome.port,
      logLevel: "error",
      onlyCategories: CATEGORIES,
      disableFullPageScreenshot: true,
    });
    const scores = Object.fromEntries(
      CATEGORIES.map((name) => [name, Math.round(100 * (lhr.categories[name].score ?? 0))]),
    );
    const metrics = Object.fromEntries(
      METRICS.filter((name) => lhr.audits[name]).map((name) => [name, lhr.audits[name].numericValue]),
    );
    const failed = CATEGORIES.filter((name) => name !== "performance")
      .flatMap((name) => lhr.categories[name].auditRefs)
      .map(({ id, weight }) => ({ ...lhr.audits[id], weight }))
      .filter(({ score, weight }) => weight > 0 && score !== null && score < 1)
      .map(({ id, title, details }) => ({
        id,
        title,
        items: (details?.items ?? []).slice(0, 5).map((item) => item.node?.snippet ?? item),
      }));
    console.log(JSON.stringify({ url, scores, metrics, failed, error: lhr.runtimeError?.message }));
  }
} finally {
  chrome.kill();
}

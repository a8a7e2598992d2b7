// Trains in the background, some steps whenever the page asks for more.
import { createLayers, readDigits, train } from "./training.js";

const LONGEST = 100; // milliseconds until the page hears of the steps, and may stop them
let digits; // as soon as they are loaded
let figures; // a generator: train of training.js

/** Return a file unpacked; the browser checks its SHA-256, and may have kept a damaged one. */
async function load({ name, sha256 }) {
  const [url, integrity] = [new URL(name, import.meta.url), `sha256-${sha256}`];
  const response = await fetch(url, { integrity }).catch(() =>
    fetch(url, { integrity, cache: "reload" }),
  );
  const unpacked = response.body.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

/** Load the digits, unless they are there, and prepare to train a model. */
async function start(settings, { file, examples }) {
  digits ??= readDigits(await load(file));
  const rows = Uint32Array.from(digits.labels, (_, row) => row);
  const sets = [rows.subarray(0, examples), rows.subarray(examples)];
  figures = train(createLayers(settings.hidden_units), digits, sets, settings);
}

/** Train for a while, and return the next figures; nothing after the last. */
function goOn(isStopped) {
  const end = performance.now() + LONGEST;
  for (;;) {
    const next = figures.next(isStopped).value;
    if (!next || "period" in next || performance.now() > end) return next;
  }
}

onmessage = async ({ data: [job, ...given] }) => {
  try {
    postMessage({ answer: await { start, goOn }[job](...given) });
  } catch (error) {
    const kind = error instanceof RangeError ? "memory" : "failed";
    postMessage({ error: { kind: digits ? kind : "not_loaded", reason: String(error) } });
  }
};

// Trains in the background, some steps whenever the page asks for more.
import { createLayers, readDigits, train } from "./training.js";

const TURN = 100; // milliseconds of training, after which the page hears of it and may stop it
let digits; // as soon as they are loaded
let training; // the generator of training.js

/** Return the content of a packed file, whose SHA-256 the browser checks. */
async function load({ name, sha256 }) {
  const [url, integrity] = [new URL(name, import.meta.url), `sha256-${sha256}`];
  const response = await fetch(url, { integrity }).catch(() =>
    fetch(url, { integrity, cache: "reload" }), // the browser's cache may have a damaged one
  );
  const unpacked = response.body.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

/** Load the digits, unless they are there, and prepare to train a model. */
async function start(settings, { file, examples }) {
  digits ??= readDigits(await load(file));
  const rows = Uint32Array.from(digits.labels, (_, row) => row);
  const sets = [rows.subarray(0, examples), rows.subarray(examples)];
  training = train(createLayers(settings.hidden_units), digits, sets, settings);
}

/** Train for a while, or until a period ends; return the last figures, or nothing at the end. */
function goOn(isStopped) {
  const end = performance.now() + TURN;
  for (;;) {
    const next = training.next(isStopped).value;
    if (!next || "period" in next || performance.now() > end) return next;
  }
}

onmessage = async ({ data: [job, ...values] }) => {
  try {
    postMessage({ answer: await { start, goOn }[job](...values) });
  } catch (error) {
    const kind = error instanceof RangeError ? "memory" : "failed";
    postMessage({ error: { kind: digits ? kind : "not_loaded", reason: String(error) } });
  }
};

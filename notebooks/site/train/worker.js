// Trains in the background. The page asks for one period after another; "stop" ends one early.
import { createLayers, readDigits, train } from "./training.js";

const PAUSE = 100; // milliseconds between pauses, in which "stop" can arrive
let [digits, layers, periods, isStopped] = [];

/** Load a file, and return it unpacked; the browser checks its SHA-256 where pages may have it. */
async function load({ name, bytes, sha256 }) {
  const response = await fetch(new URL(name, import.meta.url));
  let loaded = 0;
  const count = new TransformStream({
    transform(part, stream) {
      postMessage({ share: (loaded += part.length) / bytes, isLoading: true });
      stream.enqueue(part);
    },
  });
  const packed = await new Response(response.body.pipeThrough(count)).arrayBuffer();
  const digest = await globalThis.crypto?.subtle?.digest("SHA-256", packed); // not on http: pages
  if (digest && btoa(String.fromCharCode(...new Uint8Array(digest))) !== sha256) throw Error(name);
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

/** Return a function that tells the page how far training is, and returns whether to stop. */
function createReport(steps) {
  let last = performance.now();
  return async (done) => {
    if (performance.now() > last + PAUSE) {
      postMessage({ share: done / steps });
      await new Promise((go) => setTimeout(go));
      last = performance.now();
    }
    return isStopped;
  };
}

/** Return what the page shows and the pad needs of the layers. */
const copyLayers = () => layers.map(({ inputs, nodes, weights }) => ({ inputs, nodes, weights }));

const JOBS = {
  async start({ file, examples, settings }) {
    isStopped = false;
    digits ??= readDigits(await load(file));
    layers = createLayers(settings.hidden_units);
    const rows = Uint32Array.from(digits.labels, (_, row) => row);
    const halves = [rows.subarray(0, examples), rows.subarray(examples)];
    periods = train(layers, digits, halves, settings, createReport(settings.steps));
    return { layers: copyLayers() };
  },
  async train() {
    const { value } = await periods.next();
    return { ...value, layers: copyLayers() };
  },
};

onmessage = async ({ data: [job, given] }) => {
  if (job === "stop") return (isStopped = true);
  try {
    postMessage({ answer: await JOBS[job](given) });
  } catch (error) {
    const kind = error instanceof RangeError ? "memory" : "failed";
    postMessage({ kind: digits ? kind : "not_loaded", reason: String(error) });
  }
};

// Trains in the background: gets settings or "stop", and posts what happens, by its name.
import { createRandom } from "./sampling.js";
import { PIXELS, createLayers, readDigits, train } from "./training.js";

const [MOST_IMAGES, SHARE_IN_COLOURS] = [100, 0.995]; // of the first layer's weights
const PAUSE = 50; // milliseconds between pauses
const { port1, port2 } = new MessageChannel();
let [digits, isStopped] = [null, false];

/** Let messages arrive, such as "stop": timers would wait for longer in a hidden tab. */
const pause = () =>
  new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(null);
  });

class Failure extends Error {}

/** Load the digits, once: a file of `bytes` bytes that holds labels, then pixels, in gzip. */
async function load({ name, bytes, sha256 }) {
  const failed = () => { throw new Failure("offline"); };
  const response = await fetch(new URL(name, import.meta.url)).catch(failed);
  if (!response.ok) failed();
  const [file, reader] = [new Uint8Array(bytes), response.body.getReader()];
  let end = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(failed);
    if (done) break;
    if (end + value.length > bytes) throw new Failure("damaged");
    file.set(value, end);
    end += value.length;
    postMessage({ name: "progress", kind: "loading", share: end / bytes });
  }
  const digest = await globalThis.crypto?.subtle?.digest("SHA-256", file); // not on http: pages
  const hex = digest && Array.from(new Uint8Array(digest), (b) => b.toString(16).padStart(2, "0"));
  if (end < bytes || (hex && hex.join("") !== sha256)) throw new Failure("damaged");
  const stream = new Blob([file]).stream().pipeThrough(new DecompressionStream("gzip"));
  const unpacked = new Response(stream).arrayBuffer();
  return readDigits(new Uint8Array(await unpacked.catch(() => { throw new Failure("damaged"); })));
}

/** Return the first layer's weights, a row for each node, and where their colours end. */
function selectWeights([{ weights, nodes }]) {
  const images = Array.from({ length: Math.min(nodes, MOST_IMAGES) }, (_, node) =>
    Float32Array.from({ length: PIXELS }, (_, pixel) => weights[pixel * nodes + node]),
  );
  const sorted = Float32Array.from(images.flatMap((image) => Array.from(image, Math.abs))).sort();
  return { images, nodes, limit: sorted[Math.floor(SHARE_IN_COLOURS * sorted.length)] || 1 };
}

async function run(settings, { file, split }) {
  digits ??= await load(file);
  if (isStopped) return postMessage({ name: "cancelled" });
  const random = createRandom(settings.seed);
  const layers = createLayers(settings.hidden_units, random);
  postMessage({ name: "started", weights: selectWeights(layers) });
  const rows = Uint32Array.from(digits.labels, (_, row) => row);
  const halves = [rows.subarray(0, split), rows.subarray(split)];
  const training = train(layers, digits, ...halves, settings, random);
  let [last, done, next] = [performance.now(), 0, training.next()];
  for (; !next.done; next = training.next(isStopped)) {
    done = next.value?.done ?? done;
    if (next.value && "period" in next.value) {
      postMessage({ name: "period", weights: selectWeights(layers), ...next.value });
    }
    if (performance.now() < last + PAUSE) continue;
    postMessage({ name: "progress", share: done / settings.steps });
    await pause();
    last = performance.now();
  }
  const trained = layers.map(({ nodes, weights }) => ({ nodes, weights }));
  const buffers = trained.map(({ weights }) => weights.buffer);
  postMessage({ name: "finished", done, layers: trained }, buffers);
}

onmessage = ({ data: [settings, data] }) => {
  isStopped = settings === "stop";
  if (isStopped) return;
  run(settings, data).catch((error) => {
    const kind = error instanceof Failure ? error.message : error instanceof RangeError && "memory";
    postMessage({ name: "failed", kind: kind || "failed", reason: String(error) });
  });
};

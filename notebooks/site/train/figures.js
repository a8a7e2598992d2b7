// The figures of a run, each with its text for screen readers, as in mnist_nn/plots.py.
import { fill } from "./settings.js";

const [SIDE, GAP, PER_ROW, MOST_IMAGES] = [28, 2, 10, 100]; // of the images of weights
const SHARE_IN_COLOURS = 0.995; // of the weights: the others have the last colours
// Matplotlib's colours RdBu_r, from below zero to above.
const COLOURS = [[5, 48, 97], [67, 147, 195], [247, 247, 247], [214, 96, 77], [103, 0, 31]];

/** Draw the log losses of both sets up to `highest`, or a little more. */
export function drawLosses(svg, losses, highest, texts) {
  const top = 2 * Math.ceil(highest / 2);
  svg.querySelectorAll(".loss").forEach((text, n) => (text.textContent = (n * top) / 2));
  const values = {};
  for (const [name, list] of Object.entries(losses)) {
    const place = (loss, period) => `${40 + 30 * period},${170 - (160 * loss) / top}`;
    const points = [place(list[0], 0), ...list.map(place)]; // one period makes a dot
    svg.querySelector(`.${name}`).setAttribute("points", points.join(" "));
    values[name] = list.map((loss) => loss.toFixed(2)).join(texts.comma);
  }
  svg.ariaLabel = fill(texts.curve, values);
}

/** Fill the cells of a table of 10 rows and columns; say the most frequent mistake below it. */
export function drawMatrix(table, note, matrix, texts) {
  const shares = matrix.flat();
  table.querySelectorAll("td").forEach((cell, place) => {
    const dark = Math.round(100 * shares[place] ** 0.4); // so that mistakes of a few % are visible
    cell.style.setProperty("--dark", `${dark}%`);
    cell.className = dark > 56 ? "dark" : "";
    cell.textContent = shares[place] < 0.005 ? "" : shares[place].toFixed(2).replace(/^0/, "");
  });
  const mistakes = shares.map((share, place) => (place % 11 ? share : 0)); // without the diagonal
  const share = Math.max(...mistakes);
  const place = mistakes.indexOf(share);
  const values = { digit: Math.floor(place / 10), predicted: place % 10, share: share.toFixed(2) };
  note.textContent = share ? fill(texts.worst, values) : "";
}

/** Draw the weights of the first layer, an image for each node. */
export function drawWeights(canvas, { inputs, nodes, weights }, texts) {
  const [count, cell] = [Math.min(nodes, MOST_IMAGES), SIDE + GAP];
  const shown = weights.subarray(0, inputs * nodes).filter((_, n) => n % nodes < count);
  const sorted = shown.map(Math.abs).sort();
  const limit = sorted[Math.floor(SHARE_IN_COLOURS * sorted.length)] || 1;
  [canvas.width, canvas.height] = [PER_ROW * cell - GAP, Math.ceil(count / PER_ROW) * cell - GAP];
  const image = new ImageData(canvas.width, canvas.height);
  shown.forEach((weight, n) => {
    const [node, pixel] = [n % count, Math.floor(n / count)];
    const x = (node % PER_ROW) * cell + (pixel % SIDE);
    const y = Math.floor(node / PER_ROW) * cell + Math.floor(pixel / SIDE);
    const at = 2 + 2 * Math.min(1, Math.max(-1, weight / limit)); // from 0 to 4 in COLOURS
    const [low, high] = [COLOURS[Math.floor(at)], COLOURS[Math.ceil(at)]];
    const start = 4 * (y * canvas.width + x);
    for (let c = 0; c < 3; c++) image.data[start + c] = low[c] + (at % 1) * (high[c] - low[c]);
    image.data[start + 3] = 255;
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
  const [lowest, highest] = [Math.min, Math.max].map((choose) =>
    shown.reduce((one, other) => choose(one, other)).toFixed(2).replace("-", "−"),
  );
  const values = { nodes: count, limit: limit.toFixed(2), lowest, highest };
  canvas.ariaLabel = fill(texts.images, values);
}

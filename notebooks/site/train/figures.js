// The figures of a run, each with its text for screen readers, as in mnist_nn/plots.py.
import { fill } from "./settings.js";
import { PIXELS } from "./training.js";

const [SIDE, GAP, PER_ROW, MOST_IMAGES] = [28, 2, 10, 100]; // of the images of weights
const SHARE_IN_COLOURS = 0.995; // of the weights: the others have the last colours
const [RED, BLUE] = [[178, 24, 43, 255], [33, 102, 172, 255]]; // opaque

/** Draw the log losses of both sets up to `highest`, or a little more. */
export function drawLosses(svg, losses, highest, texts) {
  const top = 2 * Math.ceil(highest / 2);
  svg.style.setProperty("--top", top);
  svg.querySelectorAll(".loss").forEach((text, n) => (text.textContent = (n * top) / 2));
  const values = {};
  for (const [name, list] of Object.entries(losses)) {
    const points = [[0, list[0]], ...list.entries()]; // one period makes a dot
    svg.querySelector(`.${name}`).setAttribute("points", points);
    values[name] = list.map((loss) => loss.toFixed(2)).join(texts.comma);
  }
  svg.ariaLabel = fill(texts.curve, values);
}

/** Fill the cells of a table of 10 rows and columns; say the most frequent mistake below it. */
export function drawMatrix(table, note, matrix, texts) {
  const shares = matrix.flat();
  table.querySelectorAll("td").forEach((cell, place) => {
    cell.style.setProperty("--share", shares[place]);
    cell.textContent = shares[place] < 0.005 ? "" : shares[place].toFixed(2).replace(/^0/, "");
  });
  const mistakes = shares.map((share, place) => (place % 11 ? share : 0)); // without the diagonal
  const share = Math.max(...mistakes);
  const place = mistakes.indexOf(share);
  const values = { digit: Math.floor(place / 10), predicted: place % 10, share: share.toFixed(2) };
  note.textContent = share ? fill(texts.worst, values) : "";
}

/** Draw the weights of the first layer, an image for each node. */
export function drawWeights(canvas, { weights, biases }, texts) {
  const [all, cell] = [biases.length, SIDE + GAP];
  const nodes = Math.min(all, MOST_IMAGES);
  const shown = weights.subarray(0, PIXELS * all).filter((_, n) => n % all < nodes).sort();
  const limit = shown.map(Math.abs).sort()[Math.floor(SHARE_IN_COLOURS * shown.length)] || 1;
  canvas.width = PER_ROW * cell - GAP;
  canvas.height = Math.ceil(nodes / PER_ROW) * cell - GAP;
  for (let node = 0; node < nodes; node++) {
    const image = new ImageData(SIDE, SIDE);
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      const weight = weights[all * pixel + node];
      const white = 1 - Math.min(1, Math.abs(weight) / limit);
      const colour = weight > 0 ? RED : BLUE;
      for (let c = 0; c < 4; c++) image.data[4 * pixel + c] = colour[c] + white * (255 - colour[c]);
    }
    const [x, y] = [cell * (node % PER_ROW), cell * Math.floor(node / PER_ROW)];
    canvas.getContext("2d").putImageData(image, x, y);
  }
  const [lowest, highest] = [shown[0], shown.at(-1)].map((end) => end.toFixed(2).replace("-", "−"));
  canvas.ariaLabel = fill(texts.images, { nodes, limit: limit.toFixed(2), lowest, highest });
}

// The figures of a run, each with its text for screen readers, as in mnist_nn/plots.py.
import { fill } from "./pad.js";
import { findLimit, makeWeightImages, paint } from "./why.js";

const [CELL, GAP, PER_ROW, MOST_IMAGES] = [30, 2, 10, 100]; // of the images of weights

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
export function drawWeights(canvas, layer, texts) {
  const images = makeWeightImages(layer, MOST_IMAGES);
  const [nodes, limit] = [images.length, findLimit(images) || 1];
  canvas.width = PER_ROW * CELL - GAP;
  canvas.height = Math.ceil(nodes / PER_ROW) * CELL - GAP;
  images.forEach((image, node) => {
    const painted = paint(document.createElement("canvas"), image, limit);
    const [x, y] = [CELL * (node % PER_ROW), CELL * Math.floor(node / PER_ROW)];
    canvas.getContext("2d").drawImage(painted, x, y);
  });
  const ends = [Math.min, Math.max].map((end) => end(...images.map((image) => end(...image))));
  const [lowest, highest] = ends.map((end) => end.toFixed(2).replace("-", "−"));
  canvas.ariaLabel = fill(texts.images, { nodes, limit: limit.toFixed(2), lowest, highest });
}

// Why the models answer as they do: images of their weights, and what a drawing does with them.
import { computeOutputs } from "./classify.js";

const SIDE = 28; // pixels of an image
const AREA = SIDE ** 2;
const [RED, BLUE] = [[214, 39, 40], [31, 119, 210]];
const NODES_IN_ROW = 10;
const GAP = 2; // around the image of a node, for its frame
const CELL = SIDE + 2 * GAP;

/** Return the weights of a first layer as an image for each node, or for the first `most` nodes. */
export function makeWeightImages({ scales, weights }, most = scales.length) {
  const nodes = scales.length;
  return Array.from(scales.slice(0, most), (scale, node) =>
    Float32Array.from({ length: AREA }, (_, pixel) => scale * weights[nodes * pixel + node]),
  );
}

/** Paint an image: red for values above zero, blue for those below, opaque from `limit` on. */
export function paint(canvas, values, limit) {
  canvas.width = canvas.height = SIDE;
  const image = new ImageData(SIDE, SIDE);
  values.forEach((value, pixel) => {
    image.data.set(value > 0 ? RED : BLUE, 4 * pixel);
    image.data[4 * pixel + 3] = Math.min(255, (255 * Math.abs(value)) / limit);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** Return the value that one in 200 weights exceeds. */
export function findLimit(images) {
  const sizes = Float32Array.from(images.flatMap((image) => [...image]), Math.abs).sort();
  return sizes[Math.floor(0.995 * sizes.length)];
}

/**
 * Return a function that shows why the linear model and the network answer as they do, given both
 * and the pixels of a drawing, or null. Colours are the same at all moments of the training.
 */
export function showReasons({ linear, network, fires }, lastModels, texts) {
  const limits = lastModels.map(([first]) => findLimit(makeWeightImages(first)));
  const showScores = createScores(linear, limits[0]);
  const showNodes = createNodes(network, fires, limits[1], texts);
  return (models, pixels) => {
    showScores(models[0], pixels);
    showNodes(models[1], pixels);
  };
}

/** Show, for each digit, the linear model's weights, their products with the pixels, the score. */
function createScores(list, limit) {
  const getImages = keepResults(makeWeightImages);
  const digits = Array.from({ length: 10 }, (_, digit) => {
    const item = list.appendChild(document.createElement("li"));
    const [name, weights, products, score] = ["b", "canvas", "canvas", "span"].map((tag) =>
      item.appendChild(document.createElement(tag)),
    );
    name.textContent = digit;
    weights.ariaHidden = products.ariaHidden = "true";
    return { item, weights, products, score };
  });

  return (model, pixels) => {
    const images = getImages(model[0]);
    const [scores] = pixels ? computeOutputs(model, pixels) : [[]];
    const best = Math.max(...scores);
    const hasBest = scores.some((score) => score < best); // an untrained model has none
    digits.forEach(({ item, weights, products, score }, digit) => {
      paint(weights, images[digit], limit);
      const values = images[digit].map((value, pixel) => (pixels ? value * pixels[pixel] : 0));
      paint(products, values, limit);
      item.className = hasBest && scores[digit] === best ? "best" : "";
      score.textContent = pixels ? scores[digit].toFixed(1).replace("-", "−") : "";
    });
  };
}

/** Show the first layer's nodes with their weights, those that fire in frames, and their number. */
function createNodes(canvas, fires, limit, texts) {
  const getTiles = keepResults((layer) =>
    makeWeightImages(layer).map((image) => paint(document.createElement("canvas"), image, limit)),
  );
  canvas.width = canvas.height = NODES_IN_ROW * CELL;

  return (model, pixels) => {
    const tiles = getTiles(model[0]);
    const [outputs] = pixels ? computeOutputs(model, pixels) : [new Float64Array(tiles.length)];
    const strongest = Math.max(...outputs) || 1;
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.lineWidth = GAP;
    pen.strokeStyle = "#e69500";
    tiles.forEach((tile, node) => {
      const [x, y] = [(node % NODES_IN_ROW) * CELL, Math.floor(node / NODES_IN_ROW) * CELL];
      const strength = outputs[node] / strongest;
      pen.globalAlpha = !pixels || strength > 0 ? 1 : 0.2;
      pen.drawImage(tile, x + GAP, y + GAP);
      pen.globalAlpha = strength;
      if (strength) pen.strokeRect(x + GAP / 2, y + GAP / 2, CELL - GAP, CELL - GAP);
    });
    const n = outputs.filter((output) => output > 0).length;
    fires.textContent = pixels ? texts.fires.replace("{n}", n) : "";
    canvas.ariaLabel = fires.textContent || texts.nodes;
  };
}

/** Return `compute` so that it computes only once for each argument. */
function keepResults(compute) {
  const results = new Map();
  return (key) => {
    if (!results.has(key)) results.set(key, compute(key));
    return results.get(key);
  };
}

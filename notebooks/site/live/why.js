// Why the models answer as they do: images of their weights, and what a drawing does with them.
import { computeOutputs } from "./classify.js";

const SIDE = 28; // pixels of an image
const AREA = SIDE ** 2;
const [FOR, AGAINST] = [[214, 39, 40], [31, 119, 210]]; // red and blue
const ROW = 10; // nodes in a row
const GAP = 2;
const CELL = SIDE + 2 * GAP;

/** Return the weights of the first layer as an image for each node, of the first `most` nodes. */
export function makeWeightImages({ scales, weights }, most = scales.length) {
  return Array.from(scales.slice(0, most), (scale, node) =>
    Float32Array.from({ length: AREA }, (_, pixel) => scale * weights[pixel * scales.length + node]),
  );
}

/** Paint an image with red for values above zero and blue for those below; `limit` is opaque. */
export function paint(canvas, values, limit) {
  canvas.width = canvas.height = SIDE;
  const image = new ImageData(SIDE, SIDE);
  values.forEach((value, pixel) => {
    image.data.set(value > 0 ? FOR : AGAINST, 4 * pixel);
    image.data[4 * pixel + 3] = Math.min(255, (255 * Math.abs(value)) / limit);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** Return the value that few weights exceed. */
export function findLimit(images) {
  const sizes = Float32Array.from(images.flatMap((image) => [...image]), Math.abs).sort();
  return sizes[Math.floor(0.995 * sizes.length)];
}

/**
 * Show both models' reasons in these elements, and return a function that shows those of a drawing:
 * its `pixels`, or nothing where there is none.
 */
export function showReasons({ linear, network, fires }, lastModels, texts) {
  const limits = lastModels.map(([first]) => findLimit(makeWeightImages(first)));
  const seen = new WeakMap(); // of a model's first layer: its images, painted once
  const findImages = ([first], limit) => {
    if (!seen.has(first)) {
      const images = makeWeightImages(first);
      const canvases = images.map((i) => paint(document.createElement("canvas"), i, limit));
      seen.set(first, { images, canvases });
    }
    return seen.get(first);
  };
  const digits = Array.from({ length: 10 }, (_, digit) => {
    const item = linear.appendChild(document.createElement("li"));
    const make = (tag, text = "") => {
      const element = item.appendChild(document.createElement(tag));
      element.textContent = text;
      return element;
    };
    const parts = { item, name: make("b", digit), weight: make("canvas"), product: make("canvas") };
    for (const canvas of [parts.weight, parts.product]) canvas.ariaHidden = "true";
    return { ...parts, score: make("span") };
  });
  network.width = network.height = ROW * CELL;

  return (models, pixels) => {
    const [weights, nodes] = models.map((model, which) => findImages(model, limits[which]));
    const [scores] = pixels ? computeOutputs(models[0], pixels) : [[]];
    const best = Math.max(...scores);
    digits.forEach(({ item, weight, product, score }, digit) => {
      paint(weight, weights.images[digit], limits[0]);
      const values = weights.images[digit].map((value, pixel) => (pixels ? value * pixels[pixel] : 0));
      paint(product, values, limits[0]);
      const isBest = scores[digit] === best && scores.some((each) => each < best);
      item.className = isBest ? "best" : "";
      score.textContent = pixels ? scores[digit].toFixed(1).replace("-", "−") : "";
    });
    const [outputs] = pixels ? computeOutputs(models[1], pixels) : [new Float64Array(100)];
    const strongest = Math.max(...outputs) || 1;
    const pen = network.getContext("2d");
    pen.clearRect(0, 0, network.width, network.height);
    nodes.canvases.forEach((canvas, node) => {
      const [x, y] = [(node % ROW) * CELL, Math.floor(node / ROW) * CELL];
      const strength = outputs[node] / strongest;
      pen.globalAlpha = !pixels || strength > 0 ? 1 : 0.2;
      pen.drawImage(canvas, x + GAP, y + GAP);
      pen.globalAlpha = strength;
      pen.lineWidth = GAP;
      pen.strokeStyle = "#e69500";
      if (strength) pen.strokeRect(x + GAP / 2, y + GAP / 2, CELL - GAP, CELL - GAP);
    });
    const count = outputs.reduce((sum, output) => sum + (output > 0), 0);
    fires.textContent = pixels ? texts.fires.replace("{n}", count) : "";
    network.ariaLabel = fires.textContent || texts.nodes;
  };
}

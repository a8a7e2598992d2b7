// The trained models: their weights, which export.py writes, and their predictions.

/**
 * Read models; `sizes` has the sizes of layers of each model, which repeat. Each layer has a scale
 * and a bias for each of its nodes, as 32-bit floats, and then its weights, in units of the scale,
 * as whole numbers: `Whole` is the type of their array.
 */
export function readModels(buffer, Whole, sizes) {
  let offset = 0;
  const read = (Type, length) => {
    const values = new Type(buffer, offset, length);
    offset += values.byteLength;
    return values;
  };
  const readLayer = (inputs, nodes) => ({
    scales: read(Float32Array, nodes),
    biases: read(Float32Array, nodes),
    weights: read(Whole, inputs * nodes),
  });
  const models = [];
  while (offset < buffer.byteLength) {
    const layers = sizes[models.length % sizes.length];
    models.push(layers.slice(1).map((nodes, before) => readLayer(layers[before], nodes)));
  }
  return models;
}

/** Return the probabilities of the ten digits, from 784 pixels. */
export const classify = (layers, pixels) => softmax(computeOutputs(layers, pixels).at(-1));

/** Return the probabilities of classes, from their scores. */
export function softmax(scores) {
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest)); // no overflow
  const sum = powers.reduce((total, power) => total + power);
  return powers.map((power) => power / sum);
}

/** Return the outputs of each layer: of hidden ones after ReLU, of the last one the scores. */
export function computeOutputs(layers, pixels) {
  const outputs = [];
  layers.forEach((layer, number) => {
    const sums = computeLayer(layer, number ? outputs.at(-1) : pixels);
    outputs.push(number < layers.length - 1 ? sums.map((sum) => Math.max(0, sum)) : sums);
  });
  return outputs;
}

function computeLayer({ scales, biases, weights }, values) {
  const sums = new Float64Array(scales.length);
  values.forEach((value, input) => {
    if (!value) return; // most pixels are ground
    const start = input * sums.length;
    for (let node = 0; node < sums.length; node++) sums[node] += value * weights[start + node];
  });
  return sums.map((sum, node) => sum * scales[node] + biases[node]);
}

// The trained models: their weights, which export.py writes, and their predictions.

/**
 * Read the models of each number of steps. Each layer has, for each of its nodes, a scale and a
 * bias as 32-bit floats, and then its weights, in units of the scale, as whole numbers of 8 bits.
 */
export function readModels(buffer, steps, sizes) {
  let offset = 0;
  const read = (Type, length) => {
    const values = new Type(buffer, offset, length);
    offset += values.byteLength;
    return values;
  };
  const readLayer = (inputs, nodes) => ({
    scales: read(Float32Array, nodes),
    biases: read(Float32Array, nodes),
    weights: read(Int8Array, inputs * nodes),
  });
  const readModel = (layers) =>
    layers.slice(1).map((nodes, before) => readLayer(layers[before], nodes));
  return steps.map(() => sizes.map(readModel));
}

/** Return the probabilities of the ten digits, from 784 pixels. */
export function classify(layers, pixels) {
  const scores = layers.reduce(
    (values, layer, number) => computeLayer(layer, number ? values.map(applyRelu) : values),
    pixels,
  );
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest)); // no overflow
  const sum = powers.reduce((total, power) => total + power);
  return Array.from(powers, (power) => power / sum);
}

const applyRelu = (value) => Math.max(0, value);

function computeLayer({ scales, biases, weights }, values) {
  const sums = new Float64Array(scales.length);
  values.forEach((value, input) => {
    if (!value) return; // most pixels are ground
    const start = input * sums.length;
    for (let node = 0; node < sums.length; node++) sums[node] += value * weights[start + node];
  });
  return sums.map((sum, node) => sum * scales[node] + biases[node]);
}

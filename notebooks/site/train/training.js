// The exercise's models and their training, as in mnist_nn/models.py and training.py, in float64.
// TensorFlow.js 4.22 took 1.4 times the processor time with WebAssembly, and 7 times without. In its
// float32, weights were 0.000001 to 0.03 off after 100 steps.
import { permute, sampleBatchNumbers, splitSteps } from "./sampling.js";

export const [PIXELS, CLASSES, PERIODS] = [784, 10, 10];
const WRONG = -Math.log(1e-15); // what a wrong digit costs: see mnist_nn/metrics.py
const FIRST_ACCUMULATOR = Math.fround(0.1); // 0.1 in float32: so does Keras, also in float64
const LARGEST_NORM = 5;

/** Return the digits of a file that has all labels, then all pixels. */
export function readDigits(bytes) {
  const rows = bytes.length / (1 + PIXELS);
  const images = Array.from({ length: rows }, (_, row) => {
    const pixels = bytes.subarray(rows + PIXELS * row, rows + PIXELS * (row + 1));
    return omitZeros(new Float64Array(pixels).map((pixel) => pixel / 255));
  });
  return { labels: bytes.subarray(0, rows), images };
}

/** Return values without zeros (four in five pixels), and their places; fill up to four, eight, … */
function omitZeros(all) {
  let count = 0;
  for (let place = 0; place < all.length; place++) count += all[place] !== 0;
  const length = 4 * Math.ceil(count / 4);
  const [places, values] = [new Uint16Array(length), new Float64Array(length)];
  for (let place = 0, n = 0; n < count; place++) {
    if (all[place] === 0) continue;
    places[n] = place;
    values[n++] = all[place];
  }
  return { places, values, count };
}

/** Return a model's layers: zeros for the linear model, Glorot uniform weights for a network. */
export function createLayers(hiddenUnits) {
  const sizes = [PIXELS, ...hiddenUnits, CLASSES];
  return sizes.slice(1).map((nodes, before) => {
    const inputs = sizes[before];
    const limit = hiddenUnits.length ? Math.sqrt(6 / (inputs + nodes)) : 0;
    const layer = createLayer(inputs, nodes);
    for (let n = 0; n < inputs * nodes; n++) layer.weights[n] = limit * (2 * Math.random() - 1);
    return layer;
  });
}

/** The biases are the last row of the weights. */
function createLayer(inputs, nodes) {
  const create = () => new Float64Array((inputs + 1) * nodes);
  const [weights, accumulators, gradients] = [create(), create().fill(FIRST_ACCUMULATOR), create()];
  return { inputs, nodes, weights, accumulators, gradients };
}

/** Return the inputs of each layer for a digit, and the scores of the classes. */
function computeInputs(layers, image) {
  const inputs = [image];
  for (const { nodes, weights } of layers) {
    const { places, values } = inputs.at(-1);
    const sums = weights.slice(-nodes); // the biases
    for (let n = 0; n < values.length; n += 4) { // four at a time take half the time
      const [a, b, c, d] = [values[n], values[n + 1], values[n + 2], values[n + 3]];
      const [i, j] = [nodes * places[n], nodes * places[n + 1]];
      const [k, l] = [nodes * places[n + 2], nodes * places[n + 3]];
      for (let node = 0; node < nodes; node++) {
        const sum = a * weights[i + node] + b * weights[j + node];
        sums[node] += sum + c * weights[k + node] + d * weights[l + node];
      }
    }
    if (inputs.length === layers.length) return { inputs, scores: sums };
    for (let node = 0; node < nodes; node++) if (sums[node] < 0) sums[node] = 0; // ReLU
    inputs.push(omitZeros(sums));
  }
}

/** Return the probabilities of the classes, from their scores. */
function softmax(scores) {
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest)); // no overflow
  const sum = powers.reduce((total, power) => total + power);
  return powers.map((power) => power / sum);
}

/** Return the probabilities of the ten digits, from 784 pixels. */
export const classify = (layers, pixels) =>
  softmax(computeInputs(layers, omitZeros(pixels)).scores);

/** Add a digit's gradients of the cross entropy to those of the batch. */
function addGradients(layers, { images, labels }, row) {
  const { inputs, scores } = computeInputs(layers, images[row]);
  let errors = softmax(scores);
  errors[labels[row]] -= 1;
  for (let number = layers.length - 1; number >= 0; number--) {
    errors = propagate(layers[number], inputs[number], errors);
  }
}

/** Add a layer's inputs times its errors to its gradients; return the errors of the layer below. */
function propagate({ inputs, nodes, weights, gradients }, { places, values, count }, errors) {
  const below = new Float64Array(inputs);
  for (let n = 0; n < count; n++) {
    const [value, start] = [values[n], nodes * places[n]];
    let sum = 0;
    for (let node = 0; node < nodes; node++) {
      gradients[start + node] += value * errors[node];
      sum += weights[start + node] * errors[node];
    }
    below[places[n]] = sum;
  }
  for (let node = 0; node < nodes; node++) gradients[nodes * inputs + node] += errors[node];
  return below;
}

/** Train a step: the summed cross entropy of some rows, clipped to norm 5, Adagrad. */
export function trainStep(layers, digits, rows, learningRate) {
  for (const row of rows) addGradients(layers, digits, row);
  let squares = 0;
  for (const { gradients } of layers) {
    for (let n = 0; n < gradients.length; n++) squares += gradients[n] * gradients[n];
  }
  const scale = squares < Infinity ? LARGEST_NORM / Math.max(Math.sqrt(squares), LARGEST_NORM) : NaN;
  for (const { weights, accumulators, gradients } of layers) {
    for (let n = 0; n < gradients.length; n++) {
      if (gradients[n] === 0) continue; // as most are: the weight stays
      const gradient = scale * gradients[n];
      accumulators[n] += gradient * gradient;
      weights[n] -= (learningRate * gradient) / Math.sqrt(accumulators[n]);
    }
    gradients.fill(0);
  }
}

/** Return the predicted digit of each row, or null if a score is no number. */
export function predict(layers, digits, rows) {
  const classes = new Uint8Array(rows.length);
  for (const [n, row] of rows.entries()) {
    const scores = computeInputs(layers, digits.images[row]).scores;
    const highest = Math.max(...scores);
    if (!Number.isFinite(highest)) return null;
    classes[n] = scores.indexOf(highest);
  }
  return classes;
}

/** Return the exercise's figures of predictions: log loss, accuracy and confusion matrix. */
export function evaluate(labels, classes) {
  const matrix = Array.from({ length: CLASSES }, () => Array(CLASSES).fill(0));
  labels.forEach((label, n) => (matrix[label][classes[n]] += 1));
  const right = matrix.reduce((sum, row, digit) => sum + row[digit], 0);
  const sums = matrix.map((row) => row.reduce((sum, count) => sum + count));
  return {
    logLoss: (WRONG * (labels.length - right)) / labels.length,
    accuracy: right / labels.length,
    matrix: matrix.map((row, digit) => row.map((count) => count / (sums[digit] || 1))),
  };
}

/**
 * Train, and yield the figures of each period. `report` is told the number of steps after each; if
 * it returns true, the period ends early and is the last, as after an interrupt in Python.
 */
export async function* train(layers, digits, [rows, validationRows], settings, report = () => {}) {
  const { learning_rate: learningRate, steps, batch_size: size } = settings;
  let [done, isStopped] = [0, false];
  for (const [period, count] of splitSteps(steps, PERIODS).entries()) {
    const order = permute(rows);
    const numbers = sampleBatchNumbers(Math.ceil(rows.length / size));
    for (const end = done + count; done < end && !isStopped; ) {
      const first = numbers.next().value * size;
      trainStep(layers, digits, order.subarray(first, first + size), learningRate);
      isStopped = await report(++done);
    }
    const predictions = [rows, validationRows].map((each) => predict(layers, digits, each));
    if (predictions.includes(null)) return yield { period, hasDiverged: true };
    const [training, validation] = [rows, validationRows].map((each, n) =>
      evaluate(each.map((row) => digits.labels[row]), predictions[n]),
    );
    yield { period, done, isStopped, ...validation, trainingLogLoss: training.logLoss };
    if (isStopped) return;
  }
}

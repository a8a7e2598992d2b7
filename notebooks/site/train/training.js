// The exercise's models and their training, as in mnist_nn/models.py and training.py, in float64.
// TensorFlow.js 4.22 took at least 1.4 times the processor time with WebAssembly, and 7 times
// without. In its float32, weights were 0.000001 to 0.03 off after 100 steps.
import { softmax } from "./classify.js";
import { permute, sampleBatchNumbers, splitSteps } from "./sampling.js";

export const [PIXELS, CLASSES, PERIODS] = [784, 10, 10];
const WRONG = -Math.log(1e-15); // what a wrong digit costs: see mnist_nn/metrics.py
const FIRST_ACCUMULATOR = Math.fround(0.1); // 0.1 in float32: so does Keras, also in float64
const LARGEST_NORM = 5;
const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Return the digits of a file that has all labels, then all pixels. */
export function readDigits(bytes) {
  const rows = bytes.length / (1 + PIXELS);
  return { labels: bytes.subarray(0, rows), pixels: bytes.subarray(rows) };
}

/** Return a model's layers: zeros for the linear model, Glorot uniform weights for a network. */
export function createLayers(hiddenUnits) {
  const sizes = [PIXELS, ...hiddenUnits, CLASSES];
  return sizes.slice(1).map((nodes, before) => {
    const inputs = sizes[before];
    const limit = hiddenUnits.length ? Math.sqrt(6 / (inputs + nodes)) : 0;
    const weights = new Float64Array((inputs + 1) * nodes); // the last row: the biases
    for (let n = 0; n < inputs * nodes; n++) weights[n] = limit * (2 * Math.random() - 1);
    const accumulators = weights.slice().fill(FIRST_ACCUMULATOR);
    const gradients = new Float64Array(weights.length);
    const [starts, values] = [new Uint32Array(inputs + 4), new Float64Array(inputs + 4)];
    const forPage = { scales: Array(nodes).fill(1), biases: weights.subarray(-nodes), weights };
    return { inputs, nodes, weights, accumulators, gradients, starts, values, forPage };
  });
}

/**
 * Return the scores of the classes for a digit. Each layer keeps its inputs above zero (one in five
 * pixels, and what passes ReLU), and where their weights start.
 */
function computeScores(layers, { pixels }, row) {
  let [inputValues, divisor] = [pixels.subarray(PIXELS * row, PIXELS * (row + 1)), 255];
  for (const layer of layers) {
    const { inputs, nodes, weights, starts, values } = layer;
    let count = 0;
    for (let place = 0; place < inputs; place++) {
      if (inputValues[place] <= 0) continue;
      starts[count] = nodes * place;
      values[count++] = inputValues[place] / divisor;
    }
    starts.fill(nodes * inputs, count); // of the biases, which are the weights of a 1
    values.fill(0, count); // so that there are four
    values[count] = 1;
    layer.count = count + 1;
    const outputs = new Float64Array(nodes);
    for (let n = 0; n <= count; n += 4) { // four at a time take half the time
      const [a, b, c, d] = [values[n], values[n + 1], values[n + 2], values[n + 3]];
      const [i, j, k, l] = [starts[n], starts[n + 1], starts[n + 2], starts[n + 3]];
      for (let node = 0; node < nodes; node++) {
        const firstPair = a * weights[i + node] + b * weights[j + node];
        outputs[node] += firstPair + c * weights[k + node] + d * weights[l + node];
      }
    }
    [inputValues, divisor] = [outputs, 1];
  }
  return inputValues; // after the last layer
}

/** Add a digit's gradients of the cross entropy to those of the batch. */
function addGradients(layers, digits, row) {
  let errors = softmax(computeScores(layers, digits, row));
  errors[digits.labels[row]] -= 1;
  for (const { inputs, nodes, weights, gradients, starts, values, count } of layers.toReversed()) {
    const below = new Float64Array(inputs + 1);
    for (let n = 0; n < count; n++) {
      const [value, start] = [values[n], starts[n]];
      let error = 0;
      for (let node = 0; node < nodes; node++) {
        gradients[start + node] += value * errors[node];
        error += weights[start + node] * errors[node];
      }
      below[start / nodes] = error;
    }
    errors = below;
  }
}

/** Train a step: the summed cross entropy of some rows, clipped to norm 5, Adagrad. */
export function trainStep(layers, digits, rows, learningRate) {
  for (const row of rows) addGradients(layers, digits, row);
  let squares = 0;
  for (const { gradients } of layers)
    for (let n = 0; n < gradients.length; n++) squares += gradients[n] * gradients[n];
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

/**
 * Return the exercise's figures of predictions: log loss, accuracy and confusion matrix; or null if
 * a score is no number.
 */
export function evaluate(layers, digits, rows) {
  const counts = Array.from({ length: CLASSES }, () => Array(CLASSES).fill(0));
  for (const row of rows) {
    const scores = computeScores(layers, digits, row);
    const highest = Math.max(...scores);
    if (!Number.isFinite(highest)) return null;
    counts[digits.labels[row]][scores.indexOf(highest)] += 1;
  }
  const accuracy = sum(counts.map((row, digit) => row[digit])) / rows.length;
  const matrix = counts.map((row) => row.map((count) => count / (sum(row) || 1)));
  return { logLoss: WRONG * (1 - accuracy), accuracy, matrix };
}

/**
 * Train, and yield the figures of each period, and before them the number of steps after each step.
 * `next(true)` ends the period early, and training with it, as an interrupt does in Python.
 */
export function* train(layers, digits, sets, settings) {
  const { learning_rate: learningRate, steps, batch_size: size } = settings;
  const [trainingRows] = sets; // then those of the validation set
  let [done, isStopped] = [0, false];
  for (const [period, count] of splitSteps(steps, PERIODS).entries()) {
    const order = permute(trainingRows);
    const numbers = sampleBatchNumbers(Math.ceil(trainingRows.length / size));
    for (const end = done + count; done < end && !isStopped; ) {
      const first = numbers.next().value * size;
      trainStep(layers, digits, order.subarray(first, first + size), learningRate);
      isStopped = yield { done: ++done };
    }
    const [training, validation] = sets.map((each) => evaluate(layers, digits, each));
    if (!training || !validation) return yield { done, period, hasDiverged: true };
    const trained = layers.map(({ forPage }) => forPage);
    yield { done, period, trainingLogLoss: training.logLoss, ...validation, layers: trained };
    if (isStopped) return;
  }
}

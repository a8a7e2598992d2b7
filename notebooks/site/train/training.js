// The exercise's models and their training, as in mnist_nn/models.py and training.py, in float64.
// TensorFlow.js 4.22 took at least 1.4 times the processor time with WebAssembly, and 7 times
// without. As it computes in float32, weights were 0.000001 to 0.03 off after 100 steps.
import { softmax } from "./classify.js";
import { permute, sampleBatchNumbers, splitSteps } from "./sampling.js";

export const [PIXELS, CLASSES, PERIODS] = [784, 10, 10];
const LOSS_OF_MISTAKE = -Math.log(1e-15); // of log_loss in mnist_nn/metrics.py
const FIRST_ACCUMULATOR = Math.fround(0.1); // of Adagrad; Keras rounds it to float32, too
const LARGEST_NORM = 5; // of a step's gradient
const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Return digits from bytes: first the label of each, then the 784 pixels of each, 0 to 255. */
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
    const weights = new Float64Array((inputs + 1) * nodes); // rows of inputs, then the biases
    for (let n = 0; n < inputs * nodes; n++) weights[n] = limit * (2 * Math.random() - 1);
    const accumulators = weights.slice().fill(FIRST_ACCUMULATOR);
    const gradients = new Float64Array(weights.length);
    // Of computeScores, with room for the bias and up to three zeros.
    const [starts, values] = [new Uint32Array(inputs + 4), new Float64Array(inputs + 4)];
    const forPage = { scales: Array(nodes).fill(1), biases: weights.subarray(-nodes), weights };
    return { inputs, nodes, weights, accumulators, gradients, starts, values, forPage };
  });
}

/**
 * Return the scores of the classes for a digit. Only inputs above zero count: one in five pixels,
 * and what passes ReLU. Each layer keeps them in `values`, where their weights start in `starts`,
 * and how many they are, with the bias, in `count`.
 */
function computeScores(layers, { pixels }, row) {
  let layerInputs = pixels.subarray(PIXELS * row, PIXELS * (row + 1));
  let divisor = 255; // of pixels
  for (const layer of layers) {
    const { inputs, nodes, weights, starts, values } = layer;
    let count = 0;
    for (let place = 0; place < inputs; place++) {
      if (layerInputs[place] <= 0) continue;
      starts[count] = nodes * place;
      values[count++] = layerInputs[place] / divisor;
    }
    values[count] = 1; // the input whose weights are the biases
    values.fill(0, count + 1); // up to three of these zeros fill the last group of four
    starts.fill(nodes * inputs, count);
    layer.count = count + 1;
    const outputs = new Float64Array(nodes);
    for (let n = 0; n <= count; n += 4) { // four inputs at a time take half the time
      const [a, b, c, d] = [values[n], values[n + 1], values[n + 2], values[n + 3]];
      const [i, j, k, l] = [starts[n], starts[n + 1], starts[n + 2], starts[n + 3]];
      for (let node = 0; node < nodes; node++) {
        const firstPair = a * weights[i + node] + b * weights[j + node];
        outputs[node] += firstPair + c * weights[k + node] + d * weights[l + node];
      }
    }
    [layerInputs, divisor] = [outputs, 1];
  }
  return layerInputs; // the outputs of the last layer
}

/** Add the gradients of a digit's cross entropy to those of the batch. */
function addGradients(layers, digits, row) {
  let errors = softmax(computeScores(layers, digits, row)); // derivatives by a layer's sums
  errors[digits.labels[row]] -= 1;
  for (const layer of layers.toReversed()) {
    addLayerGradients(layer, errors);
    if (layer !== layers[0]) errors = propagateBack(layer, errors);
  }
}

function addLayerGradients({ nodes, gradients, starts, values, count }, errors) {
  for (let n = 0; n < count; n++) {
    const [value, start] = [values[n], starts[n]];
    for (let node = 0; node < nodes; node++) gradients[start + node] += value * errors[node];
  }
}

/** Return the errors of the layer below: those of nodes that ReLU sets to zero are zero. */
function propagateBack({ inputs, nodes, weights, starts, count }, errors) {
  const below = new Float64Array(inputs);
  for (let n = 0; n < count - 1; n++) { // the last one is the bias
    let error = 0;
    for (let node = 0; node < nodes; node++) error += weights[starts[n] + node] * errors[node];
    below[starts[n] / nodes] = error;
  }
  return below;
}

/** Train a step with a batch: Adagrad on the gradient of the summed loss, clipped to norm 5. */
export function trainStep(layers, digits, rows, learningRate) {
  for (const row of rows) addGradients(layers, digits, row);
  let squares = 0;
  for (const { gradients } of layers)
    for (let n = 0; n < gradients.length; n++) squares += gradients[n] * gradients[n];
  const norm = squares < Infinity ? Math.sqrt(squares) : NaN; // as in TensorFlow: training diverges
  const scale = LARGEST_NORM / Math.max(norm, LARGEST_NORM);
  for (const { weights, accumulators, gradients } of layers) {
    for (let n = 0; n < gradients.length; n++) {
      if (gradients[n] === 0) continue; // as many are: the weight does not change
      const gradient = scale * gradients[n];
      accumulators[n] += gradient * gradient;
      weights[n] -= (learningRate * gradient) / Math.sqrt(accumulators[n]);
    }
    gradients.fill(0);
  }
}

/**
 * Return the log loss and the accuracy of the classes that are predicted, and their confusion
 * matrix; or null if a score is no finite number.
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
  return { logLoss: LOSS_OF_MISTAKE * (1 - accuracy), accuracy, matrix };
}

/**
 * Train, and yield the number of steps done after each step, and the figures at the end of each
 * period. `next(true)` stops training; the period's figures still come, as after an interrupt in
 * Python. `sets` has the rows of the training set and of the validation set.
 */
export function* train(layers, digits, sets, settings) {
  const { learning_rate: learningRate, steps, batch_size: size } = settings;
  const [trainingRows] = sets;
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
    if (!training || !validation) {
      yield { done, period, hasDiverged: true };
      return;
    }
    const trained = layers.map(({ forPage }) => forPage);
    const figures = { trainingLogLoss: training.logLoss, ...validation, layers: trained };
    const isStoppedNow = yield { done, period, ...figures };
    if (isStopped || isStoppedNow) return;
  }
}

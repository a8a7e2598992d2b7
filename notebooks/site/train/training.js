// The exercise's models and their training, as in mnist_nn/models.py and training.py, in float64.
import { permute, sampleBatchNumbers, splitSteps } from "./sampling.js";

export const [PIXELS, CLASSES, PERIODS] = [784, 10, 10];
const WRONG = -Math.log(1e-15); // what a wrong digit costs: see mnist_nn/metrics.py
const FIRST_ACCUMULATOR = Math.fround(0.1); // 0.1 in float32: so does Keras, also in float64
const LARGEST_NORM = 5;
const AT_ONCE = 250; // digits that are predicted between two pauses

/**
 * Return the places and values of each digit's pixels with ink: four in five pixels have none. They
 * are computed four at a time, which takes half the time: see fillUp.
 */
export function readDigits(bytes) {
  const rows = bytes.length / (1 + PIXELS);
  const [labels, pixels] = [bytes.subarray(0, rows), bytes.subarray(rows)];
  const length = pixels.reduce((sum, pixel) => sum + (pixel > 0), 3 * rows);
  const [places, values] = [new Uint32Array(length), new Float64Array(length)];
  const starts = new Uint32Array(rows + 1);
  for (let pixel = 0, end = 0; pixel < pixels.length; pixel++) {
    if (pixels[pixel]) {
      places[end] = pixel % PIXELS;
      values[end++] = pixels[pixel] / 255;
    }
    if (pixel % PIXELS < PIXELS - 1) continue;
    const row = Math.floor(pixel / PIXELS);
    starts[row + 1] = end = fillUp(places, values, starts[row], end);
  }
  return { labels, places, values, starts };
}

/** Repeat the last place, with the value 0, until there are four, eight or more; return the end. */
function fillUp(places, values, start, end) {
  for (; (end - start) % 4; end++) [places[end], values[end]] = [places[end - 1], 0];
  return end;
}

/** Return a model's layers: zeros for the linear model, Glorot uniform weights for a network. */
export function createLayers(hiddenUnits, random) {
  const sizes = [PIXELS, ...hiddenUnits, CLASSES];
  return sizes.slice(1).map((nodes, before) => {
    const inputs = sizes[before];
    const layer = createLayer(inputs, nodes);
    const limit = hiddenUnits.length ? Math.sqrt(6 / (inputs + nodes)) : 0;
    for (let n = 0; n < inputs * nodes; n++) layer.weights[n] = limit * (2 * random() - 1);
    return layer;
  });
}

/** A layer's biases are its last row of weights: those of an input that is always 1. */
function createLayer(inputs, nodes) {
  const create = () => new Float64Array((inputs + 1) * nodes);
  const [weights, accumulators, gradients] = [create(), create().fill(FIRST_ACCUMULATOR), create()];
  const isTouched = new Uint8Array(inputs + 1); // the rows with a gradient in this batch
  // What the layer passes on: its sums, and then the places and values of those above zero.
  const passes = { places: new Uint32Array(nodes + 3), values: new Float64Array(nodes + 3), end: 0 };
  const errors = new Float64Array(nodes);
  return { inputs, nodes, weights, accumulators, gradients, isTouched, errors, ...passes };
}

/** Compute all layers for a digit; return the scores of the classes. */
function computeScores(layers, digits, row) {
  let { places, values } = digits;
  let [start, end] = [digits.starts[row], digits.starts[row + 1]];
  for (const layer of layers) {
    const { inputs, nodes, weights, values: sums } = layer;
    for (let node = 0; node < nodes; node++) sums[node] = weights[inputs * nodes + node];
    for (let n = start; n < end; n += 4) {
      const [a, b, c, d] = [values[n], values[n + 1], values[n + 2], values[n + 3]];
      const [i, j] = [nodes * places[n], nodes * places[n + 1]];
      const [k, l] = [nodes * places[n + 2], nodes * places[n + 3]];
      for (let node = 0; node < nodes; node++) {
        const sum = a * weights[i + node] + b * weights[j + node];
        sums[node] += sum + c * weights[k + node] + d * weights[l + node];
      }
    }
    if (layer === layers.at(-1)) break;
    let above = 0; // ReLU: NaN passes, too
    for (let node = 0; node < nodes; node++) {
      if (sums[node] <= 0) continue;
      layer.places[above] = node;
      sums[above++] = sums[node];
    }
    layer.end = fillUp(layer.places, sums, 0, above);
    [places, values, start, end] = [layer.places, sums, 0, layer.end];
  }
  return layers.at(-1).values.subarray(0, CLASSES);
}

/** Add a digit's gradients of the cross entropy to those of the batch. */
function addGradients(layers, digits, row) {
  const scores = computeScores(layers, digits, row);
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const sum = powers.reduce((total, power) => total + power);
  const label = digits.labels[row];
  layers.at(-1).errors.set(powers.map((power, digit) => power / sum - (digit === label)));
  for (let number = layers.length - 1; number > 0; number--) {
    const [below, { nodes, weights, errors }] = [layers[number - 1], layers[number]];
    addProducts(layers[number], below.places, below.values, 0, below.end);
    below.errors.fill(0);
    for (const place of below.places.subarray(0, below.end)) {
      let error = 0;
      for (let node = 0; node < nodes; node++) error += errors[node] * weights[nodes * place + node];
      below.errors[place] = error;
    }
  }
  addProducts(layers[0], digits.places, digits.values, digits.starts[row], digits.starts[row + 1]);
}

/** Add a layer's errors, times its inputs, to its gradients. */
function addProducts({ inputs, nodes, gradients, isTouched, errors }, places, values, start, end) {
  for (let n = start; n < end; n++) isTouched[places[n]] = 1;
  isTouched[inputs] = 1;
  for (let node = 0; node < nodes; node++) gradients[inputs * nodes + node] += errors[node];
  for (let n = start; n < end; n += 4) {
    const [a, b, c, d] = [values[n], values[n + 1], values[n + 2], values[n + 3]];
    const [i, j] = [nodes * places[n], nodes * places[n + 1]];
    const [k, l] = [nodes * places[n + 2], nodes * places[n + 3]];
    for (let node = 0; node < nodes; node++) {
      const error = errors[node];
      gradients[i + node] += a * error;
      gradients[j + node] += b * error;
      gradients[k + node] += c * error;
      gradients[l + node] += d * error;
    }
  }
}

/** Call a function with each row of a layer that has a gradient: the other weights stay. */
function forTouched({ nodes, isTouched }, change) {
  isTouched.forEach((touched, row) => touched && change(row * nodes, (row + 1) * nodes));
}

/** Train a step: the summed cross entropy of some rows, clipped to norm 5, Adagrad. */
export function trainStep(layers, digits, rows, learningRate) {
  for (const row of rows) addGradients(layers, digits, row);
  let squares = 0;
  for (const layer of layers) {
    const { gradients } = layer;
    forTouched(layer, (start, end) => {
      for (let n = start; n < end; n++) squares += gradients[n] ** 2;
    });
  }
  const scale = squares < Infinity ? LARGEST_NORM / Math.max(Math.sqrt(squares), LARGEST_NORM) : NaN;
  for (const layer of layers) {
    const { weights, accumulators, gradients, isTouched } = layer;
    forTouched(layer, (start, end) => {
      for (let n = start; n < end; n++) {
        const gradient = scale * gradients[n];
        accumulators[n] += gradient * gradient;
        weights[n] -= (learningRate * gradient) / Math.sqrt(accumulators[n]);
        gradients[n] = 0;
      }
    });
    isTouched.fill(0);
  }
}

/** Return the predicted digit of each row, or null if a score is no number; pause in between. */
export function* predict(layers, digits, rows) {
  const classes = new Uint8Array(rows.length);
  for (let n = 0; n < rows.length; n++) {
    const scores = computeScores(layers, digits, rows[n]);
    const highest = Math.max(...scores);
    if (!Number.isFinite(highest)) return null;
    classes[n] = scores.indexOf(highest);
    if (n % AT_ONCE === 0) yield;
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
 * Train, and yield the figures of each period, and `done` after each step; nothing while predicting.
 * `next(true)` stops, as an interrupt does in Python: the period ends early, and predicts.
 */
export function* train(layers, digits, rows, validationRows, settings, random) {
  const { learning_rate: learningRate, steps, batch_size: size } = settings;
  let done = 0;
  for (const [period, count] of splitSteps(steps, PERIODS).entries()) {
    const order = permute(rows.length, random).map((place) => rows[place]);
    const numbers = sampleBatchNumbers(Math.ceil(rows.length / size), random);
    const end = done + count;
    let isStopped = false;
    while (done < end && !isStopped) {
      const first = numbers.next().value * size;
      trainStep(layers, digits, order.subarray(first, first + size), learningRate);
      done++;
      isStopped = yield { done };
    }
    const both = [];
    for (const each of [rows, validationRows]) {
      const classes = yield* predict(layers, digits, each);
      if (!classes) return yield { period, hasDiverged: true };
      both.push(evaluate(each.map((row) => digits.labels[row]), classes));
    }
    const figures = { period, done, trainingLogLoss: both[0].logLoss, ...both[1] };
    if ((yield figures) || isStopped) return;
  }
}

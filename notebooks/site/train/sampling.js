// The batches of mnist_nn/sampling.py, drawn at random in the same way.
const SHUFFLE_BUFFER = 10_000;

/** Return the elements of a typed array in random order. */
export function permute(rows) {
  const keyed = Array.from(rows, (row) => [Math.random(), row]);
  return Uint32Array.from(keyed.sort(([one], [other]) => one - other), ([, row]) => row);
}

/** Yield what a shuffle buffer yields for 0, 1, …, nBatches − 1, 0, …: without end. */
export function* sampleBatchNumbers(nBatches) {
  const buffer = Uint32Array.from({ length: SHUFFLE_BUFFER }, (_, place) => place % nBatches);
  for (let next = SHUFFLE_BUFFER; ; next++) {
    const place = Math.floor(Math.random() * SHUFFLE_BUFFER);
    yield buffer[place];
    buffer[place] = next % nBatches;
  }
}

export function splitSteps(steps, periods) {
  const length = { length: periods };
  return Array.from(length, (_, n) => Math.floor(steps / periods) + (n < steps % periods));
}

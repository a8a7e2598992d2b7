// Random numbers, and the batches of mnist_nn/sampling.py, by the same law.
const SHUFFLE_BUFFER = 10_000;

/** Return a function that draws numbers from 0 to below 1: Chris Doty-Humphrey's sfc32, twice. */
export function createRandom(seed) {
  let [a, b, c, counter] = [seed % 2 ** 32, Math.floor(seed / 2 ** 32), 0x9e3779b9, 1];
  const draw = () => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let warmUp = 0; warmUp < 20; warmUp++) draw();
  return () => ((draw() >>> 5) * 2 ** 26 + (draw() >>> 6)) / 2 ** 53;
}

export function permute(length, random) {
  const rows = Uint32Array.from({ length }, (_, row) => row);
  for (let last = length - 1; last > 0; last--) {
    const place = Math.floor(random() * (last + 1));
    [rows[last], rows[place]] = [rows[place], rows[last]];
  }
  return rows;
}

/** Yield what a shuffle buffer yields for 0, 1, …, nBatches − 1, 0, …: without end. */
export function* sampleBatchNumbers(nBatches, random) {
  const buffer = Uint32Array.from({ length: SHUFFLE_BUFFER }, (_, place) => place % nBatches);
  for (let next = SHUFFLE_BUFFER; ; next++) {
    const place = Math.floor(random() * SHUFFLE_BUFFER);
    yield buffer[place];
    buffer[place] = next % nBatches;
  }
}

export function splitSteps(steps, periods) {
  const length = { length: periods };
  return Array.from(length, (_, n) => Math.floor(steps / periods) + (n < steps % periods));
}

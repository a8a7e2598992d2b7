// Draws and prepares digits as mnist_nn/drawing/pad.py and image.py do in Python, where the reasons
// are; a test holds the pixels of both to each other. An image is { height, width, data }: `data`
// has a number for each pixel, row by row, from 0 for the ground to 1 for ink.
const IMAGE_SIDE = 28;
const PAD_SIDE = 280;
const DIGIT_SIDE = 20; // of the box that a digit is scaled into
const [THINNEST, THICKEST] = [2.1, 3.1]; // strokes in this box, in pixels
const RADIUS = 7; // of the pen, in pixels of the pad
export const PEN_WIDTH = (2 * RADIUS) / PAD_SIDE; // of the pad's side

/** Draw strokes, lists of points [x, y] from 0 to 1, with the same pixels as Python's Pillow. */
export function drawInk(strokes) {
  const ink = createImage(PAD_SIDE, PAD_SIDE);
  for (const stroke of strokes) {
    const points = stroke.map(([x, y]) => [PAD_SIDE * x, PAD_SIDE * y]);
    points.forEach((point) => drawDot(ink, point)); // round ends and corners
    points.slice(1).forEach((end, before) => drawLine(ink, points[before], end));
  }
  return ink;
}

/** Make a drawing smaller, and nothing else. */
export function shrink(ink) {
  return resize(ink, IMAGE_SIDE, IMAGE_SIDE).data;
}

/** Prepare ink, which must not be empty, as MNIST's digits were prepared. */
export function prepareInk(ink) {
  const stroke = adjustStrokeWidth(crop(ink));
  const scale = DIGIT_SIDE / Math.max(stroke.height, stroke.width);
  const digit = resize(stroke, round(stroke.height * scale), round(stroke.width * scale));
  const darkest = Math.max(...digit.data);
  digit.data = digit.data.map((value) => value / darkest);
  const [y, x] = findCentreOfMass(digit);
  const top = clamp(round(IMAGE_SIDE / 2 - y), 0, IMAGE_SIDE - digit.height);
  const left = clamp(round(IMAGE_SIDE / 2 - x), 0, IMAGE_SIDE - digit.width);
  return cut(digit, -top, -left, IMAGE_SIDE, IMAGE_SIDE).data;
}

function createImage(height, width) {
  return { height, width, data: new Float32Array(height * width) };
}

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** Round, and halves to the even neighbour, as Python does. */
const round = (value) => (value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value));

function fillRow({ height, width, data }, row, left, right) {
  if (row < 0 || row >= height) return;
  data.fill(1, row * width + clamp(left, 0, width), row * width + clamp(right + 1, 0, width));
}

/** Fill an ellipse in the box of whole pixels around a point. */
function drawDot(ink, [x, y]) {
  const [left, right] = [x - RADIUS, x + RADIUS].map(Math.trunc);
  const [top, bottom] = [y - RADIUS, y + RADIUS].map(Math.trunc);
  const [middle, centre] = [(left + right) / 2, (top + bottom) / 2];
  const beyond = 0.4; // beyond the middle of the outermost pixels: gives Pillow's ellipses
  for (let row = top; row <= bottom; row++) {
    const height = (row - centre) / (bottom - centre + beyond); // from -1 to 1
    const half = (right - middle + beyond) * Math.sqrt(1 - height ** 2);
    fillRow(ink, row, Math.ceil(middle - half), Math.floor(middle + half));
  }
}

/** Fill the rectangle between two points: an even width has one more pixel on one side. */
function drawLine(ink, start, end) {
  const [x0, y0, x1, y1] = [...start, ...end].map(Math.trunc);
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (!length) return;
  const across = (width, along) => roundDown((width * along) / length);
  const [less, more] = [RADIUS - 1, RADIUS];
  const corners = [
    [x0 - across(less, y1 - y0), y0 + across(more, x1 - x0)],
    [x1 - across(less, y1 - y0), y1 + across(more, x1 - x0)],
    [x1 + across(more, y1 - y0), y1 - across(less, x1 - x0)],
    [x0 + across(more, y1 - y0), y0 - across(less, x1 - x0)],
  ];
  const rows = corners.map(([, y]) => y);
  for (let row = Math.min(...rows); row <= Math.max(...rows); row++) {
    const edges = corners.flatMap((corner, number) =>
      findCrossing(corner, corners[(number + 1) % 4], row),
    );
    fillRow(ink, row, Math.round(Math.min(...edges)), roundDown(Math.max(...edges)));
  }
}

/** Round, and halves towards zero. */
const roundDown = (value) => Math.sign(value) * Math.ceil(Math.abs(value) - 0.5);

/** Where an edge crosses a row: no place, one, or both ends of an edge that lies in the row. */
function findCrossing([x0, y0], [x1, y1], row) {
  if (row < Math.min(y0, y1) || row > Math.max(y0, y1)) return [];
  return y0 === y1 ? [x0, x1] : [x0 + ((row - y0) * (x1 - x0)) / (y1 - y0)];
}

/** Cut a part out of an image; what is beyond the image is ground. */
function cut(image, top, left, height, width) {
  const part = createImage(height, width);
  for (let row = Math.max(0, -top); row < Math.min(height, image.height - top); row++) {
    for (let column = Math.max(0, -left); column < Math.min(width, image.width - left); column++) {
      part.data[row * width + column] = image.data[(row + top) * image.width + column + left];
    }
  }
  return part;
}

function addMargin(image, margin) {
  return cut(image, -margin, -margin, image.height + 2 * margin, image.width + 2 * margin);
}

function crop(ink) {
  const { height, width, data } = ink;
  const columns = new Uint8Array(width).map((_, column) => {
    for (let row = 0; row < height; row++) if (data[row * width + column]) return 1;
    return 0;
  });
  const [left, right] = [columns.indexOf(1), columns.lastIndexOf(1)];
  const top = Math.floor(data.indexOf(1) / width);
  const bottom = Math.floor(data.lastIndexOf(1) / width);
  return cut(ink, top, left, bottom - top + 1, right - left + 1);
}

/** Thicken or thin strokes, cropped to their box, until their width is usual in MNIST. */
function adjustStrokeWidth(ink) {
  const inside = measureDistances(addMargin(ink, 1)).filter((distance) => distance > 0);
  const stroke = (4 * inside.reduce((sum, distance) => sum + distance)) / inside.length - 2;
  const side = Math.max(ink.height, ink.width);
  const usual = clamp((stroke * DIGIT_SIDE) / side, THINNEST, THICKEST) / DIGIT_SIDE;
  const gain = (usual * side - stroke) / (1 - usual) / 2;
  if (Math.abs(gain) < 1) return ink;
  const padded = addMargin(ink, 1 + Math.max(0, round(gain)));
  const ground = { ...padded, data: padded.data.map((value) => 1 - value) };
  const distances = measureDistances(gain > 0 ? ground : padded, Math.abs(gain));
  const isInk = (_, place) => (gain > 0 ? distances[place] <= gain : distances[place] >= -gain);
  const adjusted = { ...padded, data: padded.data.map(isInk) };
  return adjusted.data.includes(1) ? crop(adjusted) : ink;
}

/** Return how far each pixel is from the nearest that is zero; exactly only up to `furthest`. */
function measureDistances({ width, data }, furthest = Infinity) {
  const vertical = data.map((value) => (value ? Infinity : 0)); // distances in the pixel's column
  for (let place = width; place < data.length; place++) {
    vertical[place] = Math.min(vertical[place], vertical[place - width] + 1);
  }
  for (let place = data.length - width - 1; place >= 0; place--) {
    vertical[place] = Math.min(vertical[place], vertical[place + width] + 1);
  }
  const distances = new Float64Array(data.length);
  for (let place = 0; place < data.length; place++) {
    const column = place % width;
    let nearest = vertical[place] ** 2;
    for (let away = 1; away ** 2 < nearest && away <= furthest && away < width; away++) {
      const left = away <= column ? vertical[place - away] : Infinity;
      const right = column + away < width ? vertical[place + away] : Infinity;
      nearest = Math.min(nearest, away ** 2 + Math.min(left, right) ** 2);
    }
    distances[place] = Math.sqrt(nearest);
  }
  return distances;
}

/** Average over areas to shrink an image, or interpolate to enlarge it, as Pillow does. */
function resize(image, height, width) {
  const isSmaller = height < image.height;
  const wide = transpose(resizeWidth(image, width, isSmaller));
  return transpose(resizeWidth(wide, height, isSmaller));
}

const isWithinPixel = (at) => Number(-0.5 < at && at <= 0.5);

function resizeWidth(image, width, isSmaller) {
  const resized = createImage(image.height, width);
  const scale = image.width / width;
  const step = Math.max(scale, 1);
  const reach = isSmaller ? step / 2 : step;
  const weigh = isSmaller ? isWithinPixel : (at) => Math.max(0, 1 - Math.abs(at));
  for (let column = 0; column < width; column++) {
    const centre = (column + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const count = Math.min(image.width, Math.trunc(centre + reach + 0.5)) - first;
    const places = Array.from({ length: count }, (_, n) => (n + first - centre + 0.5) / step);
    const weights = places.map(weigh);
    const total = weights.reduce((sum, weight) => sum + weight);
    for (let row = 0; row < image.height; row++) {
      const start = row * image.width + first;
      resized.data[row * width + column] =
        weights.reduce((sum, weight, n) => sum + weight * image.data[start + n], 0) / total;
    }
  }
  return resized;
}

function transpose({ height, width, data }) {
  const turn = (_, place) => data[(place % height) * width + Math.floor(place / height)];
  return { height: width, width: height, data: data.map(turn) };
}

function findCentreOfMass({ width, data }) {
  const average = (placeOf) =>
    data.reduce((sum, value, place) => sum + value * placeOf(place), 0) /
    data.reduce((sum, value) => sum + value, 0);
  return [average((place) => Math.floor(place / width)), average((place) => place % width)];
}

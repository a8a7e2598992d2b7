// Strokes as a short text, for a link: 12 bits for each coordinate, in characters that addresses
// may have. A stroke is a list of points [x, y], from 0 to 1.
const CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LARGEST = 4095; // of 12 bits
const NEAR = 0.002; // of the pad's side: how far a line may be moved to need fewer points
const MOST = 4000; // characters: longer links are damaged in some chats

/** Return the text of strokes, whose lines are first drawn with fewer points. */
export function encodeStrokes(strokes) {
  const encode = (tolerance) =>
    strokes.map((stroke) => simplify(stroke, tolerance).map(encodePoint).join("")).join(".");
  let text = encode(NEAR);
  for (let more = 2; text.length > MOST && more < 100; more *= 2) text = encode(more * NEAR);
  return text;
}

/** Return the strokes of a text; of a text that is none, no strokes. */
export function decodeStrokes(text) {
  if (!/^(?:(?:[\w-]{4})+(?:\.|$))+$/.test(text)) return [];
  const readNumber = (pair) => 64 * CHARACTERS.indexOf(pair[0]) + CHARACTERS.indexOf(pair[1]);
  const decodePoint = (point) =>
    [point.slice(0, 2), point.slice(2)].map((pair) => readNumber(pair) / LARGEST);
  return text.split(".").filter(Boolean).map((stroke) => stroke.match(/.{4}/g).map(decodePoint));
}

function encodePoint(point) {
  return point
    .map((at) => Math.round(LARGEST * at))
    .map((whole) => CHARACTERS[whole >> 6] + CHARACTERS[whole & 63])
    .join("");
}

/** Leave out points that are near the line between others (Ramer, Douglas and Peucker). */
function simplify(points, tolerance) {
  if (points.length < 3) return points;
  const [start, end] = [points[0], points.at(-1)];
  const distances = points.map((point) => measureDistance(point, start, end));
  const furthest = distances.indexOf(Math.max(...distances));
  if (distances[furthest] <= tolerance) return [start, end];
  return [
    ...simplify(points.slice(0, furthest + 1), tolerance).slice(0, -1),
    ...simplify(points.slice(furthest), tolerance),
  ];
}

function measureDistance([x, y], [x0, y0], [x1, y1]) {
  const [across, down] = [x1 - x0, y1 - y0];
  const length = across ** 2 + down ** 2;
  const along = length && ((x - x0) * across + (y - y0) * down) / length;
  const at = Math.min(1, Math.max(0, along));
  return Math.hypot(x - x0 - at * across, y - y0 - at * down);
}

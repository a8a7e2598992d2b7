// Digits that draw themselves until the visitor touches the pad.
import { decodeStrokes } from "./strokes.js";

// 3, 2, 7, 5, 4, 8, as strokes.js writes them; the models differ on 2, 5 and 8.
const DIGITS = [
  "d3VBhHR6lbQRouQQrmSCt-UduPXlsvampWd6k9gBgnhlelijfnjQjMkJmVlpodoZo5sEn7vdl6yniu1WfK3Vbu4LYG3zVF3QSu1kRwzJ",
  "Y2bTaPXpcOUqfiSLi2QQm0QsqNSJsVVQtPZHsVctp_gKmTj5iMnYdDrJVQzkSw4LUa3xXs13a51EiG2Bla28pP3esa2J",
  "VfSGWbS0mCQQo-QuqgRtpgUFmBahhgh3gCmMd3qda4zuaL4L",
  "biXGbzY8bKcyaGhDY6kAatknexiLj0f1onfDrugUtfiktUmBq-ptnPtwjQxUeh0jZf3FU64LQx36.beW9ePWVguVJjhUSpeR3vOQQ",
  "bYQQcWS7a_XRYPcpUyhgSWldRxn9UGo4ZBoJl1lSrKk2uOlR.qARGqCVGo_dooShXiLuwgazqfP4L",
  "lzWFlDR_jTQQhWQTfVR5duUcc2XNdBbOd7elhFkGi8mckNpplQtWk7xLj90ch33Cfd4Lc-3sbP1oZ_yQaZukbXrNdDnpi6f8kndFlhaSmAWj",
];
const SPEED = 0.016; // of the pad's side, for each frame of 1/60 s
const REST = 2500; // milliseconds, for which a complete digit stays
const ROUNDS = 3; // after these, the last digit stays

/**
 * Draw digits, and return how to stop. `show` takes strokes and whether they are a complete digit,
 * and may return for how many milliseconds that stays.
 */
export function playDemo(show) {
  let [frame, timer, count] = [0, 0, 0];
  const next = () => {
    const strokes = densify(decodeStrokes(DIGITS[count % DIGITS.length]));
    const total = strokes.reduce((sum, stroke) => sum + stroke.length, 0);
    const start = performance.now();
    const draw = (now) => {
      const frames = Math.floor(((now - start) * 60) / 1000); // the first may be before the start
      const drawn = Math.max(1, Math.min(total, frames));
      const rest = show(take(strokes, drawn), drawn === total) ?? REST;
      if (drawn < total) frame = requestAnimationFrame(draw);
      else if (++count < ROUNDS * DIGITS.length) timer = setTimeout(next, rest);
    };
    frame = requestAnimationFrame(draw);
  };
  next();
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}

/** Return strokes with a point for each frame. */
function densify(strokes) {
  return strokes.map((stroke) =>
    stroke.flatMap(([x, y], number) => {
      if (!number) return [[x, y]];
      const [x0, y0] = stroke[number - 1];
      const count = Math.max(1, Math.round(Math.hypot(x - x0, y - y0) / SPEED));
      return Array.from({ length: count }, (_, n) => {
        const share = (n + 1) / count;
        return [x0 + share * (x - x0), y0 + share * (y - y0)];
      });
    }),
  );
}

/** Return the first `count` points of strokes. */
function take(strokes, count) {
  const taken = [];
  for (const stroke of strokes) {
    if (count <= 0) break;
    taken.push(stroke.slice(0, count));
    count -= stroke.length;
  }
  return taken;
}

// The picture to save: a drawing with the models' answers, or a round of ten digits.
import { PEN_WIDTH } from "./prepare.js";

const [INK, FRAME, FOOTER] = ["#111", "#888", "#555"];
const WRONG = "#b3261e"; // an answer that is not the digit asked for
const ADDRESS = location.host + location.pathname.replace(/[^/]*$/, "");

/** Paint a drawing, and each model's answer; it may be meant as a `digit`. */
export function paintDrawing(canvas, { strokes, answers, probabilities }, digit, heading, texts) {
  const pen = clear(canvas);
  drawStrokes(pen, strokes, 35, 35, 560);
  write(pen, heading, 640, 90, 52, { weight: "bold" });
  answers.forEach((answer, which) => {
    const top = 220 + 180 * which;
    const share = Math.max(...probabilities[which]);
    const colour = digit === undefined || answer === digit ? INK : WRONG;
    write(pen, texts.models[which], 640, top, 34);
    write(pen, String(answer), 640, top + 90, 130, { weight: "bold", colour });
    write(pen, `${Math.round(100 * share)}%`, 760, top + 100, 48, { colour });
  });
  write(pen, `${texts.site}  ${ADDRESS}`, 640, 590, 26, { colour: FOOTER });
}

/** Paint the digits of a round in two rows, each with both models' answers below. */
export function paintRound(canvas, drawn, heading, texts) {
  const pen = clear(canvas);
  write(pen, heading, 40, 60, 44, { weight: "bold", maxWidth: 1120 });
  drawn.forEach(({ digit, strokes, answers }, number) => {
    const [left, top] = [40 + 228 * (number % 5), 110 + 240 * Math.floor(number / 5)];
    drawStrokes(pen, strokes, left, top, 180);
    answers.forEach((answer, which) => {
      const colour = answer === digit ? INK : WRONG;
      const line = top + 195 + 22 * which;
      write(pen, `${texts.models[which]} `, left, line, 17, { colour, maxWidth: 150 });
      write(pen, String(answer), left + 160, line, 20, { colour, weight: "bold" });
    });
  });
  write(pen, `${texts.site}  ${ADDRESS}`, 40, 605, 22, { colour: FOOTER });
}

function clear(canvas) {
  const pen = canvas.getContext("2d");
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.textBaseline = "middle";
  return pen;
}

/** Draw strokes into a square with a frame. */
function drawStrokes(pen, strokes, left, top, side) {
  pen.save();
  pen.strokeStyle = FRAME;
  pen.lineWidth = 2;
  pen.strokeRect(left, top, side, side);
  pen.translate(left, top);
  pen.scale(side, side);
  pen.lineWidth = PEN_WIDTH;
  pen.lineCap = pen.lineJoin = "round";
  pen.strokeStyle = pen.fillStyle = INK;
  for (const points of strokes) {
    pen.beginPath();
    points.forEach(([x, y]) => pen.lineTo(x, y));
    pen.stroke();
    pen.beginPath();
    pen.arc(...points[0], PEN_WIDTH / 2, 0, 2 * Math.PI); // so that a single point shows
    pen.fill();
  }
  pen.restore();
}

/** Write a line of text, in a smaller font if it would be wider than `maxWidth`. */
function write(pen, text, x, y, size, { colour = INK, weight = "normal", maxWidth = 540 } = {}) {
  const font = (pixels) => `${weight} ${pixels}px system-ui, sans-serif`;
  pen.font = font(size);
  pen.font = font(Math.min(size, (size * maxWidth) / pen.measureText(text).width));
  pen.fillStyle = colour;
  pen.fillText(text, x, y);
}

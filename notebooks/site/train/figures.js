// The figures of a run, each with its text for screen readers, as in mnist_nn/plots.py.
import { fill } from "./settings.js";

const [SIDE, GAP, PER_ROW] = [28, 2, 10]; // of the images of weights
// Matplotlib's colours RdBu_r, from below zero to above.
const COLOURS = [[5, 48, 97], [67, 147, 195], [247, 247, 247], [214, 96, 77], [103, 0, 31]];
const [WIDTH, HEIGHT, LEFT, BOTTOM] = [320, 200, 30, 22]; // of the chart and its margins

/** Draw the log losses of both sets up to `top`, where the axes of all runs end. */
export function drawLosses(svg, { training, validation }, top, periods, texts) {
  const x = (period) => LEFT + 8 + (period * (WIDTH - LEFT - 16)) / (periods - 1);
  const y = (loss) => HEIGHT - BOTTOM - (loss * (HEIGHT - BOTTOM - 24)) / top;
  const line = (losses, name) => {
    const points = losses.map((loss, period) => `${x(period)},${y(loss)}`).join(" ");
    const [first] = points.split(" ");
    return `<polyline class="${name}" points="${first} ${points}"/>`; // one period makes a dot
  };
  const power = 10 ** Math.floor(Math.log10(top));
  const step = top < 3 * power ? power / 2 : power;
  const ticks = Array.from({ length: Math.floor(top / step) + 1 }, (_, n) => n * step);
  svg.innerHTML = [
    ...ticks.map((tick) => `<path d="M${LEFT} ${y(tick)}H${WIDTH}"/>`),
    ...ticks.map((tick) => `<text x="${LEFT - 5}" y="${y(tick) + 4}" class="y">${tick}</text>`),
    ...Array.from({ length: periods }, (_, n) => `<text x="${x(n)}" y="${HEIGHT - 6}">${n}</text>`),
    line(training, "training"),
    line(validation, "validation"),
    `<path class="training" d="M60 10h20"/><text x="85" y="14" class="name"></text>`,
    `<path class="validation" d="M190 10h20"/><text x="215" y="14" class="name"></text>`,
  ].join("");
  const names = [texts.training, texts.validation];
  svg.querySelectorAll(".name").forEach((name, n) => (name.textContent = names[n]));
  const join = (losses) => losses.map((loss) => loss.toFixed(2)).join(texts.comma);
  const values = { training: join(training), validation: join(validation) };
  svg.ariaLabel = fill(texts.curve, values);
}

/** Fill a table of 10 rows and columns; say the most frequent mistake below it. */
export function drawMatrix(table, note, matrix, texts) {
  const digits = [...matrix.keys()];
  const cell = (share, row, column) => {
    const dark = Math.round(100 * share ** 0.4); // so that mistakes of a few per cent are visible
    const kind = row === column ? "right" : "mistake";
    const text = share < 0.005 ? "" : share.toFixed(2).replace(/^0/, "");
    return `<td class="${kind} ${dark > 50 ? "dark" : ""}" style="--dark:${dark}%">${text}</td>`;
  };
  const head = digits.map((digit) => `<th scope="col">${digit}</th>`).join("");
  const rows = matrix.map((shares, row) =>
    `<tr><th scope="row">${row}</th>${shares.map((share, n) => cell(share, row, n)).join("")}</tr>`);
  table.innerHTML = `<caption></caption><tr><td></td>${head}</tr>${rows.join("")}`;
  table.caption.textContent = texts.matrix;
  const mistakes = matrix.flatMap((shares, row) => shares.map((s, n) => (n === row ? 0 : s)));
  const share = Math.max(...mistakes);
  const place = mistakes.indexOf(share);
  const values = { digit: Math.floor(place / 10), predicted: place % 10, share: share.toFixed(2) };
  note.textContent = share ? fill(texts.worst, values) : "";
}

/** Draw the weights of the first layer, an image for each node. */
export function drawWeights(canvas, { images, nodes, limit }, texts) {
  const [rows, cell] = [Math.ceil(images.length / PER_ROW), SIDE + GAP];
  [canvas.width, canvas.height] = [PER_ROW * cell - GAP, rows * cell - GAP];
  const image = new ImageData(canvas.width, canvas.height);
  images.forEach((weights, node) => {
    const corner = Math.floor(node / PER_ROW) * cell * canvas.width + (node % PER_ROW) * cell;
    weights.forEach((weight, pixel) => {
      const at = 2 + 2 * Math.min(1, Math.max(-1, weight / limit)); // from 0 to 4 in COLOURS
      const [low, high] = [COLOURS[Math.floor(at)], COLOURS[Math.ceil(at)]];
      const start = 4 * (corner + Math.floor(pixel / SIDE) * canvas.width + (pixel % SIDE));
      for (let c = 0; c < 3; c++) image.data[start + c] = low[c] + (at % 1) * (high[c] - low[c]);
      image.data[start + 3] = 255;
    });
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
  canvas.ariaLabel = fill(texts.images, { nodes: images.length, limit: limit.toFixed(2) });
}

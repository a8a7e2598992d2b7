// A round of ten digits, and "fool the network": what can be shared.
import { encodeStrokes, decodeStrokes } from "./strokes.js";

const SIDE = 630; // of the picture's height
const COUNT = 10;
const INK = "#111";
const MARK = "#b3261e"; // a wrong answer
const ADDRESS = location.host + location.pathname.replace(/[^/]*$/, "");
const find = (selector) => document.querySelector(selector);

/**
 * Make the games work. Return `prompt`, which returns what to draw in a game that runs; `judge`,
 * which ends it, and tells whether a drawing of a digit has fooled the models; and `update`, for
 * new answers.
 */
export function offerGames({ pad, texts, fill, setStrokes, begin }) {
  let round = null; // the digits that are asked for, and those that were drawn
  let lastRound = null; // what was drawn in it, as long as it is what the picture shows
  let claimed = null; // the digit that the drawing is meant as
  let isFooling = false; // that digit is to be drawn, and to fool the network
  let settled = null; // the strokes when the pen was last lifted
  let lastStrokes, lastLift; // at the last update

  const [next, stop] = [find("#next"), find("#stop")];
  find("#pad .buttons").append(next, stop);

  function goToPad() {
    find(".pad").focus({ preventScroll: true });
    find("h1").scrollIntoView();
  }

  function startRound() {
    const digits = Array.from({ length: COUNT }, (_, digit) => [Math.random(), digit])
      .sort(([one], [other]) => one - other)
      .map(([, digit]) => digit);
    begin();
    round = { digits, drawn: [] };
    isFooling = false;
    lastRound = claimed = null;
    find("#result").textContent = "";
    find("#picture").hidden = true;
    setStrokes([]);
    goToPad();
  }

  function endRound() {
    round = null;
    setStrokes([]);
  }

  function startFooling(digit) {
    begin();
    if (round) endRound();
    isFooling = true;
    claimed = digit;
    pad.save_changes();
    if (!pad.get("strokes").length) goToPad();
  }

  function stopGame() {
    isFooling = false;
    if (round) endRound();
    else pad.save_changes();
    goToPad();
  }

  function takeDigit() {
    const digit = round.digits[round.drawn.length];
    round.drawn.push({ digit, strokes: pad.get("strokes"), answers: pad.get("answers") });
    if (round.drawn.length < COUNT) {
      setStrokes([]);
      find(".pad").focus({ preventScroll: true });
      return;
    }
    const drawn = round.drawn;
    endRound();
    lastRound = drawn;
    find("#result").textContent = describe(lastRound);
    drawRound(lastRound);
    pad.save_changes();
    find("#games-title").scrollIntoView();
    find("#save").focus({ preventScroll: true });
  }

  function describe(drawn) {
    const count = (which) => drawn.filter(({ digit, answers }) => answers[which] === digit).length;
    return fill(texts.result, { linear: count(0), network: count(1) });
  }

  function judge(digit) {
    round = null;
    isFooling = false;
    claimed = digit;
    pad.save_changes();
  }

  /** Return whether the drawing has fooled the models; nothing if none is meant as a digit. */
  function tellVerdict() {
    const [linear, network] = pad.get("answers");
    if (claimed === null || network === undefined) return "";
    const name = network !== claimed ? "fooled" : linear !== claimed ? "fooled_half" : "not_fooled";
    return fill(texts[name], { digit: claimed, linear, network });
  }

  function prompt() {
    if (round) {
      const n = round.drawn.length;
      return fill(texts.round_prompt, { n: n + 1, digit: round.digits[n] });
    }
    if (!isFooling) return null;
    const isSettled = pad.get("strokes") === settled;
    return (isSettled && tellVerdict()) || fill(texts.fool_prompt, { digit: claimed });
  }

  function update() {
    const [strokes, answers] = [pad.get("strokes"), pad.get("answers")];
    const isDrawn = strokes.length > 0 && answers.length > 0;
    next.hidden = !round;
    stop.hidden = !round && !isFooling;
    next.disabled = !isDrawn;
    if (strokes !== lastStrokes) {
      find("#address").hidden = true;
      if (strokes.length) lastRound = null; // a new drawing
      if (!lastRound) find("#picture").hidden = true;
      if (!strokes.length && !isFooling) claimed = null;
    }
    if (pad.get("finished") !== lastLift) settled = strokes;
    [lastStrokes, lastLift] = [strokes, pad.get("finished")];
    find("#save").disabled = !isDrawn && !lastRound;
    find("#link").disabled = !isDrawn;
    for (const button of find("#digits").children)
      button.ariaPressed = String(Number(button.textContent) === claimed);
    find("#verdict").textContent = tellVerdict();
  }

  /** Draw strokes into a square of the picture. */
  function drawStrokes(pen, strokes, left, top, side) {
    pen.save();
    pen.translate(left, top);
    pen.scale(side, side);
    pen.lineWidth = pad.get("pen_width");
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = pen.fillStyle = INK;
    for (const points of strokes) {
      pen.beginPath();
      points.forEach(([x, y]) => pen.lineTo(x, y));
      pen.stroke();
      pen.beginPath();
      pen.arc(...points[0], pen.lineWidth / 2, 0, 2 * Math.PI); // of a single point, too
      pen.fill();
    }
    pen.restore();
  }

  function clearPicture() {
    const pen = find("#picture").getContext("2d");
    pen.fillStyle = "white";
    pen.fillRect(0, 0, find("#picture").width, SIDE);
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    return pen;
  }

  function write(pen, text, x, y, size, { colour = INK, weight = "normal", width = 540 } = {}) {
    const font = (pixels) => `${weight} ${pixels}px system-ui, sans-serif`;
    pen.font = font(size);
    pen.font = font(Math.min(size, (size * width) / pen.measureText(text).width));
    pen.fillStyle = colour;
    pen.fillText(text, x, y);
  }

  function drawDrawing() {
    const pen = clearPicture();
    const [strokes, answers] = [pad.get("strokes"), pad.get("answers")];
    pen.strokeStyle = "#888";
    pen.lineWidth = 2;
    pen.strokeRect(35, 35, 560, 560);
    drawStrokes(pen, strokes, 35, 35, 560);
    const heading =
      claimed === null ? texts.picture_drawing : fill(texts.picture_digit, { digit: claimed });
    write(pen, heading, 640, 90, 52, { weight: "bold" });
    answers.forEach((digit, which) => {
      const top = 220 + 180 * which;
      const share = Math.max(...pad.get("probabilities")[which]);
      const colour = claimed === null || claimed === digit ? INK : MARK;
      write(pen, texts.models[which], 640, top, 34);
      write(pen, String(digit), 640, top + 90, 130, { weight: "bold", colour });
      write(pen, `${Math.round(100 * share)}%`, 760, top + 100, 48, { colour });
    });
    write(pen, `${texts.site}  ${ADDRESS}`, 640, 590, 26, { colour: "#555" });
    find("#picture").ariaLabel = `${heading} ${pad.get("description")}`;
  }

  function drawRound(drawn) {
    const pen = clearPicture();
    write(pen, describe(drawn), 40, 60, 44, { weight: "bold", width: 1120 });
    drawn.forEach(({ digit, strokes, answers }, number) => {
      const [left, top] = [40 + 228 * (number % 5), 110 + 240 * Math.floor(number / 5)];
      pen.strokeStyle = "#888";
      pen.lineWidth = 2;
      pen.strokeRect(left, top, 180, 180);
      drawStrokes(pen, strokes, left, top, 180);
      answers.forEach((answer, which) => {
        const colour = answer === digit ? INK : MARK;
        const name = `${texts.models[which]} `;
        write(pen, name, left, top + 195 + 22 * which, 17, { colour, width: 150 });
        write(pen, String(answer), left + 160, top + 195 + 22 * which, 20, { colour, weight: "bold" });
      });
    });
    write(pen, `${texts.site}  ${ADDRESS}`, 40, 605, 22, { colour: "#555" });
    find("#picture").ariaLabel = describe(drawn);
    find("#picture").hidden = false;
  }

  function save() {
    if (!lastRound) drawDrawing();
    find("#picture").hidden = false;
    find("#picture").toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = "digit.png";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    });
  }

  async function copyLink() {
    const text = encodeStrokes(pad.get("strokes"));
    settled = decodeStrokes(text); // the same that the link opens
    setStrokes(settled);
    const parts = new URLSearchParams(claimed === null ? {} : { digit: claimed });
    parts.set("strokes", text);
    const address = new URL(`#${parts}`, location.href.split("#")[0]).href;
    const field = find("#address input");
    field.value = address;
    find("#address").hidden = false;
    let said = texts.copied;
    try {
      await navigator.clipboard.writeText(address);
    } catch {
      said = texts.copy;
      field.select();
    }
    find("#address span").textContent = said;
  }

  for (const button of find("#digits").children)
    button.addEventListener("click", () => startFooling(Number(button.textContent)));
  next.addEventListener("click", takeDigit);
  find("#round").addEventListener("click", startRound);
  stop.addEventListener("click", stopGame);
  find("#save").addEventListener("click", save);
  find("#link").addEventListener("click", copyLink);
  return { judge, prompt, update };
}

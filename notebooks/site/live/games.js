// A round of ten digits, and "fool the network"; the picture and the link that share a drawing.
import { paintDrawing, paintRound } from "./picture.js";
import { encodeStrokes, decodeStrokes } from "./strokes.js";

const COUNT = 10; // digits of a round
const find = (selector) => document.querySelector(selector);

/**
 * Make the games work. Return `prompt`, which returns what to draw in a game that runs, or null;
 * `judge`, which ends it, and tells whether a drawing of a digit has fooled the models; and
 * `update`, which shows the state of the games and of the pad, and runs whenever the pad changes.
 */
export function offerGames({ pad, texts, fill, setStrokes, begin }) {
  // What the visitor plays, which is one of:
  // { kind: "none" }
  // { kind: "round", digits, drawn }: the digits to draw one by one, and what was drawn so far
  // { kind: "result", drawn }: the picture shows a whole round, until something is drawn
  // { kind: "fool", digit }: this digit is to be drawn, and to fool the network
  // { kind: "meant", digit }: the drawing is meant as this digit, but nothing is asked for
  let game = { kind: "none" };
  let settled = null; // the strokes when the pen was last lifted
  let last = {}; // the strokes, and how often the pen was lifted, at the last update

  const [next, stop, picture] = [find("#next"), find("#stop"), find("#picture")];
  find("#pad .buttons").append(next, stop);

  /** Go on to another state, with these strokes on the pad. */
  function change(state, strokes = pad.get("strokes")) {
    game = state;
    setStrokes(strokes);
  }

  function startRound() {
    const digits = Array.from({ length: COUNT }, (_, digit) => [Math.random(), digit])
      .sort(([one], [other]) => one - other)
      .map(([, digit]) => digit);
    begin();
    find("#result").textContent = "";
    change({ kind: "round", digits, drawn: [] }, []);
    goToPad();
  }

  /** Take the drawing as the digit that a round asks for; after the last digit, show the result. */
  function takeDigit() {
    const { digits, drawn } = game;
    const [strokes, answers] = [pad.get("strokes"), pad.get("answers")];
    drawn.push({ digit: digits[drawn.length], strokes, answers });
    if (drawn.length < COUNT) {
      setStrokes([]);
      find(".pad").focus({ preventScroll: true });
      return;
    }
    change({ kind: "result", drawn }, []);
    const result = describeResult(drawn);
    find("#result").textContent = picture.ariaLabel = result;
    paintRound(picture, drawn, result, texts);
    picture.hidden = false;
    find("#games-title").scrollIntoView();
    find("#save").focus({ preventScroll: true });
  }

  function startFooling(digit) {
    begin();
    const strokes = game.kind === "round" ? [] : pad.get("strokes");
    change({ kind: "fool", digit }, strokes);
    if (!pad.get("strokes").length) goToPad();
  }

  function stopGame() {
    if (game.kind === "round") change({ kind: "none" }, []);
    else change({ kind: "meant", digit: game.digit });
    goToPad();
  }

  function judge(digit) {
    change(digit === null ? { kind: "none" } : { kind: "meant", digit });
  }

  function goToPad() {
    find(".pad").focus({ preventScroll: true });
    find("h1").scrollIntoView();
  }

  function describeResult(drawn) {
    const count = (which) => drawn.filter(({ digit, answers }) => answers[which] === digit).length;
    return fill(texts.result, { linear: count(0), network: count(1) });
  }

  /** Return whether the drawing has fooled the models, in words; "" if it is meant as no digit. */
  function describeVerdict() {
    const { digit } = game;
    const [linear, network] = pad.get("answers");
    if (digit === undefined || network === undefined) return "";
    const name = network !== digit ? "fooled" : linear !== digit ? "fooled_half" : "not_fooled";
    return fill(texts[name], { digit, linear, network });
  }

  function prompt() {
    if (game.kind === "round") {
      const n = game.drawn.length;
      return fill(texts.round_prompt, { n: n + 1, digit: game.digits[n] });
    }
    if (game.kind !== "fool") return null;
    const verdict = pad.get("strokes") === settled ? describeVerdict() : "";
    return verdict || fill(texts.fool_prompt, game);
  }

  function update() {
    const [strokes, lifts] = [pad.get("strokes"), pad.get("finished")];
    const isDrawn = strokes.length > 0 && pad.get("answers").length > 0;
    if (game.kind === "result" && strokes.length) game = { kind: "none" };
    if (game.kind === "meant" && !strokes.length) game = { kind: "none" };
    if (strokes !== last.strokes) {
      find("#address").hidden = true;
      if (game.kind !== "result") picture.hidden = true;
    }
    if (lifts !== last.lifts) settled = strokes;
    last = { strokes, lifts };
    next.hidden = game.kind !== "round";
    stop.hidden = game.kind !== "round" && game.kind !== "fool";
    next.disabled = find("#link").disabled = !isDrawn;
    find("#save").disabled = !isDrawn && game.kind !== "result";
    for (const button of find("#digits").children)
      button.ariaPressed = String(Number(button.textContent) === game.digit);
    find("#verdict").textContent = describeVerdict();
  }

  function paintPad() {
    const { digit } = game;
    const name = digit === undefined ? "picture_drawing" : "picture_digit";
    const heading = fill(texts[name], { digit });
    const [strokes, answers] = [pad.get("strokes"), pad.get("answers")];
    const drawing = { strokes, answers, probabilities: pad.get("probabilities") };
    paintDrawing(picture, drawing, digit, heading, texts);
    picture.ariaLabel = `${heading} ${pad.get("description")}`;
  }

  function save() {
    if (game.kind !== "result") paintPad();
    picture.hidden = false;
    picture.toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = "digit.png";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    });
  }

  async function copyLink() {
    const text = encodeStrokes(pad.get("strokes"));
    settled = decodeStrokes(text); // the pad shows what the link opens, with fewer points
    setStrokes(settled);
    const parts = new URLSearchParams("digit" in game ? { digit: game.digit } : {});
    parts.set("strokes", text);
    const address = new URL(`#${parts}`, location.href.split("#")[0]).href;
    const field = find("#address input");
    field.value = address;
    find("#address").hidden = false;
    let message = texts.copied;
    try {
      await navigator.clipboard.writeText(address);
    } catch {
      message = texts.copy; // by hand
      field.select();
    }
    find("#address span").textContent = message;
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

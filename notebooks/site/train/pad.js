// The drawing pad of the notebooks, which answers with the models that were trained here.
import { PEN_WIDTH, drawInk, prepareInk, shrink } from "./prepare.js";
import { fill } from "./settings.js";
import { classify } from "./training.js";
import widget from "./widget.js";

// What widget.js needs of anywidget's model; a drawing stays when other models answer.
const model = new Map([["strokes", []], ["prepared", true], ["finished", 0]]);

/** Show the pad, with `runs` that have a name and layers. */
export function showPad(element, runs, texts) {
  const listeners = [];
  const set = (values) => Object.entries(values).forEach((entry) => model.set(...entry));
  set({ name: "saved-picture", texts, pen_width: PEN_WIDTH, classifiers: runs.map((r) => r.name) });
  model.on = (_, listener) => listeners.push(listener);
  model.save_changes = () => {
    set(answer(runs, texts));
    listeners.forEach((listener) => listener());
  };
  model.save_changes();
  element.replaceChildren();
  widget.render({ model, el: element });
}

/** Return what the pad shows: pixels, probabilities, and both in words. */
function answer(runs, texts) {
  const strokes = model.get("strokes");
  const ink = drawInk(strokes);
  const pixels = strokes.length && model.get("prepared") ? prepareInk(ink) : shrink(ink);
  const probabilities = runs.map(({ layers }) =>
    strokes.length ? [...classify(layers, Float64Array.from(pixels))] : Array(10).fill(0),
  );
  const answers = probabilities.map((shares, n) => {
    const p = Math.max(...shares);
    const values = { name: runs[n].name, digit: shares.indexOf(p), p: `${Math.round(100 * p)}%` };
    return fill(texts.answer, values);
  });
  const drawing = fill(texts.drawing, { answers: answers.join(texts.comma) });
  return {
    pixels: Uint8Array.from(pixels, (value) => Math.round(255 * (1 - value))),
    probabilities,
    description: strokes.length ? drawing : texts.empty,
  };
}

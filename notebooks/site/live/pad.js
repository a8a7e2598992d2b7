// The drawing pad of the notebooks: what Python answers there is computed here.
import { PEN_WIDTH, drawInk, prepareInk, shrink } from "./prepare.js";

export const fill = (text, values) => text.replace(/{(\w+)}/g, (_, name) => values[name]);

/**
 * Return what widget.js needs of anywidget's model. `classify` returns the probabilities of each
 * model for pixels, or nothing while the models are loaded.
 */
export function createPad(classifiers, texts, classify) {
  const listeners = new Set();
  const values = {
    name: "saved-picture", // of a notebook: there is none here
    texts,
    classifiers,
    pen_width: PEN_WIDTH,
    strokes: [],
    prepared: true,
    finished: 0,
  };
  return {
    get: (name) => values[name],
    set: (name, value) => (values[name] = value),
    on: (_, listener) => listeners.add(listener),
    off: (_, listener) => listeners.delete(listener),
    save_changes() {
      Object.assign(values, answer(values, classify));
      listeners.forEach((listener) => listener());
    },
  };
}

/** Return what the pad shows for strokes: pixels, probabilities, and both in words. */
function answer({ strokes, prepared, classifiers, texts }, classify) {
  const ink = drawInk(strokes);
  const pixels = strokes.length && prepared ? prepareInk(ink) : shrink(ink);
  const found = strokes.length ? classify(pixels) : null;
  const probabilities = found ?? classifiers.map(() => Array(10).fill(0));
  const answers = found?.map((shares) => shares.indexOf(Math.max(...shares))) ?? [];
  const inWords = answers.map((digit, which) => {
    const p = `${Math.round(100 * probabilities[which][digit])}%`;
    return fill(texts.answer, { name: classifiers[which], digit, p });
  });
  return {
    features: pixels, // of the models: from 0 for the ground to 1 for ink
    pixels: Uint8Array.from(pixels, (value) => Math.round(255 * (1 - value))), // to be shown
    probabilities,
    answers,
    description: found
      ? fill(texts.drawing, { answers: inWords.join(texts.comma) })
      : strokes.length ? texts.loading : texts.empty,
  };
}

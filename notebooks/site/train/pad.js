// The drawing pad of the notebooks, which answers with the models that were trained here.
import { classify } from "./classify.js";
import { PEN_WIDTH, drawInk, prepareInk, shrink } from "./prepare.js";
import { fill } from "./settings.js";
import widget from "./widget.js";

/** Return layers as classify.js needs them. */
const convert = ({ nodes, weights }) => ({
  scales: new Float64Array(nodes).fill(1),
  biases: weights.subarray(-nodes),
  weights: weights.subarray(0, -nodes),
});

/** Show the pad, with `models` of a name and layers; `before` keeps what was drawn. */
export function showPad(element, models, texts, before = {}) {
  const all = models.map(({ name, layers }) => ({ name, layers: layers.map(convert) }));
  const listeners = [];
  const values = { strokes: [], prepared: true, finished: 0, ...before };
  Object.assign(values, { name: "saved-picture", texts, pen_width: PEN_WIDTH });
  values.classifiers = models.map(({ name }) => name);
  const model = {
    get: (name) => values[name],
    set: (name, value) => (values[name] = value),
    on: (_, listener) => listeners.push(listener),
    save_changes() {
      Object.assign(values, answer(values, all, texts));
      listeners.forEach((listener) => listener());
    },
  };
  model.save_changes();
  element.replaceChildren();
  widget.render({ model, el: element });
  return values;
}

function answer({ strokes, prepared }, models, texts) {
  const ink = drawInk(strokes);
  const pixels = strokes.length && prepared ? prepareInk(ink) : shrink(ink);
  const probabilities = models.map(({ layers }) =>
    strokes.length ? classify(layers, pixels) : Array(10).fill(0));
  const answers = probabilities.map((shares, number) => {
    const p = Math.max(...shares);
    const values = { name: models[number].name, digit: shares.indexOf(p) };
    return fill(texts.answer, { ...values, p: `${Math.round(100 * p)}%` });
  });
  return {
    pixels: Uint8Array.from(pixels, (value) => Math.round(255 * (1 - value))),
    probabilities,
    description: strokes.length
      ? fill(texts.drawing, { answers: answers.join(texts.comma) })
      : texts.empty,
  };
}

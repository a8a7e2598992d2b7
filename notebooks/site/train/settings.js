// The settings of a run, checked by the rules of the trainers, and what the check of the exercise
// says of its accuracy. Settings are given as texts, which come from the fields or from a link.
import { fill } from "./pad.js";
import { CLASSES, PERIODS, PIXELS } from "./training.js";

// The smallest and the largest normal number in float32, which TensorFlow trains in.
const [SMALLEST, LARGEST] = [2 ** -126, (2 - 2 ** -23) * 2 ** 127];

/** Return a text as Python's error messages show it: in quotes unless it is a number. */
const show = (text) => (text.trim() === "" || Number.isNaN(Number(text)) ? `'${text}'` : text);

/** Return the values of settings that are given as texts, and what is wrong with them, by field. */
export function checkSettings(given, { texts, examples, weights }) {
  const { model, learning_rate: rate, steps, batch_size: size, hidden_units: units } = given;
  const listed = units?.split(/[\s,、[\]]+/).filter(Boolean) ?? []; // the linear model has none
  const sizes = [PIXELS, ...listed, CLASSES].map(Number);
  const count = sizes.slice(1).reduce((sum, nodes, below) => sum + (sizes[below] + 1) * nodes, 0);
  const errors = {};
  const refuse = (field, text, values) => (errors[field] ??= fill(texts[text], values));
  const checkWhole = (field, text, name = field) => {
    if (Number.isInteger(Number(text)) && Number(text) > 0) return;
    refuse(field, "whole_number", { name, minimum: 1, value: show(text) });
  };
  if (!(rate > SMALLEST && rate < LARGEST)) {
    refuse("learning_rate", "positive_number", { name: "learning_rate", value: show(rate) });
  }
  checkWhole("steps", steps);
  if (steps < PERIODS) refuse("steps", "few_steps", { steps, periods: PERIODS });
  checkWhole("batch_size", size);
  if (size > examples) refuse("batch_size", "large_batch", { batch_size: size, n: examples });
  listed.forEach((text, layer) => checkWhole("hidden_units", text, `hidden_units[${layer}]`));
  if (model === "network" && !listed.length) refuse("hidden_units", "list", { value: "[]" });
  if (count > weights) refuse("hidden_units", "too_large");
  const numbers = { learning_rate: Number(rate), steps: Number(steps), batch_size: Number(size) };
  return { values: { model, ...numbers, hidden_units: listed.map(Number) }, errors };
}

/** Return what the exercise's check says of an accuracy, and whether it reaches the target. */
export function judge({ model, hidden_units: [first], learning_rate: rate }, accuracy, data) {
  const { texts, targets, advice } = data;
  const values = { accuracy: accuracy.toFixed(4), target: targets[model].toFixed(4) };
  if (accuracy >= targets[model])
    return [fill(texts.passed, values) + texts.space + texts[`next_${model}`], true];
  const hints = first < advice.nodes ? [texts.advise_nodes] : [];
  const isUsual = model === "linear" || (rate >= advice.lowest && rate <= advice.highest);
  hints.push(isUsual ? texts.advise_more : texts.advise_rate);
  return [fill(texts.not_passed, { ...values, advice: hints.join(texts.space) }), false];
}

// The settings of a run: texts of fields and links, checked by the rules of the trainers.
import { CLASSES, PERIODS, PIXELS } from "./training.js";

export const FIELDS = ["learning_rate", "steps", "batch_size", "hidden_units"];
const [SMALLEST, LARGEST] = [2 ** -126, (2 - 2 ** -23) * 2 ** 127]; // a rate, as float32

export const fill = (text, values) => text.replace(/{(\w+)}/g, (_, name) => values[name]);
const show = (text) => (text === "" || Number.isNaN(Number(text)) ? `'${text}'` : text); // as Python

/** Return how many weights and biases a model has. */
export function countWeights({ hidden_units: hiddenUnits }) {
  const sizes = [PIXELS, ...hiddenUnits, CLASSES];
  return sizes.slice(1).reduce((sum, nodes, below) => sum + (sizes[below] + 1) * nodes, 0);
}

/** Return the values of settings that are given as texts, and what is wrong, by field. */
export function checkSettings(settings, { texts, examples, weights, language }) {
  const given = Object.fromEntries(FIELDS.map((name) => [name, settings[name].trim()]));
  const errors = {};
  const refuse = (field, text, values) => (errors[field] ??= fill(texts[text], values));
  const readWhole = (field, text, name = field) => {
    if (/^\+?0*[1-9]\d*$/.test(text)) return Number(text);
    refuse(field, "whole_number", { name, minimum: 1, value: show(text) });
  };
  const listed = given.hidden_units.replace(/^\[|\]$/g, "").split(/[\s,]+/).filter(Boolean);
  const isNetwork = settings.model === "network";
  const values = {
    model: settings.model,
    learning_rate: Number(given.learning_rate),
    steps: readWhole("steps", given.steps),
    batch_size: readWhole("batch_size", given.batch_size),
    hidden_units: (isNetwork ? listed : []).map((text, layer) =>
      readWhole("hidden_units", text, `hidden_units[${layer}]`),
    ),
  };
  if (!(values.learning_rate > SMALLEST && values.learning_rate < LARGEST)) {
    const value = show(given.learning_rate);
    refuse("learning_rate", "positive_number", { name: "learning_rate", value });
  }
  if (values.steps < PERIODS) refuse("steps", "few_steps", { steps: given.steps, periods: PERIODS });
  if (values.batch_size > examples) {
    refuse("batch_size", "large_batch", { batch_size: given.batch_size, n: examples });
  }
  if (isNetwork && !listed.length) {
    refuse("hidden_units", "list", { value: `[${given.hidden_units}]` });
  }
  const useGrouping = texts.thousands !== ""; // numbers as the notebooks write them
  const [count, most] = [countWeights(values), weights].map((number) =>
    number.toLocaleString(language, { useGrouping }),
  );
  if (countWeights(values) > weights) refuse("hidden_units", "too_large", { count, most });
  return { values, errors };
}

/** Return what the exercise's check says of an accuracy, and whether it reaches the target. */
export function judge({ model, hidden_units: [first], learning_rate: rate }, accuracy, data) {
  const { texts, targets, advice } = data;
  const hints = [
    first < advice.nodes && texts.advise_nodes,
    first && !(rate >= advice.lowest && rate <= advice.highest) && texts.advise_rate,
    texts.advise_more,
  ];
  const isGood = accuracy >= targets[model];
  const [reached, target] = [accuracy, targets[model]].map((share) => share.toFixed(4));
  const values = { accuracy: reached, target, advice: hints.filter(Boolean).join(texts.space) };
  return [fill(isGood ? texts.passed : texts.not_passed, values), isGood];
}

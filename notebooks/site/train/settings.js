// The settings of a run: texts of fields and links, checked by the rules of the trainers.
import { CLASSES, PERIODS, PIXELS } from "./training.js";

export const FIELDS = ["learning_rate", "steps", "batch_size", "hidden_units", "seed"];
const [SMALLEST, LARGEST] = [2 ** -126, (2 - 2 ** -23) * 2 ** 127]; // a rate, as float32

export const fill = (text, values) => text.replace(/{(\w+)}/g, (_, name) => values[name]);
const isNumber = (text) => text !== "" && !Number.isNaN(Number(text));
const show = (text) => (isNumber(text) ? text : `'${text}'`); // as Python does

/** Return the values of settings that are given as texts, and what is wrong, by field. */
export function checkSettings(settings, texts, { examples, weights }) {
  const [values, errors] = [{ model: settings.model }, {}];
  const given = Object.fromEntries(FIELDS.map((name) => [name, settings[name].trim()]));
  const checkWhole = (name, text, minimum = 1) => {
    if (/^\+?\d+$/.test(text) && Number(text) >= minimum) return Number(text);
    const field = name.replace(/\[.*/, "");
    errors[field] ??= fill(texts.whole_number, { name, minimum, value: show(text) });
  };
  const rate = Number(given.learning_rate);
  values.learning_rate = rate;
  if (!(rate > SMALLEST && rate < LARGEST)) {
    const value = show(given.learning_rate);
    errors.learning_rate = fill(texts.positive_number, { name: "learning_rate", value });
  }
  for (const name of ["steps", "batch_size"]) values[name] = checkWhole(name, given[name]);
  if (values.steps < PERIODS) {
    errors.steps = fill(texts.few_steps, { steps: given.steps, periods: PERIODS });
  }
  if (values.batch_size > examples) {
    errors.batch_size = fill(texts.large_batch, { batch_size: given.batch_size, n: examples });
  }
  if (given.seed !== "") values.seed = checkWhole("seed", given.seed, 0);
  values.hidden_units = [];
  if (settings.model === "linear") return { values, errors };
  const listed = given.hidden_units.replace(/^\[|\]$/g, "").split(/[\s,]+/).filter(Boolean);
  values.hidden_units = listed.map((text, n) => checkWhole(`hidden_units[${n}]`, text));
  const sizes = [PIXELS, ...values.hidden_units, CLASSES];
  const count = sizes.slice(1).reduce((sum, nodes, before) => sum + (sizes[before] + 1) * nodes, 0);
  if (!listed.length) errors.hidden_units = fill(texts.list, { value: `[${given.hidden_units}]` });
  if (count > weights) errors.hidden_units ??= fill(texts.too_large, { count, weights });
  return { values, errors };
}

/** Return what the exercise's check says of an accuracy, and whether it reaches the target. */
export function judge({ model, hidden_units, learning_rate }, accuracy, texts, { targets, advice }) {
  const { nodes, lowest, highest } = advice;
  const [isGood, [first]] = [accuracy >= targets[model], hidden_units];
  const isUsual = learning_rate >= lowest && learning_rate <= highest;
  const hints = [
    ...(first < nodes ? [texts.advise_nodes] : []),
    ...(first && !isUsual ? [texts.advise_rate] : []),
    texts.advise_more,
  ];
  const [reached, target] = [accuracy, targets[model]].map((share) => share.toFixed(4));
  const values = { accuracy: reached, target, advice: hints.join(texts.space) };
  return [fill(isGood ? texts.passed : texts.not_passed, values), isGood];
}

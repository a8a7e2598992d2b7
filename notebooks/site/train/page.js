// The page: its fields, its runs and their figures; worker.js trains.
import { classify } from "./classify.js";
import { drawLosses, drawMatrix, drawWeights } from "./figures.js";
import { createPad, fill } from "./pad.js";
import { checkSettings, judge } from "./settings.js";
import widget from "./widget.js";

const find = (selector, root = document) => root.querySelector(selector);
const data = JSON.parse(find("#data").textContent);
const { texts } = data;
const [form, progress, status] = [find("form"), find("progress"), find("#status")];
const [train, stop] = form.querySelectorAll("button");
const tabs = new BroadcastChannel("mnist_nn"); // to other tabs with this page
// The columns of the table of runs, in the order of index.html.
const COLUMNS = ["model", "accuracy", "learning_rate", "steps", "batch_size", "hidden_units"];
const runs = []; // the oldest first
let isStopped = false; // by the button, since training has started
let worker; // from the first job on, until it fails

/** Return the texts and the values of the fields; mark the wrong ones, and tell why beside them. */
function readSettings() {
  form.elements.hidden_units.disabled = form.elements.model.value === "linear";
  const entries = [...new FormData(form)].map(([name, text]) => [name, text.normalize("NFKC")]);
  const given = Object.fromEntries(entries);
  const { values, errors } = checkSettings(given, data);
  for (const field of form.querySelectorAll(".field input")) {
    field.setCustomValidity(errors[field.name] ?? "");
    find(`#${field.name}-error`).textContent = field.validationMessage;
  }
  return [given, values];
}

/** Let the worker do a job, such as ("goOn", false), and return its answer; tell other tabs. */
function ask(...job) {
  tabs.postMessage("training");
  worker ??= new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  worker.postMessage(job);
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data: { error, answer } }) => (error ? reject(error) : resolve(answer));
    worker.onerror = ({ message }) => {
      worker = null;
      reject({ kind: message ? "failed" : "not_loaded", reason: message });
    };
  });
}

/** Show a row and a card for a run, the newest first; fold all but the last two cards. */
function createRun({ model, ...hyperparameters }) {
  const name = `${runs.length + 1}. ${texts[model]}`;
  const row = find("#results tbody").insertRow(0);
  const cells = Object.fromEntries(COLUMNS.map((column) => [column, row.insertCell()]));
  const shown = { model: name, accuracy: "…", ...hyperparameters };
  for (const [column, text] of Object.entries(shown)) cells[column].textContent = text;

  const card = find("#run").content.cloneNode(true).firstElementChild;
  find("h2", card).textContent = name;
  const pairs = Object.entries(hyperparameters).map((pair) => pair.join("="));
  find("a", card).textContent = pairs.join(", ");
  find("a", card).href = `?${new URLSearchParams({ model, ...hyperparameters })}`;
  find("#runs").prepend(card, find("#drawing")); // the pad comes after the newest run

  const run = { name, cells, card, losses: { training: [], validation: [] } };
  runs.push(run);
  runs.forEach((each, n) => (each.card.open = n >= runs.length - 2));
  form.scrollIntoView(); // so that the settings, and what comes of them, are in view
  return run;
}

const print = ({ card }, line) => find("pre", card).append(`${line}\n`);

/** Show how a run has ended, in its card and in its row; `accuracy` is none if it failed. */
function showVerdict({ card, cells }, text, isGood = false, accuracy = "") {
  const [verdict, mark] = [find(".verdict", card), isGood ? "✔" : "✘"];
  verdict.textContent = `${mark} ${text}`;
  verdict.classList.add(isGood ? "good" : "bad");
  cells.accuracy.textContent = `${mark}\u00a0${accuracy}`; // in one line
  find("h2", card).append(` ${cells.accuracy.textContent}`);
}

/** Show the figures of a period; those of the last two runs have the same axes. */
function showPeriod(run, { period, logLoss, trainingLogLoss, matrix, layers }) {
  print(run, `  period ${String(period).padStart(2, "0")} : ${logLoss.toFixed(2)}`);
  run.losses.training.push(trainingLogLoss);
  run.losses.validation.push(logLoss);
  const compared = runs.slice(-2).filter(({ losses }) => losses.training.length);
  const highest = Math.max(...compared.flatMap(({ losses }) => Object.values(losses).flat()));
  for (const { card, losses } of compared) drawLosses(find("svg", card), losses, highest, texts);
  drawMatrix(find("table", run.card), find(".worst", run.card), matrix, texts);
  drawWeights(find("canvas", run.card), layers[0], texts);
}

/** Train until the end or the button "Stop", and return the figures of the last period. */
async function runTraining(run, settings) {
  let figures;
  for (;;) {
    const next = await ask("goOn", isStopped);
    if (!next) return figures;
    progress.value = next.done / settings.steps;
    if (next.hasDiverged) throw { kind: "diverged", ...next, ...settings };
    if ("period" in next) {
      figures = next;
      showPeriod(run, figures);
    }
  }
}

/** Show how training has ended, and let the pad have the model. */
function finish(run, settings, { done, accuracy, layers }) {
  const isComplete = done === settings.steps;
  const stopped = fill(texts.stopped, { ...settings, done });
  print(run, isComplete ? "Model training finished." : stopped);
  print(run, `Final accuracy (on validation data): ${accuracy.toFixed(2)}`);
  if (!isComplete) run.cells.steps.textContent = `${done} / ${settings.steps}`;
  const [verdict, isGood] = judge(settings, accuracy, data);
  showVerdict(run, isComplete || isGood ? verdict : stopped, isGood, accuracy.toFixed(4));
  run.layers = layers;
  for (const older of findTrained().slice(0, -2)) older.layers = null; // the pad has room for two
  showPad();
}

/** Return the runs whose models answer on the pad. */
const findTrained = () => runs.filter(({ layers }) => layers);
const pad = createPad([], texts, (pixels) =>
  findTrained().map(({ layers }) => classify(layers, pixels)),
);

/** Show the pad, or new answers to the drawing on it. */
function showPad() {
  pad.set("classifiers", findTrained().map(({ name }) => name));
  pad.save_changes();
  if (!find("#board canvas")) widget.render({ model: pad, el: find("#board") });
}

const isTraining = () => !stop.disabled;

/** Switch the buttons. Train is never disabled, so that it keeps the focus. */
function setTraining(isOn) {
  if (document.activeElement === stop) train.focus();
  train.ariaDisabled = isOn;
  stop.disabled = !isOn;
  isStopped = false;
}

/** Tell what happens during training; a screen reader says it once. */
function tell(text) {
  if (isTraining() && status.textContent !== text) status.textContent = text;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isTraining()) return;
  setTraining(true);
  progress.removeAttribute("value"); // not known while the digits are loaded
  status.textContent = texts.loading;
  let run;
  try {
    const [given, settings] = readSettings();
    await ask("start", settings, data);
    run = createRun(given);
    status.textContent = "";
    finish(run, settings, await runTraining(run, settings));
    status.textContent = "";
  } catch (error) {
    const text = fill(texts[error.kind] ?? texts.failed, { reason: error, ...error });
    status.textContent = run ? "" : text;
    if (run) showVerdict(run, text);
  }
  setTraining(false);
});
form.addEventListener("input", readSettings);
stop.addEventListener("click", () => (isStopped = true));
tabs.addEventListener("message", () => tell(texts.tabs));
document.addEventListener("visibilitychange", () => document.hidden && tell(texts.hidden));

// The settings of a link.
for (const [name, value] of new URLSearchParams(location.search))
  Object.assign(form.elements.namedItem(name) ?? {}, { value });
readSettings();
performance.mark("usable");

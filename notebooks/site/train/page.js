// The page: its fields, its runs and their figures; worker.js trains.
import { classify } from "./classify.js";
import { drawLosses, drawMatrix, drawWeights } from "./figures.js";
import { createPad, fill } from "./pad.js";
import { checkSettings, judge } from "./settings.js";
import widget from "./widget.js";

const find = (selector, root = document) => root.querySelector(selector);
const data = JSON.parse(find("#data").textContent);
const { texts } = data;
const [form, progress, status] = ["form", "progress", "#status"].map((selector) => find(selector));
const [train, stop] = form.querySelectorAll("button");
const tabs = new BroadcastChannel("mnist_nn");
const runs = [];
let isStopped = false;
let worker;

/** Return the fields' texts and settings; what is wrong is told beside them once they are left. */
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

/** Let the worker do a job, and return its answer; other tabs hear of it. */
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
function createRun({ model, ...shown }) {
  const card = find("#run").content.cloneNode(true).firstElementChild;
  const row = find("#results tbody").insertRow(0);
  const run = { card, row, losses: { training: [], validation: [] } };
  run.name = `${runs.push(run)}. ${texts[model]}`;
  const cells = [run.name, "…", ...Object.values(shown)];
  for (const text of cells) row.insertCell().textContent = text;
  find("h2", card).textContent = run.name;
  find("a", card).textContent = Object.entries(shown).map((entry) => entry.join("=")).join(", ");
  find("a", card).href = `?${new URLSearchParams({ model, ...shown })}`;
  runs.forEach((old, n) => (old.card.open = n >= runs.length - 2));
  find("#runs").prepend(card, find("#drawing"));
  form.scrollIntoView(); // so that the settings, and what comes of them, are in view
  return run;
}

const print = ({ card }, line) => find("pre", card).append(`${line}\n`);

function say({ card, row }, text, isGood = false, accuracy = "") {
  const [verdict, mark] = [find(".verdict", card), isGood ? "✔" : "✘"];
  verdict.textContent = `${mark} ${text}`;
  verdict.classList.add(isGood ? "good" : "bad");
  row.cells[1].textContent = `${mark}\u00a0${accuracy}`;
  find("h2", card).append(` ${row.cells[1].textContent}`);
}

/** Show the figures of a period; the last two runs have the same axes. */
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

async function runTraining(run, settings) {
  let figures;
  for (let next; (next = await ask("goOn", isStopped)); ) {
    progress.value = next.done / settings.steps;
    if (next.hasDiverged) throw { kind: "diverged", ...next, ...settings };
    if ("period" in next) showPeriod(run, (figures = next));
  }
  const { done, accuracy, layers } = figures;
  const isWhole = done === settings.steps;
  const ended = isWhole ? "Model training finished." : fill(texts.stopped, { ...settings, done });
  print(run, ended);
  if (!isWhole) run.row.cells[3].textContent = `${done} / ${settings.steps}`;
  print(run, `Final accuracy (on validation data): ${accuracy.toFixed(2)}`);
  const [verdict, isGood] = judge(settings, accuracy, data);
  say(run, isWhole || isGood ? verdict : ended, isGood, accuracy.toFixed(4));
  run.layers = layers;
  for (const older of trained().slice(0, -2)) older.layers = null; // the pad has room for two
  showPad();
}

const trained = () => runs.filter(({ layers }) => layers);
const classifyAll = (pixels) => trained().map(({ layers }) => classify(layers, pixels));
const pad = createPad([], texts, classifyAll);

/** Let the last two models answer, also what is being drawn. */
function showPad() {
  pad.set("classifiers", trained().map(({ name }) => name));
  pad.save_changes();
  if (!find("#board canvas")) widget.render({ model: pad, el: find("#board") });
}

const isTraining = () => !stop.disabled;

/** Switch the buttons; Train keeps the focus, so it is never disabled. */
function setTraining(value) {
  if (document.activeElement === stop) train.focus();
  [train.ariaDisabled, stop.disabled, isStopped] = [value, !value, false];
}

/** Tell what happens during training, once. */
function tell(text) {
  if (isTraining() && status.textContent !== text) status.textContent = text;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isTraining()) return;
  setTraining(true);
  progress.removeAttribute("value");
  status.textContent = texts.loading;
  let run;
  try {
    const [given, settings] = readSettings();
    await ask("start", settings, data);
    run = createRun(given);
    status.textContent = "";
    await runTraining(run, settings);
    status.textContent = "";
  } catch (error) {
    const text = fill(texts[error.kind] ?? texts.failed, { reason: error, ...error });
    status.textContent = run ? "" : text;
    if (run) say(run, text);
  }
  setTraining(false);
});
form.addEventListener("input", readSettings);
stop.addEventListener("click", () => (isStopped = true));
tabs.addEventListener("message", () => tell(texts.tabs));
document.addEventListener("visibilitychange", () => document.hidden && tell(texts.hidden));

for (const [name, value] of new URLSearchParams(location.search))
  Object.assign(form.elements.namedItem(name) ?? {}, { value });
readSettings();
performance.mark("usable");

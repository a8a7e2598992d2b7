// The page: its fields, its runs and their figures; worker.js trains.
import { drawLosses, drawMatrix, drawWeights } from "./figures.js";
import { showPad } from "./pad.js";
import { FIELDS, checkSettings, countWeights, fill, judge } from "./settings.js";
import { PERIODS } from "./training.js";

const find = (selector, root = document) => root.querySelector(selector);
const data = JSON.parse(find("#data").textContent);
const { texts, language, examples } = data;
const [form, progress, time, status] = ["form", "progress", "#time", "#status"].map((s) => find(s));
const [train, stop] = form.querySelectorAll("button");
const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
const tabs = new BroadcastChannel("mnist_nn");
const runs = [];
let isTraining = false;
let pace = 5e-7; // milliseconds for a digit and a weight, until it was measured

const linkTo = () => `?${new URLSearchParams(new FormData(form))}`;

/** Return the settings of the fields; what is wrong is told beside them. */
function readSettings() {
  const { values, errors } = checkSettings(Object.fromEntries(new FormData(form)), data);
  for (const name of FIELDS) {
    form.elements[name].setCustomValidity(errors[name] ?? "");
    find(`#${name}-error`).textContent = errors[name] ?? "";
  }
  for (const link of document.querySelectorAll("nav [hreflang]")) link.search = linkTo();
  if (!isTraining) time.textContent = form.checkValidity() ? tellTime(values, "time", 1) : "";
  return values;
}

/** Return how many digits and weights are computed; a step computes three times as much. */
const countWork = (settings) =>
  countWeights(settings) * (3 * settings.steps * settings.batch_size + PERIODS * data.rows);

/** Return a sentence on the time that a share of a training takes. */
function tellTime(settings, text, share) {
  const seconds = (share * pace * countWork(settings)) / 1000;
  const [unit, number] = seconds < 100 ? ["second", seconds] : ["minute", seconds / 60];
  const format = { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 };
  const about = new Intl.NumberFormat(language, format).format(Math.max(1, Math.ceil(number)));
  const spaced = about.replace(/(?<=\d)(?=\p{Script=Han})/u, " "); // as in the other texts
  return fill(texts[text], { time: spaced });
}

/** Let the worker do a job, and return its answer. */
function ask(job, given, report) {
  worker.postMessage([job, given]);
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data: message }) => {
      if ("share" in message) report(message);
      else if ("answer" in message) resolve(message.answer);
      else reject(message);
    };
    worker.onerror = ({ message }) => reject({ kind: "failed", reason: message ?? "" });
  });
}

/** Show a card for a run, the newest first; fold older ones where only one has room. */
function createRun(settings) {
  const card = find("#run").content.cloneNode(true).firstElementChild;
  const { model, hidden_units: units, ...rest } = settings;
  const shown = Object.entries(rest).map(([name, value]) => `${name}=${value}`);
  if (model === "network") shown.push(`hidden_units=[${units.join(", ")}]`);
  const run = { settings, card, losses: { training: [], validation: [] } };
  runs.push(run);
  run.name = `${runs.length}. ${texts[model]}`;
  find("h2", card).textContent = run.name;
  Object.assign(find("a", card), { textContent: shown.join(", "), href: linkTo() });
  history.replaceState(null, "", linkTo());
  const isWide = matchMedia("(min-width: 45rem)").matches;
  runs.forEach((old, n) => (old.card.open = n >= runs.length - (isWide ? 2 : 1)));
  find("#runs").prepend(card, find("#drawing"));
  find(".buttons").scrollIntoView(); // so that the progress and the card's start are in view
  return run;
}

const print = ({ card }, line) => find("pre", card).append(`${line}\n`);

function say({ card }, text, isGood = false) {
  const verdict = find(".verdict", card);
  verdict.textContent = `${isGood ? "✔" : "✘"} ${text}`;
  verdict.classList.add(isGood ? "good" : "bad");
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

async function runTraining(settings) {
  let start = performance.now();
  const report = ({ share, isLoading }) => {
    progress.value = share;
    if (isLoading) return (time.textContent = texts.loading);
    pace = (performance.now() - start) / (share * countWork(settings));
    time.textContent = tellTime(settings, "time_left", 1 - share);
  };
  const { layers } = await ask("start", { file: data.file, examples, settings }, report);
  const run = createRun(settings);
  start = performance.now();
  tabs.postMessage("training");
  drawWeights(find("canvas", run.card), layers[0], texts);
  print(run, "Training model...\nLogLoss error (on validation data):");
  let figures = { done: 0 };
  while (figures.done < settings.steps && !figures.isStopped) {
    figures = await ask("train", null, report);
    if (figures.hasDiverged) {
      const rate = Number(settings.learning_rate.toPrecision(6));
      return say(run, fill(texts.diverged, { ...figures, learning_rate: rate }));
    }
    showPeriod(run, figures);
  }
  const { done, accuracy } = figures;
  const end = { done, steps: settings.steps };
  print(run, done < end.steps ? fill(texts.stopped, end) : "Model training finished.");
  print(run, `Final accuracy (on validation data): ${accuracy.toFixed(2)}`);
  say(run, ...judge(settings, accuracy, data));
  find("h2", run.card).append(texts.colon + accuracy.toFixed(4));
  run.layers = figures.layers;
  find("#drawing").hidden = false;
  showPad(find("#pad"), runs.filter((each) => each.layers).slice(-2), texts);
}

/** Switch the buttons; Train keeps the focus, so it is never disabled. */
function setTraining(value) {
  isTraining = value;
  if (!value && document.activeElement === stop) train.focus();
  [train.ariaDisabled, stop.disabled] = [value, !value];
  progress.value = 0;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isTraining) return;
  const settings = readSettings();
  const wrong = find("input:invalid", form);
  if (wrong) return wrong.focus();
  setTraining(true);
  status.textContent = "";
  try {
    await runTraining(settings);
    status.textContent = "";
  } catch (error) {
    status.textContent = fill(texts[error.kind] ?? texts.failed, { reason: error, ...error });
  }
  setTraining(false);
  readSettings();
});
form.addEventListener("change", readSettings);
form.addEventListener("input", () => find("input:invalid", form) && readSettings());
stop.addEventListener("click", () => worker.postMessage(["stop"]));
tabs.addEventListener("message", ({ data: message }) => {
  if (!isTraining) return;
  status.textContent = texts.tabs;
  if (message === "training") tabs.postMessage("too");
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden && isTraining) status.textContent = texts.hidden;
});

for (const [name, value] of new URLSearchParams(location.search)) {
  if (["model", ...FIELDS].includes(name)) form.elements[name].value = value;
}
readSettings();
performance.mark("usable");

// The page: its fields, its runs and their figures; worker.js trains.
import { drawLosses, drawMatrix, drawWeights } from "./figures.js";
import { showPad } from "./pad.js";
import { FIELDS, checkSettings, fill, judge } from "./settings.js";
import { PERIODS } from "./training.js";

const find = (selector, root = document) => root.querySelector(selector);
const copy = (id) => find(`#${id}`).content.cloneNode(true).firstElementChild;
const [form, progress, status] = ["form", "progress", ".status"].map((name) => find(name));
const [train, stop] = form.querySelectorAll("button");
const tabs = new BroadcastChannel("mnist_nn");
const runs = [];
let [data, texts, language, training, drawn] = [null, null, "en", null, undefined];

function showTexts(root) {
  for (const element of root.querySelectorAll("[data-text]")) {
    element.textContent = fill(texts[element.dataset.text], data.numbers);
  }
  for (const link of root.querySelectorAll("[data-href]")) {
    link.href = fill(link.dataset.href, { language });
  }
}

/** Return the address of this page with the settings of the fields. */
function linkTo(code = language) {
  return `?${new URLSearchParams([["lang", code], ...new FormData(form)])}`;
}

function showLanguages() {
  const items = Object.entries(data.texts).map(([code, { name }]) => {
    const [item, link] = ["li", "a"].map((tag) => document.createElement(tag));
    Object.assign(link, { href: linkTo(code), textContent: name, lang: code, hreflang: code });
    if (code === language) link.ariaCurrent = "page";
    item.append(link);
    return item;
  });
  find("#languages").replaceChildren(...items);
}

function createFields(given) {
  for (const name of FIELDS) {
    const field = copy("field");
    const input = find("input", field);
    [find("label", field).htmlFor, find(".help", field).id] = [name, `${name}-help`];
    find("label span", field).textContent = texts[name];
    find("code", field).textContent = name;
    find(".help", field).textContent = texts[`${name}_help`];
    find(".error", field).id = `${name}-error`;
    Object.assign(input, { id: name, name, value: given.get(name) ?? data.settings[name] });
    input.inputMode = { learning_rate: "decimal", hidden_units: "text" }[name] ?? "numeric";
    input.setAttribute("aria-describedby", `${name}-error ${name}-help`);
    find(".fields").append(field);
  }
  form.elements.model.value = given.get("model") === "network" ? "network" : "linear";
}

/** Return the settings of the fields, or null: then the errors are beside them. */
function readSettings(focus) {
  const given = Object.fromEntries(new FormData(form));
  find("#hidden_units").parentElement.hidden = given.model === "linear";
  const { values, errors } = checkSettings(given, texts, data);
  for (const name of FIELDS) {
    find(`#${name}-error`).textContent = errors[name] ?? "";
    find(`#${name}`).ariaInvalid = name in errors;
  }
  const [wrong] = FIELDS.filter((name) => name in errors);
  if (wrong && focus) find(`#${wrong}`).focus();
  return wrong ? null : values;
}

function showTraining(isTraining) {
  train.ariaDisabled = isTraining; // it keeps the focus
  if (!isTraining && document.activeElement === stop) train.focus();
  stop.disabled = !isTraining;
  progress.hidden = !isTraining;
}

function start({ settings, address, link }) {
  const run = { settings, card: copy("run"), losses: { training: [], validation: [] } };
  runs.push(run);
  run.name = `${runs.length}. ${texts[settings.model]}`;
  const { model, hidden_units: units, ...rest } = settings;
  const shown = Object.entries(rest).map(([name, value]) => `${name}=${value}`);
  if (model === "network") shown.push(`hidden_units=[${units.join(", ")}]`);
  showTexts(run.card);
  find("h2", run.card).textContent = run.name;
  find(".settings", run.card).textContent = shown.join(", ");
  find(".link", run.card).href = link;
  history.replaceState(null, "", address);
  find("#runs").prepend(run.card);
  showLanguages();
  return run;
}

/** Show a line beside the buttons, and the line itself. */
function tell(text) {
  status.textContent = text;
  status.scrollIntoView({ block: "nearest" });
}

const print = (run, line) => find("pre", run.card).append(`${line}\n`);

function say(run, text, isGood = false) {
  const verdict = find(".verdict", run.card);
  verdict.textContent = `${isGood ? "✔" : "✘"} ${text}`;
  verdict.classList.add(isGood ? "good" : "bad");
}

const HANDLERS = {
  progress({ kind, share }) {
    progress.value = share;
    progress.ariaLabel = kind ? texts.loading : texts.steps;
    if (kind) tell(texts.loading);
  },
  started({ weights }) {
    status.textContent = "";
    training = start(training);
    print(training, "Training model...\nLogLoss error (on validation data):");
    drawWeights(find("canvas", training.card), weights, texts);
    find(".buttons").scrollIntoView();
    tabs.postMessage("training");
  },
  period({ period, hasDiverged, logLoss, trainingLogLoss, accuracy, matrix, weights }) {
    const { card, losses, settings } = training;
    if (hasDiverged) {
      training.hasDiverged = true;
      const rate = Number(settings.learning_rate.toPrecision(6));
      return say(training, fill(texts.diverged, { period, learning_rate: rate }));
    }
    losses.training.push(trainingLogLoss);
    losses.validation.push(logLoss);
    training.accuracy = accuracy;
    print(training, `  period ${String(period).padStart(2, "0")} : ${logLoss.toFixed(2)}`);
    find(".figures", card).hidden = false;
    const compared = runs.slice(-2); // they have the same axes
    const top = Math.max(1, ...compared.flatMap(({ losses }) => Object.values(losses).flat()));
    for (const run of compared) {
      drawLosses(find("svg", run.card), run.losses, top, PERIODS, texts);
    }
    drawMatrix(find("table", card), find(".worst", card), matrix, texts);
    drawWeights(find("canvas", card), weights, texts);
  },
  finished({ done, layers }) {
    const [run, { steps }] = [training, training.settings];
    showTraining(false);
    status.textContent = "";
    training = null;
    if (run.hasDiverged) return;
    const stopped = fill(texts.stopped, { done, steps });
    print(run, done < steps ? stopped : "Model training finished.");
    print(run, `Final accuracy (on validation data): ${run.accuracy.toFixed(2)}`);
    say(run, ...judge(run.settings, run.accuracy, texts, data));
    find("h2", run.card).append(`: ${run.accuracy.toFixed(4)}`);
    run.layers = layers;
    const drawing = find("#drawing");
    drawing.hidden = false;
    run.card.after(drawing);
    drawn = showPad(find("#pad"), runs.filter((each) => each.layers).slice(-2), texts, drawn);
  },
  cancelled() {
    training = null;
    showTraining(false);
    status.textContent = "";
  },
  failed({ kind, reason }) {
    training = null;
    showTraining(false);
    tell(fill(texts[kind], { reason }));
  },
};

function listen(worker) {
  tabs.onmessage = ({ data: name }) => {
    if (training) status.textContent = texts.tabs;
    if (training && name === "training") tabs.postMessage("too");
  };
  worker.onmessage = ({ data: { name, ...rest } }) => HANDLERS[name](rest);
  worker.onerror = (error) => HANDLERS.failed({ kind: "failed", reason: error.message ?? "" });
  form.addEventListener("change", () => (readSettings(false), showLanguages()));
  form.addEventListener("input", () => find("[aria-invalid=true]") && readSettings(false));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const settings = training ? null : readSettings(true);
    if (!settings) return;
    settings.seed ??= Math.floor(Math.random() * 2 ** 32); // so that the run's link repeats it
    const [address, link] = [linkTo(), new URLSearchParams(linkTo())];
    link.set("seed", settings.seed);
    training = { settings, address, link: `?${link}` };
    showTraining(true);
    worker.postMessage([settings, { file: data.file, split: data.examples }]);
  });
  stop.addEventListener("click", () => worker.postMessage(["stop"]));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && training) status.textContent = texts.hidden;
  });
}

data = await (await fetch(new URL("data.json", import.meta.url))).json();
const given = new URLSearchParams(location.search);
const asked = (given.get("lang") ?? "").split("-")[0];
language = Object.hasOwn(data.texts, asked) ? asked : document.documentElement.lang;
texts = data.texts[language];
document.documentElement.lang = language;
document.title = texts.title;
showTexts(document);
createFields(given);
readSettings(false);
showLanguages();
listen(new Worker(new URL("worker.js", import.meta.url), { type: "module" }));
performance.mark("usable");

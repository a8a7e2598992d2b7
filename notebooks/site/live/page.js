// The page: the drawing pad of the notebooks, with models that answer in the browser.
import { classify, readModels } from "./classify.js";
import { PEN_WIDTH, drawInk, prepareInk, shrink } from "./prepare.js";
import widget from "./widget.js";

const load = (name) => fetch(new URL(name, import.meta.url));
const add = (parent, tag) => parent.appendChild(document.createElement(tag));
const fill = (text, values) => text.replace(/{(\w+)}/g, (_, name) => values[name]);

/** Return what widget.js needs of anywidget's model; `answer` computes what Python does there. */
function createModel(values, answer) {
  const listeners = [];
  return {
    get: (name) => values[name],
    set: (name, value) => (values[name] = value),
    on: (_, listener) => listeners.push(listener),
    save_changes() {
      Object.assign(values, answer(values));
      listeners.forEach((listener) => listener());
    },
  };
}

/** Return what the pad shows for strokes: pixels, probabilities, and both in words. */
function answer(strokes, prepared, models, texts) {
  const ink = drawInk(strokes);
  const pixels = strokes.length && prepared ? prepareInk(ink) : shrink(ink);
  const classifyDrawing = (model) => (strokes.length ? classify(model, pixels) : Array(10).fill(0));
  const probabilities = models.map(classifyDrawing);
  const answers = probabilities.map((shares, model) => {
    const p = Math.max(...shares);
    const values = { name: texts.models[model], digit: shares.indexOf(p), p: `${Math.round(100 * p)}%` };
    return fill(texts.answer, values);
  });
  return {
    pixels: Uint8Array.from(pixels, (value) => Math.round(255 * (1 - value))),
    probabilities,
    description: strokes.length
      ? fill(texts.drawing, { answers: answers.join(texts.comma) })
      : texts.empty,
  };
}

function showTexts(texts, language) {
  document.documentElement.lang = language;
  document.title = texts[language].title;
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = texts[language][element.dataset.text];
  }
  for (const list of document.querySelectorAll("[data-links]")) {
    for (const [each, { name }] of Object.entries(texts)) {
      const link = add(add(list, "li"), "a");
      link.href = fill(list.dataset.links, { language: each });
      link.lang = link.hreflang = each;
      link.textContent = name;
      if (each === language && link.pathname === location.pathname) link.ariaCurrent = "page";
    }
  }
}

function showSlider(slider, steps, language) {
  const names = steps.map((number) => number.toLocaleString(language));
  const ticks = slider.parentElement.querySelector(".ticks");
  names.forEach((name) => (add(ticks, "span").textContent = name));
  const tell = () => (slider.ariaValueText = names[slider.value]);
  slider.max = slider.value = steps.length - 1;
  slider.addEventListener("input", tell);
  tell();
}

async function start() {
  const weights = load("weights.bin"); // on its way while the texts are shown
  const { steps, sizes, texts } = await (await load("data.json")).json();
  const asked = new URLSearchParams(location.search).get("lang");
  const codes = [asked, document.documentElement.lang].map((code) => code?.split("-")[0]); // of en-GB
  const language = codes.find((code) => Object.hasOwn(texts, code)) ?? "en";
  showTexts(texts, language);
  const slider = document.querySelector("#steps");
  showSlider(slider, steps, language);
  const models = readModels(await (await weights).arrayBuffer(), steps, sizes);

  const page = texts[language];
  const values = {
    name: "saved-picture", // of a notebook: there is none here
    texts: page,
    classifiers: page.models,
    pen_width: PEN_WIDTH,
    strokes: [],
    prepared: true,
    finished: 0,
  };
  const model = createModel(values, ({ strokes, prepared }) =>
    answer(strokes, prepared, models[slider.value], page),
  );
  model.save_changes();
  slider.addEventListener("input", model.save_changes);
  widget.render({ model, el: document.querySelector("#pad") });
  performance.mark("usable");
}

start();

// The page: the drawing pad of the notebooks, with models that answer in the browser.
import { classify, readModels } from "./classify.js";
import { createPad, fill } from "./pad.js";
import { createPlayback } from "./playback.js";
import { decodeStrokes } from "./strokes.js";
import widget from "./widget.js";

const SMALL = 0.2; // of the pad's side: smaller drawings are often taken for another digit
const UNSURE = 0.6; // probability below which a model is not sure
const find = (selector) => document.querySelector(selector);
const load = async (name) => {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return response.arrayBuffer();
};
const { steps, sizes, ...texts } = JSON.parse(find("#texts").textContent);
const stepNames = steps.map((number) => (number < 1000 ? String(number) : texts.thousand));
const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
let moments = []; // of the training: both models of each, as far as they are loaded
let guest = null; // the prompt for a drawing that came with the address
let meant = null; // the digit that this drawing is meant as, if the address has it
let showReason = null; // of why.js, loaded after the pad
let games = null; // of games.js, loaded after the pad
let nextFrame; // in which the reasons are shown

const slider = find("#steps");
const pad = createPad(texts.models, texts, (pixels) =>
  moments[slider.value]?.map((layers) => classify(layers, pixels)),
);
const update = () => pad.save_changes();
const button = find("#play");
const playback = createPlayback({ slider, button, texts, setStrokes, moveTo, update });

/** Show the pad of the notebooks, and put its parts where this page has them. */
function showPad() {
  const root = find("#pad");
  widget.render({ model: pad, el: root });
  root.querySelector(".placeholder").remove();
  const [canvas, seen, prepare] = [".pad", ".seen", ".prepare"].map((each) => find(`#pad ${each}`));
  // As sharp as the largest size at which the pad is shown; this clears it.
  canvas.width = canvas.height = Math.ceil(480 * Math.max(1, devicePixelRatio));
  canvas.style = "";
  const frame = document.createElement("div");
  frame.className = "frame";
  canvas.before(frame);
  const invitation = document.createElement("span");
  invitation.className = "invitation";
  invitation.ariaHidden = "true";
  invitation.textContent = texts.title;
  frame.append(canvas, invitation);
  const [how, only] = root.querySelectorAll(".how");
  find(".lead p").after(how);
  only.remove(); // the prompt says it
  find("#seen").append(seen.parentElement, prepare.parentElement);
  find("#shares").append(...root.querySelectorAll(".answer"));
  find("#seen .unseen").id = "spoken";
  // Whatever the visitor does with the pad ends what plays by itself, before it counts.
  for (const kind of ["pointerdown", "keydown"])
    root.addEventListener(kind, ({ key }) => key !== "Tab" && endPlayback(), { capture: true });
}

function endPlayback() {
  guest = null;
  if (playback.isTraining()) {
    playback.stopTraining();
    moveTo(slider.max);
  }
  if (playback.isDemo()) {
    playback.stopDemo();
    setStrokes([]); // they are not the visitor's
  }
}

function setStrokes(strokes) {
  pad.set("strokes", strokes);
  pad.save_changes();
}

/** Show the answers in large type, and what there is to say about them. */
function showAnswers() {
  games?.update();
  const [strokes, answers] = [pad.get("strokes"), pad.get("answers")];
  if (!strokes.length) meant = null; // what is drawn next is no guest's
  const shares = pad.get("probabilities").map((each) => Math.max(...each));
  const differ = playback.isComplete() && answers.length > 0 && answers[0] !== answers[1];
  find("#answers").className = differ ? "differ" : "";
  document.querySelectorAll("#answers dd").forEach((element, which) => {
    element.firstChild.textContent = answers[which] ?? "–";
    element.lastChild.textContent = answers.length ? `${Math.round(100 * shares[which])}%` : "";
    element.style.setProperty("--share", shares[which]);
  });
  const asked = games?.prompt() ?? null;
  const isIdle = asked === null && (!strokes.length || playback.isDemo());
  document.body.classList.toggle("empty", isIdle);
  const text = asked ?? choosePrompt(strokes, answers, shares, differ);
  find("#prompt").className = text === texts.disagree ? "differ" : "";
  if (find("#prompt").textContent !== text) find("#prompt").textContent = text;
  find("#spoken").ariaLive = playback.isDemo() || playback.isTraining() ? "off" : "polite";
  cancelAnimationFrame(nextFrame);
  nextFrame = requestAnimationFrame(() => {
    showReason?.(moments[slider.value], strokes.length ? pad.get("features") : null);
  });
}

function choosePrompt(strokes, answers, shares, differ) {
  if (!moments.length) return find("#notice").hidden ? texts.loading : ""; // it tells a failure
  if (slider.value !== slider.max) return fill(texts.moment, { n: slider.ariaValueText });
  if (guest) return guest;
  if (differ) return texts.disagree;
  if (playback.isDemo()) return texts.demo;
  if (!strokes.length) return texts.nothing;
  const [width, height] = [0, 1].map((axis) => {
    const places = strokes.flat().map((point) => point[axis]);
    return Math.max(...places) - Math.min(...places);
  });
  if (Math.max(width, height) < SMALL) return texts.small;
  return shares[1] < UNSURE ? texts.unsure : fill(texts.agree, { digit: answers[0] });
}

function moveTo(moment) {
  slider.value = moment;
  slider.ariaValueText = stepNames[slider.value];
  pad.save_changes();
}

async function loadTraining(lastModels) {
  const models = readModels(await load("training.bin"), Int8Array, sizes);
  const earlier = steps.slice(0, -1).map((_, moment) => models.slice(2 * moment, 2 * moment + 2));
  moments = [...earlier, lastModels];
  slider.disabled = button.disabled = false;
  button.addEventListener("click", () =>
    playback.isTraining() ? playback.stopTraining() : playback.startTraining(),
  );
  slider.addEventListener("pointerdown", playback.stopTraining);
  slider.addEventListener("input", () => {
    playback.stopTraining();
    moveTo(slider.value);
  });
  performance.mark("training");
}

/** Show the drawing that the address holds; return whether it holds one. */
function openDrawing() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const strokes = decodeStrokes(parts.get("strokes") ?? "");
  if (!strokes.length) return false;
  playback.stopDemo();
  playback.stopTraining();
  moveTo(slider.max);
  const digit = parts.get("digit");
  meant = /^\d$/.test(digit) ? Number(digit) : null;
  guest = meant === null ? texts.guest : fill(texts.guest_digit, { digit });
  setStrokes(strokes);
  games?.judge(meant);
  return true;
}

for (const name of stepNames)
  find(".ticks").appendChild(document.createElement("span")).textContent = name;
slider.max = steps.length - 1;
moveTo(slider.max);
showPad();
pad.on("change", showAnswers);
if (!openDrawing() && !isStill) playback.startDemo();
showAnswers();
addEventListener("hashchange", openDrawing);
find("#theme").addEventListener("click", () => {
  const root = document.documentElement;
  const theme = root.dataset.theme === "dark" ? "light" : "dark";
  root.dataset.theme = theme;
  try {
    for (const name of ["mode", "theme"]) localStorage.setItem(name, theme); // of the other pages
  } catch { /* storage is blocked */ }
});
performance.mark("usable");

try {
  const [weights, { showReasons }, { offerGames }] = await Promise.all([
    load("weights.bin"),
    import("./why.js"),
    import("./games.js"),
  ]);
  const lastModels = readModels(weights, Int16Array, sizes);
  moments[steps.length - 1] = lastModels;
  const places = { linear: find("#linear"), network: find("#network"), fires: find("#fires") };
  showReason = showReasons(places, lastModels, texts);
  games = offerGames({
    pad,
    texts,
    fill,
    setStrokes,
    begin() {
      endPlayback();
      moveTo(slider.max);
    },
  });
  pad.save_changes();
  games.judge(meant);
  performance.mark("answered");
  await loadTraining(lastModels);
} catch (error) {
  console.error(error);
  window.report("failed");
}
if (document.readyState !== "complete") await new Promise((go) => addEventListener("load", go));
navigator.serviceWorker?.register("worker.js").catch(console.error); // the page works without it

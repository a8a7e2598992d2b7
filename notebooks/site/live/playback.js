// What plays by itself until the visitor does something: digits that are drawn, and the training.
import { playDemo } from "./demo.js";

const MOMENT = 1200; // milliseconds for which each state of the training is shown

/** Return how to start and stop what plays; `update` shows that the training has stopped. */
export function createPlayback({ slider, button, texts, setStrokes, moveTo, update }) {
  let endDemo = null; // as long as digits are drawn
  let timer = null; // as long as the training plays
  let hasPlayed = false; // the training plays by itself once, if the visitor has not moved it
  let isComplete = true; // as is each digit but one that draws itself
  slider.addEventListener("input", () => (hasPlayed = true));

  function startDemo() {
    endDemo = playDemo((strokes, isLast) => {
      isComplete = isLast;
      setStrokes(strokes);
      if (!isLast || hasPlayed || slider.disabled) return;
      startTraining(); // with this digit
      return (Number(slider.max) + 3) * MOMENT;
    });
  }

  function stopDemo() {
    endDemo?.();
    endDemo = null;
    isComplete = true;
  }

  function showButton() {
    button.ariaLabel = timer ? texts.pause : texts.play;
    button.textContent = timer ? "❚❚" : "▶\ufe0e"; // no emoji
  }

  function startTraining() {
    hasPlayed = true;
    clearInterval(timer);
    timer = setInterval(() => {
      moveTo(Number(slider.value) + 1);
      if (slider.value === slider.max) stopTraining();
    }, MOMENT);
    showButton();
    moveTo(0);
  }

  function stopTraining() {
    if (!timer) return;
    clearInterval(timer);
    timer = null;
    showButton();
    update();
  }

  return {
    startDemo,
    stopDemo,
    startTraining,
    stopTraining,
    isDemo: () => endDemo !== null,
    isComplete: () => isComplete,
    isTraining: () => timer !== null,
  };
}

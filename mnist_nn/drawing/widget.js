// What the drawing pad shows: it sends strokes, and draws what comes back. No build step.
const SIDE = 280; // of the pad, in CSS pixels
const SEEN = 28; // pixels of an image's side
const NEAR = 0.004; // points closer than this add nothing
const SMALL = 0.12; // of the pad: drawings that are no larger tell the models little

function add(parent, tag, className, text) {
  const element = parent.appendChild(document.createElement(tag));
  element.className = className || "";
  element.textContent = text || ""; // never as HTML
  return element;
}

function render({ model, el }) {
  const texts = model.get("texts");
  const root = add(el, "div", "mnist-nn-pad");
  root.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab's would take the keys
  // A saved notebook keeps a picture instead of the pad; beside the pad, it would be there twice.
  add(root, "style", "", `.${model.get("name")} { display: none !important; }`);

  const left = add(root, "div");
  const pad = add(left, "canvas", "pad");
  const scale = window.devicePixelRatio || 1;
  pad.width = pad.height = SIDE * scale;
  pad.style.width = pad.style.height = `${SIDE}px`;
  pad.tabIndex = 0;
  pad.setAttribute("role", "application");
  pad.setAttribute("aria-label", texts.how);
  const buttons = add(left, "div", "buttons");
  const undo = add(buttons, "button", "undo", texts.undo);
  const clear = add(buttons, "button", "clear", texts.clear);
  const label = add(buttons, "label");
  const prepare = add(label, "input", "prepare");
  prepare.type = "checkbox";
  add(label, "span", "", ` ${texts.prepare}`);
  const hint = add(left, "div", "hint");
  add(left, "div", "how", texts.how);
  add(left, "div", "how", texts.only);

  const middle = add(root, "div");
  const seen = add(middle, "canvas", "seen");
  seen.width = seen.height = SEEN;
  seen.setAttribute("role", "img");
  add(middle, "div", "", texts.sees);
  const spoken = add(middle, "div", "unseen");
  spoken.setAttribute("aria-live", "polite");

  let strokes = model.get("strokes"); // each a list of points [x, y], from 0 to 1
  let stroke = null; // the one that is being drawn
  let cleared = []; // what Clear took away
  let cursor = null; // of the keyboard: [x, y], once it was used
  let classifiers = []; // the names that are shown
  let answers = []; // of these: an element, and its parts by digit

  function showClassifiers() {
    if (classifiers === model.get("classifiers")) return;
    classifiers = model.get("classifiers");
    answers.forEach(({ element }) => element.remove());
    answers = classifiers.map((name) => {
      const element = add(root, "div", "answer");
      add(element, "div", "name", name);
      const digits = Array.from({ length: 10 }, (_, digit) => {
        add(element, "span", "", String(digit));
        const bar = add(element, "div", "bar");
        return { bar, filled: add(bar, "div"), share: add(element, "span", "share") };
      });
      return { element, digits };
    });
  }

  function showStrokes() {
    const pen = pad.getContext("2d");
    pen.setTransform(pad.width, 0, 0, pad.height, 0, 0);
    pen.clearRect(0, 0, 1, 1);
    pen.strokeStyle = pen.fillStyle = "black";
    pen.lineWidth = model.get("pen_width");
    pen.lineCap = pen.lineJoin = "round";
    for (const points of strokes) {
      pen.beginPath();
      points.forEach(([x, y]) => pen.lineTo(x, y));
      pen.stroke();
      if (points.length > 1) continue;
      pen.arc(...points[0], pen.lineWidth / 2, 0, 2 * Math.PI); // a tap makes a dot
      pen.fill();
    }
    if (cursor && document.activeElement === pad) {
      pen.lineWidth = 0.007;
      pen.strokeStyle = stroke ? "#c62828" : "#1565c0"; // pen down, pen up
      pen.beginPath();
      pen.arc(...cursor, 0.03, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  function isSmall() {
    const sides = [0, 1].map((axis) => strokes.flat().map((point) => point[axis]));
    return strokes.length && sides.every((at) => Math.max(...at) - Math.min(...at) < SMALL);
  }

  function showAnswer() {
    const bytes = new Uint8Array(model.get("pixels").buffer, model.get("pixels").byteOffset);
    const image = new ImageData(SEEN, SEEN);
    for (let pixel = 0; pixel < SEEN * SEEN; pixel++) {
      image.data.fill(bytes[pixel], 4 * pixel, 4 * pixel + 3);
      image.data[4 * pixel + 3] = 255;
    }
    seen.getContext("2d").putImageData(image, 0, 0);
    model.get("probabilities").forEach((shares, which) => {
      const best = Math.max(...shares);
      shares.forEach((share, digit) => {
        const { bar, filled, share: text } = answers[which].digits[digit];
        const isBest = share === best && shares.some((each) => each < best);
        bar.className = isBest ? "bar best" : "bar";
        filled.style.width = `${100 * share}%`;
        text.textContent = best > 0 ? `${(100 * share).toFixed(1)}%` : "";
      });
    });
    seen.setAttribute("aria-label", model.get("description"));
    if (stroke) return;
    hint.textContent = isSmall() ? texts.small : "";
    spoken.textContent = `${model.get("description")} ${hint.textContent}`.trim();
  }

  function send(isFinished) {
    model.set("strokes", strokes);
    model.set("prepared", prepare.checked);
    if (isFinished) model.set("finished", model.get("finished") + 1);
    model.save_changes(); // while an answer is on its way, it keeps only the latest
    showStrokes();
  }

  function addPoint(place) {
    const point = place.map((at) => Math.round(1e4 * Math.min(1, Math.max(0, at))) / 1e4);
    const last = stroke.at(-1);
    if (last && Math.hypot(point[0] - last[0], point[1] - last[1]) < NEAR) return;
    // A new list, or else the model would see no change.
    stroke = [...stroke, point];
    strokes = [...strokes.slice(0, -1), stroke];
  }

  function begin(place) {
    stroke = [];
    strokes = [...strokes, stroke];
    addPoint(place);
    send(false);
  }

  function end() {
    if (!stroke) return;
    stroke = null;
    send(true);
  }

  function replace(changed) {
    stroke = null;
    strokes = changed;
    send(true);
  }

  function undoLast() {
    const before = strokes.length ? strokes.slice(0, -1) : cleared;
    if (!strokes.length) cleared = [];
    replace(before);
  }

  function clearAll() {
    if (strokes.length) cleared = strokes;
    replace([]);
  }

  function placeOf(event) {
    const box = pad.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  pad.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    pad.focus();
    pad.setPointerCapture(event.pointerId);
    cursor = null;
    begin(placeOf(event));
    event.preventDefault();
  });
  pad.addEventListener("pointermove", (event) => {
    if (!stroke || !event.isPrimary || cursor) return;
    const events = event.getCoalescedEvents?.() || [];
    for (const place of (events.length ? events : [event]).map(placeOf)) {
      if (place.some((at) => at < 0 || at > 1)) return end(); // it left the pad
      addPoint(place);
    }
    send(false);
  });
  ["pointerup", "pointercancel"].forEach((name) => pad.addEventListener(name, end));

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  pad.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = event.shiftKey ? 0.01 : 0.04;
      cursor = (cursor || [0.5, 0.5]).map((at, axis) =>
        Math.min(1, Math.max(0, at + step * arrow[axis])),
      );
      if (stroke) {
        addPoint(cursor);
        send(false);
      }
    } else if (event.key === " ") {
      cursor = cursor || [0.5, 0.5];
      stroke ? end() : begin(cursor);
    } else if (event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey))) {
      undoLast();
    } else if (event.key === "Delete") {
      clearAll();
    } else {
      return;
    }
    showStrokes();
    event.preventDefault();
    event.stopPropagation();
  });
  pad.addEventListener("focus", showStrokes);
  pad.addEventListener("blur", () => {
    end();
    showStrokes();
  });
  undo.addEventListener("click", undoLast);
  clear.addEventListener("click", clearAll);
  prepare.addEventListener("change", () => send(true));

  function takeStrokes() {
    if (stroke || strokes === model.get("strokes")) return; // they are this pad's own
    strokes = model.get("strokes");
    showStrokes();
  }

  function takePrepared() {
    prepare.checked = model.get("prepared");
  }

  const answer = "change:pixels change:probabilities change:description";
  model.on("change:classifiers", showClassifiers);
  model.on("change:strokes", takeStrokes);
  model.on("change:prepared", takePrepared);
  model.on(answer, showAnswer);
  showClassifiers();
  showStrokes();
  takePrepared();
  showAnswer();
  return () => {
    model.off("change:classifiers", showClassifiers);
    model.off("change:strokes", takeStrokes);
    model.off("change:prepared", takePrepared);
    model.off(answer, showAnswer);
  };
}

export default { render };

"""What the pad does with pointers and buttons, in Node.js: its canvas only lists what is called."""

from typing import Any

from node import run_node

from mnist_nn.drawing.widget import pad_texts

PAGE = """
let calls = []; // since the canvas was last cleared
const pen = new Proxy({}, {
  get: (own, name) => own[name] ?? ((...values) => calls.push([name, ...values])),
});
const elements = [];
function createElement(tag) {
  const listeners = {};
  const element = {
    tag, style: {},
    appendChild: (child) => child, setAttribute() {}, focus() {}, setPointerCapture() {},
    getBoundingClientRect: () => ({ left: 0, top: 0, width: 1, height: 1 }),
    getContext: () => pen,
    addEventListener: (name, listener) => { listeners[name] = listener; },
    send: (name, x, y) => listeners[name]({
      clientX: x, clientY: y, isPrimary: true, button: 0, preventDefault() {},
    }),
  };
  elements.push(element);
  return element;
}
pen.clearRect = () => { calls = []; };
globalThis.window = {};
globalThis.document = { createElement };
globalThis.ImageData = class { data = new Uint8Array(4 * 28 * 28); };

const values = {
  texts, classifiers: [], strokes: [], prepared: true, finished: 0, pen_width: 0.05,
  pixels: new Uint8Array(784), probabilities: [], description: "",
};
const answers = [];
const model = {
  get: (name) => values[name],
  set: (name, value) => { values[name] = value; },
  on: (names, listener) => { if (names.includes("change:pixels")) answers.push(listener); },
  save_changes: () => answers.forEach((listener) => listener()),
};
widget.default.render({ model, el: createElement("div") });
const find = (name) => elements.find((element) => element.className === name);
const steps = [];
for (const [name, event, x, y] of events) {
  find(name).send(event, x, y);
  steps.push({ strokes: values.strokes, calls: [...calls], hint: find("hint").textContent });
}
return { steps, said: elements.map((element) => element.textContent) };
"""


def run_pad(*events: Any) -> Any:
    """Return what the pad says at last, and after each event: strokes, calls and hint."""
    return run_node(PAGE, events=events, texts=pad_texts())


def touch(*points: tuple[float, float]) -> list[Any]:
    moves = [("pad", "pointermove", *point) for point in points[1:]]
    return [("pad", "pointerdown", *points[0]), *moves, ("pad", "pointerup", *points[-1])]


def test_tap_draws_a_dot_too_small_for_the_models() -> None:
    last = run_pad(*touch((0.3, 0.6)))["steps"][-1]
    assert last["strokes"] == [[[0.3, 0.6]]]
    (circle,) = [call for call in last["calls"] if call[0] == "arc"]
    assert circle[1:4] == [0.3, 0.6, 0.025]
    assert last["calls"][-1] == ["fill"]
    assert last["hint"] == pad_texts()["small"]


def test_stroke_ends_where_it_leaves_the_pad() -> None:
    last = run_pad(*touch((0.5, 0.5), (0.9, 0.5), (1.2, 0.5), (0.9, 0.9)))["steps"][-1]
    assert last["strokes"] == [[[0.5, 0.5], [0.9, 0.5]]]
    assert last["hint"] == ""


def test_clear_can_be_undone() -> None:
    line = touch((0.2, 0.2), (0.2, 0.8))
    steps = run_pad(*line, *line, ("clear", "click"), *4 * [("undo", "click")])
    before, cleared, restored, undone, *rest = [step["strokes"] for step in steps["steps"][-6:]]
    assert not cleared
    assert restored == before
    assert len(before) == 2
    assert undone == before[:1]
    assert not any(rest)  # what Clear took away comes back once


def test_pad_says_what_the_models_do_not_know() -> None:
    assert pad_texts()["only"] in run_pad(*touch((0.5, 0.5)))["said"]

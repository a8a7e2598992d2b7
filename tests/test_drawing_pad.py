"""The drawing pad recognises digits drawn anywhere, and refuses what it cannot take."""

import base64
import importlib.util
import io
import json
import types
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import mnist_nn
from mnist_nn.drawing_pad import DrawingPad
from mnist_nn.drawing_widget import DrawingWidget

DIGITS = json.loads((Path(__file__).parent / "strokes.json").read_text())
SEVEN = DIGITS["7"]


def moved(strokes: Any, left: float, top: float, size: float) -> Any:
    return [[[left + size * x, top + size * y] for x, y in stroke] for stroke in strokes]


@pytest.fixture
def pad(network: keras.Model) -> DrawingPad:
    return mnist_nn.draw(network)


def test_digits_are_recognised_anywhere_if_prepared(pad: DrawingPad) -> None:
    chance = np.random.default_rng(0)
    right = {True: 0, False: 0}
    for size in (0.2, 0.4, 0.6, 0.8):
        for digit, strokes in DIGITS.items():
            left, top = chance.uniform(0, 1 - size, 2)
            pad.strokes = moved(strokes, left, top, size)
            for prepared in right:
                pad.prepared = prepared
                right[prepared] += pad.probabilities["classifier"].idxmax() == int(digit)
    assert right[True] >= 37  # of 40
    assert right[False] <= 20


def test_drawing_is_an_array_and_a_table(network: keras.Model) -> None:
    linear = mnist_nn.build_linear_model()
    pad = mnist_nn.draw({"linear": linear, "network": network})
    assert not pad.pixels.any()
    assert not pad.probabilities.to_numpy().any()
    pad.strokes = SEVEN
    assert pad.strokes == SEVEN
    assert pad.pixels.shape == (28, 28)
    assert pad.pixels.dtype == np.float32
    assert (pad.pixels.min(), pad.pixels.max()) == (0, 1)
    features = pad.pixels.reshape(1, 784)
    expected = {
        name: model.predict(features, verbose=0)[0]
        for name, model in {"linear": linear, "network": network}.items()
    }
    pd.testing.assert_frame_equal(
        pad.probabilities, pd.DataFrame(expected), check_dtype=False, rtol=1e-4
    )
    assert "network: 7 (" in pad.describe()

    # What is given out is not the pad's own.
    pad.pixels[:] = 0
    pad.strokes.clear()
    assert pad.pixels.any()
    assert pad.strokes

    pad.strokes = []
    assert not pad.pixels.any()
    assert not pad.probabilities.to_numpy().any()


def test_without_preparation_the_drawing_is_only_made_smaller(pad: DrawingPad) -> None:
    pad.prepared = False
    pad.strokes = [[[0.25, 0.1], [0.25, 0.5]]]
    rows, columns = np.nonzero(pad.pixels)
    assert (columns.min(), columns.max()) == (6, 7)  # a pen of 14 of 280 pixels about a quarter
    assert (rows.min(), rows.max()) == (2, 14)
    assert set(pad.pixels[5:12, 6].tolist()) == set(pad.pixels[5, [6]].tolist())
    assert pad.pixels.sum() == pytest.approx(1.4 * 0.4 * 28 + np.pi * 0.7**2, rel=0.1)


def test_a_dot_and_a_stroke_along_the_edge_are_drawings(pad: DrawingPad) -> None:
    for strokes in ([[[0.5, 0.5]]], [[[0, 0], [0, 1]]], [[[1, 1], [1, 0.99]]], ((np.ones(2),),)):
        pad.strokes = strokes  # type: ignore[assignment]
        assert pad.pixels.any()


@pytest.mark.parametrize(
    ("strokes", "text"),
    [
        (7, "strokes is 7: it must be a list of strokes"),
        (None, "strokes is None"),
        ("seven", "strokes is 'seven'"),
        ([[0.5, 0.5]], r"strokes\[0\] is \[0.5, 0.5\]: it must be a list of strokes"),
        ([SEVEN[0], [[0.5]]], r"strokes\[1\] is \[\[0.5\]\]"),
        ([[[0.5, 1.5]]], "numbers from 0 to 1"),
        ([[[0.5, -0.1]]], "numbers from 0 to 1"),
        ([[[0.5, float("nan")]]], "numbers from 0 to 1"),
        ([[["<script>", 0]]], "strokes is .*<script>"),
        ([[[0.5, 0.5], [0.5]]], "strokes is"),
        ([[]], r"strokes\[0\] is \[\]"),
        ([[[0.5, 0.5]] * 20_001], "more than 20000 points"),
    ],
)
def test_bad_strokes_get_a_clear_error(strokes: Any, text: str, pad: DrawingPad) -> None:
    pad.strokes = SEVEN
    with pytest.raises(ValueError, match=text):
        pad.strokes = strokes
    assert pad.strokes == SEVEN


def test_bad_switch_gets_a_clear_error(pad: DrawingPad) -> None:
    with pytest.raises(ValueError, match="prepared must be True or False, not 'no'"):
        pad.prepared = "no"  # type: ignore[assignment]


def dense(inputs: tuple[int, ...], outputs: int, activation: str | None) -> keras.Model:
    layers = [keras.layers.Flatten(), keras.layers.Dense(outputs, activation)]
    return keras.Sequential([keras.Input(inputs), *layers])


@pytest.mark.parametrize(
    ("classifier", "error", "text"),
    [
        (None, TypeError, "classifier must be a Keras model, not NoneType"),
        ("network", TypeError, "not str"),
        (keras.callbacks.History(), TypeError, "not History"),
        ({"network": None}, TypeError, "not NoneType"),
        ({7: dense((784,), 10, "softmax")}, TypeError, "map names to models, not 7 to one"),
        ({}, ValueError, "classifier names no model"),
        (dense((28, 28), 10, "softmax"), ValueError, "cannot be applied to examples of 784 pixels"),
        (dense((783,), 10, "softmax"), ValueError, "classifier 'classifier' cannot be applied"),
        (
            {"mine": dense((784,), 9, "softmax")},
            ValueError,
            "classifier 'mine' turns 2 examples into",
        ),
        (dense((784,), 10, None), ValueError, "which are not probabilities: end it with softmax"),
    ],
)
def test_bad_classifier_gets_a_clear_error(
    classifier: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        mnist_nn.draw(classifier)


class Notebook:
    """Stands for a notebook: keeps the outputs, by their display ids where they have one."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        import IPython

        self.outputs: list[dict[str, str]] = []
        patch.setattr(IPython, "get_ipython", lambda: types.SimpleNamespace(kernel=True))
        patch.setattr(IPython.display, "display", self.display)

    def display(self, data: dict[str, str], *, raw: bool, display_id: bool = False) -> Any:
        assert raw
        self.outputs.append(data)
        place = len(self.outputs) - 1

        def update(data: dict[str, str], *, raw: bool) -> None:
            assert raw
            self.outputs[place] = data

        return types.SimpleNamespace(update=update)


def test_a_saved_notebook_keeps_the_last_drawing(
    network: keras.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = Notebook(monkeypatch)
    pad = mnist_nn.draw({'<b>"network"</b>': network})
    pad._ipython_display_()
    view, picture = notebook.outputs
    assert "application/vnd.jupyter.widget-view+json" in view
    assert picture["text/plain"].startswith("A drawing pad, on which nothing is drawn yet")
    assert "image/png" not in picture

    widget = pad._widget
    widget.strokes = SEVEN  # as the browser sets it, point by point
    assert notebook.outputs[1] == picture
    widget.finished += 1
    picture = notebook.outputs[1]
    assert 'alt="A drawing, dark on light, ' in picture["text/html"]
    assert "&lt;b&gt;&quot;network&quot;&lt;/b&gt;: 7 (" in picture["text/html"]
    assert "<b>" not in picture["text/html"]
    assert "<script" not in picture["text/html"]
    with Image.open(io.BytesIO(base64.b64decode(picture["image/png"]))) as image:
        drawn = np.asarray(image) / 255
    assert drawn.shape == (140, 280)
    np.testing.assert_allclose(drawn[2::5, 142::5], pad.pixels, atol=0.002)
    assert drawn[0, 0] == 1  # paper
    assert drawn[:, :140].min() == 0  # ink

    # Set from a cell, it is brought up to date, too; and each cell that shows the pad has one.
    pad._ipython_display_()
    pad.strokes = []
    assert notebook.outputs[1] == notebook.outputs[3]
    assert "nothing is drawn" in notebook.outputs[1]["text/plain"]


def test_the_browser_is_answered(pad: DrawingPad) -> None:
    widget = DrawingWidget(pad, pen_width=0.05)
    widget.strokes = SEVEN
    np.testing.assert_allclose(
        np.frombuffer(widget.pixels, np.uint8) / 255, pad.pixels.ravel(), atol=0.002
    )
    assert np.argmax(widget.probabilities[0]) == 7
    assert widget.description == pad.describe()
    before = widget.pixels
    widget.prepared = False
    assert widget.pixels != before
    assert not pad.prepared
    # What no pen can draw is refused, and changes nothing.
    with pytest.raises(ValueError, match="strokes is"):
        widget.strokes = [[["alert(1)", 0]]]
    assert pad.strokes == SEVEN


@pytest.mark.parametrize(
    ("language", "begins"), [("en", "A drawing pad needs"), ("zh", "手写板"), ("ko", "그림판")]
)
def test_without_the_widget_there_is_a_clear_word(
    language: str,
    begins: str,
    pad: DrawingPad,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("mnist_nn.language._language", language)
    find_spec = importlib.util.find_spec
    # In a terminal, with IPython and without it.
    pad._ipython_display_()
    assert capsys.readouterr().out == f"{pad}\n"
    assert repr(pad).startswith(begins)
    # In a notebook, where the extra is not installed.
    notebook = Notebook(monkeypatch)
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "anywidget" else find_spec(name)
    )
    pad._ipython_display_()
    assert "pip install anywidget" in capsys.readouterr().out
    assert not notebook.outputs
    # All else works as it does with the widget.
    pad.strokes = SEVEN
    assert pad.probabilities["classifier"].idxmax() == 7

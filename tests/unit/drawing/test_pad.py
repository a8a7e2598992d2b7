"""The drawing pad classifies what is drawn, and shows it in the browser and in saved notebooks."""

import base64
import io
import types
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from digits import STROKES
from ipywidgets import widget_serialization
from PIL import Image

from mnist_nn import build_linear_model
from mnist_nn.drawing import draw
from mnist_nn.drawing.pad import DrawingPad
from mnist_nn.drawing.widget import DrawingWidget
from mnist_nn.models import check_classifier

SEVEN = STROKES["7"]


@pytest.fixture
def pad(network: keras.Model) -> DrawingPad:
    return draw(network)


def test_prepared_digits_are_recognised_anywhere(pad: DrawingPad) -> None:
    random = np.random.default_rng(0)
    correct = {True: 0, False: 0}
    for size in (0.2, 0.4, 0.6, 0.8):
        for digit, strokes in STROKES.items():
            left, top = random.uniform(0, 1 - size, 2)
            pad.strokes = [[[left + size * x, top + size * y] for x, y in s] for s in strokes]
            for prepared in correct:
                pad.prepared = prepared
                correct[prepared] += pad.probabilities["classifier"].idxmax() == int(digit)
    assert correct[True] >= 37  # of 40
    assert correct[False] <= 20


def test_drawing_is_an_array_and_a_table(network: keras.Model) -> None:
    models = {"linear": build_linear_model(), "network": network}
    pad = draw(models)
    assert not pad.pixels.any()
    assert pad.probabilities.shape == (10, 2)
    assert not pad.probabilities.to_numpy().any()
    pad.strokes = SEVEN
    assert pad.strokes == SEVEN
    assert pad.pixels.shape == (28, 28)
    assert pad.pixels.dtype == np.float32
    assert (pad.pixels.min(), pad.pixels.max()) == (0, 1)
    features = pad.pixels.reshape(1, 784)
    expected = {name: model.predict(features, verbose=0)[0] for name, model in models.items()}
    pd.testing.assert_frame_equal(pad.probabilities, pd.DataFrame(expected), rtol=1e-4)
    assert "network 7 (" in pad.describe()

    pad.strokes.clear()  # a copy
    assert pad.strokes

    pad.strokes = []
    assert not pad.pixels.any()
    assert not pad.probabilities.to_numpy().any()


def test_unprepared_drawing_is_only_made_smaller(pad: DrawingPad) -> None:
    pad.prepared = False
    pad.strokes = [[[0.25, 0.1], [0.25, 0.5]]]
    rows, columns = np.nonzero(pad.pixels)
    assert (columns.min(), columns.max()) == (6, 7)  # a pen of 14 of 280 pixels
    assert (rows.min(), rows.max()) == (2, 14)
    assert pad.pixels.sum() == pytest.approx(1.4 * 0.4 * 28 + np.pi * 0.7**2, rel=0.1)


def test_dots_and_strokes_at_the_edge_are_drawings(pad: DrawingPad) -> None:
    for strokes in ([[[0.5, 0.5]]], [[[0, 0], [0, 1]]], [[[1, 1], [1, 0.99]]], ((np.ones(2),),)):
        pad.strokes = strokes  # type: ignore[assignment]
        assert pad.pixels.any()


@pytest.mark.parametrize("strokes", [SEVEN[0], [[[0.5, 1.5]]], [[[0.5, np.nan]]], [[]]])
def test_bad_strokes_are_refused(strokes: Any, pad: DrawingPad) -> None:
    pad.strokes = SEVEN
    with pytest.raises(ValueError, match="strokes must be lists of points"):
        pad.strokes = strokes
    assert pad.strokes == SEVEN


def test_pad_stays_as_it_is_if_a_classifier_fails() -> None:
    model = build_linear_model()
    pad = draw(model)
    pad.strokes = SEVEN
    before = pad.describe(), pad.pixels
    model.set_weights([weights * np.nan for weights in model.get_weights()])
    with pytest.raises(ValueError, match="no finite numbers"):
        pad.strokes = []
    assert (pad.describe(), pad.strokes) == (before[0], SEVEN)
    np.testing.assert_array_equal(pad.pixels, before[1])


def test_classifiers_are_checked() -> None:
    with pytest.raises(TypeError, match="classifier 'classifier' must be a Keras model"):
        draw("network")
    logits = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)])
    with pytest.raises(ValueError, match="classifier is empty"):
        draw({})
    with pytest.raises(ValueError, match="classifier 'mine'.*softmax"):
        draw({"linear": build_linear_model(), "mine": logits})


class Notebook:
    """Stands for a notebook: keeps its outputs, and updates them."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        import IPython

        self.outputs: list[dict[str, Any]] = []
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

    def widget(self) -> Any:
        """Return the widget that the first output is a view of."""
        model = self.outputs[0]["application/vnd.jupyter.widget-view+json"]["model_id"]
        return widget_serialization["from_json"](f"IPY_MODEL_{model}", None)


def test_saved_notebook_keeps_the_last_drawing(
    network: keras.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = Notebook(monkeypatch)
    pad = draw({'<b>"network"</b>': network})
    pad._ipython_display_()
    _, picture = notebook.outputs
    assert picture["text/plain"] == pad.describe()
    assert pad.describe() in picture["text/html"]
    assert "image/png" not in picture

    widget = notebook.widget()
    widget.strokes = SEVEN  # as the browser sets it, point by point
    assert notebook.outputs[1] == picture
    widget.finished += 1
    picture = notebook.outputs[1]
    assert 'alt="A drawing, ' in picture["text/html"]
    assert "&lt;b&gt;&quot;network&quot;&lt;/b&gt; 7 (" in picture["text/html"]
    assert "<b>" not in picture["text/html"]
    assert widget.name in picture["text/html"]
    with Image.open(io.BytesIO(base64.b64decode(picture["image/png"]))) as image:
        drawn = np.asarray(image) / 255
    assert drawn.shape == (280, 560)
    np.testing.assert_allclose(drawn[5::10, 285::10], 1 - pad.pixels, atol=0.002)
    assert drawn[0, 0] == 1  # paper
    assert drawn[:, :280].min() == 0  # ink

    # Cells may show the pad again, or change it: all of its pictures follow.
    pad._ipython_display_()
    pad.strokes = []
    assert notebook.outputs[1] == notebook.outputs[3]
    assert notebook.outputs[1]["text/plain"] == pad.describe()
    assert "image/png" not in notebook.outputs[1]


def test_pad_and_widget_follow_each_other(pad: DrawingPad, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = Notebook(monkeypatch)
    pad._ipython_display_()
    widget = notebook.widget()

    def assert_same() -> None:
        assert (widget.strokes, widget.prepared) == (pad.strokes, pad.prepared)
        pixels = np.frombuffer(widget.pixels, np.uint8) / 255
        np.testing.assert_allclose(pixels, 1 - pad.pixels.ravel(), atol=0.002)  # dark on light
        np.testing.assert_array_equal(np.transpose(widget.probabilities), pad.probabilities)
        assert widget.description == pad.describe()

    assert_same()
    widget.strokes = SEVEN
    assert np.argmax(widget.probabilities[0]) == 7
    assert_same()
    before = widget.pixels
    widget.prepared = False
    assert widget.pixels != before
    assert_same()
    pad.strokes = STROKES["3"]
    pad.prepared = True
    assert widget.strokes == STROKES["3"]
    assert_same()
    # What no pen can draw is refused and changes nothing.
    with pytest.raises(ValueError, match="strokes must"):
        widget.strokes = [[["alert(1)", 0]]]
    assert pad.strokes == STROKES["3"]


def test_each_change_is_classified_once(pad: DrawingPad, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def check(name: str, *options: Any) -> Any:
        calls.append(name)
        return check_classifier(name, *options)

    notebook = Notebook(monkeypatch)
    pad.strokes, pad.prepared = SEVEN, False
    pad._ipython_display_()
    assert (pad.strokes, pad.prepared) == (SEVEN, False)
    monkeypatch.setattr("mnist_nn.drawing.pad.check_classifier", check)
    pad.strokes = STROKES["3"]
    assert len(calls) == 1
    pad.prepared = True
    assert len(calls) == 2
    notebook.widget().set_state({"strokes": SEVEN, "prepared": False, "finished": 1})
    assert len(calls) == 3
    assert "image/png" in notebook.outputs[1]
    pad.strokes = pad.strokes  # the model may have learned more
    assert len(calls) == 4


def test_widget_reports_each_change() -> None:
    reports: list[Any] = []
    widget = DrawingWidget(["linear", 2], 0.05, lambda *report: reports.append(report))
    widget.strokes = SEVEN
    widget.prepared = False
    widget.finished = 1
    assert reports == [(SEVEN, True, False), (SEVEN, False, False), (SEVEN, False, True)]
    assert widget.classifiers == ["linear", "2"]
    assert all(widget.texts[text] for text in ("how", "undo", "clear", "prepare", "sees"))
    assert widget.name != DrawingWidget([], 0.05, print).name


def test_pad_without_the_widget_says_what_is_missing(
    pad: DrawingPad, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # In a terminal, with IPython and without it.
    pad._ipython_display_()
    assert capsys.readouterr().out == f"{pad}\n"
    # In a notebook, where the extra is not installed.
    monkeypatch.setattr("mnist_nn.drawing.pad.find_spec", lambda name: None)
    notebook = Notebook(monkeypatch)
    pad._ipython_display_()
    assert "pip install anywidget" in capsys.readouterr().out
    assert not notebook.outputs

"""A drawing pad that shows what classifiers make of a drawn digit."""

import base64
import contextlib
import html
import importlib.util
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw

from mnist_nn._backend import keras
from mnist_nn.data import CLASSES, IMAGE_SIDE, PIXEL_MAXIMUM, PIXELS
from mnist_nn.drawing.image import Grey, Mask, prepare_ink
from mnist_nn.errors import ArgumentError
from mnist_nn.language import message
from mnist_nn.models import check_classifier
from mnist_nn.notebook import embed_png

Stroke = list[list[float]]

SCALE = 10  # pixels of the pad per pixel of an image
PAD_SIDE = SCALE * IMAGE_SIDE
PEN_WIDTH = 0.05  # of the pad's side
# A saved notebook shows a picture of the pad, not JupyterLab's notice that the pad is loading.
HIDE_LOADING = (
    "<style>.jp-OutputArea-child:not(:has(.mnist-nn-pad)):has(+ .jp-OutputArea-child .{name}) "
    "{{ display: none; }}</style>"
)


class DrawingPad:
    """A pad to draw a digit on: a notebook shows it as the last line of a cell.

    Without a notebook or anywidget, set its ``strokes``; all the rest works as well.
    """

    def __init__(self, classifiers: Mapping[str, Any]) -> None:
        self._classifiers = dict(classifiers)
        self._widget: Any = None
        self._pictures: list[Any] = []
        self._classify([], prepared=True)

    @property
    def strokes(self) -> list[Stroke]:
        """Strokes: lists of points [x, y], from [0, 0] at the upper left to [1, 1]."""
        return [[[*point] for point in stroke] for stroke in self._strokes]

    @strokes.setter
    def strokes(self, strokes: Sequence[Sequence[Sequence[float]]]) -> None:
        self._classify(strokes, self._prepared)
        self._show()

    @property
    def prepared(self) -> bool:
        """Whether the drawing is prepared as MNIST's digits were, or only made smaller."""
        return self._prepared

    @prepared.setter
    def prepared(self, prepared: bool) -> None:
        self._classify(self._strokes, bool(prepared))
        self._show()

    @property
    def pixels(self) -> Grey:
        """The classifiers' input: ndarray of shape (28, 28), float32, from 0 to 1 for ink."""
        return self._pixels.copy()

    @property
    def probabilities(self) -> pd.DataFrame:
        """One row per digit and one column per classifier, all 0 while nothing is drawn."""
        return self._probabilities.copy()

    def describe(self) -> str:
        """Return in words what is drawn and how the classifiers classify it."""
        if not self._strokes:
            return message("pad_empty")
        answers = ", ".join(
            f"{name}: {column.idxmax()} ({column.max():.0%})"
            for name, column in self._probabilities.items()
        )
        return message("pad_drawing", answers=answers)

    def _classify(self, strokes: Any, prepared: bool) -> None:
        self._strokes, self._prepared = _check_strokes(strokes), prepared
        self._pixels: Grey = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.float32)
        probabilities = dict.fromkeys(self._classifiers, np.zeros(CLASSES, np.float32))
        if self._strokes:
            ink = _draw_ink(self._strokes)
            small = ink.reshape(IMAGE_SIDE, SCALE, IMAGE_SIDE, SCALE).mean((1, 3), np.float32)
            self._pixels = prepare_ink(ink) if prepared else small
            for name, model in self._classifiers.items():
                # For a single image, a call is many times as fast as predict().
                output = model(self._pixels.reshape(1, PIXELS), training=False)
                probabilities[name] = keras.ops.convert_to_numpy(output)[0]
        self._probabilities = pd.DataFrame(probabilities)

    def _take_from_widget(self, strokes: Any, prepared: bool, is_finished: bool) -> None:
        # What the pad itself shows comes back unchanged.
        if (strokes, prepared) != (self._strokes, self._prepared):
            self._classify(strokes, prepared)
        self._show(is_finished)

    def _show(self, is_finished: bool = True) -> None:
        """Bring the widget up to date, and what a saved notebook keeps of a finished drawing."""
        if self._widget is None:
            return
        with self._widget.hold_sync():  # sends all of it at once
            self._widget.strokes, self._widget.prepared = self.strokes, self._prepared
            self._widget.pixels = np.uint8(np.round(PIXEL_MAXIMUM * self._pixels)).tobytes()
            self._widget.probabilities = self._probabilities.T.to_numpy().tolist()
            self._widget.description = self.describe()
        if is_finished:
            for picture in self._pictures:
                picture.update(self._draw_picture(), raw=True)

    def __repr__(self) -> str:
        return message("pad_missing")

    def _ipython_display_(self) -> None:
        import IPython  # which calls this

        shell = IPython.get_ipython()
        if not hasattr(shell, "kernel") or importlib.util.find_spec("anywidget") is None:
            print(self)
            return
        if self._widget is None:
            from mnist_nn.drawing.widget import DrawingWidget

            self._widget = DrawingWidget(self._classifiers, PEN_WIDTH, self._take_from_widget)
            self._show()
        display = IPython.display.display
        view = self._widget._repr_mimebundle_()[0]
        display(view | {"text/plain": ""}, raw=True)  # the picture has the text
        self._pictures.append(display(self._draw_picture(), raw=True, display_id=True))

    def _draw_picture(self) -> dict[str, str]:
        """Return the drawing, and beside it the classifiers' input, as a notebook's output."""
        # While the pad is alive, it hides what has its name as a class.
        name, text = self._widget.name, self.describe()
        hide_loading = HIDE_LOADING.format(name=name)
        if not self._strokes:
            paragraph = f'<p class="{name}">{html.escape(text)}</p>'
            return {"text/html": hide_loading + paragraph, "text/plain": text}
        drawing = PIXEL_MAXIMUM * ~_draw_ink(self._strokes)
        pixels = np.round(PIXEL_MAXIMUM * np.kron(self._pixels, np.ones((SCALE, SCALE))))
        file = io.BytesIO()
        Image.fromarray(np.hstack([drawing, pixels]).astype(np.uint8)).save(file, "PNG")
        png = base64.b64encode(file.getvalue()).decode()
        image = embed_png(png, text, **{"class": name, "width": PAD_SIDE})
        return {"text/html": hide_loading + image, "image/png": png, "text/plain": text}


def draw(classifier: Any) -> DrawingPad:
    """Return a pad to draw digits on in a notebook, with the classifiers' answers beside it.

    Args:
        classifier: A Keras model that turns 784 pixels into ten probabilities, such as the trainers
            return; or several, by name, to compare them:
            ``{"linear": linear_classifier, "network": classifier}``.

    Returns:
        The pad. The last line of a cell shows it, if anywidget is installed (the extra ``widget``).
        Later cells can read its ``pixels``, of shape (28, 28), and ``probabilities``.

    Raises:
        TypeError: If ``classifier`` is neither a Keras model nor a mapping of names to models.
        ValueError: If a model has another input or output.
    """
    classifiers = classifier if isinstance(classifier, Mapping) else {"classifier": classifier}
    for name, model in classifiers.items():
        empty = np.zeros((2, PIXELS), np.float32)
        check_classifier("classifier", f"classifier {name!r}", model, empty)
    return DrawingPad(classifiers)


def _check_strokes(strokes: Any) -> list[Stroke]:
    """Return strokes as lists of points, or raise a ValueError."""
    with contextlib.suppress(TypeError, ValueError):  # from points that are not pairs of numbers
        arrays = [np.asarray(stroke, np.float64).reshape(len(stroke), 2) for stroke in strokes]
        if all(points.min() >= 0 and points.max() <= 1 for points in arrays):
            return [points.tolist() for points in arrays]
    raise ArgumentError(
        f"strokes is {strokes!r:.100}: it must be a list of strokes, each a list of points [x, y] "
        "with numbers from 0 to 1, such as [[[0.5, 0.2], [0.5, 0.8]]]"
    )


def _draw_ink(strokes: Sequence[Stroke]) -> Mask:
    """Return strokes as an image of shape (280, 280), True where there is ink."""
    ink = Image.new("1", (PAD_SIDE, PAD_SIDE))
    pen = ImageDraw.Draw(ink)
    radius = PEN_WIDTH * PAD_SIDE / 2
    for stroke in strokes:
        points = [(PAD_SIDE * x, PAD_SIDE * y) for x, y in stroke]
        pen.line(points, fill=1, width=round(2 * radius))
        for x, y in points:  # round ends and corners
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=1)
    return np.asarray(ink)

"""A drawing pad for digits, with classifiers that tell what they see in them."""

import base64
import html
import importlib.util
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image, ImageDraw

from mnist_nn.data import CLASSES, IMAGE_SIDE, PIXEL_MAXIMUM, PIXELS
from mnist_nn.digit_image import Grey, Mask, as_in_mnist
from mnist_nn.keras_backend import keras
from mnist_nn.language import message
from mnist_nn.models import check_classifier
from mnist_nn.plots import html_image

Stroke = list[list[float]]

PAD_SIDE = 280  # pixels
PEN_WIDTH = 0.05  # of the pad's side
MOST_POINTS = 20_000  # of a drawing: half an hour's scribble
PICTURE_SIDE = 140  # of each half of the picture that stays in a saved notebook
# In a saved notebook, the picture is all that there is to see. JupyterLab would say above it, for
# ever, that the pad is loading.
HIDE_LOADING = (
    "<style>.jp-OutputArea-child:not(:has(.mnist-nn-pad)):has(+ .jp-OutputArea-child .{name}) "
    "{{ display: none; }}</style>"
)


class DrawingPad:
    """A pad to draw a digit on, in a notebook, as the last line of a cell.

    Without a notebook, or without anywidget, it can be given strokes, and tells no less of them.

    Attributes:
        classifiers: Name to Keras model.
    """

    def __init__(self, classifiers: Mapping[str, Any]) -> None:
        self.classifiers = dict(classifiers)
        self._strokes: list[Stroke] = []
        self._prepared = True
        self._pixels: Grey = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.float32)
        self._probabilities: list[list[float]] = []
        self._widget: Any = None
        self._pictures: list[Any] = []

    @property
    def strokes(self) -> list[Stroke]:
        """The drawing: strokes, each a list of points [x, y].

        [0, 0] is the pad's upper left, [1, 1] its lower right. A ValueError is raised if the
        drawing is set to something else.
        """
        return [[[*point] for point in stroke] for stroke in self._strokes]

    @strokes.setter
    def strokes(self, strokes: Sequence[Sequence[Sequence[float]]]) -> None:
        self.look_at(strokes)
        self._show_in_widget()

    @property
    def prepared(self) -> bool:
        """Whether the drawing is prepared as MNIST's digits were; else it is only made smaller."""
        return self._prepared

    @prepared.setter
    def prepared(self, prepared: bool) -> None:
        if not isinstance(prepared, bool | np.bool_):
            raise ValueError(f"prepared must be True or False, not {prepared!r}")
        self.look_at(self._strokes, prepared=bool(prepared))
        self._show_in_widget()

    @property
    def pixels(self) -> Grey:
        """The drawing as the classifiers see it: ndarray of shape (28, 28), float32, 0 to 1."""
        return self._pixels.copy()

    @property
    def probabilities(self) -> pd.DataFrame:
        """What the classifiers say: a row a digit, a column a classifier; 0 before a drawing."""
        columns = self._probabilities or np.zeros((len(self.classifiers), CLASSES))
        return pd.DataFrame(dict(zip(self.classifiers, columns, strict=True)))

    def look_at(self, strokes: Any, *, prepared: bool | None = None) -> None:
        """Let the classifiers look at a drawing; raise a ValueError if it is none."""
        self._strokes = strokes = _checked_strokes(strokes)
        self._prepared = self._prepared if prepared is None else prepared
        ink = _draw_ink(strokes)
        if not ink.any():
            self._pixels = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.float32)
            self._probabilities = []
            return
        self._pixels = as_in_mnist(ink) if self._prepared else _made_smaller(ink)
        self._probabilities = [
            _probabilities(classifier, self._pixels).tolist()
            for classifier in self.classifiers.values()
        ]

    def describe(self) -> str:
        """Return what is drawn and what the classifiers say, in words."""
        if not self._probabilities:
            return message("pad_empty")
        answers = ", ".join(
            f"{name}: {np.argmax(shares)} ({max(shares):.0%})"
            for name, shares in zip(self.classifiers, self._probabilities, strict=True)
        )
        return message("pad_drawing", answers=answers)

    def show_picture(self) -> None:
        """Bring the picture up to date that a saved notebook keeps of the drawing."""
        for picture in self._pictures:
            picture.update(self._picture(), raw=True)

    def __repr__(self) -> str:
        return message("pad_missing")

    def _ipython_display_(self) -> None:
        import IPython  # which calls this

        shell = IPython.get_ipython()
        if not hasattr(shell, "kernel") or importlib.util.find_spec("anywidget") is None:
            print(self)
            return
        if self._widget is None:
            from mnist_nn.drawing_widget import DrawingWidget

            self._widget = DrawingWidget(self, PEN_WIDTH)
        display = IPython.display.display
        view = self._widget._repr_mimebundle_()[0]
        display(view | {"text/plain": ""}, raw=True)  # the picture stands for it
        self._pictures.append(display(self._picture(), raw=True, display_id=True))

    def _show_in_widget(self) -> None:
        if self._widget is not None:
            self._widget.show_pad()
        self.show_picture()

    def _picture(self) -> dict[str, str]:
        """Return the drawing, and beside it what the classifiers see, as a notebook's output."""
        name, text = self._widget.name, self.describe()
        if not self._probabilities:
            shown = f'<p class="{name}">{html.escape(text)}</p>'
            return {"text/html": HIDE_LOADING.format(name=name) + shown, "text/plain": text}
        side = (PICTURE_SIDE, PICTURE_SIDE)
        drawing = Image.fromarray(~_draw_ink(self._strokes)).convert("L")
        pixels = Image.fromarray(np.uint8(np.round(PIXEL_MAXIMUM * self._pixels)))
        picture = Image.new("L", (2 * PICTURE_SIDE, PICTURE_SIDE))
        picture.paste(drawing.resize(side, Image.Resampling.BOX), (0, 0))
        picture.paste(pixels.resize(side, Image.Resampling.NEAREST), (PICTURE_SIDE, 0))
        file = io.BytesIO()
        picture.save(file, "PNG")
        png = base64.b64encode(file.getvalue()).decode()
        # While the pad is there, it shows all this itself, and hides what has its name as a class.
        shown = html_image(png, text, **{"class": name})
        return {
            "text/html": HIDE_LOADING.format(name=name) + shown,
            "image/png": png,
            "text/plain": text,
        }


def draw(classifier: Any) -> DrawingPad:
    """Return a pad to draw digits on, in a notebook, while classifiers tell what they see.

    Args:
        classifier: A Keras model that takes 784 pixels and gives ten probabilities, as the trainers
            return it; or several, side by side: name to model, such as
            ``{"linear": linear_classifier, "network": classifier}``.

    Returns:
        The pad. As the last line of a cell, it is shown; anywidget must be there for that (the
        extra ``widget``). What is drawn is in its ``pixels`` of shape (28, 28), and what the
        classifiers say of it in its ``probabilities``.

    Raises:
        TypeError: If ``classifier`` is no Keras model, nor a mapping of names to such.
        ValueError: If a model takes something else, or gives something else.
    """
    classifiers = classifier if isinstance(classifier, Mapping) else {"classifier": classifier}
    if not classifiers:
        raise ValueError("classifier names no model: give one, or map a name to each of several")
    for name, model in classifiers.items():
        if not isinstance(name, str):
            raise TypeError(f"classifier must map names to models, not {name!r:.100} to one")
        empty = np.zeros((2, PIXELS), np.float32)
        check_classifier("classifier", f"classifier {name!r}", model, empty)
    return DrawingPad(classifiers)


def _probabilities(model: Any, pixels: Grey) -> npt.NDArray[np.floating]:
    # For one image, a plain call is many times as fast as predict().
    answer = model(pixels.reshape(1, PIXELS), training=False)
    probabilities: npt.NDArray[np.floating] = keras.ops.convert_to_numpy(answer)[0]
    return probabilities


def _checked_strokes(strokes: Any) -> list[Stroke]:
    """Return strokes as lists of points, or raise a ValueError."""
    remedy = (
        "it must be a list of strokes, each a list of points [x, y] with numbers from 0 to 1, "
        "such as [[[0.5, 0.2], [0.5, 0.8]]]"
    )
    try:
        listed = list(strokes)
        arrays = [np.asarray(stroke, np.float64) for stroke in listed]
    except (TypeError, ValueError):
        raise ValueError(f"strokes is {strokes!r:.100}: {remedy}") from None
    for number, points in enumerate(arrays):
        if points.ndim != 2 or points.shape[1] != 2 or not ((points >= 0) & (points <= 1)).all():
            raise ValueError(f"strokes[{number}] is {listed[number]!r:.100}: {remedy}")
    if sum(map(len, arrays)) > MOST_POINTS:
        raise ValueError(f"strokes has more than {MOST_POINTS} points: draw less")
    return [points.tolist() for points in arrays]


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


def _made_smaller(ink: Mask) -> Grey:
    block = PAD_SIDE // IMAGE_SIDE
    blocks = ink.reshape(IMAGE_SIDE, block, IMAGE_SIDE, block)
    pixels: Grey = blocks.mean(axis=(1, 3), dtype=np.float32)
    return pixels

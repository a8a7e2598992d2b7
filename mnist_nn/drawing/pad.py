"""A drawing pad that shows what classifiers make of a drawn digit."""

import contextlib
import html
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from PIL import Image, ImageDraw

from mnist_nn.data import IMAGE_SIDE, PIXEL_MAXIMUM, PIXELS
from mnist_nn.drawing.image import prepare_ink
from mnist_nn.drawing.shape import Grey, Mask
from mnist_nn.errors import ArgumentError
from mnist_nn.fonts import figure_text, language_font
from mnist_nn.language import get_language, message
from mnist_nn.models import check_classifier
from mnist_nn.plots import draw_image
from mnist_nn.rendering import describe, embed_png, encode_png

Stroke = Sequence[Sequence[float]]

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
        if not classifiers:
            raise ArgumentError("classifier is empty: pass one Keras model or more, by name")
        self._classifiers = dict(classifiers)
        self._widget: Any = None
        self._pictures: list[Any] = []  # display handles: one per cell that showed the pad
        self._update([], prepared=True)

    @property
    def strokes(self) -> list[Stroke]:
        """Strokes: lists of points [x, y], from [0, 0] at the upper left to [1, 1]."""
        return list(self._strokes)

    @strokes.setter
    def strokes(self, strokes: Sequence[Stroke]) -> None:
        self._update(strokes, self._prepared)
        self._renew_pictures()

    @property
    def prepared(self) -> bool:
        """Whether the drawing is prepared as MNIST's digits were, or only made smaller."""
        return self._prepared

    @prepared.setter
    def prepared(self, prepared: bool) -> None:
        self._update(self._strokes, bool(prepared))
        self._renew_pictures()

    def describe(self) -> str:
        """Return in words what is drawn and how the classifiers classify it."""
        if not self._strokes:
            return message("An empty drawing pad: run the cell, and draw.")
        return describe_drawing(self._list_answers())

    @language_font()
    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw what the classifiers see, and below it their predictions.

        Args:
            ax: Axes to draw into. Without it, the function makes a new figure.
        """
        ax = ax or plt.subplots(layout="constrained")[1]
        draw_image(self.pixels, ax, cmap="gray_r")
        digits = self.probabilities.idxmax().items()
        answers = [f"{figure_text(str(name))} {digit}" for name, digit in digits]
        ax.set(xticks=[], yticks=[], xlabel="\n".join(answers if self._strokes else []))
        title = figure_text("prepared like MNIST" if self._prepared else "only scaled down")
        ax.set_title(title)
        describe(
            ax,
            "A digit of 28 by 28 pixels, dark on light, as the models see it. "
            f"They predict: {self._list_answers()}.",
        )
        return ax

    def _take_drawing(self, strokes: Any, prepared: bool, is_finished: bool) -> None:
        """Take what the widget has; the pictures change only when a stroke is finished."""
        if (strokes, prepared) != (self._strokes, self._prepared):  # not what the pad itself set
            self._update(strokes, prepared)
        if is_finished:
            self._renew_pictures()

    def _update(self, strokes: Any, prepared: bool) -> None:
        """Classify a drawing and show it; if that fails, the pad stays as it was."""
        strokes = _check_strokes(strokes)
        ink = _draw_ink(strokes)
        pixels = prepare_ink(ink) if prepared and ink.any() else _scale_down(ink)
        features = pixels.reshape(1, PIXELS)
        probabilities = {
            name: check_classifier(f"classifier {name!r}", model, features)[0]
            for name, model in self._classifiers.items()
        }
        self._strokes, self._prepared, self.pixels = strokes, prepared, pixels
        self.probabilities = pd.DataFrame(probabilities) * float(ink.any())  # 0 without a drawing
        if self._widget is not None:
            self._update_widget(self._widget)

    def _update_widget(self, widget: Any) -> None:
        with widget.hold_sync(), widget.hold_trait_notifications():  # all at once
            widget.strokes, widget.prepared = self.strokes, self._prepared
            widget.pixels = _to_uint8(1 - self.pixels).tobytes()
            widget.probabilities = self.probabilities.T.to_numpy().tolist()
            widget.description = self.describe()

    def _renew_pictures(self) -> None:
        for picture in self._pictures:
            picture.update(self._draw_picture(), raw=True)

    def _list_answers(self) -> str:
        return get_language().comma.join(
            describe_answer(message(str(name)), column.idxmax(), f"{column.max():.0%}")
            for name, column in self.probabilities.items()
        )

    def __repr__(self) -> str:
        if _is_interactive():
            return self.describe()
        return message(
            "The drawing pad needs a notebook and the package anywidget: run 'pip install "
            "anywidget', then restart the kernel. Without them, use a photo: "
            "digit_from_image('photo.png') prepares it for classifier.predict. It also accepts "
            "an array."
        )

    def _ipython_display_(self) -> None:
        from IPython import display  # which calls this

        if not _is_interactive():
            print(self)
            return
        if self._widget is None:
            from mnist_nn.drawing.widget import DrawingWidget

            self._widget = DrawingWidget(self._classifiers, PEN_WIDTH, self._take_drawing)
            self._update(self._strokes, self._prepared)
        view = self._widget._repr_mimebundle_()[0] | {"text/plain": ""}  # the picture has the text
        display.display(view, raw=True)
        self._pictures.append(display.display(self._draw_picture(), raw=True, display_id=True))

    def _draw_picture(self) -> dict[str, str]:
        """Return the drawing, and beside it the classifiers' input, as a notebook's output."""
        name, text = self._widget.name, self.describe()
        hide = HIDE_LOADING.format(name=name)
        # The widget hides what has this class as long as the widget itself is shown.
        if not self._strokes:
            content = f'<p class="{name}">{html.escape(text)}</p>'
            return {"text/plain": text, "text/html": hide + content}
        pixels = np.kron(self.pixels, np.ones((SCALE, SCALE)))
        side_by_side = 1 - np.hstack([_draw_ink(self._strokes), pixels])  # dark on light
        png = encode_png(Image.fromarray(_to_uint8(side_by_side)))
        content = embed_png(png, text, **{"class": name, "width": PAD_SIDE})
        return {"text/plain": text, "image/png": png, "text/html": hide + content}


def _is_interactive() -> bool:
    """Return whether a pad that is shown can be drawn on."""
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel") and find_spec("anywidget") is not None


def describe_drawing(answers: str) -> str:
    """Return a drawing and its answers in words."""
    return message(
        "A drawing, dark on light, and beside it the 28 by 28 pixels that the models see. "
        f"They predict: {answers}."
    )


def describe_answer(name: str, digit: object, probability: str) -> str:
    """Return the answer of one classifier in words."""
    return f"{name} {digit}{get_language().brackets.format(probability)}"


def draw(classifier: Any) -> DrawingPad:
    """Return a pad to draw digits on in a notebook, with the classifiers' answers beside it.

    Args:
        classifier: A Keras model that turns 784 pixels into ten probabilities; or several, by name,
            to compare them: ``{"linear": linear_classifier, "network": classifier}``.

    Returns:
        The pad. The last line of a cell shows it, if anywidget is installed (the extra ``widget``).
        Its ``pixels`` are an ndarray of shape (28, 28), float32, from 0 to 1 for ink; its
        ``probabilities`` are a DataFrame with one row per digit and one column per classifier.

    Raises:
        TypeError: If ``classifier`` is neither a Keras model nor a mapping of names to models.
        ValueError: If there is no model, or one has another input or output.

    Example:
        >>> pad = draw({"linear": linear_classifier, "network": classifier})
        >>> pad.strokes = [[[0.3, 0.2], [0.7, 0.2], [0.4, 0.8]]]  # a seven, as if drawn
        >>> print(pad.probabilities["network"].idxmax())
        7
    """
    return DrawingPad(classifier if isinstance(classifier, Mapping) else {"classifier": classifier})


def _check_strokes(strokes: Any) -> list[Stroke]:
    """Return strokes as lists of points, or raise a ValueError."""
    with contextlib.suppress(TypeError, ValueError):  # from points that are not pairs of numbers
        arrays = [np.asarray(stroke, np.float64).reshape(len(stroke), 2) for stroke in strokes]
        if all(points.min() >= 0 and points.max() <= 1 for points in arrays):
            return [points.tolist() for points in arrays]
    raise ArgumentError(
        f"strokes must be lists of points [x, y] with coordinates from 0 to 1, not {strokes!r:.90}"
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


def _scale_down(ink: Mask) -> Grey:
    """Return an image of shape (280, 280) as one of shape (28, 28), averaged over squares."""
    squares = ink.reshape(IMAGE_SIDE, SCALE, IMAGE_SIDE, SCALE)
    return np.asarray(squares.mean(axis=(1, 3), dtype=np.float32))


def _to_uint8(grey: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return grey levels from 0 to 1 as whole numbers from 0 to 255."""
    return np.round(PIXEL_MAXIMUM * grey).astype(np.uint8)

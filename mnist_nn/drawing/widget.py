"""Shows a drawing pad in a browser and reports what is drawn there; needs anywidget."""

import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from mnist_nn.language import message


def pad_texts() -> dict[str, str]:
    """Return what the view says, by the names that widget.js has for it."""
    return {
        "how": message(
            "Draw with a finger, a pen or the mouse. On the keyboard, Space puts the pen down or "
            "lifts it, the arrow keys move it (with Shift, in small steps), Backspace undoes the "
            "last stroke, and Delete clears the pad."
        ),
        "only": message(
            "The models only know the ten digits: whatever you draw, they answer with one."
        ),
        "small": message("Draw larger: small drawings tell the models little."),
        "undo": message("Undo"),
        "clear": message("Clear"),
        "prepare": message("prepare like MNIST"),
        "sees": message("what the models see"),
    }


class DrawingWidget(anywidget.AnyWidget):
    """The view of a drawing pad, which calls ``on_change(strokes, prepared, is_finished)``."""

    _esm = Path(__file__).with_name("widget.js")
    _css = Path(__file__).with_name("widget.css")

    name = traitlets.Unicode().tag(sync=True)
    texts = traitlets.Dict().tag(sync=True)
    classifiers: "traitlets.List[Any]" = traitlets.List().tag(sync=True)
    pen_width = traitlets.Float().tag(sync=True)
    # The browser sets these; finished counts strokes and clicks.
    strokes: "traitlets.List[Any]" = traitlets.List().tag(sync=True)
    prepared = traitlets.Bool(True).tag(sync=True)
    finished = traitlets.Int().tag(sync=True)
    # The pad sets these.
    pixels = traitlets.Bytes().tag(sync=True)
    probabilities: "traitlets.List[Any]" = traitlets.List().tag(sync=True)
    description = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, names: Iterable[Any], pen_width: float, on_change: Callable[[Any, bool, bool], None]
    ) -> None:
        name = f"mnist-nn-drawing-{uuid.uuid4().hex}"  # in no other output of a notebook
        classifiers = [message(str(classifier)) for classifier in names]
        super().__init__(name=name, texts=pad_texts(), classifiers=classifiers, pen_width=pen_width)
        self.observe(
            lambda change: on_change(self.strokes, self.prepared, change.name == "finished"),
            ["strokes", "prepared", "finished"],
        )

"""What the drawing pad shows in a browser, and what comes back from there. It needs anywidget."""

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import numpy as np
import traitlets

from mnist_nn.data import PIXEL_MAXIMUM
from mnist_nn.language import message

if TYPE_CHECKING:
    from mnist_nn.drawing_pad import DrawingPad

HERE = Path(__file__).parent
TEXTS = ("how", "undo", "clear", "prepare", "sees")

_numbers = itertools.count(1)


class DrawingWidget(anywidget.AnyWidget):
    """A view of a drawing pad."""

    _esm = HERE / "drawing_widget.js"
    _css = HERE / "drawing_widget.css"

    name = traitlets.Unicode().tag(sync=True)
    texts = traitlets.Dict().tag(sync=True)
    classifiers: "traitlets.List[Any]" = traitlets.List().tag(sync=True)
    pen_width = traitlets.Float().tag(sync=True)
    # What the browser sends; how often something was finished, be it a stroke or a click.
    strokes: "traitlets.List[Any]" = traitlets.List().tag(sync=True)
    prepared = traitlets.Bool(True).tag(sync=True)
    finished = traitlets.Int().tag(sync=True)
    # What the pad answers.
    pixels = traitlets.Bytes().tag(sync=True)
    probabilities: "traitlets.List[Any]" = traitlets.List().tag(sync=True)
    description = traitlets.Unicode().tag(sync=True)

    def __init__(self, pad: "DrawingPad", pen_width: float) -> None:
        super().__init__(
            name=f"mnist-nn-drawing-{next(_numbers)}-{id(pad):x}",
            texts={text: message(f"pad_{text}") for text in TEXTS},
            classifiers=[*pad.classifiers],
            pen_width=pen_width,
        )
        self._pad = pad
        self.show_pad()
        self.observe(self._look, ["strokes", "prepared", "finished"])

    def show_pad(self) -> None:
        """Show what the pad holds."""
        pad = self._pad
        with self.hold_sync():
            self.strokes, self.prepared = pad.strokes, pad.prepared
            self.pixels = np.uint8(np.round(PIXEL_MAXIMUM * pad.pixels)).tobytes()
            self.probabilities = pad.probabilities.T.to_numpy().tolist()
            self.description = pad.describe()

    def _look(self, change: Any) -> None:
        if (self.strokes, self.prepared) != (self._pad.strokes, self._pad.prepared):
            self._pad.look_at(self.strokes, prepared=self.prepared)
            self.show_pad()
        if change.name == "finished":
            self._pad.show_picture()

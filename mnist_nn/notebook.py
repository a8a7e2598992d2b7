"""Figures in a notebook, with alternative texts."""

import base64
import html
import io
import sys
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from PIL import Image

# Screen readers read it, nobody sees it: JupyterLab ignores the alternative text of an image.
HIDDEN = "position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)"


def show_figures() -> None:
    """Show all open figures: ``plt.show()``, with alternative texts in a notebook.

    Example:
        >>> ax = plot_digit(training_examples.iloc[0])
        >>> show_figures()
    """
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or not mpl.get_backend().endswith("inline"):
        return plt.show()
    for number in plt.get_fignums():
        figure = plt.figure(number)
        labels = [str(ax.get_label()) for ax in figure.axes]
        text = " ".join(label for label in labels if label != "<colorbar>")
        # Two pixels for each of the page, for sharp figures on high-resolution screens.
        png, size = ipython.core.pylabtools.retina_figure(figure)
        # A palette of 256 colours makes the file a third as large.
        image = Image.open(io.BytesIO(png)).convert("RGB").quantize(dither=Image.Dither.NONE)
        data = {"image/png": encode_png(image), "text/plain": text}
        display = ipython.display.display
        display(data, metadata={"image/png": {**size, "alt": text}}, raw=True)
        page = f'<p style="{HIDDEN}">{html.escape(text)}</p>'
        display({"text/html": page, "text/plain": ""}, raw=True)
    plt.close("all")


def embed_png(png: str, text: str, **attributes: object) -> str:
    """Return HTML that shows a PNG file, in base64, with its alternative text."""
    more = "".join(f' {name}="{html.escape(str(value))}"' for name, value in attributes.items())
    source = f'src="data:image/png;base64,{png}" style="max-width: 100%"'
    return f'<img alt="{html.escape(text)}" {source}{more}>'


def encode_png(image: Image.Image) -> str:
    """Return an image as a PNG file, in base64."""
    image.save(file := io.BytesIO(), "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()

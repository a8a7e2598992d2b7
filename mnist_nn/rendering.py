"""How figures appear: with alternative texts in a notebook, and as PNG in HTML."""

import base64
import html
import io
import sys
import weakref
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.backends.registry import BackendFilter, backend_registry
from matplotlib.figure import Figure
from PIL import Image

from mnist_nn.fonts import add_font
from mnist_nn.language import get_language, message

# Screen readers read it, nobody sees it: JupyterLab ignores the alternative text of an image. Where
# styles are dropped, as on GitHub, browsers hide <rp>, which is for those that do not know <ruby>.
# Text that is right in it would also be hidden from screen readers.
HIDDEN_STYLE = (
    "display: block; position: absolute; width: 1px; height: 1px; overflow: hidden; "
    "clip-path: inset(50%)"
)
# Backends that draw into files.
NO_WINDOW = backend_registry.list_builtin(BackendFilter.NON_INTERACTIVE)
_described: weakref.WeakSet[Axes] = weakref.WeakSet()


def describe(ax: Axes, *sentences: str) -> None:
    """Set the alternative text of an Axes, and add a fallback font for the language.

    The text is the label of the Axes, which Matplotlib does not show. IPython displays figures with
    such a text through :func:`_display` from now on.
    """
    ax.set_label(get_language().space.join(map(message, filter(None, sentences))))
    _described.add(ax)
    add_font(ax)
    ipython: Any = sys.modules.get("IPython")
    if ipython and (shell := ipython.get_ipython()):
        shell.display_formatter.ipython_display_formatter.for_type(Figure, _display)


def show(*axes: Axes) -> None:
    """Show the figures of these Axes, and close them unless they are in a window."""
    backend = mpl.get_backend().lower()
    is_inline = backend.endswith("inline")
    if not is_inline and backend not in NO_WINDOW:
        plt.show()
        return
    for ax in axes:
        if is_inline:
            from IPython.display import display

            display(ax.figure)  # plt.show() would show and close all figures
        plt.close(ax.figure)  # type: ignore[arg-type]


def _display(figure: Figure) -> None:
    """Display a figure in a notebook, with its alternative text if it has one of ours."""
    labels = [str(ax.get_label()) for ax in figure.axes if ax in _described]
    if not labels:
        raise NotImplementedError  # IPython displays the figure as usual
    from IPython import get_ipython
    from IPython.core.pylabtools import retina_figure
    from IPython.display import display

    text = get_language().space.join(labels)
    formatter: Any = get_ipython().display_formatter
    formatter.ipython_display_formatter.enabled = False  # it calls this function
    try:
        data, metadata = formatter.format(figure, exclude={"image/png"})
    finally:
        formatter.ipython_display_formatter.enabled = True
    if Figure in formatter.formatters["image/png"].type_printers:
        # Two pixels for each of the page, for sharp figures on high-resolution screens.
        png, size = retina_figure(figure, base64=True)
        data["image/png"], metadata["image/png"] = png, {**size, "alt": text}
    display(data | {"text/plain": text}, metadata=metadata, raw=True)
    page = f'<rp style="{HIDDEN_STYLE}"><p>{html.escape(text)}</p></rp>'
    display({"text/html": page, "text/plain": ""}, raw=True)


def embed_png(png: str, text: str, **attributes: object) -> str:
    """Return HTML that shows a PNG file, in base64, with its alternative text."""
    more = "".join(f' {name}="{html.escape(str(value))}"' for name, value in attributes.items())
    source = f'src="data:image/png;base64,{png}" style="max-width: 100%"'
    return f'<img alt="{html.escape(text)}" {source}{more}>'


def encode_png(image: Image.Image) -> str:
    """Return an image as a PNG file, in base64."""
    image.save(file := io.BytesIO(), "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()

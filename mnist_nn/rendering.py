"""How figures appear: alternative texts in a notebook, a font for the language, PNG as HTML."""

import base64
import contextlib
import functools
import html
import io
import os
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.registry import BackendFilter, backend_registry
from matplotlib.figure import Figure
from PIL import Image

from mnist_nn.language import get_language, message, printable

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
    """Set the alternative text of an Axes: its label, which Matplotlib does not show."""
    ax.set_label(get_language().space.join(map(message, filter(None, sentences))))
    _described.add(ax)
    _add_font(ax)
    ipython: Any = sys.modules.get("IPython")
    if ipython and (shell := ipython.get_ipython()):
        shell.display_formatter.ipython_display_formatter.for_type(Figure, _display)


def _add_font(ax: Axes) -> None:
    """Let the texts of an Axes fall back to a font that has the language's characters."""
    names = get_language().fonts
    font = find_font(names)
    if names and font is None:
        _say_that_no_font_was_found(names)
    if font:
        # These are as old as the Axes: language_font came later.
        ticks = (*ax.get_xticklabels(), *ax.get_yticklabels())
        for text in (ax.title, ax.xaxis.label, ax.yaxis.label, *ticks):
            if font not in text.get_fontfamily():
                text.set_fontfamily([*text.get_fontfamily(), font])


def show(*axes: Axes) -> None:
    """Show the figures of these Axes, and close them unless they are in a window."""
    backend = mpl.get_backend().lower()
    is_inline = backend.endswith("inline")
    if not is_inline and backend not in NO_WINDOW:
        return plt.show()
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


def figure_text(english: str) -> str:
    """Return words for a figure, in the language that was set if there is a font for it."""
    fonts = get_language().fonts
    return english if fonts and find_font(fonts) is None else message(english)


@contextlib.contextmanager
def language_font() -> Iterator[None]:
    """Let texts that are drawn meanwhile fall back to a font that has the language's characters."""
    family = mpl.rcParams["font.family"]
    if font := find_font(get_language().fonts):
        mpl.rcParams["font.family"] = [*family, font]
    try:
        yield
    finally:
        mpl.rcParams["font.family"] = family


@functools.cache
def find_font(names: tuple[str, ...]) -> str | None:
    """Return the first of these fonts that this machine has."""
    manager = font_manager.fontManager
    if names and set(names).isdisjoint(manager.get_font_names()):  # its list may be old
        for path in {*font_manager.findSystemFonts()} - {font.fname for font in manager.ttflist}:
            with contextlib.suppress(Exception):  # of damaged files
                manager.addfont(path)
    for name in names:
        if name not in manager.get_font_names() and mpl.__version_info__ < (3, 11):
            _add_face(name)
        if name in manager.get_font_names():
            return name
    return None


def _add_face(name: str) -> None:
    """Let Matplotlib have a face of a font collection, in a file of its own.

    Before version 3.11, it has only the first face of each collection. Noto's is the Japanese one,
    which has other forms of some Chinese characters.
    """
    from fontTools.ttLib import TTCollection  # Matplotlib depends on it

    manager, copy = font_manager.fontManager, Path(mpl.get_cachedir(), f"{name}.otf")
    for path in {font.fname for font in manager.ttflist if font.fname.endswith(".ttc")}:
        with contextlib.suppress(Exception), open(path, "rb") as file:  # it may be damaged
            for face in TTCollection(file, lazy=True):
                if [face["name"].getDebugName(key) for key in (1, 2)] == [name, "Regular"]:
                    if not copy.exists():
                        unfinished = copy.with_suffix(f".{os.getpid()}")
                        face.save(unfinished)
                        unfinished.replace(copy)
                    manager.addfont(copy)


@functools.cache
def _say_that_no_font_was_found(names: tuple[str, ...]) -> None:
    text = message(
        "This computer has no font for this language, so figures are in English. Install one, such "
        f"as {names[0]}, and restart the kernel."
    )
    print(printable(text))


def embed_png(png: str, text: str, **attributes: object) -> str:
    """Return HTML that shows a PNG file, in base64, with its alternative text."""
    more = "".join(f' {name}="{html.escape(str(value))}"' for name, value in attributes.items())
    source = f'src="data:image/png;base64,{png}" style="max-width: 100%"'
    return f'<img alt="{html.escape(text)}" {source}{more}>'


def encode_png(image: Image.Image) -> str:
    """Return an image as a PNG file, in base64."""
    image.save(file := io.BytesIO(), "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()

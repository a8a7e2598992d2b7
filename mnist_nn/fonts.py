"""Fonts for figures: one that has the characters of the language that was set."""

import contextlib
import functools
import os
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes

from mnist_nn.language import get_language, message, printable


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


def add_font(ax: Axes) -> None:
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


@functools.cache
def _say_that_no_font_was_found(names: tuple[str, ...]) -> None:
    text = message(
        "This computer has no font for this language, so figures are in English. Install one, such "
        f"as {names[0]}, and restart the kernel."
    )
    print(printable(text))


@functools.cache
def find_font(names: tuple[str, ...]) -> str | None:
    """Return the first of these fonts that this machine has, and let Matplotlib know it.

    Matplotlib's list may be old, so the folders of fonts are searched once, and a face of a font
    collection may be copied to Matplotlib's cache.
    """
    manager = font_manager.fontManager
    if names and set(names).isdisjoint(manager.get_font_names()):
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

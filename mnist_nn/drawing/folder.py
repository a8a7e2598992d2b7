"""A class's own digits: a folder of photos becomes a table like MNIST's."""

import contextlib
import math
import os
import re
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from PIL import Image, ImageOps

from mnist_nn.data import IMAGE_SIDE, PIXEL_MAXIMUM, PIXELS
from mnist_nn.drawing.image import MAXIMUM_PIXELS, digit_from_image
from mnist_nn.errors import ArgumentError
from mnist_nn.fonts import figure_text, language_font
from mnist_nn.language import message, printable
from mnist_nn.plots import draw_image
from mnist_nn.rendering import describe

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
# "3", "03", "digit_3"; but not "class 3", which may be the name of a class.
FOLDER = re.compile(r"(?:(?:digit|label|number)s?[ _-]*)?0*(\d)")
# "7_anna", "7-2", "7"; but not "2018", "3D" or "1st".
NAME = re.compile(r"(\d)(?!\d|(?:[snrt][tdh]|d)(?![^\W_]))", re.IGNORECASE)
LITTER = ("thumbs.db", "desktop.ini")  # Windows' own
MOST_PHOTOS, PHOTOS_PER_ROW = 60, 6  # of the contact sheet


def dataframe_from_images(
    folder: str | os.PathLike[str], *, contact_sheet: bool = False
) -> pd.DataFrame:
    """Return the photos in a folder as a table like that of ``load_mnist_dataframe``.

    Each photo shows one digit. Its label is the digit of the nearest folder around it that has one
    or, if none has, the number with which its own name begins:

    =====================================================  ==========================
    ``7/anna.jpg``, ``7/1.jpg``, ``7/anna/1.jpg``          7, the folder's digit
    ``07/1.jpg``, ``digit_7/1.jpg``, ``seven/1.jpg``       7, the folder's digit
    ``7_anna.jpg``, ``7-2.png``, ``class 3/7 (1).jpg``     7, the name's
    ``anna_7.jpg``, ``07.jpg``, ``2018.jpg``, ``3D.jpg``   none: the file is left out
    =====================================================  ==========================

    Printed lines say where name and folder contradict each other, and which files cannot be used.
    Hidden files and folders are skipped.

    Args:
        folder: Path of the folder. Its subfolders are searched, too.
        contact_sheet: Draw a figure of the photos, those left out first: each with its label or
            name, and beside it what the models will see. It has room for 60 photos.

    Returns:
        DataFrame of shape (n_images, 785), int64: the label, and the 784 pixels that
        :func:`mnist_nn.drawing.digit_from_image` prepares, from 0 to 255. The index has the files'
        paths in the folder, in alphabetical order.

    Raises:
        ValueError: If ``folder`` is not a folder, or none of its files can be used.

    Example:
        >>> dataframe_from_images(data_folder() / "handwriting").shape
        (20, 785)
    """
    root = Path(folder).absolute()  # whose last part may be a label
    if not root.is_dir():
        raise ArgumentError(
            f"folder {str(folder)!r:.300} does not exist, or is a file: pass a folder with photos "
            "of digits"
        )
    files = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    rows: dict[str, list[int]] = {}
    problems: dict[str, str] = {}
    contradictions = []
    for name, path in sorted(files.items()):
        if re.search(r"(^|/)\.", name) or path.name.lower() in LITTER:
            continue
        folders = [root.name, *name.split("/")[:-1]]
        label, is_contradicted = _find_label(path.name, folders)
        try:
            if label is None:
                raise ArgumentError(
                    f"image {str(path)!r:.300} has no label: let its name begin with its digit, "
                    "such as 7_anna.jpg, or move it to a folder named 7"
                )
            pixels = np.rint(PIXEL_MAXIMUM * digit_from_image(path)).astype(int).ravel()
        except (OSError, ValueError) as error:
            problems[name] = str(error)
            continue
        rows[name] = [label, *pixels]
        if is_contradicted:
            contradictions.append(f"{name}: {label}")
    if contradictions:
        text = message(
            "Labels taken from the folder, although the file's name begins with another digit: "
            f"{len(contradictions)}, such as {contradictions[0]}"
        )
        print(printable(text))
    if contact_sheet and (rows or problems):
        _draw_contact_sheet(files, rows, problems)
    if problems:
        first = message(f"Files left out: {len(problems)}")
        print(printable("\n  ".join([first, *problems.values()])))
    if not rows:
        raise ArgumentError(
            f"folder {str(folder)!r:.300} has no image that can be used: the lines above say why"
            if problems
            else f"folder {str(folder)!r:.300} has no image: put photos named after their digits "
            "in it, such as 7_anna.jpg"
        )
    return pd.DataFrame.from_dict(rows, orient="index", columns=range(1 + PIXELS))


def _find_label(name: str, folders: list[str]) -> tuple[int | None, bool]:
    """Return a file's label, or None, and whether its own name begins with another digit."""
    match = NAME.match(name)
    from_name = int(match[1]) if match else None
    nearest_first = map(_read_digit, reversed(folders))
    label = next((digit for digit in nearest_first if digit is not None), from_name)
    return label, from_name not in (None, label)


def _read_digit(folder: str) -> int | None:
    """Return the digit that a folder's name stands for, or None."""
    word = folder.lower()
    match = FOLDER.fullmatch(str(WORDS.index(word)) if word in WORDS else word)
    return int(match[1]) if match else None


@language_font()
def _draw_contact_sheet(
    files: dict[str, Path], rows: dict[str, list[int]], left_out: dict[str, str]
) -> None:
    """Draw each photo with its label, and beside it what the models see, in rows."""
    names = [*left_out, *rows][:MOST_PHOTOS]
    lines = math.ceil(len(names) / PHOTOS_PER_ROW)
    figure = plt.figure(figsize=(12, 1.3 * lines), layout="constrained")
    axes = figure.subplots(lines, 2 * PHOTOS_PER_ROW, squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    for name, photo, seen in zip(names, axes.flat[::2], axes.flat[1::2], strict=False):
        with (
            contextlib.suppress(Exception),  # each format has its own
            warnings.catch_warnings(action="ignore"),
            Image.open(files[name]) as picture,
        ):
            picture.draft("RGB", (200, 200))  # JPEG can be decoded at a smaller size
            if math.prod(picture.size) <= MAXIMUM_PIXELS:
                small = ImageOps.exif_transpose(picture).convert("RGB")
                photo.imshow(ImageOps.contain(small, (200, 200)))
        photo.set_title(f"{files[name].name:.14}", fontsize=7, parse_math=False)
        seen.set_title(rows[name][0] if name in rows else figure_text("left out"), fontsize=9)
        if name in rows:
            draw_image(np.reshape(rows[name][1:], (IMAGE_SIDE, IMAGE_SIDE)), seen, cmap="gray_r")
    describe(
        axes[0, 0],
        f"Each photo, and beside it what the models see: {len(rows)} in the table, "
        f"{len(left_out)} left out.",
    )

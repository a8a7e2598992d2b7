"""A class's own digits: a folder of photos becomes a table like MNIST's."""

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd

from mnist_nn.data import PIXEL_MAXIMUM, PIXELS
from mnist_nn.drawing.image import digit_from_image
from mnist_nn.errors import ArgumentError
from mnist_nn.language import message


def dataframe_from_images(folder: str | os.PathLike[str]) -> pd.DataFrame:
    """Return the photos in a folder as a table like that of ``load_mnist_dataframe``.

    Each photo shows one digit. Its label is the name of its folder, ``7/anna.jpg``, or the number
    with which its own name begins, ``7_anna.jpg``. Files that cannot be used are listed in a
    printed text; hidden files are skipped.

    Args:
        folder: Path of the folder. Its subfolders are searched, too.

    Returns:
        DataFrame of shape (n_images, 785), int64: the label, and the 784 pixels that
        :func:`mnist_nn.drawing.digit_from_image` prepares, from 0 to 255. The index has the files'
        paths in the folder, in alphabetical order.

    Raises:
        ValueError: If ``folder`` is no folder, or none of its files can be used.

    Example:
        >>> dataframe_from_images(data_folder() / "handwriting").shape
        (20, 785)
    """
    root = Path(folder)
    if not root.is_dir():
        raise ArgumentError(
            f"folder {str(folder)!r:.300} does not exist, or is a file: pass a folder with photos "
            "of digits"
        )
    rows, problems = {}, []
    for path in sorted(path for path in root.rglob("[!.]*") if path.is_file()):
        name = path.relative_to(root).as_posix()
        label = re.match(r"\d(?!\d)", path.name) or re.fullmatch(r"\d", path.parent.name)
        try:
            if label is None:
                raise ArgumentError(
                    f"image {str(path)!r:.300} has no label: let its name begin with its digit, "
                    "such as 7_anna.jpg, or move it to a folder named 7"
                )
            pixels = digit_from_image(path).reshape(PIXELS)
            rows[name] = [int(label[0]), *np.rint(PIXEL_MAXIMUM * pixels).astype(int)]
        except (OSError, ValueError) as error:
            problems.append(str(error))
    if problems:
        print(message(f"Files left out: {len(problems)}"), *problems, sep="\n  ")
    if not rows:
        raise ArgumentError(
            f"folder {str(folder)!r:.300} has no image that can be used: name each photo after "
            "its digit, such as 7_anna.jpg"
        )
    return pd.DataFrame.from_dict(rows, orient="index", columns=range(1 + PIXELS))

"""Prepares your own handwriting as http://yann.lecun.com/exdb/mnist/ describes it for MNIST.

Digits are black and white until they are scaled: only the scaling makes greys.
"""

import contextlib
import importlib
import io
import os
import warnings
from typing import IO, Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage

from mnist_nn.arguments import NUMBERS
from mnist_nn.data import IMAGE_SIDE, PIXELS
from mnist_nn.drawing.ink import find_ink, resize
from mnist_nn.drawing.shape import Grey, Mask, find_box, measure_stroke
from mnist_nn.errors import ArgumentError, ArgumentTypeError, MissingFileError, describe_error
from mnist_nn.language import message

Array = npt.NDArray[Any]

DIGIT_SIDE = 20  # of the box that a digit is scaled into
# In this box, the strokes of the middle half of MNIST's digits are between these widths, in pixels.
THINNEST, THICKEST = 2.1, 3.1
PHOTO_SIDE = 1_600  # pixels of a photo's longer side that are enough
MAXIMUM_PIXELS = 16_000_000  # of an image file: larger ones need too much memory


def digit_from_image(
    image: "str | os.PathLike[str] | IO[bytes] | bytes | Image.Image | pd.Series[Any] | Array",
) -> Grey:
    """Prepare a photo or drawing of one digit as MNIST's digits were prepared.

    It separates the ink from its background, dark on light or light on dark, thickens or thins the
    strokes to a width usual in MNIST, scales the digit into a box of 20×20 pixels with its
    proportions kept, and places it in 28×28 pixels with its centre of mass in the middle.

    A good photo shows one digit, nothing else but paper, and a margin around it. The function
    ignores what the photo's border cuts, such as a table beside the sheet, a pen or ruled lines. It
    also ignores the box of a form, a shadow and small marks far from the digit. It refuses photos
    of several digits, or of none.

    Args:
        image: Path of an image file, open file, bytes of a file, or Pillow image. Or an array of
            shape (height, width), or (height, width, 1, 3 or 4), from 0 to 1, to 255 or to 65535:
            the smallest of these limits that no value exceeds counts as white. Or a row of a table:
            a Series of 784 pixels, or of the label and 784 pixels.

    Returns:
        ndarray of shape (28, 28), float32, from 0 for the background to 1 for ink. Pass it to
        classifiers as ``digit.reshape(1, 784)``.

    Raises:
        OSError: If the file cannot be opened.
        TypeError: If ``image`` is none of these.
        ValueError: If the file or array is not a single image, or it shows no digit, or several.

    Example:
        >>> digit = digit_from_image(data_folder() / "handwriting" / "7_1.jpg")
        >>> print(classifier.predict(digit.reshape(1, 784), verbose=0).argmax())
        7
    """
    name, values = "image", cast(Any, image)
    if isinstance(values, pd.Series):
        values = values.to_numpy()
        if values.size in (PIXELS, 1 + PIXELS):
            values = values[-PIXELS:].reshape(IMAGE_SIDE, IMAGE_SIDE)
    elif isinstance(values, bytes | bytearray):
        values = io.BytesIO(values)
    with contextlib.ExitStack() as files:
        if isinstance(values, str | os.PathLike):
            name = f"image {str(values)!r:.300}"
            if not os.path.exists(values):
                raise MissingFileError(f"{name}: there is no such file")
            values = files.enter_context(open(values, "rb"))
        if hasattr(values, "read") or isinstance(values, Image.Image):
            values = _read_picture(values, name)
    return prepare_ink(find_ink(_convert_to_grey(values), name))


def prepare_ink(ink: Mask) -> Grey:
    """Return a mask of ink, which must not be empty, as an image of MNIST's kind."""
    ink = _adjust_stroke_width(ink[find_box(ink)])
    scale = DIGIT_SIDE / max(ink.shape)
    digit = resize(ink.astype(np.float32), *(round(side * scale) for side in ink.shape))
    digit = digit / digit.max()
    free = IMAGE_SIDE - np.array(digit.shape)  # rows and columns around the digit
    centre = np.array(ndimage.center_of_mass(digit.astype(np.float64)))  # rounding breaks no tie
    before = np.rint(IMAGE_SIDE / 2 - centre).clip(0, free)
    return np.pad(digit, np.transpose([before, free - before]).astype(int))


def _adjust_stroke_width(ink: Mask) -> Mask:
    """Thicken or thin strokes, cropped to their box, until their width is usual in MNIST."""
    stroke, side = measure_stroke(ink).mean, max(ink.shape)
    usual = np.clip(stroke * DIGIT_SIDE / side, THINNEST, THICKEST) / DIGIT_SIDE
    # Each edge grows by `gain`, which widens the stroke and the box alike:
    # (stroke + 2 gain) / (side + 2 gain) = usual, solved for gain.
    gain = (usual * side - stroke) / (1 - usual) / 2
    padded = np.pad(ink, 1 + max(0, round(gain)))
    distances = ndimage.distance_transform_edt(~padded) - ndimage.distance_transform_edt(padded)
    adjusted = distances <= gain
    return np.asarray(adjusted[find_box(adjusted)]) if adjusted.any() else ink


def _read_picture(picture: IO[bytes] | Image.Image, name: str) -> Array:
    """Return the values of an image file or of Pillow's image, or raise an error."""
    with contextlib.suppress(ImportError):  # an optional package, for the photos of iPhones
        importlib.import_module("pillow_heif").register_heif_opener()
    try:
        with warnings.catch_warnings(action="ignore"):  # Pillow's
            if not isinstance(picture, Image.Image):
                picture = Image.open(picture)
                width, height = (side * PHOTO_SIDE // max(picture.size) for side in picture.size)
                picture.draft("L", (width, height))  # JPEG can be decoded at a smaller size
            width, height = picture.size
            if width * height > MAXIMUM_PIXELS:
                raise ValueError(message(f"it has {height} × {width} pixels"))
            if getattr(picture, "n_frames", 1) > 1 and picture.format != "MPO":  # phones' photos
                raise ValueError(message("it has several frames"))
            upright = ImageOps.exif_transpose(picture)
            # RGBA can hold all other modes, except those of more than 8 bits: I and F.
            if upright.mode not in ("1", "L", "RGB") and upright.mode[0] not in "IF":
                upright = upright.convert("RGBA")
            return np.asarray(upright)
    except Exception as error:  # those above, and what each format has of its own
        reason = describe_error(error)
        if isinstance(error, UnidentifiedImageError):  # whose message repeats the path
            reason = message("its format is unknown. For HEIC, run 'pip install pillow-heif'")
        raise ArgumentError(
            f"{name} cannot be read: {reason}. Save it as a single PNG or JPEG image of at most "
            "16 million pixels"
        ) from None


def _convert_to_grey(values: npt.NDArray[Any]) -> Grey:
    """Convert an array of an image's values to grey levels from 0 to 1, or raise an error."""
    if not isinstance(values, np.ndarray) or values.dtype.kind not in NUMBERS:
        raise ArgumentTypeError(
            "image must be a path, an open file, the bytes of a file, an image of Pillow, a row of "
            f"a table such as examples.iloc[0] or an array of numbers, not {values!r:.100}"
        )
    values = values[..., 0] if values.shape[2:] == (1,) else values
    channels = values.shape[2:]
    is_row = values.ndim < 2 or values.shape == (1, PIXELS)
    if is_row or channels not in ((), (3,), (4,)) or not values.size:
        raise ArgumentError(
            f"image has the shape {values.shape}: it must be (height, width), or (height, width, "
            "3 or 4) in colour. Pass one image; a row of 784 pixels needs .reshape(28, 28)"
        )
    smallest, largest = float(values.min()), float(values.max())
    if not (smallest >= 0 and largest <= 65_535):  # NaN fails every comparison
        raise ArgumentError(
            f"image has values from {smallest:g} to {largest:g}: pass values from 0 to 1, "
            "0 to 255 or 0 to 65535"
        )
    # Computed values may exceed white a little.
    white = next(white for white in (1, 255, 65_535) if largest <= 1.01 * white)
    levels: Grey = np.minimum(values.astype(np.float32) / np.float32(white), 1)
    if not channels:
        return levels
    grey: Grey = levels[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
    if channels == (3,):
        return grey
    return _fill_transparent(grey, levels[..., 3])


def _fill_transparent(grey: Grey, opacity: Grey) -> Grey:
    """Give transparent pixels the shade of the background.

    Most pixels are background: if they are transparent, it is black or white, whichever contrasts
    with the opaque ink.
    """
    shade = np.median(grey[opacity > 0.5]) if opacity.max() > 0.5 else 0
    background = shade if opacity.mean() > 0.5 else float(shade < 0.5)
    return opacity * grey + (1 - opacity) * np.float32(background)

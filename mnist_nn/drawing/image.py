"""Prepares your own handwriting as http://yann.lecun.com/exdb/mnist/ describes it for MNIST.

Digits are black and white until they are scaled: only the scaling makes greys.
"""

import os
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage

from mnist_nn.arguments import NUMBERS
from mnist_nn.data import IMAGE_SIDE
from mnist_nn.errors import ArgumentError, ArgumentTypeError, describe_error
from mnist_nn.language import message

Grey = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

DIGIT_SIDE = 20  # of the box that a digit is scaled into
# In this box, the strokes of the middle half of MNIST's digits are between these widths, in pixels.
THINNEST, THICKEST = 2.1, 3.1
WORK_SIDE = 400  # pixels of the longer side while ink is separated from ground
MAXIMUM_PIXELS = 16_000_000  # of an image file: larger ones need too much memory
MINIMUM_CONTRAST = 0.1  # of ink and ground, where black and white have 1


def digit_from_image(image: str | os.PathLike[str] | npt.NDArray[Any]) -> Grey:
    """Prepare a photo or drawing of one digit as MNIST's digits were prepared.

    It separates the ink from its ground, dark on light or light on dark, thickens or thins the
    strokes to a width usual in MNIST, scales the digit into a box of 20×20 pixels with its
    proportions kept, and places it in 28×28 pixels with its centre of mass in the middle.

    Args:
        image: Path of an image file, or array of shape (height, width), or (height, width, 3 or 4),
            from 0 to 1, to 255 or to 65535: the first of these that no value exceeds is white.

    Returns:
        ndarray of shape (28, 28), float32, from 0 for the ground to 1 for ink. Classifiers take it
        as ``digit.reshape(1, 784)``.

    Raises:
        OSError: If the file cannot be opened.
        TypeError: If ``image`` is neither a path nor an array of numbers.
        ValueError: If the file or array is not a single image, or it shows no digit.

    Example:
        >>> digit = digit_from_image(data_folder() / "handwriting" / "7_1.jpg")
        >>> print(classifier.predict(digit.reshape(1, 784), verbose=0).argmax())
        7
    """
    if not isinstance(image, str | os.PathLike):
        return prepare_ink(_find_ink(_convert_to_grey(image), "image"))
    name = f"image {str(image)!r:.300}"
    return prepare_ink(_find_ink(_read_grey(image, name), name))


def prepare_ink(ink: Mask) -> Grey:
    """Return a mask of ink, which must not be empty, as an image of MNIST's kind."""
    ink = _adjust_stroke_width(_crop(ink))
    scale = DIGIT_SIDE / max(ink.shape)
    height, width = (round(side * scale) for side in ink.shape)
    digit = _resize(ink.astype(np.float32), height, width)
    digit = digit / digit.max()
    free = IMAGE_SIDE - np.array(digit.shape)  # rows and columns around the digit
    centre = np.array(ndimage.center_of_mass(digit.astype(np.float64)))  # no noise decides a tie
    before = np.rint(IMAGE_SIDE / 2 - centre).clip(0, free)
    return np.pad(digit, np.transpose([before, free - before]).astype(int))


def _resize(grey: Grey, height: int, width: int) -> Grey:
    """Average over areas to shrink an image, or interpolate to enlarge it."""
    method = Image.Resampling.BOX if height < grey.shape[0] else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(grey).resize((width, height), method))


def _adjust_stroke_width(ink: Mask) -> Mask:
    """Thicken or thin strokes, cropped to their box, until their width is usual in MNIST."""
    distances = ndimage.distance_transform_edt(np.pad(ink, 1))
    # Across a stroke of width w, distances run evenly from 1 to w / 2: (1 + w / 2) / 2 on average.
    stroke = 4 * distances[distances > 0].mean() - 2
    side = max(ink.shape)
    usual = np.clip(stroke * DIGIT_SIDE / side, THINNEST, THICKEST) / DIGIT_SIDE
    # Each edge grows by `gain`, which widens the stroke and the box alike:
    # (stroke + 2 gain) / (side + 2 gain) = usual, solved for gain.
    gain = (usual * side - stroke) / (1 - usual) / 2
    if abs(gain) < 1:  # less than a pixel
        return ink
    padded = np.pad(ink, 1 + max(0, round(gain)))
    distances = ndimage.distance_transform_edt(~padded if gain > 0 else padded)
    adjusted = distances <= gain if gain > 0 else distances > -gain
    return _crop(adjusted) if adjusted.any() else ink


def _crop(ink: Mask) -> Mask:
    (box,) = ndimage.find_objects(ink.astype(np.int8))
    return np.asarray(ink[box])


def _find_ink(grey: Grey, name: str) -> Mask:
    """Return where a grey image, from 0 to 1, has ink, or raise a ValueError."""
    scale = WORK_SIDE / max(grey.shape)
    grey = _resize(grey, *(max(1, round(side * scale)) for side in grey.shape))
    grey = ndimage.gaussian_filter(grey, 1)
    # The ground is fitted by a quadratic function of the place: light and shadow vary smoothly.
    y, x = (2 * places / WORK_SIDE - 1 for places in np.indices(grey.shape, np.float32))
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    is_ground = np.ones(grey.shape, bool)  # at first the border alone: digits seldom reach it
    is_ground[1:-1, 1:-1] = False
    difference = grey - _fit_ground(terms, grey, is_ground)
    if difference.max() < -difference.min():
        grey = 1 - grey  # ink differs most from the ground: from here on, it is the brighter one
    # Each fit leaves out the pixels that are clearly brighter than the last fit: they may be ink.
    for _ in range(4):  # further fits change nothing
        ground = _fit_ground(terms, grey, is_ground)
        difference = grey - ground
        is_ground = difference <= difference.max() / 4
    contrast = difference / np.maximum(1 - ground, MINIMUM_CONTRAST)
    if contrast.max() < MINIMUM_CONTRAST:
        raise ArgumentError(
            f"{name} shows no digit: pass one, dark on light or light on dark, with space around it"
        )
    strokes = ndimage.label(contrast > contrast.max() / 2)[0]
    areas = np.bincount(strokes.ravel())
    areas[0] = 0  # of what is no stroke
    return np.asarray((areas > 0.03 * areas.max())[strokes])  # without specks


def _fit_ground(terms: Grey, grey: Grey, is_ground: Mask) -> Grey:
    """Fit the ground by least squares, and return the fit for all pixels."""
    sample = np.flatnonzero(is_ground)[::31]  # enough for a fit
    factors = np.linalg.lstsq(terms.reshape(-1, 6)[sample], grey.ravel()[sample], rcond=None)[0]
    return np.asarray(terms @ factors)


def _read_grey(path: str | os.PathLike[str], name: str) -> Grey:
    """Read an image file as grey levels from 0 to 1, or raise an error."""
    with open(path, "rb") as file, warnings.catch_warnings(action="ignore"):  # Pillow's
        try:
            picture = Image.open(file)
            picture.draft("L", (WORK_SIDE, WORK_SIDE))  # JPEG can be decoded at a smaller size
            width, height = picture.size
            if width * height > MAXIMUM_PIXELS:
                raise ArgumentError(f"it has {height} × {width} pixels")
            if getattr(picture, "n_frames", 1) > 1 and picture.format != "MPO":  # phones' photos
                raise ArgumentError("it has several frames")
            upright = ImageOps.exif_transpose(picture)
            # RGBA can hold all other modes, except those of more than 8 bits: I and F.
            if upright.mode not in ("1", "L", "RGB") and upright.mode[0] not in "IF":
                upright = upright.convert("RGBA")
            return _convert_to_grey(np.asarray(upright))
        except Exception as error:  # each format has its own
            is_unknown = isinstance(error, UnidentifiedImageError)  # its message repeats the path
            reason = message("its format is unknown") if is_unknown else describe_error(error)
            raise ArgumentError(
                f"{name} cannot be read: {reason}. Save it as a single PNG or JPEG image of at "
                "most 16 million pixels"
            ) from None


def _convert_to_grey(values: npt.NDArray[Any]) -> Grey:
    """Convert an array of an image's values to grey levels from 0 to 1, or raise an error."""
    if not isinstance(values, np.ndarray) or values.dtype.kind not in NUMBERS:
        raise ArgumentTypeError(f"image must be a path or an array of numbers, not {values!r:.100}")
    colours = values.shape[2:]
    if values.ndim < 2 or colours not in ((), (3,), (4,)) or not values.size:
        raise ArgumentError(
            f"image has the shape {values.shape}: it must be (height, width), or (height, width, "
            "3 or 4) in colour. Convert a row of 784 pixels to an image with .reshape(28, 28)"
        )
    smallest, largest = float(values.min()), float(values.max())
    if not (smallest >= 0 and largest <= 65_535):  # NaN fails every comparison
        raise ArgumentError(
            f"image has values from {smallest:g} to {largest:g}: pass values from 0 to 1, "
            "0 to 255 or 0 to 65535"
        )
    white = next(white for white in (1, 255, 65_535) if largest <= white)
    levels = values.astype(np.float32) / np.float32(white)
    if not colours:
        return levels
    grey: Grey = levels[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
    if colours == (3,):
        return grey
    opacity = levels[..., 3]
    shade = np.median(grey[opacity > 0.5]) if opacity.max() > 0.5 else 0
    # Transparent pixels get the shade of the ground. Most pixels are ground: if they are
    # transparent, black or white contrasts with the opaque ink.
    ground = shade if opacity.mean() > 0.5 else float(shade < 0.5)
    return opacity * grey + (1 - opacity) * np.float32(ground)

"""Your own handwriting, prepared as MNIST's digits were.

The preparation is the one that http://yann.lecun.com/exdb/mnist/ describes: black and white, scaled
into 20×20 pixels with its proportions kept, where greys come from the scaling alone, and placed in
28×28 pixels by its centre of mass.
"""

import os
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps
from scipy import ndimage

from mnist_nn.arguments import NUMBERS
from mnist_nn.data import IMAGE_SIDE, shortened

Grey = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

DIGIT_SIDE = 20  # of the box that a digit is scaled into
# The widths, in pixels, between which the strokes of the middle half of MNIST's digits lie.
THINNEST, THICKEST = 2.1, 3.1
WORK_SIDE = 400  # pixels of the longer side, at which ink is told from its ground
LARGEST = 16_000_000  # pixels
FAINTEST = 0.1  # difference of ink and ground, where 1 is that of black and white
FITS = 4  # of the ground, each without what the last one found brighter; more change nothing
SPARSE = 31  # of so many pixels, one is enough for a fit
SPECK = 0.03  # of the area of the largest stroke
LUMINANCE = (0.299, 0.587, 0.114)  # of red, green and blue, as ITU-R BT.601 has them
REMEDY = "Give a picture of one digit, dark on light or light on dark, with some room around it."


def digit_from_image(image: str | os.PathLike[str] | npt.NDArray[Any]) -> Grey:
    """Prepare a photo or drawing of one digit as MNIST's digits were prepared.

    The ink is told from its ground, dark on light or light on dark; scaled into a box of 20×20
    pixels, proportions kept; thickened or thinned to what the middle half of MNIST's digits have;
    and placed in 28×28 pixels so that its centre of mass is in the middle.

    Args:
        image: Path of an image file, or an array of shape (height, width), or (height, width, 3 or
            4) with colours: floats from 0 to 1, or integers from 0 to 255 (or 65535, of two bytes).

    Returns:
        ndarray of shape (28, 28), float32, from 0 for the ground to 1 for ink. A classifier takes
        it as ``digit.reshape(1, 784)``.

    Raises:
        FileNotFoundError: If there is no such file.
        TypeError: If ``image`` is neither a path nor an array of numbers.
        ValueError: If the image cannot be read, is too large, moves, or has no ink.
    """
    if isinstance(image, str | os.PathLike):
        name = f"image {str(image)!r:.300}"
        grey = _read_grey(image, name)
    else:
        name = "image"
        grey = _grey_levels(image)
    return as_in_mnist(_find_ink(grey, name))


def as_in_mnist(ink: Mask) -> Grey:
    """Return ink, some of which must be there, as an image of MNIST's kind.

    Args:
        ink: ndarray of shape (height, width), True where there is ink.
    """
    ink = _with_usual_strokes(_cropped(ink))
    scale = DIGIT_SIDE / max(ink.shape)
    height, width = (round(side * scale) for side in ink.shape)
    digit = _resized(ink.astype(np.float32), height, width)
    digit = digit / digit.max()
    rows, columns = ndimage.center_of_mass(digit)
    prepared = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.float32)
    top, left = _start(rows, height), _start(columns, width)
    prepared[top : top + height, left : left + width] = digit
    return prepared


def _start(centre_of_mass: float, side: int) -> int:
    """Return the row or column at which to place a digit, with all of it inside the image."""
    return int(np.clip(round(IMAGE_SIDE / 2 - centre_of_mass), 0, IMAGE_SIDE - side))


def _with_usual_strokes(ink: Mask) -> Mask:
    """Thicken or thin ink, cropped, whose strokes are unlike those of MNIST's digits."""
    distances = ndimage.distance_transform_edt(np.pad(ink, 1))
    # From the edges of a stroke to its middle, distances grow evenly from 1 to half of its width.
    stroke = 4 * distances[distances > 0].mean() - 2
    side = max(ink.shape)
    usual = np.clip(stroke * DIGIT_SIDE / side, THINNEST, THICKEST) / DIGIT_SIDE
    # What each edge gains makes the digit larger, and so the scale smaller.
    gain = (usual * side - stroke) / (1 - usual) / 2
    if abs(gain) < 1:  # less than a pixel
        return ink
    padded = np.pad(ink, 1 + max(0, round(gain)))
    if gain > 0:
        changed = ndimage.distance_transform_edt(~padded) <= gain
    else:
        changed = ndimage.distance_transform_edt(padded) > -gain
    return _cropped(changed) if changed.any() else ink


def _cropped(ink: Mask) -> Mask:
    (box,) = ndimage.find_objects(ink.astype(np.int8))
    cropped: Mask = ink[box]
    return cropped


def _find_ink(grey: Grey, name: str) -> Mask:
    """Return where a grey image, from 0 to 1, has ink, or raise a ValueError."""
    scale = WORK_SIDE / max(grey.shape)
    grey = _resized(grey, *(max(1, round(side * scale)) for side in grey.shape))
    grey = ndimage.gaussian_filter(grey, 1)
    terms = _quadratic_terms(grey.shape)
    is_ground = np.ones(grey.shape, bool)
    is_ground[1:-1, 1:-1] = False  # the border: digits seldom reach it
    from_ground = grey - _fitted(terms, grey, is_ground)
    if from_ground.max() < -from_ground.min():
        grey = 1 - grey  # ink is what differs most, now always brighter
    for _ in range(FITS):
        ground = _fitted(terms, grey, is_ground)
        from_ground = grey - ground
        is_ground = from_ground <= from_ground.max() / 4
    ink = (grey - ground) / np.maximum(1 - ground, FAINTEST)
    if ink.max() < FAINTEST:
        raise ValueError(f"{name} shows no digit: it is all of one shade, or nearly. {REMEDY}")
    strokes, _ = ndimage.label(ink > ink.max() / 2)
    areas = np.bincount(strokes.ravel())
    areas[0] = 0
    digit: Mask = np.isin(strokes, np.flatnonzero(areas > SPECK * areas.max()))
    return digit


def _quadratic_terms(shape: tuple[int, ...]) -> Grey:
    """Return the terms of a quadratic function of each pixel's place, of shape (*shape, 6)."""
    y, x = (2 * places / WORK_SIDE - 1 for places in np.indices(shape, np.float32))
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _fitted(terms: Grey, grey: Grey, chosen: Mask) -> Grey:
    """Return the function of the place, made of these terms, that fits the chosen pixels best."""
    some = np.flatnonzero(chosen)[::SPARSE]
    factors = np.linalg.lstsq(terms.reshape(-1, 6)[some], grey.ravel()[some], rcond=None)[0]
    fitted: Grey = terms @ factors
    return fitted


def _resized(grey: Grey, height: int, width: int) -> Grey:
    """Return means over areas, or what lies between pixels if the image grows."""
    how = Image.Resampling.BOX if height < grey.shape[0] else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(grey).resize((width, height), how))


def _read_grey(path: str | os.PathLike[str], name: str) -> Grey:
    """Read an image file as grey levels from 0 to 1, or raise an error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd about a file, if it can be read
            with Image.open(path) as picture:
                picture.draft("L", (WORK_SIDE, WORK_SIDE))  # JPEG is read smaller at once
                _check_size(name, picture.height, picture.width)
                frames = getattr(picture, "n_frames", 1)
                if frames > 1 and picture.format != "MPO":  # photos that carry a smaller one along
                    raise ValueError(f"it has {frames} pictures. Save one of them as a file")
                upright = ImageOps.exif_transpose(picture)
                if upright.mode not in ("1", "L", "RGB") and upright.mode[0] not in "IF":
                    upright = upright.convert("RGBA")  # takes more memory, and I and F lose by it
                return _grey_levels(np.asarray(upright))
    except FileNotFoundError:
        raise FileNotFoundError(f"{name}: there is no such file") from None
    except Exception as error:  # each format has errors of its own
        raise ValueError(f"{name} cannot be read: {shortened(error)}. {REMEDY}") from None


def _grey_levels(values: npt.NDArray[Any]) -> Grey:
    """Return an array of an image's values as grey levels from 0 to 1, or raise an error."""
    if not isinstance(values, np.ndarray) or values.dtype.kind not in NUMBERS:
        raise TypeError(
            f"image must be the path of an image file or an array of numbers, not {values!r:.100}"
        )
    is_grey, is_colour = values.ndim == 2, values.ndim == 3 and values.shape[2] in (3, 4)
    if not (is_grey or is_colour) or not values.size:
        raise ValueError(
            f"image has the shape {values.shape}: it must be (height, width), or (height, width, 3 "
            "or 4) with colours. A row of 784 pixels becomes an image with .reshape(28, 28)"
        )
    _check_size("image", *values.shape[:2])
    smallest, largest = float(values.min()), float(values.max())
    if not (smallest >= 0 and largest <= 65_535):  # NaN fails every comparison
        raise ValueError(
            f"image holds values from {smallest:g} to {largest:g}: floats must be from 0 to 1, "
            "whole numbers from 0 to 255 (or 65535)"
        )
    white = next(white for white in (1, 255, 65_535) if largest <= white)
    if values.dtype.kind in "iu":
        white = max(white, 255)
    levels = values.astype(np.float32) / np.float32(white)
    if is_grey:
        return levels
    grey: Grey = levels[..., :3] @ np.array(LUMINANCE, np.float32)
    if values.shape[2] == 3:
        return grey
    opaque = levels[..., 3]
    # What is see-through gets the shade of the rest, or where there is little, the opposite of it.
    shade = np.median(grey[opaque > 0.5]) if (opaque > 0.5).any() else 0
    ground = shade if opaque.mean() > 0.5 else float(shade < 0.5)
    return opaque * grey + (1 - opaque) * np.float32(ground)


def _check_size(name: str, height: int, width: int) -> None:
    if height * width > LARGEST:
        raise ValueError(
            f"{name} has {height} × {width} pixels: it may have {LARGEST / 1e6:.0f} million. Make "
            "it smaller, or save it as JPEG"
        )

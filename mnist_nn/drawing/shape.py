"""Measures the shape of ink, and judges whether it can be that of one digit."""

from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Grey = npt.NDArray[np.float32]  # from 0 for black to 1 for white, unless said otherwise
Mask = npt.NDArray[np.bool_]
Box = tuple[slice, slice]
Problem = Literal["no digit", "several", ""]

TOUCHING = np.ones((3, 3), int)  # pixels of one part touch at a side or a corner
SPECK_AREA = 0.03  # of smaller parts that are left out, relative to the largest part's

# Limits of a digit. Widths and lengths of strokes are relative to its longer side.
WIDEST_IN_DIGIT = 0.5
LONGEST_STROKES = 3.2  # all together: those of an 8
LONGEST_IN_WIDE = 3.4  # the same, times width / height: two digits that touch have more
MOST_PARTS = 4
MOST_HOLES = 2
WIDEST_DIGIT = 2  # relative to its height
# Height of a part, relative to the digit's: two so high are two digits, however close, as in 11.
HIGH = 0.8
HIGH_IN_WIDE = 0.5  # if both together are wider than high
# A rectangle is no digit: it has ink in all its corners. A line has, too, but it is narrow.
NARROWEST_RECTANGLE = 0.5  # its shorter side, relative to its longer one
CORNERS_PER_SIDE = 12  # that fit along the longer side


class StrokeWidth(NamedTuple):
    """The width of strokes, in pixels."""

    mean: float
    widest: float  # a lower bound of the greatest width, 1 or 2 pixels below it


def measure_stroke(ink: Mask) -> StrokeWidth:
    """Return the width of strokes, in pixels."""
    distances = ndimage.distance_transform_edt(np.pad(ink, 1))
    # Across a stroke of width w, distances run evenly from 1 to w / 2: (1 + w / 2) / 2 on average.
    mean = 4 * distances[distances > 0].mean() - 2
    return StrokeWidth(float(mean), float(2 * distances.max() - 2))


def measure_slenderness(ink: Mask) -> float:
    """Return how often the width of strokes goes into their length, in the largest part."""
    part = keep_large(ink, 1)
    return float(part.sum()) / max(1, measure_stroke(part).mean) ** 2


def find_problem(digit: Mask) -> Problem:
    """Return why strokes cannot be those of one digit, or nothing."""
    ink = digit[find_box(digit)]
    (height, width), side = ink.shape, max(ink.shape)
    stroke, widest = measure_stroke(ink)
    length = ink.sum() / max(1, stroke) / side
    holes = ndimage.label(np.pad(~ink, 1, constant_values=True))[1] - 1
    parts = ndimage.find_objects(ndimage.label(ink, TOUCHING)[0])
    if widest > WIDEST_IN_DIGIT * side or length > LONGEST_STROKES or _is_rectangle(ink):
        return "no digit"
    if holes > MOST_HOLES or len(parts) > MOST_PARTS:
        return "no digit"
    heights = np.array([rows.stop - rows.start for rows, _ in parts]) / height
    has_two = np.sum(heights > HIGH) > 1
    if width > height:
        is_long = length * width / height > LONGEST_IN_WIDE
        has_two = has_two or is_long or np.sum(heights > HIGH_IN_WIDE) > 1
    return "several" if has_two or width > WIDEST_DIGIT * height else ""


def _is_rectangle(ink: Mask) -> bool:
    """Return whether ink, cropped to its box, is that of a rectangle."""
    side = max(ink.shape)
    corner_side = side // CORNERS_PER_SIDE + 1
    ends = slice(corner_side), slice(-corner_side, None)
    corners = [ink[rows, columns] for rows in ends for columns in ends]
    return min(ink.shape) > NARROWEST_RECTANGLE * side and all(corner.any() for corner in corners)


def keep_large(ink: Mask, share: float = SPECK_AREA) -> Mask:
    """Return the parts of ink that have at least a share of the area of the largest one."""
    parts = ndimage.label(ink, TOUCHING)[0]
    areas = np.bincount(parts.ravel())
    areas[0] = 0  # of what is no ink
    return np.asarray((areas >= max(1, share * areas.max()))[parts])


def find_box(mask: Mask) -> Box:
    """Return the box around a mask, which must not be empty."""
    box: Box
    (box,) = ndimage.find_objects(mask.astype(np.int8))
    return box


def find_border(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the values of the pixels at the border of an image, of shape (n_pixels,)."""
    return np.concatenate([values[0], values[-1], values[1:-1, 0], values[1:-1, -1]])

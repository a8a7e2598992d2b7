"""Finds the connected parts of what may be ink, and the digit that they make up.

Strokes are narrow. Whatever is wider than a stroke can be, such as a table beside the sheet or a
shadow, is background.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mnist_nn.drawing.shape import (
    TOUCHING,
    Box,
    Grey,
    Mask,
    Problem,
    find_border,
    find_box,
    find_problem,
    keep_large,
    measure_stroke,
)

Numbers = npt.NDArray[np.integer[Any]]

WIDEST_STROKE = 0.3  # relative to the longer side of the image
SMALLEST_DIGIT = 0.015  # the same, of its own longer side

# A large part: its length at least, relative to the longest part's.
LARGE = 0.2
MOST_LARGE = 8  # that the frame does not cut: a page of text has more

# The ring around a stroke: the pixels between these distances from it. The share RING_SHARE of them
# must be lighter than the nearest ink, by the part RING_CONTRAST of that ink's own contrast.
RING_START, RING_END = 2.5, 4
RING_CONTRAST = 0.25
RING_SHARE = 0.85

DARKEST_BACKGROUND = 0.4  # that contrast is divided by: a darker one would magnify the noise
FLAT = 4  # width of an underline at least, relative to its height
ABOVE = 0.25  # height of what stands above an underline at least, relative to its width
WITHIN = 0.25  # length of what a box contains at least, relative to the box's
NEAR = 0.25  # distance between the parts of a digit at most, relative to its longer side
SECOND = 0.4  # length of what may be a second digit at least, relative to the first one's


class Parts(NamedTuple):
    """The connected parts of what may be ink: an image of their numbers, and arrays by part."""

    labels: Numbers  # of shape (height, width): 0 where there is no ink
    numbers: Numbers  # 1, 2, …
    starts: Numbers  # of shape (n_parts, 2): the first row and column of each
    stops: Numbers  # of shape (n_parts, 2): the row and column after its last
    lengths: Numbers  # the longer side of its box
    is_stroke: Mask  # narrow, and large enough for a digit's
    is_ignored: Mask  # cut by the frame, or an underline


def measure_contrast(grey: Grey, widest: float) -> tuple[Grey, Grey]:
    """Return the background under dark strokes up to a width, and their contrast from 0 to 1."""
    size = max(3, round(widest)) | 1
    background = ndimage.grey_closing(grey, (size, size), mode="nearest")
    return background, (background - grey) / np.maximum(background, DARKEST_BACKGROUND)


def find_parts(ink: Mask, grey: Grey, background: Grey) -> Parts | None:
    """Return the connected parts of what may be ink, or None if there are too many large ones."""
    labels = ndimage.label(ink, TOUCHING)[0]
    boxes = ndimage.find_objects(labels)
    numbers = np.arange(len(boxes)) + 1
    edges = np.array([[(side.start, side.stop) for side in box] for box in boxes])
    starts, stops = edges[..., 0], edges[..., 1]
    lengths = (stops - starts).max(axis=1)
    is_large = lengths >= max(SMALLEST_DIGIT * max(grey.shape), LARGE * lengths.max())
    is_cut = np.isin(numbers, find_border(labels))
    if np.sum(is_large & ~is_cut) > MOST_LARGE:
        return None
    is_stroke = np.array(
        [
            large and _is_stroke(labels == number, box, grey, background)
            for large, number, box in zip(is_large, numbers, boxes, strict=True)
        ]
    )
    is_ignored = is_cut | _find_underlines(starts, stops, is_stroke & ~is_cut)
    return Parts(labels, numbers, starts, stops, lengths, is_stroke, is_ignored)


def _is_stroke(part: Mask, box: Box, grey: Grey, background: Grey) -> bool:
    """Return whether a part is narrow, and darker than the ring around it."""
    widest, margin = WIDEST_STROKE * max(grey.shape), RING_END + 1
    around = tuple(slice(max(0, side.start - margin), side.stop + margin) for side in box)
    part, grey, background = part[around], grey[around], background[around]
    if measure_stroke(part).widest > widest:
        return False
    distances, nearest = ndimage.distance_transform_edt(~part, return_indices=True)
    ring = (distances > RING_START) & (distances <= RING_END)
    limits = grey + RING_CONTRAST * (background - grey)
    is_lighter = grey[ring] > limits[tuple(nearest)][ring]  # the limit of the nearest ink
    return is_lighter.size > 0 and bool(is_lighter.mean() > RING_SHARE)


def _find_underlines(starts: Numbers, stops: Numbers, is_inner: Mask) -> Mask:
    """Return which strokes are flat and lie beneath another one, as no part of a digit does."""
    heights, widths = (stops - starts).T
    is_flat = is_inner & (widths > FLAT * heights)
    is_line = np.zeros_like(is_inner)
    for line in np.flatnonzero(is_flat):
        is_above = is_inner & ~is_flat & (stops[:, 0] <= starts[line, 0])
        is_over = (starts[:, 1] < stops[line, 1]) & (stops[:, 1] > starts[line, 1])
        is_line[line] = np.any(is_above & is_over & (heights > ABOVE * widths[line]))
    return is_line


def join_parts(parts: Parts) -> tuple[Mask, Problem]:
    """Return the digit that the parts make up, and what is wrong with it."""
    is_candidate = _find_candidates(parts)
    main = np.argmax(parts.lengths * is_candidate)
    start, stop, length = parts.starts[main], parts.stops[main], parts.lengths[main]
    gaps = np.maximum(parts.starts - stop, start - parts.stops).max(axis=1)
    is_small = parts.lengths <= SECOND * length
    belongs = (gaps < NEAR * length) & ~parts.is_ignored & (parts.is_stroke | is_small)
    is_digit = belongs & (parts.lengths <= length)  # not a box drawn around it
    digit = keep_large(np.isin(parts.labels, parts.numbers[is_digit]))
    is_alone = not np.any(is_candidate & ~belongs & ~is_small)
    return digit, (find_problem(digit) if is_alone else "several")


def _find_candidates(parts: Parts) -> Mask:
    """Return which parts may be the main one: strokes that the frame does not cut.

    If the longest one is a box around others, such as a form's, only these may be.
    """
    labels, numbers, lengths = parts.labels, parts.numbers, parts.lengths
    is_candidate = is_within = parts.is_stroke & ~parts.is_ignored
    while is_within.any():
        is_candidate = is_within
        main = np.argmax(lengths * is_candidate)
        outside = labels[~ndimage.binary_fill_holes(labels == numbers[main])]
        is_within = is_candidate & (lengths > WITHIN * lengths[main]) & ~np.isin(numbers, outside)
        is_within[main] = False
    return is_candidate


def has_second(parts: Parts, digit: Mask) -> bool:
    """Return whether a stroke beside a digit, and not around it, is as large as a second one."""
    box = np.array([(side.start, side.stop) for side in find_box(digit)])
    is_around = np.all((parts.starts <= box[:, 0]) & (parts.stops >= box[:, 1]), axis=1)
    is_long = parts.lengths > SECOND * np.ptp(box, axis=1).max()
    is_beside = ~parts.is_ignored & ~is_around & ~np.isin(parts.numbers, parts.labels[digit])
    return bool(np.any(parts.is_stroke & is_long & is_beside))

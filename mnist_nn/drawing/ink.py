"""Finds the ink of one digit in a photo: dark on light or light on dark, on a sheet or a table.

Strokes are narrow. Whatever is wider than a stroke can be, such as a table beside the sheet or a
shadow, is background. What the frame cuts off is no part of the digit, unless the digit itself is
cropped so tightly that it fills the frame. So there are three searches: for dark strokes, for light
ones, and for a digit that fills the frame. Of what they find, the most slender is the ink: a digit
is more slender than its sheet, and than its loops' inside. A line that the frame cuts comes last.

The limits below were chosen on the pictures of ``tests/helpers/photos.py``, and on MNIST's digits.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from mnist_nn.errors import ArgumentError

Grey = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.integer[Any]]
Problem = Literal["no digit", "several", ""]
Box = tuple[slice, slice]

WORK_SIDE = 400  # pixels of the longer side while ink is looked for
NOISE = 0.04  # of the background around a drawing, where black and white have 1
MINIMUM_CONTRAST = 0.1  # of ink and background, where black and white have 1
INK = 0.5  # contrast of ink at least, in parts of the greatest one
PALER = 0.25  # the same, of a paler second digit
DARKEST = 0.4  # background that contrast is relative to: on a darker one, noise would have some
WIDEST = 0.3  # strokes, in parts of the image's longer side
SMALLEST = 0.015  # digit, in parts of the image's longer side
LARGE = 0.2  # length of a large part at least, in parts of the longest one's
MOST_THINGS = 8  # large ones that the frame does not cut: a page of text has more
THIN, NARROW = 0.03, 0.15  # width of a line that is no digit, and of its box, in its length
SPECK = 0.03  # area of smaller parts that are left out, in parts of the largest one's
FLAT = 4  # width of an underline, in parts of its height
RING_START, RING_END = 2.5, 4  # distance of the pixels around a stroke that it is compared with
LIGHTER_BY = 0.25  # than the stroke, in parts of its contrast
LIGHTER = 0.85  # share of these pixels that are lighter by that
NEAR = 0.25  # parts of a digit are not further apart, in parts of its longer side
SECOND = 0.4  # length of what may be a second digit, in parts of the first one's
LONGEST = 3.2  # strokes of a digit, in parts of its longer side: those of an 8
LONGEST_WIDE = 3.4  # the same, times width / height: two digits that touch have more
MOST_PARTS, MOST_HOLES = 4, 2  # of a digit
THICKEST = 0.5  # stroke of a digit, in parts of its longer side
CORNER = 12  # corners along the longer side of a box: no compact digit has ink in all four
COMPACT = 0.5  # shorter side of a box that is no line, in parts of its longer side
HIGH = 0.8  # height of a digit's second part: two are two digits, however close, as in 11
HIGH_IN_WIDE = 0.5  # the same, if both together are wider than high
WIDEST_DIGIT = 2  # width of a digit, in parts of its height
WIDEST_FOUND = 0.45  # strokes of a digit that was found, in parts of its longer side
WIDEST_FILLING = 0.7  # strokes of a digit that fills the frame, in parts of the frame's longer side
MARGINS = 10  # along the longer side of a frame that a digit fills: one is added on each side
LIGHT_BORDER = 0.9  # quantile of the border's pixels that is taken for the background
TIGHT = 0.12  # margin of a digit that fills the frame, in parts of its longer side
TOUCHING = np.ones((3, 3), int)  # pixels of one part touch at a side or a corner


class View(NamedTuple):
    """What may be a digit, in the scaled image."""

    ink: Mask
    is_light: bool
    problem: Problem = ""
    is_line: bool = False  # that the frame cuts, such as a margin's


class Parts(NamedTuple):
    """The connected parts of what may be ink: an image of their numbers, and arrays by part."""

    labels: Numbers  # 0 where there is no ink
    numbers: Numbers
    starts: Numbers  # of shape (n_parts, 2): the box of each part
    stops: Numbers
    lengths: Numbers  # the longer side of the box
    is_stroke: Mask  # which is large enough for a digit's
    is_cut: Mask  # by the frame; or an underline, which is no part of a digit either


class StrokeWidth(NamedTuple):
    """The width of strokes, in pixels."""

    mean: float
    widest: float  # a lower bound of the greatest width, 1 or 2 pixels below it


def find_ink(grey: Grey, name: str) -> Mask:
    """Return where a grey image, from 0 to 1, has the ink of a digit, or raise a ValueError."""
    scaled = _scale(grey, min(WORK_SIDE, 4 * max(grey.shape)))
    if max(grey.shape) <= WORK_SIDE / 4 and (drawing := _find_drawing(scaled)) is not None:
        return drawing
    views = _look_for_strokes(scaled, False), _look_for_strokes(scaled, True), _fill_frame(scaled)
    seen = [view for view in views if view is not None]
    best = max(
        seen, key=lambda view: (not view.is_line, _measure_slenderness(view.ink)), default=None
    )
    if best is None:
        raise ArgumentError(
            f"{name} shows no digit: pass one, dark on light or light on dark, with space around it"
        )
    if best.problem:
        raise ArgumentError(
            f"{name} shows several digits, or other things beside one: pass one digit, with "
            "nothing but paper around it"
        )
    return _refine(1 - grey if best.is_light else grey, best.ink)


def _find_drawing(grey: Grey) -> Mask | None:
    """Return the ink of a digit of one part on an even background, or None if unsure."""
    difference = np.abs(grey - grey[0, 0])
    if _border(difference).max() > NOISE or difference.max() < MINIMUM_CONTRAST:
        return None
    ink = difference > INK * difference.max()
    return None if ndimage.label(ink, TOUCHING)[1] > 1 or _judge_shape(ink) else ink


def _scale(grey: Grey, side: float) -> Grey:
    """Scale an image to this length of its longer side, and smooth its noise."""
    factor = side / max(grey.shape)
    small = resize(grey, *(max(1, round(length * factor)) for length in grey.shape))
    return np.asarray(ndimage.gaussian_filter(small, 1))


def resize(grey: Grey, height: int, width: int) -> Grey:
    """Average over areas to shrink an image, or interpolate to enlarge it."""
    method = Image.Resampling.BOX if height < grey.shape[0] else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(grey).resize((width, height), method))


def _look_for_strokes(grey: Grey, is_light: bool) -> View | None:
    """Look for a digit of dark or light strokes that the frame does not cut."""
    grey = 1 - grey if is_light else grey
    background, contrast = _measure_contrast(grey, WIDEST * max(grey.shape))
    darkest = contrast.max()
    while (peak := contrast.max()) >= MINIMUM_CONTRAST:
        parts = _find_parts(contrast > INK * peak, grey, background)
        if parts is None:  # a page of text
            return None
        if np.any(parts.is_stroke & ~parts.is_cut):
            digit, problem = _join_parts(parts)
            if not problem and peak == darkest:  # a pen beside a paler digit is no 1
                palest = max(PALER * peak, MINIMUM_CONTRAST)
                paler = _find_parts(contrast > palest, grey, background)
                problem = "several" if paler is None or _has_second(paler, digit) else ""
            return View(digit, is_light, problem) if problem != "no digit" else None
        # Nothing of this contrast is a digit: look at what is paler.
        contrast[ndimage.binary_dilation(parts.labels > 0, TOUCHING, 2)] = 0
    return None


def _has_second(parts: Parts, digit: Mask) -> bool:
    """Return whether a stroke beside a digit, and not around it, is as large as a second one."""
    box = np.array([(side.start, side.stop) for side in find_box(digit)])
    is_around = np.all((parts.starts <= box[:, 0]) & (parts.stops >= box[:, 1]), axis=1)
    is_long = parts.lengths > SECOND * np.ptp(box, axis=1).max()
    is_beside = ~parts.is_cut & ~is_around & ~np.isin(parts.numbers, parts.labels[digit])
    return bool(np.any(parts.is_stroke & is_long & is_beside))


def _find_parts(ink: Mask, grey: Grey, background: Grey) -> Parts | None:
    """Return the connected parts of what may be ink, or None if there are too many large ones."""
    labels = ndimage.label(ink, TOUCHING)[0]
    boxes = ndimage.find_objects(labels)
    numbers = np.arange(len(boxes)) + 1
    edges = np.array([[(side.start, side.stop) for side in box] for box in boxes])
    starts, stops = edges[..., 0], edges[..., 1]
    lengths = (stops - starts).max(axis=1)
    is_large = lengths >= max(SMALLEST * max(grey.shape), LARGE * lengths.max())
    is_cut = np.isin(numbers, _border(labels))
    if np.sum(is_large & ~is_cut) > MOST_THINGS:
        return None
    is_stroke = np.array(
        [
            large and _is_stroke(labels == number, box, grey, background)
            for large, number, box in zip(is_large, numbers, boxes, strict=True)
        ]
    )
    is_cut |= _find_underlines(starts, stops, is_stroke & ~is_cut)
    return Parts(labels, numbers, starts, stops, lengths, is_stroke, is_cut)


def _find_underlines(starts: Numbers, stops: Numbers, is_inner: Mask) -> Mask:
    """Return which strokes are flat and lie beneath another one, as no part of a digit does."""
    heights, widths = (stops - starts).T
    is_flat = is_inner & (widths > FLAT * heights)
    is_line = np.zeros_like(is_inner)
    for line in np.flatnonzero(is_flat):
        is_above = is_inner & ~is_flat & (stops[:, 0] <= starts[line, 0])
        is_over = (starts[:, 1] < stops[line, 1]) & (stops[:, 1] > starts[line, 1])
        is_line[line] = np.any(is_above & is_over & (heights > NEAR * widths[line]))
    return is_line


def _join_parts(parts: Parts) -> tuple[Mask, Problem]:
    """Return the digit that the parts make up, and what is wrong with it."""
    is_inner = _skip_frames(parts)
    main = np.argmax(parts.lengths * is_inner)
    start, stop, length = parts.starts[main], parts.stops[main], parts.lengths[main]
    gaps = np.maximum(parts.starts - stop, start - parts.stops).max(axis=1)
    is_small = parts.lengths <= SECOND * length
    belongs = (gaps < NEAR * length) & ~parts.is_cut & (parts.is_stroke | is_small)
    is_digit = belongs & (parts.lengths <= length)  # not the frame around it
    digit = _keep_large(np.isin(parts.labels, parts.numbers[is_digit]))
    is_alone = not np.any(is_inner & ~belongs & ~is_small)
    return digit, _judge_shape(digit) if is_alone else "several"


def _skip_frames(parts: Parts) -> Mask:
    """Return which parts may be the main one: strokes that the frame does not cut.

    If the longest one is itself a frame around others, as a form's box is, only these may.
    """
    labels, numbers, lengths = parts.labels, parts.numbers, parts.lengths
    is_inner = is_within = parts.is_stroke & ~parts.is_cut
    while is_within.any():
        is_inner = is_within
        main = np.argmax(lengths * is_inner)
        outside = labels[~ndimage.binary_fill_holes(labels == numbers[main])]
        is_within = is_inner & (lengths > NEAR * lengths[main]) & ~np.isin(numbers, outside)
        is_within[main] = False
    return is_inner


def _measure_contrast(grey: Grey, widest: float) -> tuple[Grey, Grey]:
    """Return the background under dark strokes up to a width, and their contrast from 0 to 1."""
    size = max(3, round(widest)) | 1
    background = ndimage.grey_closing(grey, (size, size), mode="nearest")
    return background, (background - grey) / np.maximum(background, DARKEST)


def _is_stroke(part: Mask, box: Box, grey: Grey, background: Grey) -> bool:
    """Return whether a part is narrow, and it gets lighter all around it."""
    margin = RING_END + 1
    around = tuple(slice(max(0, side.start - margin), side.stop + margin) for side in box)
    part, lighter = part[around], (grey + LIGHTER_BY * (background - grey))[around]
    if measure_stroke(part).widest > WIDEST * max(grey.shape):
        return False
    distances, nearest = ndimage.distance_transform_edt(~part, return_indices=True)
    ring = (distances > RING_START) & (distances <= RING_END)
    is_lighter = grey[around][ring] > lighter[tuple(nearest)][ring]  # than the nearest ink
    return is_lighter.size > 0 and bool(is_lighter.mean() > LIGHTER)


def _measure_slenderness(ink: Mask) -> float:
    """Return how often the width of strokes goes into their length, in the largest part."""
    part = _keep_large(ink, 1)
    return float(part.sum()) / max(1, measure_stroke(part).mean) ** 2


def _judge_shape(digit: Mask) -> Problem:
    """Return why strokes cannot be those of a digit, or nothing."""
    ink = digit[find_box(digit)]
    (height, width), side = ink.shape, max(ink.shape)
    stroke, thickest = measure_stroke(ink)
    length = ink.sum() / max(1, stroke) / side
    holes = ndimage.label(np.pad(~ink, 1, constant_values=True))[1] - 1
    parts = ndimage.find_objects(ndimage.label(ink, TOUCHING)[0])
    if thickest > THICKEST * side or length > LONGEST or _has_corners(ink):
        return "no digit"
    if holes > MOST_HOLES or len(parts) > MOST_PARTS:
        return "no digit"
    heights = np.array([rows.stop - rows.start for rows, _ in parts]) / height
    has_two = np.sum(heights > HIGH) > 1
    if width > height:
        is_long = length * width / height > LONGEST_WIDE
        has_two = has_two or is_long or np.sum(heights > HIGH_IN_WIDE) > 1
    return "several" if has_two or width > WIDEST_DIGIT * height else ""


def _has_corners(ink: Mask) -> bool:
    """Return whether a compact box has ink in all its corners."""
    side = max(ink.shape)
    ends = slice(side // CORNER + 1), slice(-(side // CORNER) - 1, None)
    corners = [ink[rows, columns] for rows in ends for columns in ends]
    return min(ink.shape) > COMPACT * side and all(corner.any() for corner in corners)


def _refine(grey: Grey, digit: Mask) -> Mask:
    """Return the ink of a digit that was found in the scaled image, from the larger one."""
    box = find_box(digit)
    side, shrunk = max(digit[box].shape), max(grey.shape) / max(digit.shape)
    factor = min(WORK_SIDE / 2 / side, 4 * shrunk)
    if shrunk <= 1 or factor <= 1:
        return digit
    margin = round(NEAR * side) + 3
    around = [slice(max(0, each.start - margin), each.stop + margin) for each in box]
    place = ndimage.binary_dilation(digit[tuple(around)], TOUCHING, 2).astype(np.float32)
    cut = grey[tuple(slice(int(shrunk * a.start), round(shrunk * a.stop)) for a in around)]
    fine = _scale(cut, factor * max(place.shape))
    widest = WIDEST_FOUND * factor * side
    contrast = _measure_contrast(fine, widest)[1] * resize(place, *fine.shape)
    ink = _keep_large(contrast > INK * contrast.max())
    return ink if ink.any() else digit  # whose strokes may be too wide


def _fill_frame(grey: Grey) -> View | None:
    """Look for a digit that fills the frame, or is cut by it."""
    view = _choose_polarity(grey)
    if view is None or _judge_shape(view.ink):
        return None
    largest = _keep_large(view.ink, 1)
    rows, columns = box = find_box(largest)
    (height, width), sides = grey.shape, largest[box].shape
    length = max(sides)
    free = rows.start, columns.start, height - rows.stop, width - columns.stop
    is_tight = max(free) < TIGHT * length
    is_cut = min(free) == 0 and _border(view.ink).sum() < length
    is_thin = measure_stroke(largest).widest < THIN * length
    is_line = is_thin or min(sides) < NARROW * length
    is_across = free[0] == free[2] == 0 or free[1] == free[3] == 0
    if is_across and (is_thin or (is_line and not is_tight)):  # such as a margin's, or a table's
        return None
    return view._replace(is_line=is_line) if is_tight or is_cut else None


def _choose_polarity(grey: Grey) -> View | None:
    """Return what is dark or what is light: ink is more connected, and has less of the border."""
    side = max(grey.shape)
    margin = max(1, side // MARGINS)
    views: list[tuple[float, View]] = []  # with its likeness to ink
    for is_light, picture in ((True, 1 - grey), (False, grey)):
        background = np.quantile(_border(picture), LIGHT_BORDER)
        padded = np.pad(picture, margin, constant_values=background)
        contrast = _measure_contrast(padded, WIDEST_FILLING * side)[1]
        ink = _keep_large(contrast > INK * contrast.max())[margin:-margin, margin:-margin]
        if contrast.max() >= MINIMUM_CONTRAST and ink.any():
            likeness = _keep_large(ink, 1).sum() / ink.sum() - _border(ink).mean()
            views.append((likeness, View(ink, is_light)))
    return max(views, key=lambda each: each[0])[1] if views else None


def _keep_large(ink: Mask, share: float = SPECK) -> Mask:
    """Return the parts of ink that have at least a share of the area of the largest one."""
    parts = ndimage.label(ink, TOUCHING)[0]
    areas = np.bincount(parts.ravel())
    areas[0] = 0  # of what is no ink
    return np.asarray((areas >= max(1, share * areas.max()))[parts])


def measure_stroke(ink: Mask) -> StrokeWidth:
    """Return the width of strokes, in pixels."""
    distances = ndimage.distance_transform_edt(np.pad(ink, 1))
    # Across a stroke of width w, distances run evenly from 1 to w / 2: (1 + w / 2) / 2 on average.
    mean = 4 * distances[distances > 0].mean() - 2
    return StrokeWidth(float(mean), float(2 * distances.max() - 2))


def find_box(mask: Mask) -> Box:
    """Return the box around a mask, which must not be empty."""
    box: Box
    (box,) = ndimage.find_objects(mask.astype(np.int8))
    return box


def _border(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.concatenate([values[0], values[-1], values[1:-1, 0], values[1:-1, -1]])

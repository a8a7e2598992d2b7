"""Finds the ink of one digit in a photo: dark on light or light on dark, on a sheet or a table.

What the frame cuts off is no part of the digit, unless the digit itself is cropped so tightly that
it fills the frame. So there are three searches: for dark strokes, for light ones, and for a digit
that fills the frame. Of what they find, the most slender is the ink: a digit is more slender than
its sheet, and than its loops' inside. A line that the frame cuts comes last.

The limits here, in ``parts.py`` and in ``shape.py`` were chosen on the pictures of
``tests/helpers/photos.py``, and on MNIST's digits.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from mnist_nn.drawing.parts import (
    WIDEST_STROKE,
    find_parts,
    has_second,
    join_parts,
    measure_contrast,
)
from mnist_nn.drawing.shape import (
    TOUCHING,
    Grey,
    Mask,
    Problem,
    find_border,
    find_box,
    find_problem,
    keep_large,
    measure_slenderness,
    measure_stroke,
)
from mnist_nn.errors import ArgumentError

WORK_SIDE = 400  # pixels of the longer side of the scaled image, where ink is looked for
MOST_ENLARGED = 4  # times that the image is enlarged at most, also where the ink is refined
# Contrast is from 0 to 1, that of black and white.
MINIMUM_CONTRAST = 0.1  # of ink and background
INK = 0.5  # of ink at least, relative to the greatest contrast
EDGE = 2  # pixels around ink that are neither ink nor background

# A drawing:
NOISE = 0.04  # contrast within its background at most

# A digit that the frame does not cut:
PALER_INK = 0.25  # as INK, where a paler second digit is looked for

# A digit that fills the frame:
LIGHT_BORDER = 0.9  # quantile of the border's pixels that is taken for the background
MARGINS = 10  # that fit along the frame's longer side: one is added on each side
WIDEST_FILLING = 0.7  # width of its strokes at most, relative to the frame's longer side
# Relative to the digit's longer side:
TIGHT = 0.12  # each margin at most, unless the frame cuts the digit
THIN, NARROW = 0.03, 0.15  # width of a line that is no digit, and of its box

# A digit that is refined. Relative to its longer side:
WIDEST_REFINED = 0.45  # width of its strokes at most
MARGIN = 0.25  # around it


class View(NamedTuple):
    """What may be a digit, in the scaled image."""

    ink: Mask
    is_light: bool
    problem: Problem = ""
    is_line: bool = False  # one that the frame cuts, such as a margin's


def find_ink(grey: Grey, name: str) -> Mask:
    """Return where a grey image, from 0 to 1, has the ink of a digit, or raise a ValueError."""
    enlarged_side = MOST_ENLARGED * max(grey.shape)
    scaled = _scale(grey, min(WORK_SIDE, enlarged_side))
    if enlarged_side <= WORK_SIDE:  # it may be a drawing: photos are larger
        drawing = _find_drawing(scaled)
        if drawing is not None:
            return drawing
    views = (
        _look_for_strokes(scaled, is_light=False),
        _look_for_strokes(scaled, is_light=True),
        _look_for_filling_digit(scaled),
    )
    seen = [view for view in views if view is not None]
    best = max(
        seen, key=lambda view: (not view.is_line, measure_slenderness(view.ink)), default=None
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
    if find_border(difference).max() > NOISE or difference.max() < MINIMUM_CONTRAST:
        return None
    ink = difference > INK * difference.max()
    return None if ndimage.label(ink, TOUCHING)[1] > 1 or find_problem(ink) else ink


def _look_for_strokes(grey: Grey, is_light: bool) -> View | None:
    """Look for a digit of dark or light strokes that the frame does not cut."""
    grey = 1 - grey if is_light else grey
    background, contrast = measure_contrast(grey, WIDEST_STROKE * max(grey.shape))
    greatest = contrast.max()
    while (peak := contrast.max()) >= MINIMUM_CONTRAST:
        parts = find_parts(contrast > INK * peak, grey, background)
        if parts is None:  # a page of text
            return None
        if np.any(parts.is_stroke & ~parts.is_ignored):
            digit, problem = join_parts(parts)
            if not problem and peak == greatest:  # a dark pen beside a paler digit is no 1
                palest = max(PALER_INK * peak, MINIMUM_CONTRAST)
                paler = find_parts(contrast > palest, grey, background)
                problem = "several" if paler is None or has_second(paler, digit) else ""
            return View(digit, is_light, problem) if problem != "no digit" else None
        # Nothing of this contrast is a digit: look at what is paler.
        contrast[ndimage.binary_dilation(parts.labels > 0, TOUCHING, EDGE)] = 0
    return None


def _look_for_filling_digit(grey: Grey) -> View | None:
    """Look for a digit that fills the frame, or is cut by it."""
    view = _choose_polarity(grey)
    if view is None or find_problem(view.ink):
        return None
    largest = keep_large(view.ink, 1)
    box = rows, columns = find_box(largest)
    (height, width), sides = grey.shape, largest[box].shape
    length = max(sides)
    margins = rows.start, columns.start, height - rows.stop, width - columns.stop
    is_tight = max(margins) < TIGHT * length
    is_cut = min(margins) == 0 and find_border(view.ink).sum() < length
    is_thin = measure_stroke(largest).widest < THIN * length
    is_line = is_thin or min(sides) < NARROW * length
    is_across = margins[0] == margins[2] == 0 or margins[1] == margins[3] == 0
    if is_across and (is_thin or (is_line and not is_tight)):  # such as a margin's, or a table's
        return None
    return view._replace(is_line=is_line) if is_tight or is_cut else None


def _choose_polarity(grey: Grey) -> View | None:
    """Return what is dark or what is light: ink is more connected, and has less of the border."""
    side = max(grey.shape)
    margin = max(1, side // MARGINS)
    views: list[tuple[float, View]] = []  # with its likeness to ink
    for is_light, picture in ((True, 1 - grey), (False, grey)):
        background = np.quantile(find_border(picture), LIGHT_BORDER)
        padded = np.pad(picture, margin, constant_values=background)
        _, contrast = measure_contrast(padded, WIDEST_FILLING * side)
        ink = keep_large(contrast > INK * contrast.max())[margin:-margin, margin:-margin]
        if contrast.max() >= MINIMUM_CONTRAST and ink.any():
            likeness = keep_large(ink, 1).sum() / ink.sum() - find_border(ink).mean()
            views.append((likeness, View(ink, is_light)))
    return max(views, key=lambda each: each[0])[1] if views else None


def _refine(grey: Grey, digit: Mask) -> Mask:
    """Return the ink of a digit that was found in the scaled image, from the larger one."""
    box = find_box(digit)
    side, shrunk = max(digit[box].shape), max(grey.shape) / max(digit.shape)
    factor = min(WORK_SIDE / 2 / side, MOST_ENLARGED * shrunk)  # from the scaled to the fine image
    if shrunk <= 1 or factor <= 1:
        return digit
    margin = round(MARGIN * side) + EDGE + 1
    around = tuple(slice(max(0, each.start - margin), each.stop + margin) for each in box)
    near = ndimage.binary_dilation(digit[around], TOUCHING, EDGE).astype(np.float32)
    part = grey[tuple(slice(int(shrunk * a.start), round(shrunk * a.stop)) for a in around)]
    fine = _scale(part, factor * max(near.shape))
    _, contrast = measure_contrast(fine, WIDEST_REFINED * factor * side)
    contrast = contrast * resize(near, *fine.shape)
    ink = keep_large(contrast > INK * contrast.max())
    return ink if ink.any() else digit  # whose strokes may be too wide


def _scale(grey: Grey, side: float) -> Grey:
    """Scale an image to this length of its longer side, and smooth its noise."""
    factor = side / max(grey.shape)
    small = resize(grey, *(max(1, round(length * factor)) for length in grey.shape))
    return np.asarray(ndimage.gaussian_filter(small, 1))


def resize(grey: Grey, height: int, width: int) -> Grey:
    """Average over areas to shrink an image, or interpolate to enlarge it."""
    method = Image.Resampling.BOX if height < grey.shape[0] else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(grey).resize((width, height), method))

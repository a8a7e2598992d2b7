"""Finds the ink of one digit in a photo: dark on light or light on dark, on a sheet or a table.

Strokes are narrow. Whatever is wider than a stroke can be, such as a table beside the sheet or a
shadow, is ground; and what the frame cuts off is no part of the digit, unless the digit itself is
cropped so tightly that it fills the frame.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from mnist_nn.errors import ArgumentError

Grey = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Box = tuple[slice, slice]

WORK_SIDE = 400  # pixels of the longer side while ink is looked for
MINIMUM_CONTRAST = 0.1  # of ink and ground, where black and white have 1
FAINTEST = 0.04  # difference of ink and ground: less is noise
WIDEST = (0.2, 0.4)  # strokes that are looked for, first and then, in parts of the longer side
SMALLEST = 0.02  # digit, in parts of the longer side
NEAR = 0.25  # parts of a digit are not further apart, in parts of its longer side
TOUCHING = np.ones((3, 3), int)  # pixels of one part touch at a side or a corner


class View(NamedTuple):
    """What a picture shows if its ink is taken to be dark."""

    seen: Box | None  # of all strokes
    strength: float  # of their ink: how much darker than its ground
    digit: Mask | None = None
    problem: str = ""


def find_ink(grey: Grey, name: str) -> Mask:
    """Return where a grey image, from 0 to 1, has the ink of a digit, or raise a ValueError."""
    small = scale(grey, min(WORK_SIDE, 4 * max(grey.shape)))
    drawing = _find_drawing(small)
    if drawing is not None:
        return _refine(1 - grey if small[drawing].mean() > small[0, 0] else grey, drawing)
    filling, is_light, is_tight = _fill_frame(small)
    views = [
        [_look_for_strokes(side, widest * max(small.shape)) for widest in WIDEST]
        for side in (small, 1 - small)
    ]
    whole: list[tuple[int, int, Mask]] = []
    cut: list[tuple[int, int, Mask]] = []  # as the wide view shows
    problems = set()
    for light in (0, 1):
        is_cut = views[light][-1].seen is not None and views[light][-1].digit is None
        for view in views[light]:
            is_counter = any(_is_counter(view, other) for other in views[1 - light])
            if view.strength < FAINTEST or is_counter:
                continue
            if view.digit is not None and not view.problem:
                digit = _measure(find_box(view.digit)), light, view.digit
                (cut if is_cut else whole).append(digit)
            elif not is_cut:
                problems.add((light, view.problem))
    unclear = [{(light, "several"), (light, "clutter")} for light in (0, 1)]
    if filling is not None and is_tight:
        is_one_part = ndimage.label(filling, TOUCHING)[1] == 1  # others may be dark corners
        digits = whole if is_one_part else whole + cut
        if not any(light == is_light for _, light, _ in digits):
            return filling
    elif filling is not None and not whole and not problems & unclear[is_light]:
        return filling
    if whole or cut:
        _, light, ink = max(whole or cut, key=lambda each: each[:2])
        return _refine(1 - grey if light else grey, ink)
    raise ArgumentError(
        f"{name} shows several digits, or other things beside one: pass one digit, with nothing "
        "but paper around it"
        if problems & {(0, "several"), (1, "several")}
        else f"{name} shows no digit: pass one, dark on light or light on dark, with space around "
        "it"
    )


def _find_drawing(grey: Grey) -> Mask | None:
    """Return the ink of a digit of one part on an even ground, or None if it takes more to tell."""
    difference = np.abs(grey - grey[0, 0])
    if _border(difference).max() > FAINTEST or difference.max() < MINIMUM_CONTRAST:
        return None
    ink = difference > difference.max() / 2
    return None if ndimage.label(ink, TOUCHING)[1] > 1 or _judge_shape(ink) else ink


def scale(grey: Grey, side: float) -> Grey:
    """Scale an image so that its longer side has some pixels, without noise."""
    factor = side / max(grey.shape)
    small = resize(grey, *(max(1, round(length * factor)) for length in grey.shape))
    return np.asarray(ndimage.gaussian_filter(small, 1))


def resize(grey: Grey, height: int, width: int) -> Grey:
    """Average over areas to shrink an image, or interpolate to enlarge it."""
    method = Image.Resampling.BOX if height < grey.shape[0] else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(grey).resize((width, height), method))


def _look_for_strokes(grey: Grey, widest: float) -> View:
    """Look for a digit of dark strokes up to a width, which the frame does not cut."""
    side = max(grey.shape)
    ground, contrast = _measure_contrast(grey, widest)
    is_open, edge = np.ones(grey.shape, bool), _edge(grey)
    seen, strength, longest, cut_peak = None, 0.0, 0.0, 0.0
    while (peak := contrast[is_open].max(initial=0)) >= MINIMUM_CONTRAST:
        parts = ndimage.label((contrast > peak / 2) & is_open, TOUCHING)[0]
        boxes, areas = ndimage.find_objects(parts), np.bincount(parts.ravel())[1:]
        lengths = np.array([_measure(box) for box in boxes])
        large = np.flatnonzero(lengths >= max(SMALLEST * side, 0.2 * lengths.max()))
        if len(large) > 60:
            return View(seen, strength, problem="clutter")
        strokes = {n for n in large if _has_edges(parts == n + 1, boxes[n], grey, ground)}
        cut = {
            n
            for n, box in enumerate(boxes)
            if min(each.start for each in box) < edge
            or any(each.stop > length - edge for each, length in zip(box, grey.shape, strict=True))
        }
        if seen is None and strokes:
            mask = np.isin(parts - 1, [*strokes])
            seen, strength = find_box(mask), float((ground - grey)[mask].mean())
        if 2 * peak < cut_peak:  # all that is left is the squares of the paper, say
            return View(seen, strength)
        longest = max([longest, *(lengths[n] for n in strokes & cut)])
        if any(_measure_width(boxes[n]) > 0.15 * side for n in strokes & cut):  # no line
            cut_peak = max(cut_peak, peak)
        least = (0.05 if longest > 0.95 * side else 0.4) * longest  # a line through the photo
        inner = {n for n in strokes - cut if lengths[n] >= max(SMALLEST * side, least)}
        if inner:
            break
        if not cut:
            return View(seen, strength)
        is_open &= ~ndimage.binary_dilation(np.isin(parts - 1, [*cut]), TOUCHING, 2)
    else:
        return View(seen, strength)
    while True:  # a frame is no part of the digit in it
        main = max(inner, key=lambda n: lengths[n])
        within = {
            n
            for n in inner - {main}
            if lengths[n] > NEAR * lengths[main] and _measure_gap(boxes[main], boxes[n]) < 0
        }
        if within:
            filled = ndimage.binary_fill_holes(parts == main + 1)
            within = {n for n in within if filled[parts == n + 1].all()}
        if not within:
            break
        inner = within
    gaps = np.array([_measure_gap(boxes[main], box) for box in boxes])
    is_near = gaps < NEAR * lengths[main]
    is_sizeable = areas > 0.03 * areas[main]
    is_part = np.array([n in strokes or n not in large for n in range(len(boxes))])
    is_part &= ~np.isin(range(len(boxes)), [*cut]) & (lengths <= lengths[main])
    digit = np.isin(parts - 1, np.flatnonzero(is_near & is_sizeable & is_part))
    if any(is_near[n] and lengths[n] > 0.3 * lengths[main] for n in {*large} - strokes - cut):
        return View(seen, strength, digit, "no digit")
    far = [n for n in inner if not is_near[n]]
    if any(lengths[n] > 0.4 * lengths[main] for n in far) or len(far) > 6:
        return View(seen, strength, digit, "several")
    if is_near.sum() > 40:
        return View(seen, strength, digit, "clutter")
    return View(seen, strength, digit, _judge_shape(digit))


def _edge(grey: Grey) -> int:
    """Return how many pixels from the border something is cut by the frame."""
    return max(1, int(max(grey.shape)) // 50)


def _measure_contrast(grey: Grey, widest: float) -> tuple[Grey, Grey]:
    """Return the ground under dark strokes up to a width, and their contrast from 0 to 1."""
    size = max(3, round(widest)) | 1
    lightest = ndimage.maximum_filter(grey, size, mode="nearest")
    ground = ndimage.minimum_filter(lightest, size, mode="nearest")
    return ground, (ground - grey) / np.maximum(ground, MINIMUM_CONTRAST)


def _has_edges(part: Mask, box: Box, grey: Grey, ground: Grey) -> bool:
    """Return whether it gets lighter all around a part, as around a stroke."""
    around = tuple(slice(max(0, side.start - 5), side.stop + 5) for side in box)
    part, grey, ground = part[around], grey[around], ground[around]
    distances, (rows, columns) = ndimage.distance_transform_edt(~part, return_indices=True)
    ring = (distances > 2.5) & (distances <= 4)
    lighter = (grey + (ground - grey) / 4)[rows, columns]  # than the nearest pixel of the part
    return bool(ring.any()) and float(np.mean(grey[ring] > lighter[ring])) > 0.85


def _is_counter(view: View, other: View) -> bool:
    """Return whether what a view shows is only the ground that strokes of the other enclose."""
    if view.seen is None or other.seen is None or other.problem not in ("", "several"):
        return False
    box = view.seen if view.digit is None else find_box(view.digit)
    is_inside = all(
        outer.start <= inner.start and inner.stop <= outer.stop
        for outer, inner in zip(other.seen, box, strict=True)
    )
    return is_inside and box != other.seen and other.strength > 0.6 * view.strength


def _judge_shape(digit: Mask) -> str:
    """Return why strokes cannot be those of a digit, or nothing."""
    ink = digit[find_box(digit)]
    height, width = ink.shape
    (stroke, widest), side = measure_stroke(ink), max(height, width)
    holes = ndimage.label(np.pad(~ink, 1, constant_values=True))[1] - 1
    if holes and ndimage.binary_fill_holes(ink).mean() > 0.88:
        return "sheet"
    ends = slice(side // 12 + 1), slice(-(side // 12) - 1, None)
    corners = [ink[rows, columns] for rows in ends for columns in ends]
    if min(height, width) > side / 2 and all(corner.any() for corner in corners):
        return "sheet"
    if max(stroke, widest) > side / 2:
        return "no digit"
    parts = ndimage.find_objects(ndimage.label(ink, TOUCHING)[0])
    tall = [rows for rows, _ in parts if rows.stop - rows.start > height / 2]
    if width > 2 * height or (width > height and len(tall) > 1):
        return "several"
    if ink.sum() > 5 * max(1, stroke) * side or holes > 4 or len(parts) > 5:
        return "clutter"
    return ""


def _refine(grey: Grey, digit: Mask) -> Mask:
    """Return the ink of a digit that was found in a smaller image, from the larger one."""
    shrunk = max(grey.shape) / max(digit.shape)
    if shrunk <= 1:
        return digit
    box = find_box(digit)
    side, margin = _measure(box), round(NEAR * _measure(box)) + 3
    around = [slice(max(0, each.start - margin), each.stop + margin) for each in box]
    digit = digit[tuple(around)]
    cut = grey[tuple(slice(int(shrunk * a.start), round(shrunk * a.stop)) for a in around)]
    factor = max(1, min(WORK_SIDE / 2 / side, 4 * shrunk))
    fine = scale(cut, factor * max(digit.shape))
    place = ndimage.binary_dilation(digit, TOUCHING, 2).astype(np.float32)
    contrast = _measure_contrast(fine, 0.45 * factor * side)[1] * resize(place, *fine.shape)
    return _drop_specks(contrast > contrast.max() / 2)


def _drop_specks(ink: Mask) -> Mask:
    parts = ndimage.label(ink, TOUCHING)[0]
    areas = np.bincount(parts.ravel())
    areas[0] = 0  # of what is no ink
    return np.asarray((areas > 0.03 * areas.max())[parts])


def _fill_frame(grey: Grey) -> tuple[Mask | None, bool, bool]:
    """Return the ink of a digit that fills the frame or is cut by it, or None.

    Also return whether the ink is lighter than its ground, and whether it fills the frame.
    Of ink and ground, the ink has the larger part that is connected, and less of the border.
    """
    margin = max(1, max(grey.shape) // 10)
    best, digit, is_light = -1.0, None, False
    for light, side in enumerate((grey, 1 - grey)):
        level = np.quantile(_border(side), 0.9)
        ink = _fit_ground(np.pad(side, margin, constant_values=level))
        if ink is None:
            continue
        areas = np.bincount(ndimage.label(ink, TOUCHING)[0].ravel())[1:]
        inside = ink[margin:-margin, margin:-margin]
        score = areas.max() / areas.sum() - _border(inside).mean()
        if score > best:
            best, digit, is_light = score, ink, bool(light)
    if digit is None or _judge_shape(digit) or ndimage.label(digit, TOUCHING)[1] > 3:
        return None, is_light, False
    box = find_box(digit)
    length = _measure(box)
    free = [
        space
        for each, whole in zip(box, digit.shape, strict=True)
        for space in (each.start - margin, whole - margin - each.stop)
    ]
    if max(free) < 0.12 * length:
        return digit, is_light, True
    on_border = _border(digit[margin:-margin, margin:-margin]).sum()
    is_large = length > 0.1 * max(grey.shape)
    is_cut = min(free) < _edge(grey)
    return (digit if is_large and is_cut and on_border < length else None), is_light, False


def _fit_ground(grey: Grey) -> Mask | None:
    """Return the dark ink in an image with a margin, on a ground that varies smoothly."""
    y, x = (2 * places / max(grey.shape) - 1 for places in np.indices(grey.shape, np.float32))
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)
    is_ground = np.ones(grey.shape, bool)  # at first the border alone
    is_ground[1:-1, 1:-1] = False
    # Each fit leaves out the pixels that are clearly darker than the last fit: they may be ink.
    for _ in range(5):
        sample = np.flatnonzero(is_ground)[::31]  # enough for a fit
        factors = np.linalg.lstsq(terms[sample], grey.ravel()[sample], rcond=None)[0]
        ground = (terms @ factors).reshape(grey.shape)
        difference = ground - grey
        is_ground = difference <= max(0, difference.max()) / 4
    contrast = difference / np.maximum(ground, MINIMUM_CONTRAST)
    if contrast.max() < MINIMUM_CONTRAST:
        return None
    return _drop_specks(contrast > contrast.max() / 2)


def measure_stroke(ink: Mask) -> tuple[float, float]:
    """Return the average and the greatest width of strokes, in pixels."""
    distances = ndimage.distance_transform_edt(np.pad(ink, 1))
    # Across a stroke of width w, distances run evenly from 1 to w / 2: (1 + w / 2) / 2 on average.
    return float(4 * distances[distances > 0].mean() - 2), float(2 * distances.max() - 2)


def find_box(mask: Mask) -> Box:
    """Return the box around a mask, which must not be empty."""
    box: Box
    (box,) = ndimage.find_objects(mask.astype(np.int8))
    return box


def _border(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.concatenate([values[0], values[-1], values[1:-1, 0], values[1:-1, -1]])


def _measure(box: Box) -> int:
    """Return the longer side of a box."""
    return max(int(side.stop - side.start) for side in box)


def _measure_width(box: Box) -> int:
    """Return the shorter side of a box."""
    return min(int(side.stop - side.start) for side in box)


def _measure_gap(one: Box, other: Box) -> int:
    gaps = (max(a.start - b.stop, b.start - a.stop) for a, b in zip(one, other, strict=True))
    return int(max(gaps))

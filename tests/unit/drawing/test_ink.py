"""The ink of one digit is found among other things; several digits, or none, are refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from photos import rule
from PIL import Image, ImageDraw

from mnist_nn.drawing.ink import find_ink

Array = npt.NDArray[Any]
Pen = ImageDraw.ImageDraw

SIDE = 400
PAPER, BLACK = 200, 60
SEVEN = [(150, 130), (250, 130), (180, 270)]  # 140 pixels high


def seven(pen: Pen, right: int = 0, down: int = 0, width: int = 14, fill: int = BLACK) -> None:
    points = [(x + right, y + down) for x, y in SEVEN]
    pen.line(points, fill=fill, width=width, joint="curve")


def make(*shapes: Callable[[Pen], Any], paper: int = PAPER) -> Array:
    """Return a sheet with shapes, from 0 to 1."""
    image = Image.new("L", (SIDE, SIDE), paper)
    for shape in shapes:
        shape(ImageDraw.Draw(image))
    return np.asarray(image, np.float32) / 255


def line(*points: tuple[int, int], width: int = 14, fill: int = BLACK) -> Callable[[Pen], None]:
    return lambda pen: pen.line(points, fill=fill, width=width)


def box(left: int, top: int, side: int, width: int, fill: int = BLACK) -> Callable[[Pen], None]:
    corners = left, top, left + side, top + side
    return lambda pen: pen.rectangle(corners, outline=fill, width=width)


def dots(count: int, side: int) -> Callable[[Pen], None]:
    """Draw dots at the upper border, far from the seven."""

    def draw(pen: Pen) -> None:
        for x in np.linspace(20, SIDE - 20 - side, count):
            pen.ellipse((x, 10, x + side, 10 + side), fill=BLACK)

    return draw


INK = make(seven) < 0.5

READ = {
    "alone": make(seven),
    "light on dark": 1 - make(seven),
    "in two boxes": make(seven, box(60, 60, 280, 4), box(40, 40, 320, 4)),
    "beside a dot": make(seven, dots(1, 40)),
    "below seven dots": make(seven, dots(7, 34)),
    "beside a third of its length": make(seven, line((370, 180), (370, 228))),
    "beside a cut seven": make(seven, lambda pen: seven(pen, 220)),
    "beside a line as high as the photo": make(
        line((30, 0), (30, SIDE), fill=10), lambda pen: seven(pen, fill=160)
    ),
    "in the corner of a dark box": make(
        line((40, SIDE), (40, 30), (SIDE, 30), width=6, fill=10),
        lambda pen: seven(pen, fill=150),
    ),
    "underlined": make(seven, line((110, 290), (290, 286), width=10)),
    "in the cell of a table": make(
        seven,
        *(line((place, 0), (place, SIDE), width=6) for place in (60, 340)),
        *(line((0, place), (SIDE, place), width=6) for place in (60, 340)),
    ),
    "on a paler square": make(lambda pen: pen.rectangle((90, 90, 300, 310), fill=230), seven),
    "on a dark table": make(
        lambda pen: pen.rectangle((70, 70, 330, 330), fill=PAPER), seven, paper=40
    ),
}


@pytest.mark.parametrize("picture", READ)
def test_digit_is_found_among_other_things(picture: str) -> None:
    found = find_ink(READ[picture], "image")
    assert np.sum(found & INK) > 0.9 * np.sum(found | INK)


def test_cut_digit_is_preferred_to_what_is_paler() -> None:
    paler = line((30, 300), (90, 300), (50, 380), fill=160)
    found = find_ink(make(lambda pen: seven(pen, down=-135), paler), "image")
    assert not found[280:].any()


def pieces(count: int) -> Array:
    """Draw a long stroke and, near its middle, short ones: parts of one digit."""
    short = (line((225, y), (245, y), width=10) for y in range(140, 140 + 30 * count, 30))
    return make(line((200, 110), (200, 290)), *short)


def test_digit_may_have_four_parts() -> None:
    assert find_ink(pieces(3), "image")[:, 220:].any()


LETTER_H = [((140, 120), (140, 270)), ((250, 120), (250, 270)), ((140, 195), (250, 195))]
ASKEW_H = [((148, 120), (140, 262)), ((242, 128), (250, 262)), ((140, 195), (250, 195))]

REFUSED = {
    "two apart": ("several", make(lambda pen: seven(pen, -80), lambda pen: seven(pen, 80))),
    "eleven": ("several", make(line((180, 130), (180, 270)), line((205, 130), (205, 270)))),
    "eleven, one shorter": (
        "several",
        make(line((180, 130), (180, 270)), line((215, 130), (215, 255))),
    ),
    "one beside a wide one": (
        "several",
        make(
            line((120, 120), (120, 220)), line((120, 214), (200, 214)), line((222, 155), (222, 220))
        ),
    ),
    "letter H": ("no", make(*(line(*ends) for ends in LETTER_H))),
    "letter H, drawn askew": ("no", make(*(line(*ends) for ends in ASKEW_H))),
    "line from side to side": ("no", make(line((190, 0), (190, SIDE), width=8))),
    "crossing lines": (
        "no",
        make(line((0, 150), (SIDE, 150), width=8), line((100, 0), (100, SIDE), width=8)),
    ),
    "half as long": ("several", make(seven, line((370, 160), (370, 228)))),
    "two that touch": (
        "several",
        make(lambda pen: seven(pen, -65), lambda pen: seven(pen, 65), line((110, 190), (290, 190))),
    ),
    "wide": ("several", make(line((80, 150), (320, 240)))),
    "darker than the digit": (
        "several",
        make(lambda pen: seven(pen, fill=150), line((40, 360), (80, 300), fill=20)),
    ),
    "five parts": ("no", pieces(4)),
    "below eight dots": ("no", make(seven, dots(8, 34))),
    "hash": (
        "no",
        make(*(line((130, y), (270, y)) for y in (150, 200, 250)), line((200, 130), (200, 270))),
    ),
    "three loops": (
        "several",
        make(*(box(170, y, 50, 10) for y in (120, 160, 200))),
    ),
    "box alone": ("no", make(box(100, 100, 200, 12))),
    "disc": ("no", make(lambda pen: pen.ellipse((120, 120, 280, 280), fill=BLACK))),
    "squared paper": ("no", np.asarray(rule(make(), 40, 0.3, True), np.float32)),
    "faint": ("no", make(lambda pen: seven(pen, fill=190))),
}


@pytest.mark.parametrize("picture", REFUSED)
def test_several_digits_or_none_are_refused(picture: str) -> None:
    problem, image = REFUSED[picture]
    with pytest.raises(ValueError, match=f"shows {problem} digit"):
        find_ink(image, "image")

"""Make the pictures in ``data/handwriting``: ten digits on paper, each drawn in two ways.

It also makes ``notebooks/figures/photos.png``, good photos above bad ones.

    .venv/bin/python data/build_handwriting.py

The strokes are those that the tests draw. They stand for a class's photos, as an example. The
second picture of each digit is harder: a thick pen, a strong slant, and off the centre; the 1 has
an upstroke, and the 7 a crossbar.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

DATA = Path(__file__).parent
PHOTOS = DATA.parent / "notebooks" / "figures" / "photos.png"
SIDE = 240
STROKES = DATA.parent / "tests" / "helpers" / "strokes.json"
Strokes = list[list[list[float]]]
UPSTROKE = [[0.2, 0.45], [0.52, 0.05]]  # of a 1
CROSSBAR = [[0.28, 0.5], [0.72, 0.48]]  # of a 7


def photograph(strokes: Strokes, generator: np.random.Generator, *, hard: bool) -> Image.Image:
    """Return a photo of strokes on paper, slanted and unevenly lit, as a phone would take it."""
    ink = Image.new("L", (SIDE, SIDE))
    pen = ImageDraw.Draw(ink)
    angle, slant = generator.uniform(-0.15, 0.15), generator.uniform(-0.2, 0.3)
    size, width = generator.uniform(0.45, 0.75) * SIDE, int(generator.integers(5, 10))
    centre = SIDE / 2 + generator.uniform(-15, 15, 2)
    if hard:
        angle, slant = 2 * angle, slant + 0.4
        size, width = 0.4 * SIDE, int(generator.integers(12, 17))
        centre += generator.choice([-40, 40], 2)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    for stroke in strokes:
        points = (np.array(stroke) - 0.5) @ np.array([[1, 0], [-slant, 1]]) @ turn * size + centre
        pen.line([tuple(point) for point in points], fill=255, width=width, joint="curve")
    y, x = np.indices((SIDE, SIDE)) / SIDE
    light = 215 + generator.uniform(-30, 30) * x + generator.uniform(-30, 30) * y
    paper = light + generator.normal(0, 4, (SIDE, SIDE))
    photo = paper - np.asarray(ndimage.gaussian_filter(ink, 1.2)) * generator.uniform(0.5, 0.7)
    return Image.fromarray(np.uint8(np.clip(photo, 0, 255)))


def show_good_and_bad(strokes: dict[str, Strokes]) -> Image.Image:
    """Return a row of good photos, marked green, above a row of bad ones, marked red."""
    generator = np.random.default_rng(1)
    good = [photograph(strokes[digit], generator, hard=False) for digit in "274"]
    left, right, cut, desk = (photograph(strokes[digit], generator, hard=False) for digit in "3985")
    two = Image.new("L", (SIDE, SIDE))
    for photo, x in ((left, 0), (right, SIDE // 2)):
        two.paste(photo.resize((SIDE // 2, SIDE)), (x, 0))
    cut = cut.crop((70, 40, 190, 190)).resize((SIDE, SIDE))
    desk = desk.resize((SIDE * 3 // 4, SIDE * 3 // 4))
    table = Image.fromarray(np.uint8(generator.normal(70, 8, (SIDE, SIDE))))
    table.paste(desk.rotate(8, fillcolor=70), (SIDE // 8, SIDE // 8))
    sheet = Image.new("RGB", (3 * SIDE + 60, 2 * SIDE + 45), "white")
    pen = ImageDraw.Draw(sheet)
    for row, (colour, photos) in enumerate({"#1b7f3b": good, "#c62828": [two, cut, table]}.items()):
        for column, photo in enumerate(photos):
            x, y = 15 + column * (SIDE + 15), 15 + row * (SIDE + 15)
            sheet.paste(photo.convert("RGB"), (x, y))
            pen.rectangle((x - 5, y - 5, x + SIDE + 4, y + SIDE + 4), outline=colour, width=5)
    return sheet.resize((sheet.width // 2, sheet.height // 2)).quantize(128)


def main() -> None:
    folder = DATA / "handwriting"
    folder.mkdir(exist_ok=True)
    generator = np.random.default_rng(0)
    strokes_by_digit = json.loads(STROKES.read_text("utf-8"))
    show_good_and_bad(strokes_by_digit).save(PHOTOS, optimize=True)
    for digit, strokes in strokes_by_digit.items():
        harder = strokes + {"1": [UPSTROKE], "7": [CROSSBAR]}.get(digit, [])
        for number, drawn in enumerate((strokes, harder), start=1):
            photo = photograph(drawn, generator, hard=number == 2)
            photo.save(folder / f"{digit}_{number}.jpg", quality=80)


if __name__ == "__main__":
    main()

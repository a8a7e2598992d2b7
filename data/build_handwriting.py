"""Make the pictures in ``data/handwriting``: ten digits on paper, each drawn in two ways.

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


def main() -> None:
    folder = DATA / "handwriting"
    folder.mkdir(exist_ok=True)
    generator = np.random.default_rng(0)
    for digit, strokes in json.loads(STROKES.read_text()).items():
        harder = strokes + {"1": [UPSTROKE], "7": [CROSSBAR]}.get(digit, [])
        for number, drawn in enumerate((strokes, harder), start=1):
            photo = photograph(drawn, generator, hard=number == 2)
            photo.save(folder / f"{digit}_{number}.jpg", quality=80)


if __name__ == "__main__":
    main()

"""Make the pictures in ``data/handwriting``: ten digits on paper, each written in two ways.

    .venv/bin/python data/build_handwriting.py

The strokes are those that the tests draw. They stand for a class's photos, as an example.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

DATA = Path(__file__).parent
SIDE = 240
STROKES = DATA.parent / "tests" / "helpers" / "strokes.json"


def photograph(strokes: list[list[list[float]]], generator: np.random.Generator) -> Image.Image:
    """Return a photo of strokes on paper, slanted and unevenly lit, as a phone would take it."""
    ink = Image.new("L", (SIDE, SIDE))
    pen = ImageDraw.Draw(ink)
    angle, slant = generator.uniform(-0.15, 0.15), generator.uniform(-0.2, 0.3)
    size, width = generator.uniform(0.45, 0.75) * SIDE, int(generator.integers(5, 10))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    centre = SIDE / 2 + generator.uniform(-15, 15, 2)
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
        for number in (1, 2):
            photograph(strokes, generator).save(folder / f"{digit}_{number}.jpg", quality=80)


if __name__ == "__main__":
    main()

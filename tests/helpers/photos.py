"""Photos as people take them, made of MNIST's ink and made paper; and pictures without a digit."""

import io
import itertools
import struct
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

Array = Any  # of NumPy
SIDE = 600  # of a photo, in pixels
PAPER, INK = 0.8, 0.25  # grey levels


def trim(digit: Array) -> Array:
    """Cut a digit, from 0 to 1 for ink, out along its box."""
    (box,) = ndimage.find_objects((digit > 0.5).astype(np.int8))
    return digit[box]


def enlarge(digit: Array, height: float, thicker: float = 0) -> Array:
    """Return ink of a height in pixels, with soft edges; its strokes thicker by some pixels."""
    small = np.pad(trim(digit), 2)
    large = ndimage.zoom(small, height / (len(small) - 4), order=1)
    inside = large > 0.5
    distance = ndimage.distance_transform_edt(inside) - ndimage.distance_transform_edt(~inside)
    return np.clip((distance + thicker / 2) / 2 + 0.5, 0, 1)


def place(ink: Array, centre: tuple[float, float], shape: tuple[int, int] = (SIDE, SIDE)) -> Array:
    """Put ink on a sheet, with its centre at [y, x] from 0 to 1; what is beyond is cut off."""
    whole = np.zeros(shape)
    top, left = (
        round(at * side - length / 2)
        for at, side, length in zip(centre, shape, ink.shape, strict=True)
    )
    rows = slice(max(0, top), min(shape[0], top + ink.shape[0]))
    columns = slice(max(0, left), min(shape[1], left + ink.shape[1]))
    whole[rows, columns] = ink[
        rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
    ]
    return whole


def make_paper(rng: np.random.Generator, shape: tuple[int, int] = (SIDE, SIDE)) -> Array:
    """Return paper, a little unevenly lit."""
    y, x = np.meshgrid(*(np.linspace(-0.5, 0.5, side) for side in shape), indexing="ij")
    slopes = rng.uniform(-0.1, 0.1, 2)
    return PAPER + slopes[0] * y + slopes[1] * x


def write(paper: Array, ink: Array, strength: float = 1) -> Array:
    """Darken paper to the ink's level."""
    return paper * (1 - strength * (1 - INK / PAPER) * ink)


def photograph(picture: Array, rng: np.random.Generator) -> Array:
    """Return a picture with a camera's blur and noise, and as JPEG stores it."""
    taken = ndimage.gaussian_filter(picture, 0.7) + rng.normal(0, 0.02, picture.shape)
    file = io.BytesIO()
    Image.fromarray(np.uint8(255 * taken.clip(0, 1))).save(file, "JPEG", quality=85)
    with Image.open(file) as image:
        return np.asarray(image)


def draw(picture: Array, shape: str, points: Any, level: float, width: int = 1) -> Array:
    """Draw one of Pillow's shapes with coordinates [x, y] from 0 to 1."""
    image = Image.fromarray(picture.astype(np.float32))
    scaled = [(x * (image.width - 1), y * (image.height - 1)) for x, y in points]
    pen = ImageDraw.Draw(image)
    if shape == "line":
        pen.line(scaled, fill=level, width=width, joint="curve")
    elif shape == "outline":
        pen.rectangle(scaled, outline=level, width=width)
    else:
        getattr(pen, shape)(scaled, fill=level)
    return np.asarray(image)


def write_text(
    picture: Array, text: str, at: tuple[float, float], size: int, level: float
) -> Array:
    """Write printed text with its upper left corner at [x, y] from 0 to 1."""
    image = Image.fromarray(picture.astype(np.float32))
    xy = at[0] * image.width, at[1] * image.height
    ImageDraw.Draw(image).text(xy, text, fill=level, font=ImageFont.load_default(size))
    return np.asarray(image)


def rule(paper: Array, step: int, strength: float, squared: bool = False) -> Array:
    """Print lines on paper, and upright ones across them if squared; no crossing is darker."""
    # Where lines are, two pixels wide.
    rows, columns = ((np.arange(side) - step // 2) % step < 2 for side in paper.shape)
    return np.where(rows[:, None] | (columns & squared), (1 - strength) * paper, paper)


def on_sheet(digit: Array, rng: np.random.Generator, table: float, cut: float) -> Array:
    """Return a sheet that lies on a table, of a grey level, with a margin in parts of the photo."""
    sheet = write(make_paper(rng), usual(digit, rng))
    picture = np.full((SIDE, SIDE), table)
    edge = round(cut * SIDE)
    picture[edge:-edge, edge:-edge] = sheet[edge:-edge, edge:-edge]
    return picture


def on_sheet_askew(digit: Array, rng: np.random.Generator, table: float) -> Array:
    """Return a sheet that lies askew on a table."""
    sheet = draw(np.zeros((SIDE, SIDE)), "rectangle", [(0.15, 0.15), (0.85, 0.85)], 1)
    sheet = ndimage.rotate(sheet, rng.uniform(5, 40), reshape=False, order=1)
    return table + sheet * (plain(digit, rng) - table)


def usual(digit: Array, rng: np.random.Generator) -> Array:
    """Return ink of a usual size, near the middle."""
    height = rng.uniform(0.3, 0.45) * SIDE
    return place(enlarge(digit, height), tuple(rng.uniform(0.42, 0.58, 2)))


def large_photo(digit: Array, rng: np.random.Generator, height: float) -> Array:
    """Return 12 megapixels, with a digit of a height in parts of the photo's."""
    shape = (3_000, 4_000)
    ink = place(enlarge(digit, height * shape[0]), tuple(rng.uniform(0.3, 0.7, 2)), shape)
    grey = write(make_paper(rng, shape), ink)
    noise = np.tile(rng.normal(0, 0.02, (500, 500)), (6, 8))
    return np.uint8(255 * (grey + noise).clip(0, 1))


def tight(digit: Array, zoom: int, thicker: float) -> Array:
    """Return a digit cropped to its box, as in MNIST or, enlarged, dark on light."""
    if zoom == 1:
        return trim(digit)
    return 1 - trim(enlarge(digit, zoom * len(trim(digit)), thicker))


def shadow(picture: Array, light: float, angle: float, at: float = 0.5, soft: float = 0) -> Array:
    """Darken one side of a picture, at an angle in radians; a soft edge has a width above 0."""
    y, x = np.meshgrid(*(np.linspace(-0.5, 0.5, side) for side in picture.shape), indexing="ij")
    away = np.cos(angle) * x + np.sin(angle) * y + 0.5 - at
    dark = np.clip(away / soft + 0.5, 0, 1) if soft else away > 0
    return picture * (1 - (1 - light) * dark)


def plain(digit: Array, rng: np.random.Generator, strength: float = 1) -> Array:
    """Return a digit on paper."""
    return write(make_paper(rng), usual(digit, rng), strength)


def corner(picture: Array, level: float, size: float) -> Array:
    """Fill a corner with a grey level."""
    return draw(picture, "polygon", [(0, 0), (size, 0), (0, size)], level)


# By name: a photo, of a digit, another digit that may be its neighbour, and a generator.
PHOTOS: dict[str, Callable[[Array, Array, np.random.Generator], Array]] = {
    "plain": lambda d, o, r: plain(d, r),
    "faint": lambda d, o, r: plain(d, r, strength=0.2),
    "light on dark": lambda d, o, r: 1 - plain(d, r),
    "blackboard": lambda d, o, r: 0.2 + 0.5 * usual(d, r),
    "ruled": lambda d, o, r: write(rule(make_paper(r), 45, 0.2), usual(d, r)),
    "squared": lambda d, o, r: write(rule(make_paper(r), 40, 0.2, True), usual(d, r)),
    "squared, strong": lambda d, o, r: write(rule(make_paper(r), 40, 0.4, True), usual(d, r)),
    "margin line": lambda d, o, r: draw(plain(d, r), "line", [(0.12, 0), (0.12, 1)], 0.5, 4),
    "soft shadow": lambda d, o, r: shadow(plain(d, r), 0.5, r.uniform(0, 6), 0.5, 0.5),
    "hard shadow": lambda d, o, r: shadow(plain(d, r), 0.6, r.uniform(0, 6)),
    "darker shadow": lambda d, o, r: shadow(plain(d, r), 0.45, r.uniform(0, 6)),
    "touching": lambda d, o, r: write(make_paper(r), place(enlarge(d, 480), (0.4, 0.5))),
    "squared, touching": lambda d, o, r: write(
        rule(make_paper(r), 40, 0.3, True), place(enlarge(d, 480), (0.4, 0.5))
    ),
    "bold, touching": lambda d, o, r: write(make_paper(r), place(enlarge(d, 500, 25), (0.41, 0.5))),
    "very thick": lambda d, o, r: write(make_paper(r), place(enlarge(d, 300, 40), (0.5, 0.5))),
    "corner of a dark box": lambda d, o, r: draw(
        plain(d, r, strength=0.5), "line", [(0.12, 1), (0.12, 0.1), (1, 0.1)], 0.1, 6
    ),
    "dark pen": lambda d, o, r: draw(
        plain(d, r, strength=0.5), "line", [(0.1, 1), (0.3, 0.7)], 0.1, 30
    ),
    "table's edge": lambda d, o, r: draw(plain(d, r), "rectangle", [(0, 0), (0.12, 1)], 0.25),
    "grey table's edge": lambda d, o, r: draw(plain(d, r), "rectangle", [(0, 0.9), (1, 1)], 0.5),
    "dark corner": lambda d, o, r: corner(plain(d, r), 0.2, 0.3),
    "sheet on a table": lambda d, o, r: on_sheet(d, r, 0.35, 0.12),
    "sheet on a dark table": lambda d, o, r: on_sheet(d, r, 0.15, 0.2),
    "sheet on a grey table": lambda d, o, r: on_sheet(d, r, 0.55, 0.12),
    "sheet askew": lambda d, o, r: on_sheet_askew(d, r, 0.3),
    "sheet askew on a dark table": lambda d, o, r: on_sheet_askew(d, r, 0.12),
    "neighbour": lambda d, o, r: write(
        make_paper(r), place(enlarge(d, 240), (0.5, 0.3)) + place(enlarge(o, 240), (0.5, 0.75))
    ),
    "neighbour, cut": lambda d, o, r: write(
        make_paper(r), place(enlarge(d, 260), (0.5, 0.4)) + place(enlarge(o, 260), (0.5, 1))
    ),
    "box": lambda d, o, r: draw(
        plain(d, r), "outline", [(0.15, 0.15), (0.85, 0.85)], 0.35, int(r.integers(2, 8))
    ),
    "underlined": lambda d, o, r: draw(
        write(make_paper(r), place(enlarge(d, 220), (0.45, 0.5))),
        *("line", [(0.28, 0.7), (0.72, 0.68)], 0.2, 12),
    ),
    "table cell": lambda d, o, r: draw(
        draw(plain(d, r), "line", [(0.1, 0), (0.1, 0.88), (1, 0.88)], 0.2, 4),
        *("line", [(0, 0.12), (0.92, 0.12), (0.92, 1)], 0.2, 4),
    ),
    "holes": lambda d, o, r: draw(
        draw(plain(d, r), "ellipse", [(0.04, 0.25), (0.1, 0.31)], 0.2),
        "ellipse",
        [(0.04, 0.7), (0.1, 0.76)],
        0.2,
    ),
    "note": lambda d, o, r: write_text(plain(d, r), "3 a", (0.05, 0.04), 50, 0.3),
    "reflection": lambda d, o, r: draw(
        0.6 * plain(d, r), "ellipse", [(0.78, 0.1), (0.88, 0.2)], 1.0
    ),
}


def grain(rng: np.random.Generator, size: float, strength: float) -> Array:
    """Return clouds of a size in pixels around white paper's level."""
    clouds = ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), size)
    return PAPER + strength * clouds / clouds.std()


def text_page(rng: np.random.Generator, size: int, lines: int = 50) -> Array:
    picture = make_paper(rng)
    letters = np.array(list("aehilmnorstu   "))
    for line in range(min(lines, round(0.9 * SIDE / size / 1.4))):
        text = "".join(rng.choice(letters, 70))
        picture = write_text(picture, text, (0.06, 0.05 + 1.4 * line * size / SIDE), size, 0.25)
    return picture


def blobs(rng: np.random.Generator, count: int, size: float) -> Array:
    picture = make_paper(rng)
    for _ in range(count):
        x, y = rng.uniform(0.1, 0.9, 2)
        w, h = size * rng.uniform(0.5, 1, 2)
        picture = draw(picture, "ellipse", [(x - w, y - h), (x + w, y + h)], rng.uniform(0.1, 0.5))
    return picture


def stripes(rng: np.random.Generator, step: int, level: float) -> Array:
    picture = make_paper(rng)
    for start in range(0, SIDE, step):
        picture[:, start : start + step // 2] *= level
    return picture


def face(rng: np.random.Generator) -> Array:
    picture = draw(make_paper(rng), "ellipse", [(0.2, 0.15), (0.8, 0.85)], 0.6)
    for points in ([(0.33, 0.35), (0.42, 0.42)], [(0.58, 0.35), (0.67, 0.42)]):
        picture = draw(picture, "ellipse", points, 0.2)
    picture = draw(picture, "polygon", [(0.2, 0.3), (0.3, 0.1), (0.7, 0.1), (0.8, 0.3)], 0.15)
    return draw(picture, "line", [(0.4, 0.65), (0.5, 0.7), (0.6, 0.65)], 0.3, 12)


def house() -> Array:
    picture = shadow(np.full((SIDE, SIDE), 0.75), 0.9, 0)
    picture = draw(picture, "rectangle", [(0, 0.8), (1, 1)], 0.35)
    picture = draw(picture, "rectangle", [(0.2, 0.4), (0.8, 0.85)], 0.5)
    picture = draw(picture, "polygon", [(0.15, 0.4), (0.5, 0.12), (0.85, 0.4)], 0.25)
    for x in (0.28, 0.6):
        picture = draw(picture, "rectangle", [(x, 0.5), (x + 0.1, 0.62)], 0.15)
    return picture


def crumple(rng: np.random.Generator, strength: float) -> Array:
    picture = make_paper(rng)
    for _ in range(14):
        picture = shadow(picture, 1 - strength * rng.random(), rng.uniform(0, 6.3), rng.random())
    return picture


def digits_sheet(digits: Array, rng: np.random.Generator, rows: int) -> Array:
    """Return a sheet with rows of as many digits."""
    step = 1 / rows
    ink = sum(
        place(
            enlarge(digits[rng.integers(len(digits))], 0.7 * SIDE * step),
            ((r + 0.5) * step, (c + 0.5) * step),
        )
        for r in range(rows)
        for c in range(rows)
    )
    return write(make_paper(rng), np.minimum(ink, 1))


def lattice(rng: np.random.Generator, cells: int, width: int) -> Array:
    picture = make_paper(rng)
    for at in np.linspace(0.08, 0.92, cells + 1):
        picture = draw(picture, "line", [(at, 0.08), (at, 0.92)], 0.3, width)
        picture = draw(picture, "line", [(0.08, at), (0.92, at)], 0.3, width)
    return picture


def vary(name: str, make: Callable[..., Array], *options: Any) -> dict[str, Callable[..., Array]]:
    """Return a maker of pictures for each combination of options, by the name and these."""
    combinations = itertools.product(*options)
    return {f"{name} {' '.join(map(str, each))}": partial(make, *each) for each in combinations}


# By name: a picture without a digit, from MNIST's digits and a generator.
NOTHING: dict[str, Callable[..., Array]] = {
    "white": lambda d, r: np.ones((SIDE, SIDE)),
    "black": lambda d, r: np.zeros((SIDE, SIDE)),
    "paper": lambda d, r: make_paper(r),
    **vary("noise", lambda s, d, r: PAPER + r.normal(0, s, (SIDE, SIDE)), (0.02, 0.05, 0.1, 0.2)),
    **vary("grain", lambda g, s, d, r: grain(r, g, s), (2, 5, 15, 40, 100), (0.03, 0.1, 0.2)),
    **vary(
        "shadow's edge",
        lambda s, d, r: shadow(make_paper(r), 1 - s, r.uniform(0, 6.3), r.uniform(0.3, 0.7)),
        (0.1, 0.2, 0.35, 0.5, 0.7),
    ),
    **vary(
        "soft shadow",
        lambda s, d, r: shadow(make_paper(r), 1 - s, r.uniform(0, 6.3), 0.5, 0.4),
        (0.2, 0.5, 0.8),
    ),
    "light to one side": lambda d, r: shadow(make_paper(r), 0.1, r.uniform(0, 6.3), 0.5, 1),
    "vignette": lambda d, r: (
        make_paper(r) * (1 - 0.6 * np.hypot(*np.mgrid[-0.7:0.7:600j, -0.7:0.7:600j]))
    ),
    **vary(
        "lamp",
        lambda s, d, r: (
            make_paper(r)
            * (0.5 + 0.5 * np.exp(-((np.hypot(*np.mgrid[-1:1:600j, -1:1:600j]) / s) ** 2)))
        ),
        (0.05, 0.2, 0.5),
    ),
    **vary("ruled", lambda s, t, d, r: rule(make_paper(r), t, s), (0.15, 0.3, 0.5), (30, 75)),
    **vary(
        "squared", lambda s, t, d, r: rule(make_paper(r), t, s, True), (0.15, 0.3, 0.5), (25, 60)
    ),
    **vary("crumpled", lambda s, d, r: crumple(r, s), (0.05, 0.1, 0.2)),
    **vary("text", lambda s, d, r: text_page(r, s), (12, 20, 35, 60)),
    "a line of text": lambda d, r: text_page(r, 30, 1),
    **vary("blobs", lambda n, s, d, r: blobs(r, n, s), (1, 3, 10, 40), (0.04, 0.12)),
    **vary("stripes", lambda s, v, d, r: stripes(r, s, v), (20, 80, 200), (0.3, 0.7)),
    **vary(
        "checks",
        lambda s, d, r: np.where(np.add(*np.mgrid[:SIDE, :SIDE] // s) % 2, 0.2, 0.8),
        (30, 100, 300),
    ),
    "face": lambda d, r: face(r),
    "house": lambda d, r: house(),
    "photo of a wood": lambda d, r: (
        ndimage.gaussian_filter(r.random((SIDE, SIDE)), (30, 3)) * 6 - 2.5
    ),
    **vary("sheet of digits", lambda n, d, r: digits_sheet(d, r, n), (2, 3, 5, 9)),
    **vary("lattice", lambda n, w, d, r: lattice(r, n, w), (1, 3, 9), (3, 10)),
    "sheet alone": lambda d, r: draw(
        np.full((SIDE, SIDE), 0.3), "rectangle", [(0.2, 0.15), (0.8, 0.85)], 0.85
    ),
    "disc": lambda d, r: draw(make_paper(r), "ellipse", [(0.3, 0.3), (0.7, 0.7)], 0.2),
    "square": lambda d, r: draw(make_paper(r), "rectangle", [(0.3, 0.3), (0.7, 0.7)], 0.2),
    "triangle": lambda d, r: draw(
        make_paper(r), "polygon", [(0.5, 0.2), (0.8, 0.8), (0.2, 0.8)], 0.3
    ),
    "half dark": lambda d, r: draw(make_paper(r), "rectangle", [(0, 0), (0.5, 1)], 0.3),
    "table's edge alone": lambda d, r: draw(make_paper(r), "rectangle", [(0, 0), (0.12, 1)], 0.3),
    "corner alone": lambda d, r: corner(make_paper(r), 0.2, 0.3),
    "cross through the picture": lambda d, r: draw(
        draw(make_paper(r), "line", [(0.5, 0), (0.5, 1)], 0.3, 12),
        "line",
        [(0, 0.5), (1, 0.5)],
        0.3,
        12,
    ),
    "dust": lambda d, r: np.where(
        ndimage.gaussian_filter(r.random((SIDE, SIDE)), 1.5) > 0.585, 0.3, PAPER
    ),
}


def start_png(side: int) -> bytes:
    """Return a PNG file that only says how large its image is."""
    chunks = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0), b"IDAT"
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    )

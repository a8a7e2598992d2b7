"""Images are prepared as MNIST's digits were, whatever file or array they come in."""

import sys
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from digits import assert_same_digit
from photos import start_png
from PIL import Image, ImageDraw
from scipy import ndimage

from mnist_nn import parse_labels_and_features
from mnist_nn.drawing import digit_from_image
from mnist_nn.drawing.image import THICKEST, THINNEST, prepare_ink

Array = npt.NDArray[Any]


@pytest.fixture(scope="module")
def digits(train_table: pd.DataFrame) -> tuple[Array, Array]:
    """Labels and images of 100 digits that the network was not trained with."""
    targets, examples = parse_labels_and_features(train_table[10_000:10_100])
    return targets.to_numpy(), examples.to_numpy().reshape(-1, 28, 28)


@pytest.fixture(scope="module")
def drawing() -> Image.Image:
    """A seven, dark on light."""
    image = Image.new("L", (120, 90), 255)
    ImageDraw.Draw(image).line([(40, 15), (80, 15), (55, 75)], fill=0, width=8, joint="curve")
    return image


def paste(image: Array, zoom: float, side: int, random: np.random.Generator) -> Array:
    """Enlarge a digit, and place it at random in an empty image."""
    large = ndimage.zoom(image, zoom, order=1).clip(0, 1)
    (box,) = ndimage.find_objects((large > 0.5).astype(int))
    large = large[box]
    whole = np.zeros((side, side))
    top, left = (random.integers(5, side - length - 4) for length in large.shape)
    whole[top : top + large.shape[0], left : left + large.shape[1]] = large
    return whole


def photograph(ink: Array, random: np.random.Generator) -> Array:
    """Return ink on paper, lit from one side, with noise."""
    y, x = np.mgrid[: len(ink), : len(ink)] / len(ink) - 0.5
    slopes = random.uniform(-0.3, 0.3, 2)
    light = 0.6 + slopes[0] * y + slopes[1] * x
    photo: Array = np.clip(light * (1 - 0.6 * ink) + random.normal(0, 0.02, ink.shape), 0, 1)
    return photo


def test_prepared_digits_measure_as_in_mnist(digits: tuple[Array, Array]) -> None:
    random = np.random.default_rng(0)
    for image in digits[1][:20]:
        prepared = digit_from_image(paste(image, random.uniform(2, 6), 200, random))
        assert prepared.shape == (28, 28)
        assert prepared.dtype == np.float32
        assert (prepared.min(), prepared.max()) == (0, 1)
        rows, columns = (np.flatnonzero(prepared.any(axis=axis)) for axis in (1, 0))
        sides = [rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1]
        assert max(sides) == 20
        # The proportions are kept; the edges of a box so small are uncertain by a pixel.
        box = ndimage.find_objects((image > 0.5).astype(int))[0]
        original = [place.stop - place.start for place in box]
        assert abs(min(sides) / 20 - min(original) / max(original)) < 0.16
        assert np.abs(np.subtract(ndimage.center_of_mass(prepared), 14)).max() <= 0.5 + 1e-6
        assert np.abs(prepared - image).mean() < 0.09


def test_strokes_become_as_wide_as_in_mnist() -> None:
    def ring(width: int) -> Array:
        image = Image.new("L", (300, 300))
        ImageDraw.Draw(image).ellipse((50, 50, 250, 250), outline=255, width=width)
        return np.asarray(image)

    inks = [digit_from_image(ring(width)).sum() for width in (2, 8, 26, 70)]
    # A usual width stays: a ring 26 of 200 pixels wide is 2.6 of 20 pixels wide.
    areas = [np.pi * width * (20 - width) for width in (2.1, 2.1, 2.6, 3.1)]
    np.testing.assert_allclose(inks, areas, rtol=0.03)


def test_half_of_mnist_has_strokes_between_the_two_widths(digits: tuple[Array, Array]) -> None:
    widths = []
    for image in digits[1]:
        ink = ndimage.zoom(image, 8, order=1) > 0.5
        widths.append((4 * ndimage.distance_transform_edt(ink)[ink].mean() - 2) / 8)
    # Of 100, 25 are expected on either side. Chance leaves these bounds once in 10,000 samples.
    assert 8 < np.sum(np.less(widths, THINNEST)) < 43
    assert 8 < np.sum(np.greater(widths, THICKEST)) < 43


def test_network_recognises_photos_as_well_as_mnist(
    digits: tuple[Array, Array], network: Any
) -> None:
    labels, images = digits[0][:15], digits[1][:15]

    def accuracy(examples: Any) -> float:
        probabilities = np.asarray(network(np.reshape(examples, (-1, 784))))
        return float((probabilities.argmax(axis=1) == labels).mean())

    random = np.random.default_rng(0)
    inks = [paste(image, random.uniform(3, 9), 300, random) for image in images]
    photos = [photograph(ink, random) for ink in inks]
    photos[::2] = [1 - photo for photo in photos[::2]]
    usual = accuracy(images)
    for kind in (inks, photos):
        assert accuracy([digit_from_image(image) for image in kind]) > usual - 0.08
    # If they are only made smaller, it does not recognise them.
    assert accuracy([ndimage.zoom(ink, 28 / 300, order=1) for ink in inks]) < 0.5


def keep_ink(drawing: Image.Image, colour: str) -> Image.Image:
    """Return a drawing whose ground is transparent."""
    image = Image.new("RGBA", drawing.size, colour)
    image.putalpha(drawing.point(lambda value: 255 - value))
    return image


# Further kinds are in tests/slow/test_properties.py.
FILES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "black and white.png": lambda image: image.convert("1"),
    "grey with alpha.png": lambda image: image.convert("LA"),
    "dark ink alone.png": lambda image: keep_ink(image, "navy"),
    "light ink alone.png": lambda image: keep_ink(image, "yellow"),
    "floats.tiff": lambda image: Image.fromarray(np.asarray(image).astype(np.float32) / 255),
    "four colours.jpg": lambda image: image.convert("CMYK"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_all_kinds_show_the_same_digit(
    name: str, drawing: Image.Image, tmp_path: Path
) -> None:
    FILES[name](drawing).save(tmp_path / name)
    digit = digit_from_image(tmp_path / name)
    assert_same_digit(digit, digit_from_image(np.asarray(drawing)))
    np.testing.assert_array_equal(digit, digit_from_image(str(tmp_path / name)))


def test_photos_of_phones_are_read(drawing: Image.Image, tmp_path: Path) -> None:
    expected = digit_from_image(np.asarray(drawing))
    orientation = 0x0112
    exif = Image.Exif()
    exif[orientation] = 6  # of a camera held on its side
    drawing.rotate(90, expand=True).save(tmp_path / "turned.jpg", exif=exif)
    assert_same_digit(digit_from_image(tmp_path / "turned.jpg"), expected)
    # With a smaller copy in the same file.
    drawing.save(tmp_path / "two.mpo", save_all=True, append_images=[drawing.resize((12, 9))])
    assert_same_digit(digit_from_image(tmp_path / "two.mpo"), expected)
    # 50 megapixels and a wide photo, of which JPEG decodes no more than needed.
    drawing.resize((8_160, 6_120)).save(tmp_path / "huge.jpg")
    assert_same_digit(digit_from_image(tmp_path / "huge.jpg"), expected)
    drawing.resize((5_472, 4_104)).crop((0, 512, 5_472, 3_592)).save(tmp_path / "wide.jpg")
    assert_same_digit(digit_from_image(tmp_path / "wide.jpg"), expected)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda grey: (grey / 255).astype(np.float16), id="floats"),
        pytest.param(lambda grey: 1.005 * grey / 255, id="floats, a little above 1"),
        pytest.param(lambda grey: grey < 128, id="mask"),
        pytest.param(lambda grey: (grey < 128).astype(int), id="integer mask"),
        pytest.param(lambda grey: np.kron(grey, np.ones((5, 5), np.uint8)), id="larger"),
        pytest.param(lambda grey: np.kron(255 - grey, np.ones((5, 5), int)), id="larger, light"),
        pytest.param(
            lambda grey: np.pad(grey, ((200, 10), (0, 300)), constant_values=255), id="margin"
        ),
    ],
)
def test_arrays_of_all_kinds_show_the_same_digit(
    change: Callable[[Array], Array], drawing: Image.Image
) -> None:
    changed = change(np.asarray(drawing))
    before = changed.copy()
    assert_same_digit(digit_from_image(changed), digit_from_image(np.asarray(drawing)))
    np.testing.assert_array_equal(changed, before)


def test_transparent_corner_is_ground(drawing: Image.Image) -> None:
    grey = np.asarray(drawing)
    image = np.dstack([grey, grey, grey, np.full_like(grey, 255)])
    image[:60, :35] = 0  # black, were it not transparent
    assert_same_digit(digit_from_image(image), digit_from_image(grey))


def test_uneven_light_hides_no_ink(drawing: Image.Image) -> None:
    ink = 1 - np.asarray(drawing)[8:82, 33:87] / 255
    y, x = np.meshgrid(*(np.linspace(-1, 1, side) for side in ink.shape), indexing="ij")
    # From one side, from a lamp, from two corners.
    for light in (0.55 - 0.4 * x, 0.95 - 0.4 * (x * x + y * y), 0.55 - 0.4 * x * y):
        photo = light * (1 - 0.6 * ink)
        for image in (photo, 1 - photo):
            assert_same_digit(digit_from_image(image), digit_from_image(ink))


def test_digit_may_fill_the_photo(drawing: Image.Image) -> None:
    ink = 1 - np.asarray(drawing)[13:76, 41:84] / 255  # no ground around the strokes
    photo = np.linspace(0.5, 0.7, len(ink))[:, None] * (1 - 0.3 * ink)
    assert_same_digit(digit_from_image(photo), digit_from_image(ink))


def test_specks_are_no_part_of_the_digit(drawing: Image.Image) -> None:
    grey = np.array(drawing)
    grey[80:82, 5:7] = 0
    grey[60:80, 80:100] = 170  # not small, but pale
    assert_same_digit(digit_from_image(grey), digit_from_image(np.asarray(drawing)))


def test_short_stroke_is_part_of_the_digit() -> None:
    image = np.zeros((100, 100))
    image[20:80, 40:50] = 1
    image[20:26, 60:66] = 1  # 6 % of the long stroke
    for photo in (image, np.kron(image, np.ones((8, 8)))):
        assert digit_from_image(photo)[:, 16:].any()


def test_thin_strokes_between_two_pixels_are_as_black_as_others() -> None:
    image = np.zeros((400, 400))
    image[100:142, 210] = image[110, 200:242] = 1
    assert digit_from_image(image).max() == 1


def test_strokes_may_be_nearly_half_as_wide_as_long() -> None:
    image = np.pad(np.zeros((32, 62)), ((255, 288), (94, 235)), constant_values=1)
    assert digit_from_image(image).max() == 1


def test_dot_stays_a_dot() -> None:
    for side in (1, 3, 9):
        ink = np.zeros((28, 28), bool)
        ink[3 : 3 + side, 5 : 5 + side] = True
        assert prepare_ink(ink).sum() > 100


def draw_in_colour(colour: list[int], grey: float) -> Array:
    """Return ink on a grey that is as light as its colour."""
    image = np.full((50, 40, 3), grey)
    image[10:40, 18:22] = colour
    return image


SEVEN = np.eye(1, 30, 29).repeat(40, axis=0)
SEVEN[:, 25:29] = SEVEN[:4, 6:] = 1


@pytest.mark.parametrize(
    ("image", "error", "text"),
    [
        (np.hypot(*np.mgrid[-50:50, -50:50]) < 20, ValueError, "shows no digit"),
        (np.pad(np.ones((6, 60)), 47), ValueError, "shows several digits"),
        (np.pad(np.hstack(2 * [SEVEN]), 47), ValueError, "shows several digits"),
        (np.random.default_rng(0).normal(0.5, 0.02, (300, 300)), ValueError, "shows no digit"),
        (draw_in_colour([0, 1, 0], 0.587), ValueError, "shows no digit"),
        (draw_in_colour([1, 0, 0], 0.299), ValueError, "shows no digit"),
        (np.ones((1, 1_000), int), ValueError, "shows no digit"),
        (np.zeros(784), ValueError, r"\(784,\).*\.reshape\(28, 28\)"),
        (np.zeros((1, 784)), ValueError, r"\(1, 784\).*\.reshape\(28, 28\)"),
        (np.array([[0.0, np.nan]]), ValueError, "values from nan"),
        ([[0, 255]], TypeError, r"array of numbers, not \[\[0, 255\]\]"),
        (pd.DataFrame(np.zeros((1, 784))), TypeError, r"such as examples\.iloc\[0\]"),
    ],
)
def test_bad_array_is_refused(image: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=f"image.*{text}"):
        digit_from_image(image)


def test_other_inputs_show_the_same_digit(drawing: Image.Image, tmp_path: Path) -> None:
    drawing.save(tmp_path / "seven.png")
    expected = digit_from_image(np.asarray(drawing))
    content = (tmp_path / "seven.png").read_bytes()
    with (tmp_path / "seven.png").open("rb") as file:
        for image in (drawing, file, content, np.asarray(drawing)[..., np.newaxis]):
            np.testing.assert_array_equal(digit_from_image(image), expected)


def test_row_of_a_table_is_an_image(train_table: pd.DataFrame) -> None:
    row = train_table.iloc[0]
    expected = digit_from_image(row[1:].to_numpy().reshape(28, 28))
    for series in (row, row[1:]):
        np.testing.assert_array_equal(digit_from_image(series), expected)


def test_heic_is_read_by_an_optional_package(
    drawing: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "seven.heic"
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ValueError, match="For HEIC, run 'pip install pillow-heif'"):
        digit_from_image(path)
    opened = []
    package = types.SimpleNamespace(register_heif_opener=lambda: opened.append(True))
    monkeypatch.setitem(sys.modules, "pillow_heif", package)
    drawing.save(tmp_path / "seven.png")
    digit_from_image(tmp_path / "seven.png")
    assert opened


def test_bad_file_is_named_once(drawing: Image.Image, tmp_path: Path) -> None:
    Image.new("L", (60, 60)).save(tmp_path / "black.png")
    (tmp_path / "text.png").write_text("7")
    drawing.save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:100])
    frames = [drawing.convert("P"), drawing.rotate(20).convert("P")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    (tmp_path / "huge.png").write_bytes(start_png(4_001))
    (tmp_path / "bomb.png").write_bytes(start_png(60_000))
    for name, error, text in [
        ("none.png", FileNotFoundError, "there is no such file"),
        ("black.png", ValueError, "shows no digit"),
        ("text.png", ValueError, "cannot be read: its format is unknown"),
        ("cut.png", ValueError, "cannot be read"),
        ("moving.gif", ValueError, "several frames.* single PNG"),
        ("huge.png", ValueError, "4001 × 4001 pixels"),
        ("bomb.png", ValueError, "cannot be read"),
    ]:
        with warnings.catch_warnings(action="error"), pytest.raises(error, match=text) as raised:
            digit_from_image(tmp_path / name)
        assert str(raised.value).count(name) == 1
    for name in ("cut.png", "moving.gif"):
        refused = pytest.raises(ValueError, match="^image cannot be read")
        with Image.open(tmp_path / name) as picture, refused:
            digit_from_image(picture)

"""Images are prepared as MNIST's were, whatever file or array they come as."""

import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

import mnist_nn
from mnist_nn import digit_image

Images = npt.NDArray[Any]


@pytest.fixture(scope="module")
def digits(train_table: pd.DataFrame) -> tuple[npt.NDArray[Any], Images]:
    """Labels and images of 100 digits that the network was not trained with."""
    targets, examples = mnist_nn.parse_labels_and_features(train_table[10_000:10_100])
    return targets.to_numpy(), examples.to_numpy().reshape(-1, 28, 28)


def pasted(image: Images, zoom: float, side: int, chance: np.random.Generator) -> Images:
    """Enlarge a digit, and put it anywhere into an empty image."""
    large = ndimage.zoom(image, zoom, order=1).clip(0, 1)
    (box,) = ndimage.find_objects((large > 0.5).astype(int))
    large = large[box]
    whole: Images = np.zeros((side, side))
    top, left = (chance.integers(5, side - length - 4) for length in large.shape)
    whole[top : top + large.shape[0], left : left + large.shape[1]] = large
    return whole


def as_photo(ink: Images, chance: np.random.Generator) -> Images:
    """Return ink on paper, lit from one side, with noise."""
    y, x = np.mgrid[: len(ink), : len(ink)] / len(ink)
    slopes = chance.uniform(-0.3, 0.3, 2)
    light = 0.6 + slopes[0] * (y - 0.5) + slopes[1] * (x - 0.5)
    photo: Images = np.clip(light * (1 - 0.6 * ink) + chance.normal(0, 0.02, ink.shape), 0, 1)
    return photo


def share_right(network: Any, labels: npt.NDArray[Any], images: list[npt.NDArray[Any]]) -> float:
    features = np.reshape(images, (-1, 784))
    return float((network.predict(features, verbose=0).argmax(axis=1) == labels).mean())


def test_prepared_digits_have_the_measures_of_mnist(digits: Any) -> None:
    chance = np.random.default_rng(0)
    for image in digits[1][:50]:
        original_box = ndimage.find_objects((image > 0.5).astype(int))[0]
        prepared = mnist_nn.digit_from_image(pasted(image, chance.uniform(2, 6), 200, chance))
        assert prepared.shape == (28, 28)
        assert prepared.dtype == np.float32
        assert prepared.min() == 0
        assert prepared.max() == 1
        rows, columns = (np.flatnonzero(prepared.any(axis=axis)) for axis in (1, 0))
        sides = [rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1]
        assert max(sides) == 20
        # The proportions are kept; of a box so small, an edge of a pixel is uncertain.
        original = [place.stop - place.start for place in original_box]
        assert abs(min(sides) / 20 - min(original) / max(original)) < 0.16
        centre = ndimage.center_of_mass(prepared)
        assert np.abs(np.subtract(centre, 14)).max() <= 0.5 + 1e-6
        assert np.abs(prepared - image).mean() < 0.09


def test_strokes_are_as_thick_as_mnist_has_them() -> None:
    def ring(width: int, side: int = 300) -> npt.NDArray[np.uint8]:
        image = Image.new("L", (side, side))
        ImageDraw.Draw(image).ellipse((50, 50, 250, 250), outline=255, width=width)
        return np.asarray(image)

    inks = [mnist_nn.digit_from_image(ring(width)).sum() for width in (2, 8, 26, 70)]
    # A ring of 20 pixels with strokes of 2.1 to 3.1 pixels covers 118 to 165 pixels.
    assert inks == sorted(inks)
    assert 110 < inks[0] < inks[-1] < 172
    # What is usual stays: these strokes are 2.6 pixels wide once the digit is 20 pixels high.
    assert inks[2] == pytest.approx(np.pi * 2.6 * (20 - 2.6), rel=0.05)


def test_network_recognises_photos_as_well_as_mnist(digits: Any, network: Any) -> None:
    labels, images = (part[:60] for part in digits)
    chance = np.random.default_rng(0)
    usual = share_right(network, labels, [*images])
    light = [pasted(image, chance.uniform(3, 9), 300, chance) for image in images]
    photos = [as_photo(ink, chance) for ink in light]
    negatives = [1 - photo for photo in photos]
    small = [ndimage.zoom(ink, 28 / 300, order=1) for ink in light]
    for kind in (light, photos, negatives):
        assert (
            share_right(network, labels, [mnist_nn.digit_from_image(image) for image in kind])
            > usual - 0.05
        )
    # Only made smaller, they are not recognised.
    assert share_right(network, labels, small) < 0.5


def difference(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """Return the mean difference of two images; a centre of mass may round to the next pixel."""
    shifts = [(rows, columns) for rows in (-1, 0, 1) for columns in (-1, 0, 1)]
    return min(float(np.abs(np.roll(one, shift, (0, 1)) - other).mean()) for shift in shifts)


@pytest.fixture(scope="module")
def drawing() -> Image.Image:
    """A seven, dark on light."""
    image = Image.new("L", (120, 90), 255)
    ImageDraw.Draw(image).line([(40, 15), (80, 15), (55, 75)], fill=0, width=8, joint="curve")
    return image


def see_through(drawing: Image.Image, ink: str) -> Image.Image:
    """Return a drawing of which nothing but the ink can be seen."""
    image = Image.new("RGBA", drawing.size, ink)
    image.putalpha(drawing.point(lambda value: 255 - value))
    return image


SAVED: dict[str, Callable[[Image.Image], Image.Image]] = {
    "grey.png": lambda image: image,
    "black and white.png": lambda image: image.convert("1"),
    "palette.png": lambda image: image.convert("P"),
    "colours.png": lambda image: image.convert("RGB"),
    "grey with alpha.png": lambda image: image.convert("LA"),
    "dark ink alone.png": lambda image: see_through(image, "navy"),
    "light ink alone.png": lambda image: see_through(image, "yellow"),
    "16 bits.png": lambda image: Image.fromarray(np.asarray(image).astype(np.uint16) * 257),
    "photo.jpg": lambda image: image.convert("RGB"),
    "printer's colours.jpg": lambda image: image.convert("CMYK"),
    "still.gif": lambda image: image.convert("P"),
    "floats.tiff": lambda image: Image.fromarray(np.asarray(image).astype(np.float32) / 255),
    "integers.tiff": lambda image: Image.fromarray(np.asarray(image).astype(np.int32) * 257),
    "printer's colours.tiff": lambda image: image.convert("CMYK"),
    "old.bmp": lambda image: image.convert("RGB"),
    "new.webp": lambda image: image.convert("RGB"),
}


@pytest.mark.parametrize("name", SAVED)
def test_files_of_all_kinds_show_the_same_digit(
    name: str, drawing: Image.Image, tmp_path: Path
) -> None:
    SAVED[name](drawing).save(tmp_path / name)
    expected = mnist_nn.digit_from_image(np.asarray(drawing))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert difference(mnist_nn.digit_from_image(tmp_path / name), expected) < 0.02
        mnist_nn.digit_from_image(str(tmp_path / name))


def test_phones_photos_of_two_sizes_are_read(drawing: Image.Image, tmp_path: Path) -> None:
    small = drawing.resize((12, 9))
    drawing.save(tmp_path / "photo.mpo", save_all=True, append_images=[small])
    expected = mnist_nn.digit_from_image(np.asarray(drawing))
    assert difference(mnist_nn.digit_from_image(tmp_path / "photo.mpo"), expected) < 0.02


def test_photos_are_turned_upright(drawing: Image.Image, tmp_path: Path) -> None:
    orientation = 0x0112
    exif = Image.Exif()
    exif[orientation] = 6  # of a camera held on its side
    drawing.rotate(90, expand=True).save(tmp_path / "photo.jpg", exif=exif)
    expected = mnist_nn.digit_from_image(np.asarray(drawing))
    assert difference(mnist_nn.digit_from_image(tmp_path / "photo.jpg"), expected) < 0.02


@pytest.mark.parametrize(
    "change",
    [
        lambda grey: 255 - grey,
        lambda grey: grey / 255,
        lambda grey: (grey / 255).astype(np.float16),
        lambda grey: grey < 128,
        lambda grey: grey.astype(np.int64),
        lambda grey: grey.astype(np.uint16) * 257,
        lambda grey: np.stack([grey, grey, grey], axis=2),
        lambda grey: np.stack([grey, grey, grey, np.full_like(grey, 255)], axis=2),
        lambda grey: grey.repeat(5, axis=0).repeat(5, axis=1),
        lambda grey: np.pad(grey, ((200, 10), (0, 300)), constant_values=255),
    ],
)
def test_arrays_of_all_kinds_show_the_same_digit(change: Any, drawing: Image.Image) -> None:
    grey = np.asarray(drawing)
    changed = change(grey)
    before = changed.copy()
    expected = mnist_nn.digit_from_image(grey)
    assert difference(mnist_nn.digit_from_image(changed), expected) < 0.02
    np.testing.assert_array_equal(changed, before)


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        (np.array([[0, 51, 255]], np.uint8), [0, 0.2, 1]),
        (np.array([[0, 1, 1]], np.uint8), [0, 1 / 255, 1 / 255]),
        (np.array([[0, 256, 65_535]], np.uint16), [0, 256 / 65_535, 1]),
        (np.array([[False, True]]), [0, 1]),
        (np.array([[0.25, 1.0]]), [0.25, 1]),
        (np.array([[0.0, 1.5]]), [0, 1.5 / 255]),
        (np.array([[51.0, 255.5]]), [51 / 65_535, 255.5 / 65_535]),
        (np.array([[[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]]), [0.299, 0.587, 0.114]),
    ],
)
def test_grey_levels(values: npt.NDArray[Any], levels: list[float]) -> None:
    grey = digit_image._grey_levels(values)
    assert grey.dtype == np.float32
    np.testing.assert_allclose(grey, [levels], rtol=1e-6)


@pytest.mark.parametrize(
    ("greys", "alphas", "levels"),
    [
        # Mostly opaque: what is see-through gets the median shade of the rest.
        ([0.2, 0.2, 0.6, 1], [1, 1, 1, 0], [0.2, 0.2, 0.6, 0.2]),
        ([0.8, 0.8, 0.4, 1], [1, 1, 0.75, 0.25], [0.8, 0.8, 0.5, 0.85]),
        ([0.2, 0.2, 0.6, 1], [1, 1, 0.5, 0.5], [0.2, 0.2, 0.4, 0.6]),
        # Half or less is opaque: it gets the opposite.
        ([0.2, 0, 0, 0.4], [1, 0, 0, 1], [0.2, 1, 1, 0.4]),
        ([0.2, 0.2, 0, 1], [1, 0, 0.5, 0], [0.2, 1, 0.5, 1]),
        ([0.8, 0, 0, 1], [1, 0, 0, 0], [0.8, 0, 0, 0]),
        ([0.5, 0, 0, 1], [1, 0, 0, 0], [0.5, 0, 0, 0]),
        ([0.2, 0.3, 0.4, 0.5], [0, 0, 0, 0.5], [1, 1, 1, 0.75]),
    ],
)
def test_see_through_pixels(greys: list[float], alphas: list[float], levels: list[float]) -> None:
    values = np.repeat(np.array(greys)[None, :, None], 4, axis=2)
    values[..., 3] = alphas
    np.testing.assert_allclose(digit_image._grey_levels(values), [levels], rtol=1e-6)


def test_resizing_takes_means_or_lies_between() -> None:
    grey = np.arange(8, dtype=np.float32).reshape(2, 4)
    np.testing.assert_allclose(digit_image._resized(grey, 1, 2), [[2.5, 4.5]])
    larger = digit_image._resized(grey, 3, 8)  # higher, but not as high as it was wide
    np.testing.assert_allclose(larger[0], [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3])
    np.testing.assert_allclose(larger[:, 0], [0, 2, 4])


def test_digits_stay_in_the_image() -> None:
    for centre_of_mass, start in ((9.6, 4), (9.4, 5), (20, 0), (19, 0), (0, 8), (5, 8)):
        assert digit_image._start(centre_of_mass, 20) == start


def test_strokes_that_are_nearly_usual_stay() -> None:
    def line(width: int) -> npt.NDArray[np.bool_]:
        return np.ones((100, width), bool)

    # From 2.1 to 3.1 of 20 pixels, give or take a pixel at each edge, is usual.
    for width in (9, 10, 16, 18):
        assert digit_image._with_usual_strokes(line(width)).sum() == line(width).sum()
    assert digit_image._with_usual_strokes(line(7)).sum() > line(8).sum()
    assert digit_image._with_usual_strokes(line(19)).sum() < line(18).sum()


def test_a_dot_stays_a_dot() -> None:
    for side in (1, 2, 3, 9):
        assert digit_image.as_in_mnist(np.ones((side, side), bool)).sum() > 100


def test_ink_reaches_1_even_if_nothing_but_edges() -> None:
    chess = np.indices((15, 15)).sum(axis=0) % 2 == 1
    assert digit_image.as_in_mnist(chess).max() == 1


def test_a_shadow_hides_no_ink(drawing: Image.Image) -> None:
    ink = 1 - np.asarray(drawing)[8:82, 33:87] / 255
    expected = mnist_nn.digit_from_image(ink)
    light = np.linspace(0.95, 0.15, ink.shape[1])
    photo = light * (1 - 0.6 * ink)
    for image in (photo, 1 - photo):
        assert difference(mnist_nn.digit_from_image(image), expected) < 0.02


def test_largest_image_is_accepted() -> None:
    digit_image._check_size("image", 4_000, 4_000)


def test_specks_are_no_part_of_the_digit(drawing: Image.Image) -> None:
    grey = np.array(drawing)
    expected = mnist_nn.digit_from_image(grey)
    grey[80:82, 5:7] = 0
    assert difference(mnist_nn.digit_from_image(grey), expected) < 0.02


def noise(shape: tuple[int, ...], spread: float) -> Any:
    return 0.5 + np.random.default_rng(0).normal(0, spread, shape)


NO_DIGIT = "image shows no digit: it is all of one shade"


@pytest.mark.parametrize(
    ("image", "error", "text"),
    [
        (np.zeros((50, 40)), ValueError, NO_DIGIT),
        (np.full((50, 40), 255, np.uint8), ValueError, NO_DIGIT),
        (np.ones((1, 1)), ValueError, NO_DIGIT),
        (np.ones((1, 1_000)), ValueError, NO_DIGIT),
        (noise((300, 300), 0.02), ValueError, NO_DIGIT),
        (np.zeros((50, 40, 4)), ValueError, NO_DIGIT),
        (np.zeros((0, 40)), ValueError, r"image has the shape \(0, 40\)"),
        (
            np.zeros(784),
            ValueError,
            r"shape \(784,\): it must be \(height, width\), or \(height, width, 3 or 4\) with "
            r"colours. A row of 784 pixels becomes an image with \.reshape\(28, 28\)$",
        ),
        (np.zeros((2, 28, 28)), ValueError, r"shape \(2, 28, 28\)"),
        (
            np.zeros((7_000, 7_000), np.uint8),
            ValueError,
            "^image has 7000 × 7000 pixels: it may have 16 million. Make it smaller, or save it as "
            "JPEG$",
        ),
        (np.array([[0.0, np.nan]]), ValueError, "image holds values from nan"),
        (np.array([[0.0, np.inf]]), ValueError, "image holds values from 0 to inf"),
        (np.array([[-1, 255]]), ValueError, "image holds values from -1 to 255"),
        (
            np.array([[0, 65_536]]),
            ValueError,
            "image holds values from 0 to 65536: floats must be from 0 to 1, whole numbers from 0 "
            r"to 255 \(or 65535\)$",
        ),
        (np.array([["a"]]), TypeError, "path of an image file or an array of numbers"),
        (np.array([[1j]]), TypeError, "array of numbers"),
        (np.array([[None]]), TypeError, "array of numbers"),
        (None, TypeError, "not None"),
        ([[0, 255]], TypeError, r"not \[\[0, 255\]\]"),
        (b"photo.png", TypeError, "not b'photo.png'"),
    ],
)
def test_bad_array_gets_a_clear_error(image: Any, error: type[Exception], text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(error, match=text):
            mnist_nn.digit_from_image(image)


def beginning_of_png(side: int) -> bytes:
    """Return a file that says how large its image is, and no more."""
    header = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    content = b"IDAT"
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (header, content)
    )


def test_bad_file_gets_a_clear_error(drawing: Image.Image, tmp_path: Path) -> None:
    def refuse(name: str, text: str, error: type[Exception] = ValueError) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(error, match=text) as raised:
                mnist_nn.digit_from_image(tmp_path / name)
        assert name in str(raised.value)
        assert raised.value.__suppress_context__ or raised.value.__context__ is None

    refuse("none.png", "there is no such file", FileNotFoundError)
    (tmp_path / "folder").mkdir()
    refuse("folder", "cannot be read")
    (tmp_path / "empty.png").touch()
    refuse("empty.png", "cannot be read")
    (tmp_path / "text.png").write_text("7")
    refuse("text.png", "cannot be read")
    Image.new("L", (60, 60)).save(tmp_path / "black.png")
    refuse("black.png", "shows no digit")

    drawing.save(tmp_path / "whole.png")
    drawing.save(tmp_path / "whole.jpg")
    for kind in ("png", "jpg"):
        whole = (tmp_path / f"whole.{kind}").read_bytes()
        (tmp_path / f"cut.{kind}").write_bytes(whole[: len(whole) // 2])
        refuse(f"cut.{kind}", "cannot be read")
    frames = [drawing.convert("P"), drawing.rotate(20).convert("P")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    refuse("moving.gif", "it has 2 pictures. Save one of them")
    for name, side in {"huge.png": 7_000, "bomb.png": 60_000}.items():
        (tmp_path / name).write_bytes(beginning_of_png(side))
    refuse("huge.png", "cannot be read: image '.*' has 7000 × 7000 pixels: .* 16 million")
    refuse("bomb.png", "cannot be read")


def test_huge_photo_is_read_small(drawing: Image.Image, tmp_path: Path) -> None:
    """50 megapixels, of which JPEG decodes no more than are needed."""
    drawing.resize((8_160, 6_120)).save(tmp_path / "photo.jpg")
    expected = mnist_nn.digit_from_image(np.asarray(drawing))
    assert difference(mnist_nn.digit_from_image(tmp_path / "photo.jpg"), expected) < 0.02


def test_every_constant_is_of_the_data(digits: Any) -> None:
    """Half of MNIST's digits have strokes between the two widths."""
    thin = thick = 0
    for image in digits[1]:
        large = ndimage.zoom(image, 8, order=1) > 0.5
        distances = ndimage.distance_transform_edt(large)
        width = (4 * distances[large].mean() - 2) / 8
        thin += width < digit_image.THINNEST
        thick += width > digit_image.THICKEST
    # Of 100, 25 are expected on either side; these bounds would be left once in ten thousand draws.
    assert 8 < thin < 43
    assert 8 < thick < 43

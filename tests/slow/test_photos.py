"""Photos as people take them: a digit is read, or refused in words; other pictures are refused.

``PHOTOS=50 pytest tests/slow/test_photos.py`` tries more of each kind.
"""

import os
from typing import Any

import numpy as np
import pandas as pd
import pytest
from photos import NOTHING, PHOTOS, Array, large_photo, photograph, tight

from mnist_nn.drawing import digit_from_image

PER_KIND = int(os.environ.get("PHOTOS", "5"))  # digits in turns


@pytest.fixture(scope="module")
def digits(train_table: pd.DataFrame, network: Any) -> Array:
    """Digits that the network recognises, and was not trained with: 20 of each, in turns."""
    table = train_table[10_000:11_000]
    rows = table.to_numpy()
    predicted = np.asarray(network(rows[:, 1:] / 255)).argmax(axis=1)
    right = rows[predicted == rows[:, 0]]
    found = [right[right[:, 0] == digit][:20] for digit in range(10)]
    return np.reshape(np.stack(found, axis=1)[..., 1:] / 255, (-1, 28, 28))


def judge(images: list[Array], network: Any) -> tuple[int, int]:
    """Return how many images, of the digits 0 to 9 in turns, are read wrongly, and are refused."""
    wrong = refused = 0
    for number, image in enumerate(images):
        try:
            digit = digit_from_image(image).reshape(1, 784)
        except ValueError:
            refused += 1
        else:
            wrong += np.asarray(network(digit)).argmax() != number % 10
    return wrong, refused


@pytest.mark.parametrize("kind", PHOTOS)
def test_photo_is_read_or_refused(kind: str, digits: Array, network: Any) -> None:
    rng = np.random.default_rng(0)
    photos = [
        photograph(PHOTOS[kind](digit, other, rng), rng)
        for digit, other in zip(digits[:PER_KIND], digits[13:], strict=False)
    ]
    wrong, refused = judge(photos, network)
    assert wrong <= max(1, 0.06 * PER_KIND)
    if kind != "neighbour":  # which is too near to tell it from a second digit
        assert refused <= max(2, 0.2 * PER_KIND)


@pytest.mark.weekly
@pytest.mark.parametrize(("zoom", "thicker"), [(1, 0), (8, 0), (8, 16)])
def test_digit_cropped_tightly_is_read(
    zoom: int, thicker: int, digits: Array, network: Any
) -> None:
    wrong, refused = judge([tight(digit, zoom, thicker) for digit in digits[:100]], network)
    assert wrong + refused <= 7


def test_digits_of_mnist_are_not_refused(digits: Array, network: Any) -> None:
    wrong, refused = judge(list(digits), network)
    assert wrong <= 6
    assert refused <= 2


@pytest.mark.weekly
def test_small_digit_in_a_large_photo_is_read(digits: Array, network: Any) -> None:
    rng = np.random.default_rng(0)
    photos = [large_photo(digit, rng, 0.03) for digit in digits[:PER_KIND]]
    assert max(judge(photos, network)) <= max(1, 0.06 * PER_KIND)


def test_picture_without_a_digit_is_refused(digits: Array, network: Any) -> None:
    read = []
    for kind, make in [*NOTHING.items()][::3]:
        rng = np.random.default_rng(0)
        picture = photograph(make(digits, rng), rng)
        if judge([picture], network)[1] == 0:
            read.append(kind)
    assert len(read) <= 4, read

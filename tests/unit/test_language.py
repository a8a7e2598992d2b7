"""Every message is there in every language, with the same values."""

import string
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import mnist_nn
from mnist_nn.language import LANGUAGES, messages


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    mnist_nn.set_language("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_messages_are_all_there_with_the_same_values(language: str) -> None:
    def values(text: str) -> set[tuple[Any, ...]]:
        return {part[1:] for part in string.Formatter().parse(text) if part[1]}

    assert list(messages(language)) == list(messages("en"))
    for name, text in messages(language).items():
        assert values(text) == values(messages("en")[name])
        assert "\n" not in text


@pytest.mark.parametrize(("language", "word"), [("en", "Label"), ("zh", "标签"), ("ko", "라벨")])
def test_figures_speak_the_language_that_was_set(language: str, word: str) -> None:
    mnist_nn.set_language(language)
    text = str(mnist_nn.plot_digit(np.zeros(784), 7).get_label())
    assert text == messages(language)["figure_digit"].format(label=7)
    assert word in text


def test_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="^language .* not 'fr'"):
        mnist_nn.set_language("fr")

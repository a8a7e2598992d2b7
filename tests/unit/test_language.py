"""Every message is there in every language, with the same values."""

import string
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import font_manager

import mnist_nn
from mnist_nn.analysis import plot_runs
from mnist_nn.language import LANGUAGES, messages


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    with mpl.rc_context():
        yield
    mnist_nn.set_language("en")


def test_messages_are_all_there_with_the_same_values() -> None:
    def values(text: str) -> set[tuple[Any, ...]]:
        return {part[1:] for part in string.Formatter().parse(text) if part[1]}

    for language in LANGUAGES:
        assert list(messages(language)) == list(messages("en"))
        for name, text in messages(language).items():
            assert values(text) == values(messages("en")[name]), (language, name)
            assert "\n" not in text, (language, name)


def test_figures_speak_the_language_that_was_set() -> None:
    for language, word in {"en": "Label", "zh": "标签", "ko": "라벨"}.items():
        mnist_nn.set_language(language)
        text = str(mnist_nn.plot_digit(np.zeros(784), 7).get_label())
        assert text == messages(language)["figure_digit"].format(label=7)
        assert word in text


@pytest.fixture
def _no_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(font_manager, "findSystemFonts", list)


@pytest.mark.usefixtures("_no_font")
def test_without_a_font_figures_are_english() -> None:
    for language in ("zh", "ko"):
        mnist_nn.set_language(language)
        ax: Any = plot_runs({"linear": [0.8, 0.9]})
        assert ax.get_ylabel() == messages("en")["draw_accuracy"]
        assert messages(language)["word_linear"] in ax.get_label()  # screen readers need no font


@pytest.mark.parametrize("language", ["zh", "ko"])
def test_figures_have_no_boxes(language: str) -> None:
    """With a font, all words are there in the language; a missing character would be a warning."""
    mnist_nn.set_language(language)
    if len(mpl.rcParams["font.family"]) == 1:
        pytest.skip("no font for this language")
    ax: Any = plot_runs({"linear": [0.8, 0.9]})
    assert ax.get_ylabel() == messages(language)["draw_accuracy"]
    ax.figure.text(0, 0, "".join(sorted(set("".join(messages(language).values())))))
    ax.figure.canvas.draw()


def test_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="^language .* not 'fr'"):
        mnist_nn.set_language("fr")

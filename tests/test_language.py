"""Every message is there in every language, with the same values."""

import string
from collections.abc import Iterator
from typing import Any

import pytest

import mnist_nn
from mnist_nn import checks
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


@pytest.mark.parametrize(
    ("language", "start"), [("en", "Not done"), ("zh", "尚未"), ("ko", "아직")]
)
def test_checks_and_figures_speak_the_language_that_was_set(
    language: str, start: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mnist_nn.set_language(language)
    checks.check_weights(None)
    assert capsys.readouterr().out.startswith(f"✘ {start}")
    ax = mnist_nn.plot_log_loss({"log_loss": [3.0, 2.0], "val_log_loss": [4.0, 3.0]})
    expected = messages(language)["figure_log_loss"]
    assert ax.get_label() == expected.format(training="3.00, 2.00", validation="4.00, 3.00")


def test_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="language must be 'en' or 'zh' or 'ko', not 'fr'"):
        mnist_nn.set_language("fr")

"""The language of what readers are told: the checks' answers, and figures' alternative texts."""

import functools
import tomllib
from collections.abc import Iterable
from pathlib import Path

MESSAGES = Path(__file__).parent / "messages"
LANGUAGES = ("en", "zh", "ko")

_language = "en"


def set_language(language: str) -> None:
    """Set the language of the checks and of the alternative texts of figures.

    Args:
        language: ``"en"``, ``"zh"`` or ``"ko"``; as long as none is set, it is English.

    Raises:
        ValueError: If it is none of these.
    """
    global _language
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, not {language!r:.100}")
    _language = language


def message(name: str, /, **values: object) -> str:
    """Return a message in the language that was set, with its values filled in."""
    return messages(_language)[name].format(**values)


@functools.cache
def messages(language: str) -> dict[str, str]:
    """Return all messages of a language, by name."""
    return tomllib.loads((MESSAGES / f"{language}.toml").read_text("utf-8"))


def join_numbers(numbers: Iterable[float], decimals: int = 2) -> str:
    """Return numbers as a text, for alternative texts."""
    return ", ".join(f"{number:.{decimals}f}" for number in numbers)

"""The language of messages: checks, errors, printed lines and figures."""

import contextlib
import functools
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

MESSAGES = Path(__file__).parent / "messages"
LANGUAGES = ("en", "zh", "ko")
_language = _language_of_figures = "en"


def set_language(language: str) -> None:
    """Set the language of checks, errors, printed lines and figures.

    For Chinese and Korean, Matplotlib gets a font that has their characters (``font.family`` in its
    ``rcParams``). If this machine has none, the words in figures stay English.

    Args:
        language: ``"en"``, ``"zh"`` or ``"ko"``. The default is English.

    Raises:
        ValueError: If it is none of these.

    Example:
        >>> set_language("ko")
    """
    global _language, _language_of_figures
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, not {language!r:.100}")
    _language = language
    _language_of_figures = language if language == "en" or _use_font() else "en"


def message(name: str, /, **values: object) -> str:
    """Return a message in the language that was set, with its values filled in."""
    return messages(_language)[name].format(**values)


def figure_text(name: str, /, **values: object) -> str:
    """Return words for a figure, in the language that was set if there is a font for it."""
    return messages(_language_of_figures)[name].format(**values)


@functools.cache
def messages(language: str) -> dict[str, str]:
    """Return all messages of a language, by name."""
    return tomllib.loads((MESSAGES / f"{language}.toml").read_text("utf-8"))


def join_numbers(numbers: Iterable[float], decimals: int = 2) -> str:
    """Return numbers as a text, for alternative texts."""
    return message("comma").join(f"{number:.{decimals}f}" for number in numbers)


def translate(name: str, text: Callable[[str], str] = message) -> str:
    """Translate a word or the name of one of the exercise's models; other names stay."""
    return text(f"word_{name}") if f"word_{name}" in messages("en") else name


def _use_font() -> bool:
    """Let Matplotlib use a font that has the characters of the language, if there is one."""
    from matplotlib import font_manager, rcParams

    fonts, names = font_manager.fontManager, message("fonts").split(", ")
    if set(names).isdisjoint(fonts.get_font_names()):  # fonts may be newer than its list
        for path in {*font_manager.findSystemFonts()} - {font.fname for font in fonts.ttflist}:
            with contextlib.suppress(Exception):  # of damaged files
                fonts.addfont(path)
    found = [name for name in names if name in fonts.get_font_names()][:1]
    rcParams["font.family"] = rcParams["font.family"][:1] + found
    return bool(found)

"""The languages of the package, and the translation of what it says.

Each English text stands in the code where it is raised, printed or drawn, as a string or an
f-string. ``messages/LANGUAGE.toml`` maps it to its translation, with names of its own in braces
for the f-string's values. A text that has no translation stays English.
"""

import re
import sys
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

MESSAGES = Path(__file__).parent / "messages"
NUMBERS = re.compile(r"\d[\d,、 ]*")  # one, or a list of them
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
PLACEHOLDER = re.compile(r"\{(.*?)\}")


class Language(NamedTuple):
    """A language that the package, the notebooks and the site are in."""

    name: str  # in the language itself
    sphinx: str = ""  # Sphinx's code of the language, if it has another one
    fonts: tuple[str, ...] = ()  # that have its characters, the best one first
    comma: str = ", "
    semicolon: str = "; "
    colon: str = ": "
    space: str = " "  # between sentences
    brackets: str = " ({})"
    thousands: str = ","
    encoding: str = ""  # of older systems, in which names and tables may come


LANGUAGES = {
    "en": Language("English"),
    "ko": Language(
        "한국어",
        fonts=(
            *("Noto Sans CJK KR", "Noto Sans KR", "NanumGothic", "Malgun Gothic"),
            *("Apple SD Gothic Neo", "AppleGothic", "NanumBarunGothic", "UnDotum", "Baekmuk Gulim"),
            *("Droid Sans Fallback", "Arial Unicode MS", "Noto Sans CJK JP"),
        ),
        brackets="({})",
        encoding="cp949",
    ),
    "zh": Language(
        "简体中文",
        sphinx="zh_CN",
        fonts=(
            *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei"),
            *("Source Han Sans CN", "PingFang SC", "Hiragino Sans GB", "Heiti TC"),
            *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei", "SimSun", "Noto Serif CJK SC"),
            *("Droid Sans Fallback", "Arial Unicode MS", "Noto Sans CJK JP"),
        ),
        comma="、",
        semicolon="；",
        colon="：",
        space="",
        brackets="（{}）",
        thousands="",
        encoding="gb18030",
    ),
}
_code = "en"


def set_language(language: str) -> None:
    """Set the language of checks, errors, printed lines and figures.

    The words in figures stay English if this machine has no font for the language. In the figures
    of the trainers, all words that are the original's stay English.

    Args:
        language: ``"en"``, which is the default, or another code in ``LANGUAGES``.

    Raises:
        ValueError: If it is none of these.

    Example:
        >>> set_language("en")
    """
    global _code
    if not isinstance(language, str) or language not in LANGUAGES:
        raise ValueError(f"language must be one of {[*LANGUAGES]}, not {language!r:.100}")
    _code = language


def get_language() -> Language:
    """Return the language that was set."""
    return LANGUAGES[_code]


def message(english: str) -> str:
    """Return the translation of a text, or the text itself if there is none.

    An f-string no longer shows which parts are values, so they are found by the words around them.
    """
    for pattern, translation in _read_patterns(_code):
        if match := pattern.fullmatch(english):
            thousands = get_language().thousands
            values = {
                name: THOUSANDS.sub(thousands, value) if NUMBERS.fullmatch(value) else value
                for name, value in match.groupdict().items()
            }
            return translation.format_map(values)
    return english


def format_number(number: int) -> str:
    """Return a whole number with the language's separator of thousands."""
    return f"{number:,}".replace(",", get_language().thousands)


def printable(text: str) -> str:
    """Return a text with "?" for each character that ``print`` could not put out.

    On Windows, files and pipes lack many, and ``print`` would raise an error.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def join_numbers(numbers: Iterable[float], decimals: int = 2) -> str:
    """Return numbers as a text, for alternative texts."""
    return get_language().comma.join(f"{number:.{decimals}f}" for number in numbers)


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a file contains; an error in it names the file."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise tomllib.TOMLDecodeError(f"{path}: {error}") from None


def read_messages(language: str) -> dict[str, str]:
    """Return the translations of a language, by their English texts."""
    path = MESSAGES / f"{language}.toml"
    return read_toml(path) if path.exists() else {}


@cache
def _read_patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Return a pattern for each text, with a group for each value, and its translation.

    Texts with many words of their own come first, since those with few match more.
    """
    patterns, messages = [], read_messages(language)
    for english in sorted(messages, key=lambda text: -len(PLACEHOLDER.sub("", text))):
        pattern = re.escape(english)
        for name in {*PLACEHOLDER.findall(english)}:
            place = re.escape(f"{{{name}}}")
            pattern = pattern.replace(place, f"(?P<{name}>.*?)", 1).replace(place, f"(?P={name})")
        patterns.append((re.compile(pattern, re.DOTALL), messages[english]))
    return patterns

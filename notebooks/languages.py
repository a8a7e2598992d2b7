"""Find what a language lacks: ``python notebooks/build.py check`` lists it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from mnist_nn.language import MESSAGES, PLACEHOLDER, read_messages

PACKAGE = MESSAGES.parent
# Functions whose text is translated, and the number of arguments before it.
TRANSLATED = {"message": 0, "figure_text": 0, "describe": 1, "WrongAnswerError": 0}
ERRORS = ("ArgumentError", "ArgumentTypeError", "MissingFileError", "BackendError")
TRANSLATED_ERRORS = dict.fromkeys(ERRORS, 0)
ENGLISH_ERRORS = PACKAGE / "search"  # only engineers and instructors meet these
NAMES = ("linear", "network", "classifier", "label", "predicted")  # of models, and of lines


def read_texts() -> dict[str, str]:
    """Return each English text of the package that is translated, and where it stands."""
    texts = dict.fromkeys(NAMES, "a name")
    for path in sorted(PACKAGE.rglob("*.py")):
        functions = TRANSLATED | ({} if path.is_relative_to(ENGLISH_ERRORS) else TRANSLATED_ERRORS)
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in functions:
                for argument in call.args[functions[call.func.id] :]:  # type: ignore[attr-defined]
                    place = f"{path.relative_to(PACKAGE.parent)}:{call.lineno}"
                    texts |= dict.fromkeys(_find_strings(argument), place)
    return texts


def check_messages(language: str) -> Iterator[str]:
    """Yield what is untranslated, unused, or has other values in a language's messages."""
    texts, messages = read_texts(), read_messages(language)
    path = f"mnist_nn/messages/{language}.toml"
    # The names of the values are the translators' own.
    used, translated = ({PLACEHOLDER.sub("{}", text) for text in each} for each in (texts, messages))
    for english, place in texts.items():
        if PLACEHOLDER.sub("{}", english) not in translated:
            yield f"{path}: no translation of {english!r} ({place})"
    for english, translation in messages.items():
        if PLACEHOLDER.sub("{}", english) not in used:
            yield f"{path}: {english!r} is not in the package"
        elif {*PLACEHOLDER.findall(english)} != {*PLACEHOLDER.findall(translation)}:
            yield f"{path}: the translation of {english!r} has other values"


def _find_strings(node: ast.expr) -> Iterator[str]:
    """Yield the strings that an expression may be, with the names of their values in braces."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(
                str(part.value)
                if isinstance(part, ast.Constant)
                else f"{{{ast.unparse(part.value)}}}"  # type: ignore[attr-defined]
                for part in parts
            )
        case ast.IfExp():
            yield from _find_strings(node.body)
            yield from _find_strings(node.orelse)

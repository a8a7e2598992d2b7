"""Find what a language lacks, or what is left of one: ``make check``."""

import ast
import gettext
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mnist_nn.language import LANGUAGES, MESSAGES, PLACEHOLDER, read_messages, read_toml

ROOT = Path(__file__).parents[1]
# What each language but English has.
TRANSLATED_FILES = (
    "mnist_nn/messages/{}.toml",
    "notebooks/source/exercise.{}.toml",
    "notebooks/source/going_further.{}.toml",
    "notebooks/site/pages/{}/index.md",
)
SITE_TEXTS = ("notebooks/site/texts.toml", "notebooks/site/train.toml")
GLOSSARY = "notebooks/source/glossary.toml"
NO_TERMS = ("names", "wrong")  # in the glossary
UNKNOWN = "{}: {!r} is not in LANGUAGES of mnist_nn/language.py. Add it there, or delete it here"

PACKAGE = MESSAGES.parent
# Functions whose text is translated, and the number of arguments before it.
TRANSLATED = {"message": 0, "figure_text": 0, "describe": 1, "WrongAnswerError": 0}
ERRORS = ("ArgumentError", "ArgumentTypeError", "MissingFileError", "BackendError")
TRANSLATED_ERRORS = dict.fromkeys(ERRORS, 0)
ENGLISH_ERRORS = PACKAGE / "search"  # only engineers and instructors meet these
NAMES = ("linear", "network", "classifier", "label", "predicted")  # of models, and of lines


def find_unknown() -> Iterator[str]:
    """Yield where there is something of a language that is not in the table."""
    for place, code in _find_codes():
        if code not in LANGUAGES:
            yield UNKNOWN.format(place, code)


def check_languages(only: str | None = None) -> Iterator[str]:
    """Yield what the languages of the table lack, or one of them, and what mends it."""
    for code in [*LANGUAGES][1:]:
        if only in (None, code):
            yield from find_missing(code)
            if (MESSAGES / f"{code}.toml").exists():
                yield from check_messages(code)


def find_missing(code: str) -> Iterator[str]:
    """Yield what a language lacks: files, texts of the site, terms of the glossary, links."""
    for file in [*(file.format(code) for file in TRANSLATED_FILES), *_name_catalogue(code)]:
        if not (ROOT / file).exists():
            yield f"{file} is missing. Copy that of another language, and translate it"
    for file in SITE_TEXTS:
        words = read_toml(ROOT / file)
        if lacking := [word for word in words["en"] if word not in words.get(code, {})]:
            yield f"{file}: [{code}] has no {', '.join(lacking)}. Translate those of [en]"
    glossary = read_toml(ROOT / GLOSSARY).items()
    if lacking := [term for term, entry in glossary if term not in NO_TERMS and code not in entry]:
        yield f"{GLOSSARY}: no {code} in [{'], ['.join(lacking)}]. Add the terms"
    if f"notebooks/{code}/" not in (ROOT / "README.md").read_text("utf-8"):
        yield f"README.md has no links to notebooks/{code}. Add a row to the table of notebooks"


def check_translation(
    name: str, translation: Mapping[str, Any], prose: Iterable[str], english: Mapping[str, str]
) -> Iterator[str]:
    """Yield what is out of date in a notebook's translation, named ``SOURCE.LANGUAGE``.

    ``prose`` has the ids of the cells of prose, ``english`` the English of all that is translated.
    """
    path = f"notebooks/source/{name}.toml"
    for cell_id in prose:
        if "text" not in translation.get(cell_id, {}):
            yield f"{path}: [{cell_id}] has no text. Write one"
    for cell_id, entry in translation.items():
        if cell_id not in english:
            yield f"{path}: there is no cell [{cell_id}]. Take the entry out"
            continue
        if entry.get("hash") != short_hash(english[cell_id]):
            yield (
                f"{path}: the English of [{cell_id}] has changed. Revise the entry, then run: "
                f".venv/bin/python notebooks/build.py stamp {name}"
            )
        for snippet in entry.get("replace", {}):
            if snippet not in english[cell_id]:
                yield f"{path}: [{cell_id}] replaces {snippet!r}, which is not there"


def short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


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
    used = {PLACEHOLDER.sub("{}", text) for text in texts}
    translated = {PLACEHOLDER.sub("{}", text) for text in messages}
    for english, place in texts.items():
        if PLACEHOLDER.sub("{}", english) not in translated:
            yield f"{path}: no translation of {english!r} ({place}). Write one"
    for english, translation in messages.items():
        if PLACEHOLDER.sub("{}", english) not in used:
            yield f"{path}: {english!r} is not in the package. Take it out"
        elif {*PLACEHOLDER.findall(english)} != {*PLACEHOLDER.findall(translation)}:
            yield f"{path}: the translation of {english!r} has other values. Name the same"


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


def _find_codes() -> Iterator[tuple[str, str]]:
    """Yield each place where there is something of a language, and the language's code."""
    paths = [path.parent for path in ROOT.glob("notebooks/*/exercise.ipynb")]
    files = ("mnist_nn/messages/*.toml", "notebooks/source/*.*.toml", "notebooks/figures/*.*.png")
    for pattern in (*files, "notebooks/site/pages/*/"):
        paths += ROOT.glob(pattern)
    for path in paths:  # a folder, LANGUAGE.toml, NAME.LANGUAGE.toml
        yield path.relative_to(ROOT).as_posix(), path.stem.split(".")[-1]
    yield from ((file, code) for file in SITE_TEXTS for code in read_toml(ROOT / file))
    entries = [entry for term, entry in read_toml(ROOT / GLOSSARY).items() if term != "names"]
    for code in sorted({key.split("_")[0] for entry in entries for key in entry}):
        yield GLOSSARY, code
    readme = (ROOT / "README.md").read_text("utf-8")
    yield from (("README.md", code) for code in re.findall(r"notebooks/(\w+)/exercise", readme))


def _name_catalogue(code: str) -> Iterator[str]:
    """Yield the file of what Sphinx and its theme say, unless they are in this language."""
    sphinx = LANGUAGES[code].sphinx or code
    specs: list[Any] = [find_spec(package) for package in ("sphinx", "pydata_sphinx_theme")]
    folders = [Path(spec.origin).with_name("locale") for spec in specs]
    if not all(gettext.find("sphinx", folder, [sphinx]) for folder in folders):
        yield f"notebooks/site/pages/{code}/locales/{sphinx}/LC_MESSAGES/sphinx.po"

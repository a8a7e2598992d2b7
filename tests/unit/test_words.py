"""Translated texts keep to the glossary, to their own letters and punctuation."""

import re
import tomllib
from typing import Any

from mnist_nn.language import LANGUAGES, read_messages
from notebooks import build

GLOSSARY: dict[str, Any] = tomllib.loads(
    (build.NOTEBOOKS / "source" / "glossary.toml").read_text("utf-8")
)
NAMES: list[str] = GLOSSARY.pop("names")
WRONG: dict[str, str] = GLOSSARY.pop("wrong")
OTHERS = [language for language in LANGUAGES if language != "en"]
EDITIONS = [e for e in build.editions() if e.language != "en" and e.name != "exercise"]


def terms(language: str) -> list[tuple[str, str, list[str]]]:
    """Return each term of a language with its gloss and the words to avoid."""
    return [
        (entry[language], entry.get(f"{language}_gloss", ""), entry.get(f"{language}_avoid", []))
        for entry in GLOSSARY.values()
    ]


def prose(text: str) -> str:
    """Return a text without code, addresses and emphasis."""
    text = re.sub(r"!\[[^\]]*\]|(?<=\])\([^)]*\)", "", text)
    text = re.sub(r"```.*?```|`[^`]*`|https?://[\w./-]+", "0", text, flags=re.S)
    return re.sub(r"<[^>]*>|[]*_[]", "", text)


def cells_of_prose(edition: build.Edition) -> list[tuple[str, str]]:
    cells = build.make(edition).cells
    return [(cell.id, prose(cell.source)) for cell in cells if cell.cell_type == "markdown"]


def strings_of_code(edition: build.Edition) -> list[tuple[str, str]]:
    """Return what translations put into cells of code, by cell."""
    translation = build.read_translation(edition.source, edition.language)
    return [
        (cell, text)
        for cell, entry in translation.items()
        for text in entry.get("replace", {}).values()
    ]


def texts(language: str) -> list[tuple[str, str]]:
    """Return all texts of a language, each with where it stands."""
    found = [
        (f"{edition}, {cell}", text)
        for edition in EDITIONS
        if edition.language == language
        for cell, text in cells_of_prose(edition) + strings_of_code(edition)
    ]
    return found + [(f"message {name}", text) for name, text in read_messages(language).items()]


def test_first_cell_that_uses_a_term_has_its_gloss() -> None:
    for edition in EDITIONS:
        cells = [text for _, text in cells_of_prose(edition)]
        for term, gloss, _ in terms(edition.language):
            if gloss and (using := [text for text in cells if term in text]):
                assert gloss in using[0], (str(edition), term, using[0][:50])


def test_other_words_for_a_term_are_avoided() -> None:
    for language in OTHERS:
        for place, text in texts(language):
            for term, gloss, avoided in terms(language):
                for word in avoided:
                    assert word not in text.replace(gloss, ""), (place, term, word)


def test_no_english_words_in_prose() -> None:
    title = "Classifying Handwritten Digits with Neural Networks"  # of the original
    other_glosses = r"[（(][A-Za-z][a-zA-Z' -]*(?:[,，][^（）()]*)?[)）]"
    code = r"\{[^}]*\}|\w+\(.*?\)|'[^']*'|pip install \S+"
    for language in OTHERS:
        for place, text in texts(language):
            text = text.replace(title, "")
            for term, gloss, _ in terms(language):
                text = text.replace(gloss, "").replace(term, "")
            text = re.sub(code, "", re.sub(other_glosses, "", text))
            words = re.findall(r"(?<![\w.])[A-Za-z][a-z'-]+(?![\w.(=])", text)
            assert not {*words} - {*NAMES}, place


def test_punctuation_is_the_languages_own() -> None:
    for language, pattern in WRONG.items():
        for place, text in texts(language):
            assert not re.findall(pattern, text), place

"""The Korean and Chinese texts keep to the glossary, to their own letters and punctuation."""

import re
import tomllib
from typing import Any

from mnist_nn.language import messages
from notebooks import build

GLOSSARY: dict[str, Any] = tomllib.loads(
    (build.NOTEBOOKS / "source" / "glossary.toml").read_text("utf-8")
)
NAMES: list[str] = GLOSSARY.pop("names")
EDITIONS = [e for e in build.editions() if e.language in ("ko", "zh") and e.name != "exercise"]


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
    return found + [
        (f"message {name}", text) for name, text in messages(language).items() if name != "fonts"
    ]


def test_first_cell_that_uses_a_term_has_its_gloss() -> None:
    for edition in EDITIONS:
        cells = [text for _, text in cells_of_prose(edition)]
        for term, gloss, _ in terms(edition.language):
            if gloss and (using := [text for text in cells if term in text]):
                assert gloss in using[0], (str(edition), term, using[0][:50])


def test_other_words_for_a_term_are_avoided() -> None:
    for language in ("ko", "zh"):
        for place, text in texts(language):
            for term, gloss, avoided in terms(language):
                for word in avoided:
                    assert word not in text.replace(gloss, ""), (place, term, word)


def test_no_english_words_in_prose() -> None:
    other_glosses = r"[（(][A-Za-z][a-zA-Z' -]*(?:[,，][^（）()]*)?[)）]"
    code = r"\{[^}]*\}|\w+\(.*?\)|'[^']*'|pip install \S+"
    for language in ("ko", "zh"):
        for place, text in texts(language):
            for term, gloss, _ in terms(language):
                text = text.replace(gloss, "").replace(term, "")
            text = re.sub(code, "", re.sub(other_glosses, "", text))
            words = re.findall(r"(?<![\w.])[A-Za-z][a-z'-]+(?![\w.(=])", text)
            assert not {*words} - {*NAMES}, place


def test_punctuation_is_the_languages_own() -> None:
    chinese_beside_western = r"(?<=[一-鿿])[,;:!?(]|[,;:!?)](?=[一-鿿])|[一-鿿]\.(?!\w)"
    wrong = {
        "ko": r"[，。；：（）！？、]",  # Korean has Western punctuation
        "zh": chinese_beside_western + r"|[。，；：！？、] |\d×|×\d",
    }
    for language, pattern in wrong.items():
        for place, text in texts(language):
            assert not re.findall(pattern, text), place


def test_korean_particles_after_values_fit_all_of_them() -> None:
    """A particle that depends on the sound before it must not follow a value."""
    particles = r"\}[%'\"]?(?:은|는|이|가|을|를|와|과|로|으로|라|이라)(?![가-힣])"
    for place, text in texts("ko"):
        assert not re.findall(particles, text), place

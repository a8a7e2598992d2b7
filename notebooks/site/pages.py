"""What the pages of the site share: texts, links between languages, the <head>, scripts."""

import html
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import mnist_nn
from mnist_nn.drawing.pad import describe_answer, describe_drawing
from mnist_nn.drawing.widget import pad_texts
from mnist_nn.language import LANGUAGES, get_language, read_toml, set_language
from notebooks import build

HERE = Path(__file__).parent
DRAWING = Path(mnist_nn.__file__).parent / "drawing"
SHARED_FILES = (DRAWING / "widget.js", DRAWING / "widget.css", HERE / "static" / "favicon.svg")
CARD = "card.png"  # beside the first page
CARD_SIZE = (1200, 630)


@cache
def read_texts(file: str = "texts.toml") -> dict[str, dict[str, str]]:
    """Return the texts of the site, or those of train.toml, by language and name."""
    return read_toml(HERE / file)


@contextmanager
def using_language(code: str) -> Iterator[None]:
    """Set the package's language, and English again whatever happens."""
    set_language(code)
    try:
        yield
    finally:
        set_language("en")


def pad_words() -> dict[str, str]:
    """Return the texts of the pad in the language that is set, with names for their values."""
    return {
        "comma": get_language().comma,
        "drawing": describe_drawing("{answers}"),
        "answer": describe_answer("{name}", "{digit}", "{p}"),
    } | pad_texts()


def to_script(data: Any) -> str:
    """Return data as JSON that can stand in a <script>."""
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


def read_theme_script() -> str:
    """Return what sets light or dark before anything is shown."""
    return (HERE / "theme.js").read_text("utf-8").rstrip()


def link_languages(language: str, query: str = "") -> str:
    """Return links to a page in all languages; their query has ``{}`` for a language's code."""
    current = {language: ' aria-current="page"'}
    links = [
        f'<li><a href="{first_page(code)}{query.format(code)}" lang="{code}" hreflang="{code}"'
        f"{current.get(code, '')}>{other.name}</a></li>"
        for code, other in LANGUAGES.items()
    ]
    names = " ".join(other.name for other in LANGUAGES.values())
    return f'<nav aria-label="{names}"><ul>{"".join(links)}</ul></nav>'


def site_address() -> str:
    """Return where the site is, with a slash at the end, or nothing as long as it is not known.

    It is the Homepage in pyproject.toml, or else GitHub's address for the pages of the repository.
    """
    pyproject = read_toml(build.NOTEBOOKS.parent / "pyproject.toml")
    homepage = pyproject["project"].get("urls", {}).get("Homepage", "")
    if not homepage and (repository := build.github_repository()):
        owner, name = repository.split("/")
        homepage = f"https://{owner.lower()}.github.io/{name}"
    return f"{homepage.rstrip('/')}/" if homepage else ""


def first_page(language: str) -> str:
    return "index.html" if language == "en" else f"index.{language}.html"


def make_head(
    language: str, title: str, description: str, paths: dict[str, str], to_root: str
) -> str:
    """Return elements for a page's <head>.

    ``paths`` are its paths in the languages that it is in, from the root of the site, and
    ``to_root`` leads there.
    """
    address, texts = site_address(), read_texts()[language]
    root = address or to_root
    properties = {
        "title": title,
        "description": description,
        "type": "website",
        "locale": texts["locale"],
        "site_name": texts["site"],
        "image": f"{root}{CARD}",
        "image:width": str(CARD_SIZE[0]),
        "image:height": str(CARD_SIZE[1]),
        "image:alt": texts["description"],
    }
    if address:
        properties["url"] = address + paths[language]
    lines = [
        f'<meta name="description" content="{html.escape(description)}">',
        *(
            f'<meta property="og:{name}" content="{html.escape(value)}">'
            for name, value in properties.items()
        ),
        '<meta name="twitter:card" content="summary_large_image">',
    ]
    if address:
        lines.append(f'<link rel="canonical" href="{address}{paths[language]}">')
    if len(paths) > 1:
        lines += [
            f'<link rel="alternate" hreflang="{code}" href="{root}{path}">'
            for code, path in {**paths, "x-default": paths["en"]}.items()
        ]
    return "\n    ".join(lines)

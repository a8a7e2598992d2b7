"""What a page says of itself in its <head>: to search engines, and where a link to it is shared."""

import html
from pathlib import Path

from mnist_nn.language import read_toml
from notebooks import build

TEXTS = read_toml(Path(__file__).with_name("texts.toml"))
CARD = "card.png"  # beside the first page


def site_address() -> str:
    """Return where the site is, with a slash at the end, or nothing as long as it is not known.

    It is the Homepage in pyproject.toml, or else GitHub's address for the pages of the repository.
    """
    pyproject = read_toml(build.NOTEBOOKS.parent / "pyproject.toml")
    homepage = pyproject["project"].get("urls", {}).get("Homepage", "")
    if not homepage and (repository := github_repository()):
        owner, name = repository.split("/")
        homepage = f"https://{owner.lower()}.github.io/{name}"
    return f"{homepage.rstrip('/')}/" if homepage else ""


def github_repository() -> str:
    """Return the repository's OWNER/NAME on GitHub, or nothing if it is not there."""
    prefix, address = "https://github.com/", build.project_address()
    return address.removeprefix(prefix) if address.startswith(prefix) else ""


def first_page(language: str) -> str:
    return "index.html" if language == "en" else f"index.{language}.html"


def make_head(
    language: str, title: str, description: str, paths: dict[str, str], to_root: str
) -> str:
    """Return elements for a page's <head>.

    ``paths`` are its paths in the languages that it is in, from the root of the site, and
    ``to_root`` leads there.
    """
    address = site_address()
    root = address or to_root
    properties = {
        "title": title,
        "description": description,
        "type": "website",
        "locale": TEXTS[language]["locale"],
        "site_name": TEXTS[language]["site"],
        "image": f"{root}{CARD}",
        "image:width": "1200",
        "image:height": "630",
        "image:alt": TEXTS[language]["description"],
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

"""What Sphinx needs to know of the site, in all languages; build.py sets what differs."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

from mnist_nn.language import LANGUAGES
from notebooks.site.pages import first_page, make_head, read_texts

project = "mnist_nn"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
nb_execution_mode = "off"
myst_heading_anchors = 3
autodoc_typehints = "none"  # the docstrings have the types, with shapes

html_theme = "sphinx_book_theme"
html_favicon = "static/favicon.svg"
html_static_path = ["static"]
templates_path = ["templates"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_context = {
    "default_mode": "auto",
    "languages": {code: language.name for code, language in LANGUAGES.items()},
    "translated": ["index", "exercise", "solution", "going_further"],
    "notebooks": ["exercise", "solution", "going_further", "porting"],
}
html_sidebars = {
    "**": ["navbar-logo.html", "search-button-field.html", "draw.html", "sbt-sidebar-nav.html"]
}
html_theme_options = {
    "article_header_end": ["languages.html", "article-header-buttons.html"],
    "footer_content_items": [],
    "home_page_in_toc": True,
    "navbar_persistent": [],
    "show_toc_level": 2,
    "use_download_button": False,  # languages.html has a link to the notebook as it is
    "use_fullscreen_button": False,
}
html_copy_source = False
html_use_index = False
html_domain_indices = False
toc_object_entries_show_parents = "hide"


class SearchPairs(SearchEnglish):
    """Finds words in East Asian characters by pairs of these: no space separates them.

    English words are found as on English pages. The search field of a page splits its text by the
    same regular expression.
    """

    cjk = r"[\u3040-\u9fff\uac00-\ud7a3]"
    pattern = rf"(?=({cjk}{{2}}|(?<!{cjk}){cjk}(?!{cjk})|(?<!\w)\w+))"
    js_splitter_code = (
        f"var splitQuery = text => Array.from(text.matchAll(/{pattern}/gu), match => match[1]);"
    )

    def split(self, input: str) -> list[str]:
        return re.findall(self.pattern, input, re.ASCII)


def setup(app: Sphinx) -> None:
    for code, language in LANGUAGES.items():
        if any("CJK" in font for font in language.fonts):
            app.add_search_language(type("SearchPairs", (SearchPairs,), {"lang": code}))
    app.connect("doctree-read", number_sections, priority=1)
    app.connect("html-page-context", describe_page)


def number_sections(app: Sphinx, document: nodes.document) -> None:
    """Give the sections of a notebook the same anchors in all languages."""
    if app.env.docname in html_context["translated"]:
        for number, section in enumerate(document.findall(nodes.section)):
            section["ids"].insert(0, f"section-{number}")


def describe_page(
    app: Sphinx, page: str, template: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    """Set what the page says of itself in its <head>, and where the reader can draw a digit."""
    language = app.config.language.partition("_")[0]
    texts = read_texts()[language]
    codes = [*LANGUAGES] if page in html_context["translated"] else [language]
    paths = {code: f"{code}/{page}.html" for code in codes}
    title = re.sub("<[^>]*>", "", context.get("title") or texts["site"])
    description = find_description(document) or texts["overview"]
    head = make_head(language, title, description, paths, "../")
    context["metatags"] = context.get("metatags", "") + head
    context["draw"] = {
        "link": f"../{first_page(language)}?lang={language}",
        "text": texts["draw"],
    }


def find_description(document: nodes.document | None) -> str:
    """Return the first sentences of a page, those of its boxes and pictures aside."""
    for paragraph in document.findall(nodes.paragraph) if document else []:
        text = " ".join(paragraph.astext().split())
        if len(text) > 40 and not isinstance(paragraph.parent, nodes.Admonition):
            return text if len(text) <= 200 else f"{text[:199].rsplit(' ', 1)[0]}…"
    return ""

"""What Sphinx needs to know of the site, in all languages; build.py sets what differs."""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

project = "mnist_nn"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
nb_execution_mode = "off"
myst_heading_anchors = 3
autodoc_default_options = {"members": False}
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 80

html_theme = "sphinx_book_theme"
html_static_path = ["static"]
templates_path = ["templates"]
html_css_files = ["site.css"]
html_js_files = [("languages.js", {"defer": "defer"})]
html_context = {
    "languages": {"en": ("", "English"), "ko": ("ko/", "한국어"), "zh": ("zh/", "简体中文")},
    "translated": ["index", "exercise", "solution", "going_further"],
}
html_theme_options = {
    "article_header_end": ["languages.html", "article-header-buttons.html"],
    "footer_content_items": [],
    "home_page_in_toc": True,
    "show_toc_level": 2,
    "path_to_docs": "notebooks/site/pages",
}
html_copy_source = True
html_sourcelink_suffix = ""
html_show_sphinx = False
html_use_index = False
html_domain_indices = False


class SearchPairs(SearchEnglish):
    """Finds Korean and Chinese by pairs of characters: no space separates their words.

    English words are found as on English pages. The search field of a page splits its text by the
    same regular expression.
    """

    cjk = r"[\u3400-\u9fff\uac00-\ud7a3]"
    pattern = rf"(?=({cjk}{{2}}|(?<!{cjk}){cjk}(?!{cjk})|(?<!\w)\w+))"
    js_splitter_code = f"var splitQuery = text => Array.from(text.matchAll(/{pattern}/gu), m => m[1]);"

    def split(self, input: str) -> list[str]:
        return re.findall(self.pattern, input, re.ASCII)


def setup(app: Sphinx) -> None:
    for language in ("ko", "zh"):
        app.add_search_language(type("SearchPairs", (SearchPairs,), {"lang": language}))
    app.connect("doctree-read", number_sections, priority=1)


def number_sections(app: Sphinx, document: nodes.document) -> None:
    """Give the sections of a notebook the same anchors in all languages."""
    if app.env.docname in html_context["translated"]:
        for number, section in enumerate(document.findall(nodes.section)):
            section["ids"].insert(0, f"section-{number}")

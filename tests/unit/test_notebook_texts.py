"""The prose of notebooks has the structure that it shows, and the numbers of the code."""

import re

from markdown_it import MarkdownIt

from notebooks import build

BLOCKS = ("bullet_list_open", "ordered_list_open", "heading_open", "hr", "code_block")
EDITIONS = build.editions()


def accidents(text: str) -> list[str]:
    """Return what a renderer takes for a list, a heading, a rule, code or emphasis by accident."""
    lines = text.split("\n")
    found = []
    inside = 0  # lists may begin in lists
    for token in MarkdownIt("commonmark").parse(text):
        inside += token.nesting if token.type.endswith("_list_open") else 0
        inside -= 1 if token.type.endswith("_list_close") else 0
        first = token.map[0] if token.map else 0
        if token.type in BLOCKS and first and lines[first - 1].strip() and inside < 2:
            found.append(f"{token.type}: {lines[first]}")
        for child in token.children or []:
            if child.type == "text" and re.search(r"[*`]|\]\(", child.content):
                found.append(f"not closed: {child.content}")
    return found


def test_accidents_are_found() -> None:
    assert accidents("lie between 0 and\n1. Columns") == ["ordered_list_open: 1. Columns"]
    assert accidents("minus\n- one") == ["bullet_list_open: - one"]
    assert accidents("a *word") == ["not closed: a *word"]
    assert accidents("a `word") == ["not closed: a `word"]
    assert accidents("text\n===\nmore") == []  # the whole paragraph becomes a heading: see below
    assert not accidents("A *b* `c*d` [e](f).\n\n- one\n- two\n  - three\n\n## Four")


def test_prose_has_the_structure_that_its_source_shows() -> None:
    for edition in EDITIONS:
        for cell in build.make(edition).cells:
            if cell.cell_type == "markdown":
                assert not accidents(cell.source), (str(edition), cell.id)
                assert not re.search(r"\n(=+|-+)\n", cell.source), (str(edition), cell.id)

"""What the site is made of: adapted notebooks, figures of the reference, files of the theme."""

import base64
import copy
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_nn.language import get_language
from notebooks import build
from notebooks.site import build as site
from notebooks.site import pages

SOLUTION = build.Edition("exercise", "solution", "en")


def test_notebook_is_adapted_in_a_copy_with_all_figures() -> None:
    saved = site.read_saved(SOLUTION)
    before = copy.deepcopy(saved)
    adapted, files = site.adapt(saved, SOLUTION)
    assert saved == before
    pngs = [
        output.data["image/png"]
        for cell in saved.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    folder = site.SITE / "en" / "figures"
    assert [files[path] for path in files if path.parent == folder] == [
        *map(base64.b64decode, pngs)
    ]
    assert "image/png" not in str([cell.get("outputs") for cell in adapted.cells])


def test_each_figure_of_the_reference_is_in_its_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    adapted = {
        edition.name: site.adapt(site.read_saved(edition), edition)[0]
        for edition in build.editions("en")
    }
    figures = [site.find_figure(adapted, function) for function in site.FIGURES]
    assert len({*figures}) == len(site.FIGURES)
    monkeypatch.setitem(site.FIGURES, "draw", ("solution", "gone", 0))
    with pytest.raises(
        build.NotebookError, match=r"solution.ipynb: \[gone\] has no figure for draw"
    ):
        site.find_figure(adapted, "draw")


@pytest.mark.parametrize("change", [site.translate_copy_button, site.translate_search])
def test_words_are_added_to_scripts(change: Callable[[Path, str], None], tmp_path: Path) -> None:
    script = tmp_path / "script.js"
    script.write_text("let locale = 'en'")
    change(script, "ko")
    assert "\\ud" in script.read_text()


def test_change_of_the_theme_is_told(tmp_path: Path) -> None:
    script = tmp_path / "copybutton.js"
    script.write_text("const locale = 'en'")
    with pytest.raises(build.NotebookError, match="lacks let locale = 'en': adapt notebooks.site"):
        site.translate_copy_button(script, "ko")


def test_language_is_english_again_after_an_error() -> None:
    names: list[str] = []

    def fail() -> None:
        with pages.using_language("ko"):
            names.append(get_language().name)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert [*names, get_language().name] == ["한국어", "English"]


def test_error_in_a_text_names_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pages, "HERE", tmp_path)
    (tmp_path / "wrong.toml").write_text("[en")
    with pytest.raises(tomllib.TOMLDecodeError, match=r"wrong\.toml: Expected"):
        pages.read_texts("wrong.toml")

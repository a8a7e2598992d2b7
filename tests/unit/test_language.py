"""Texts and figures are in the language that was set; what a language lacks is listed."""

import io
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import seaborn as sns
from matplotlib import font_manager

import mnist_nn
from mnist_nn.analysis import plot_runs
from mnist_nn.fonts import find_font, language_font
from mnist_nn.language import LANGUAGES, PLACEHOLDER, Language, message, printable, read_messages
from notebooks import build, languages

OTHERS = [language for language in LANGUAGES if language != "en"]


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    with mpl.rc_context():
        yield
    mnist_nn.set_language("en")
    find_font.cache_clear()


def test_wrong_messages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not [line for language in OTHERS for line in languages.check_messages(language)]
    monkeypatch.setattr(languages, "read_texts", lambda: {"{x} new": "a.py:1", "{x} of {y}": ""})
    monkeypatch.setattr(languages, "read_messages", lambda _: {"{a} of {b}": "{a}", "old": "alt"})
    assert [line.partition(": ")[2] for line in languages.check_messages("la")] == [
        "no translation of '{x} new' (a.py:1). Write one",
        "the translation of '{a} of {b}' has other values. Name the same",
        "'old' is not in the package. Take it out",
    ]


def test_error_in_messages_names_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("mnist_nn.language.MESSAGES", tmp_path)
    (tmp_path / "ko.toml").write_text("[ko")
    with pytest.raises(tomllib.TOMLDecodeError, match=r"ko\.toml: Expected"):
        read_messages("ko")


def test_each_text_is_translated_with_its_values() -> None:
    for language in OTHERS:
        mnist_nn.set_language(language)
        for english, translation in read_messages(language).items():
            values = {name: f"({i},\n{i})" for i, name in enumerate(PLACEHOLDER.findall(english))}
            assert message(english.format_map(values)) == translation.format_map(values)


def test_only_numbers_are_grouped_anew() -> None:
    mnist_nn.set_language("zh")
    assert message("1,000 steps") == "1000 步"
    with pytest.raises(FileNotFoundError, match="1,100.csv"):
        mnist_nn.load_mnist_dataframe(path="1,100.csv")


def test_each_text_has_words_of_its_own() -> None:
    """Values are found by the words around them, so a text of values alone would match any."""
    for language in OTHERS:
        for english in read_messages(language):
            words = re.sub("[^A-Za-z]", "", PLACEHOLDER.sub("", english))
            assert len(words) >= 4, english


def test_without_a_font_figures_are_english(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their alternative texts need no font; a text that has no translation stays English."""
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    for language in filter(lambda code: LANGUAGES[code].fonts, OTHERS):
        mnist_nn.set_language(language)
        ax: Any = plot_runs({"linear": [0.8, 0.9]})
        assert ax.get_ylabel() == "Accuracy (validation)"
        (line,) = capsys.readouterr().out.splitlines()
        assert LANGUAGES[language].fonts[0] in line
        begin = "A handwritten digit of"
        (text,) = (t for key, t in read_messages(language).items() if key.startswith(begin))
        label = mnist_nn.plot_digit(np.zeros(784), 7).get_label()
        assert label == re.sub(r"\{.*?\}", "7", text)
        assert message("no translation of 7") == "no translation of 7"


@pytest.mark.parametrize("style", [sns.set_theme, plt.rcdefaults, lambda: plt.style.use("ggplot")])
@pytest.mark.parametrize("language", OTHERS)
def test_figures_have_no_boxes(language: str, style: Callable[[], Any]) -> None:
    """With a font, all words are in the language; a missing character would be a warning."""
    mnist_nn.set_language(language)
    style()
    ax: Any = plt.subplots()[1]
    users_text = ax.text(0, 0, "mine")
    plot_runs({"linear": [0.8, 0.9]}, ax=ax)
    assert users_text.get_fontfamily() == ["sans-serif"]
    assert plt.rcParams["font.family"] == ["sans-serif"]  # as it is without the package
    fonts, messages = LANGUAGES[language].fonts, read_messages(language)
    if fonts and not find_font(fonts):
        pytest.skip("no font for this language")
    assert ax.get_ylabel() == messages["Accuracy (validation)"]
    with language_font():
        ax.figure.text(0, 0, "".join(sorted({*"".join(messages.values())})))
    ax.figure.canvas.draw()


def test_font_of_the_region_is_taken_from_a_collection(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Before version 3.11, Matplotlib has only the first font of each, which may be Japanese."""
    request.addfinalizer(find_font.cache_clear)
    manager = font_manager.fontManager
    first = [font for font in manager.ttflist if font.name == "Noto Sans CJK JP"]
    if not first:
        pytest.skip("no font for this language")
    monkeypatch.setattr(manager, "ttflist", first)
    monkeypatch.setattr(mpl, "__version_info__", (3, 10))
    monkeypatch.setattr(mpl, "get_cachedir", lambda: str(tmp_path))
    find_font.cache_clear()
    name = find_font(LANGUAGES["zh"].fonts)
    assert name == "Noto Sans CJK SC"
    path = manager.findfont(name)
    assert Path(path).parent == tmp_path
    assert font_manager.get_font(path).family_name == name


def test_printed_text_is_one_that_can_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
    assert printable("숫자 7") == "?? 7"


def test_unknown_language_is_refused() -> None:
    unknown: list[Any] = ["fr", ["ko"], None]
    for language in unknown:
        with pytest.raises(ValueError, match=f"^language .* not {re.escape(repr(language))}"):
            mnist_nn.set_language(language)


def test_what_a_new_language_lacks_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LANGUAGES, "xx", Language("none"))
    lines = [*languages.check_languages("xx")]
    assert [line.split()[0].strip(":") for line in lines] == [
        *("mnist_nn/messages/xx.toml", "notebooks/source/exercise.xx.toml"),
        *("notebooks/source/going_further.xx.toml", "notebooks/site/pages/xx/index.md"),
        "notebooks/site/pages/xx/locales/xx/LC_MESSAGES/sphinx.po",  # not Sphinx's own
        *("notebooks/site/texts.toml", "notebooks/site/train.toml"),
        *("notebooks/source/glossary.toml", "README.md"),
    ]
    assert all(re.search(r"\. (Copy|Translate|Add) ", line) for line in lines)


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_names_a_language_without_what_the_check_lists(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ignored = shutil.ignore_patterns(".*", "build", "data", "tests", "language.py", "*.css")
    root = shutil.copytree(languages.ROOT, tmp_path / "copy", ignore=ignored)
    monkeypatch.setattr(languages, "ROOT", root)
    named = re.compile(rf"['\"/.[]{language}['\"/.\]]|{LANGUAGES[language].name}")
    monkeypatch.delitem(LANGUAGES, language)
    with pytest.raises(build.NotebookError, match=f": '{language}' is not in LANGUAGES of"):
        build.editions()
    for path in [root / line.split(":")[0] for line in languages.find_unknown()]:
        if path.is_dir():
            shutil.rmtree(path)
        elif path.stem.split(".")[-1] == language:
            path.unlink()
        else:
            part = rf"^\[{language}\]\n(?:(?!\[).*\n)*|^{language}(_\w+)? = .*\n"
            part += rf"|^.*notebooks/{language}/.*\n"
            path.write_text(re.sub(part, "", path.read_text("utf-8"), flags=re.M), "utf-8")
    assert not [*languages.find_unknown()]
    for path in root.rglob("*.*"):
        is_text = path.suffix in (".py", ".toml", ".md", ".html", ".js")
        text = path.read_text("utf-8") if is_text else ""
        assert not named.search(f"{path.relative_to(root)} {text}"), path

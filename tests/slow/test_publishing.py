"""With the repository's address set, notebooks and package are ready to be published."""

import re
import zipfile
from pathlib import Path

import nbformat
import pytest
from publishing import ADDRESS, ARCHIVE, copy_with_address, run
from pygments.lexers import get_lexer_by_name
from pygments.token import Error


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copied = copy_with_address(tmp_path_factory.mktemp("publishing"))
    run(copied, "notebooks/build.py", "write")
    return copied


def test_notebooks_are_up_to_date_without_being_executed_again(copy: Path) -> None:
    assert "notebooks are up to date" in run(copy, "notebooks/build.py", "check")


def test_notebooks_install_the_package_and_can_be_shown(copy: Path) -> None:
    for path in copy.glob("notebooks/*/*.ipynb"):
        notebook = nbformat.read(path, 4)
        sources = [cell.source for cell in notebook.cells]
        if path.stem != "porting":  # which needs more than the package
            assert f"-m pip install -qq {{pip_options}} {ARCHIVE}\n" in "\n".join(sources)
        place = path.relative_to(copy).as_posix()
        assert f"colab.research.google.com/github/someone/digits/blob/main/{place}" in sources[0]
        lexer = get_lexer_by_name(notebook.metadata.language_info.pygments_lexer)
        code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        assert Error not in {kind for text in code for kind, _ in lexer.get_tokens(text)}


def test_readme_of_the_package_has_no_relative_links(copy: Path) -> None:
    run(copy, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist")
    (wheel,) = copy.glob("dist/*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        text = archive.read(name).decode()
    assert f"![Twenty handwritten digits with their labels.]({ADDRESS}/raw/HEAD/notebooks/" in text
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) > 18
    assert [link for link in links if not link.startswith("https://")] == []

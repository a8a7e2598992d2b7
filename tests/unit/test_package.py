"""The package's order, its public names, its import, and what is installed."""

import ast
import importlib
import importlib.metadata
import inspect
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mnist_nn
from hatch_build import Readme
from mnist_nn.__main__ import main as copy_notebooks
from mnist_nn.language import LANGUAGES

PACKAGE = Path(mnist_nn.__file__).parent
ROOMS = ("analysis", "search", "drawing")
# A module imports only from lines above its own, and from its own room.
ORDER = (
    ("language",),
    ("errors",),
    ("_backend", "fonts"),
    ("data", "check_result", "rendering"),
    ("arguments",),
    ("sampling", "models", "metrics", "plots"),
    ("training", "measurement"),
    ("__init__",),  # hands out the core
    ("__main__", "checks", "fidelity", *ROOMS),
)
RANKS = {module: rank for rank, modules in enumerate(ORDER) for module in modules}


def imported_names(path: Path, package: list[str]) -> Iterator[str]:
    """Yield the full name of everything that a module of ``package`` imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = package[: len(package) + 1 - node.level] if node.level else []
            module = ".".join([*parent, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def find_wrong_imports(folder: Path) -> list[str]:
    """Return the imports in a package called mnist_nn that break the order."""
    wrong = []
    for path in (*folder.rglob("*.py"), *folder.rglob("*.pyi")):
        inner = path.relative_to(folder)
        importer = inner.with_suffix("").parts[0]
        for name in imported_names(path, ["mnist_nn", *inner.parent.parts]):
            package, *modules = name.split(".")
            if package != "mnist_nn" or (modules and modules[0] == importer in ROOMS):
                continue
            if not modules or RANKS.get(modules[0], 99) >= RANKS.get(importer, -1):
                wrong.append(f"{inner} imports {name}")
    return wrong


def test_imports_run_one_way() -> None:
    assert find_wrong_imports(PACKAGE) == []


def test_imports_against_the_order_are_found(tmp_path: Path) -> None:
    for name, code in {
        "data.py": "import mnist_nn",
        "plots.py": "def plot():\n    from mnist_nn.analysis import KeepWeights",
        "models.py": "from mnist_nn import arguments, training",
        "__init__.pyi": "from .search import plot_search as plot_search",
        "unknown.py": "from mnist_nn.data import PIXELS",
        "training.py": "from mnist_nn.unknown import anything",
        "search/search.py": "from mnist_nn.search import worker\nfrom ..drawing import draw",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(code)
    assert sorted(find_wrong_imports(tmp_path)) == [
        "__init__.pyi imports mnist_nn.search.plot_search",
        "data.py imports mnist_nn",
        "models.py imports mnist_nn.training",
        "plots.py imports mnist_nn.analysis.KeepWeights",
        "search/search.py imports mnist_nn.drawing.draw",
        "training.py imports mnist_nn.unknown.anything",
        "unknown.py imports mnist_nn.data.PIXELS",
    ]


def test_public_names_resolve_and_are_documented() -> None:
    for package in ("mnist_nn", *(f"mnist_nn.{room}" for room in ROOMS)):
        module = importlib.import_module(package)
        stub = Path(str(module.__file__)).with_suffix(".pyi")
        names = [name.split(".")[-1] for name in imported_names(stub, package.split("."))]
        assert sorted(names) == sorted(set(module.__all__) - {"__version__"})
        assert module.__doc__
        for name in names:
            public = getattr(module, name)
            assert public.__doc__, name
            assert public.__module__.startswith(package), name
            assert inspect.signature(public), name
        assert not hasattr(module, "nonsense")


def run_python(code: str, folder: Path) -> str:
    """Run code in a fresh process outside the checkout, and return what it prints."""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_version_and_import_that_loads_no_heavy_library(tmp_path: Path) -> None:
    code = """
import os, sys
before = dict(os.environ)
import mnist_nn, mnist_nn.analysis, mnist_nn.drawing, mnist_nn.search
mnist_nn.load_mnist_dataframe
assert dict(os.environ) == before
print({"tensorflow", "keras", "matplotlib", "seaborn", "sklearn"} & set(sys.modules))
print(mnist_nn.__version__)
"""
    assert run_python(code, tmp_path) == f"set()\n{importlib.metadata.version('mnist_nn')}\n"


def test_release_carries_all_files_and_the_data_and_nothing_else(tmp_path: Path) -> None:
    if not (PACKAGE.parent / "pyproject.toml").exists():
        pytest.skip("the tests do not run in a checkout")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", tmp_path],
        cwd=PACKAGE.parent,
        check=True,
        capture_output=True,
    )
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        sources = {name.partition("/")[2] for name in archive.getnames()}
    assert {name.partition("/")[0] for name in sources} == {
        *("mnist_nn", "data", "pyproject.toml", "PKG-INFO", ".gitignore"),
        *("LICENSE", "NOTICE", "README.md", "CITATION.cff", ".github"),
        *("hatch_build.py", "notebooks"),
    }
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as file:
        file.extractall(installed)
        carried = {name for name in file.namelist() if not name.startswith("mnist_nn-")}
    files = {path for path in PACKAGE.rglob("*.*") if path.is_file() and path.suffix != ".pyc"}
    expected = {path.relative_to(PACKAGE.parent).as_posix() for path in files}
    assert expected < carried
    assert expected < sources
    assert {"data/mnist_train_small.npz", "data/mnist_test.npz"} < sources
    assert {name.partition("/")[0] for name in carried} == {"mnist_nn"}
    code = f"""
import sys
sys.path.insert(0, {str(installed)!r})
import mnist_nn
assert mnist_nn.__file__.startswith({str(installed)!r})
print([len(mnist_nn.load_mnist_dataframe(split)) for split in ("train", "test")])
"""
    assert run_python(code, tmp_path) == "[20000, 10000]\n"
    names = {f"{name}.ipynb" for name in ("exercise", "solution", "going_further")}
    for language in LANGUAGES:
        copies = installed / "mnist_nn" / "_notebooks" / language
        assert {path.name for path in copies.iterdir()} == names
        assert all('"output_type":' not in path.read_text("utf-8") for path in copies.iterdir())


def test_notebooks_are_copied_and_none_is_overwritten(tmp_path: Path, capsys: Any) -> None:
    folder = tmp_path / "new" / "folder"
    copy_notebooks([str(folder)])
    assert f"{folder / 'going_further.ipynb'} has been written." in capsys.readouterr().out
    exercise = folder / "exercise.ipynb"
    assert exercise.read_text("utf-8").count('set_language(\\"en\\")') == 1
    exercise.write_text("mine")
    copy_notebooks([str(folder)])
    said = capsys.readouterr().out
    assert f"{exercise} is there already, and stays as it is." in said
    assert f'-m jupyter lab "{folder}"' in said
    assert exercise.read_text() == "mine"


@pytest.mark.parametrize("address", ["https://github.com/a/b", "https://github.com/a/b.git/"])
def test_links_of_the_readme_lead_to_the_repository(address: str) -> None:
    metadata: dict[str, Any] = {"urls": {"Repository": address}}
    Readme(str(PACKAGE.parent), {}).update(metadata)
    assert "](https://github.com/a/b/blob/HEAD/LICENSE)" in metadata["readme"]["text"]

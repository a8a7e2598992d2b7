"""The release: built in a copy with an address, and installed where nothing else is.

    .venv/bin/python -m pytest tests/by_hand/test_release.py

It downloads packages, and executes all notebooks.
"""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from publishing import copy_with_address, run

from mnist_nn.language import LANGUAGES


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = copy_with_address(tmp_path_factory.mktemp("release"))
    run(copy, "notebooks/build.py", "write")
    run(copy, "notebooks/build.py", "check")
    run(copy, "-m", "notebooks.site.build")
    run(copy, "-m", "hatchling", "build", "-d", "dist")
    return copy / "dist"


@pytest.fixture(scope="module")
def python(dist: Path) -> str:
    """The Python of an environment with the wheel, and what its users need for notebooks."""
    folder = dist / "environment"
    venv.create(folder, with_pip=True)
    program = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    (wheel,) = dist.glob("*.whl")
    install = [str(program), "-m", "pip", "install", "--quiet", f"{wheel}[lab]"]
    subprocess.run(install, check=True)
    return str(program)


def test_release_is_valid(dist: Path) -> None:
    files = map(str, [*dist.glob("*.whl"), *dist.glob("*.tar.gz")])
    run(dist, "-m", "twine", "check", "--strict", *files)


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_has_only_the_wheel_gets_notebooks_that_run(
    language: str, python: str, tmp_path: Path
) -> None:
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    command = [python, "-m", "mnist_nn", "--language", language]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    for name in ("exercise", "solution", "going_further"):
        execute = [python, "-m", "jupyter", "execute", "--inplace", f"{name}.ipynb"]
        subprocess.run(execute, cwd=tmp_path, env=environment, check=True)
        cells = json.loads((tmp_path / f"{name}.ipynb").read_text("utf-8"))["cells"]
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        assert any("image/png" in output.get("data", {}) for output in outputs)

"""The pinned versions exist for every Python and system that the README names.

    .venv/bin/python -m pytest tests/by_hand/test_constraints.py

uv resolves them for systems other than this one; wheels alone count.
"""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SYSTEMS = (
    *("x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "x86_64-pc-windows-msvc"),
    *("aarch64-apple-darwin", "x86_64-apple-darwin"),
)
PYTHONS = ("3.11.0", "3.12.0", "3.13.0")
NO_TENSORFLOW = [("x86_64-apple-darwin", "3.13.0")]  # as the README says


@pytest.fixture(scope="module")
def uv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uv")
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", "uv"], check=True)
    return programs / "uv"


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_versions_resolve(system: str, python: str, uv: Path) -> None:
    options = ("--all-extras", "--constraint", "constraints.txt", "--only-binary", ":all:")
    place = ("--python-platform", system, "--python-version", python)
    command = [str(uv), "pip", "compile", "pyproject.toml", *options, *place]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if (system, python) in NO_TENSORFLOW:
        assert "tensorflow" in done.stderr
    assert (done.returncode == 0) == ((system, python) not in NO_TENSORFLOW), done.stderr

"""A build of the notebooks that is killed, at whatever moment, leaves none half written or lost.

``KILLS=50 pytest tests/slow/test_killed_builds.py`` kills as often as that, and also ``execute``.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("KILLS", "3"))
COMMANDS = {"write": 2.5, "execute solution": 45.0}  # and the seconds that they take


def texts(folder: Path) -> dict[str, list[str]]:
    """Return the cells of all notebooks, each of which must be whole."""
    sources = {}
    for path in folder.glob("notebooks/*/*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        sources[str(path)] = [cell.source for cell in notebook.cells]
    return sources


def copy_sources(folder: Path) -> None:
    for name in ("notebooks", "data"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "pyproject.toml", folder)


@pytest.mark.parametrize("command", COMMANDS if "KILLS" in os.environ else ["write"])
def test_killed_build_leaves_every_notebook_whole(command: str, tmp_path: Path) -> None:
    copy_sources(tmp_path)
    before = texts(tmp_path)
    assert len(before) == 10
    build = [sys.executable, "notebooks/build.py", *command.split()]
    chance = np.random.default_rng(0)
    killed = 0
    for _ in range(KILLS // (len(COMMANDS) if "KILLS" in os.environ else 1)):
        process = subprocess.Popen(
            build,
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(chance.uniform(0, COMMANDS[command]))
        os.killpg(process.pid, signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        assert texts(tmp_path) == before
    print(f"killed {killed} times")
    subprocess.run(build, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    assert texts(tmp_path) == before


def test_builds_at_once_leave_every_notebook_whole(tmp_path: Path) -> None:
    copy_sources(tmp_path)
    before = texts(tmp_path)
    command = [sys.executable, "notebooks/build.py", "write"]
    builds = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) for _ in range(2)]
    while any(process.poll() is None for process in builds):
        assert texts(tmp_path) == before
    assert [process.returncode for process in builds] == [0, 0]
    assert not [*tmp_path.rglob("*.unfinished")]

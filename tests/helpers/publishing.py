"""Copies of the project, and its code run in them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ADDRESS = "https://github.com/someone/digits"
ARCHIVE = f"{ADDRESS}/archive/refs/heads/main.zip"


def copy_project(copy: Path) -> Path:
    """Copy the files that git knows, or would: all that it does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in names.splitlines():
        if (ROOT / name).exists():  # not deleted since
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    return copy


def copy_with_address(copy: Path) -> Path:
    """Copy the project, and set the address of its repository as CONTRIBUTING tells."""
    pyproject = copy_project(copy) / "pyproject.toml"
    text = pyproject.read_text("utf-8")
    urls = f'[project.urls]\nRepository = "{ADDRESS}"\n\n'
    pyproject.write_text(text.replace("[tool.uv]", f"{urls}[tool.uv]"), "utf-8")
    return copy


def run(copy: Path, *arguments: str) -> str:
    """Run the copy's Python code, and return what it prints."""
    environment = os.environ | {"PYTHONPATH": str(copy)}
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

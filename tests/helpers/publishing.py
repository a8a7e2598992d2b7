"""A copy of the project whose repository has an address, as CONTRIBUTING tells."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ADDRESS = "https://github.com/someone/digits"
ARCHIVE = f"{ADDRESS}/archive/refs/heads/main.zip"


def copy_project(folder: Path) -> Path:
    ignored = shutil.ignore_patterns(
        ".*_cache", ".git", ".venv", ".hypothesis", "build", "original"
    )
    copy = shutil.copytree(ROOT, folder / "copy", ignore=ignored)
    shutil.copytree(ROOT / "data" / "original", copy / "data" / "original")
    pyproject = copy / "pyproject.toml"
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

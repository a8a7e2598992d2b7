"""Fixtures of the tests by hand."""

import shutil
import subprocess
import tarfile
from collections.abc import Iterator

import pytest
from chromium import start_chromium
from selenium import webdriver

AXE_VERSION = "4.14.1"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    chrome = start_chromium(tmp_path_factory.mktemp("chromium"))
    yield chrome
    chrome.quit()


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is missing: it fetches axe-core")
    folder = tmp_path_factory.mktemp("axe")
    package = f"axe-core@{AXE_VERSION}"
    subprocess.run([npm, "pack", package], cwd=folder, check=True, capture_output=True)
    with tarfile.open(folder / f"axe-core-{AXE_VERSION}.tgz") as archive:
        script = archive.extractfile("package/axe.min.js")
        assert script is not None
        return script.read().decode()

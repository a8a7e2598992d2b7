"""The exercises in a real browser: JupyterLab on this machine, a headless Chromium.

    make browser-test

Screenshots are left in ``build/screenshots``.
"""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from mnist_nn.language import messages
from notebooks import build

ROOT = Path(__file__).parent.parent
SCREENSHOTS = ROOT / "build" / "screenshots"
EXERCISES = [edition for edition in build.editions() if edition.name == "exercise"]
START_SECONDS, RUN_SECONDS = 60, 180

# The state of the open notebook, from its model: what is not in view has no elements in the page.
CELLS = """
const panel = window.jupyterapp.shell.currentWidget;
if (!panel?.content?.model?.cells?.length) return [];
return Array.from(panel.content.widgets, widget => {
    const cell = widget.model.toJSON();
    return {
        id: cell.id, type: cell.cell_type, count: cell.execution_count,
        texts: (cell.outputs || []).map(output => [output.output_type, output.name, output.text]),
    };
});
"""
RUN_ALL = "window.jupyterapp.commands.execute('notebook:run-all-cells')"
SCROLL_TO = """
const content = window.jupyterapp.shell.currentWidget.content;
const index = Array.from(content.widgets).findIndex(widget => widget.model.id === arguments[0]);
content.activeCellIndex = index;
content.scrollToItem(index, 'start');
"""


def find(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.fail(
            f"{program} is missing. On Debian or Ubuntu: apt-get install chromium chromium-driver",
            pytrace=False,
        )
    return path


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab, serving a copy of the exercises."""
    folder = tmp_path_factory.mktemp("lab")
    for edition in EXERCISES:
        (folder / edition.language).mkdir()
        shutil.copy(edition.path, folder / edition.language)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *(f"--port={port}", "--ip=127.0.0.1", f"--ServerApp.root_dir={folder}"),
        *("--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True"),
        "--LabApp.news_url=None",
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for_server(address)
        yield address
    finally:
        server.terminate()
        server.wait()


def wait_for_server(address: str) -> None:
    for _ in range(START_SECONDS):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=5).close()
        except OSError:
            time.sleep(1)
        else:
            return
    pytest.fail("JupyterLab did not start")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = find("chromium")
    for argument in [
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1300,1500"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        *("--disable-quic", "--no-first-run"),
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ]:
        options.add_argument(argument)
    chrome = webdriver.Chrome(options=options, service=Service(find("chromedriver")))
    yield chrome
    chrome.quit()


@pytest.mark.parametrize("edition", EXERCISES, ids=str)
def test_unanswered_exercise_runs_to_its_end(
    edition: build.Edition, address: str, browser: webdriver.Chrome
) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def cells() -> list[dict[str, Any]]:
        state: list[dict[str, Any]] = browser.execute_script(CELLS)
        return state

    def is_there(script: str) -> Any:
        return lambda driver: driver.execute_script(script)

    browser.get(f"{address}/lab/tree/{edition.language}/exercise.ipynb?reset")
    WebDriverWait(browser, START_SECONDS).until(is_there("return !!window.jupyterapp"))
    WebDriverWait(browser, START_SECONDS).until(lambda _: cells())
    ready = "return window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status"
    WebDriverWait(browser, START_SECONDS).until(
        lambda driver: driver.execute_script(ready) == "idle"
    )

    assert browser.execute_async_script(f"{RUN_ALL}.then(arguments[0])") is not False
    code = [cell["id"] for cell in cells() if cell["type"] == "code"]

    def all_ran(_: Any) -> bool:
        return all(cell["count"] for cell in cells() if cell["type"] == "code")

    WebDriverWait(browser, RUN_SECONDS).until(all_ran)
    outputs = {cell["id"]: cell["texts"] for cell in cells()}
    for cell_id in code:
        assert not [text for text in outputs[cell_id] if "error" in text or "stderr" in text]
    checks = [cell_id for cell_id in code if cell_id.startswith("check-")]
    assert len(checks) == 4
    for cell_id in checks:
        ((_, _, text),) = outputs[cell_id]
        assert "".join(text).startswith("✘")

    for number, cell_id in enumerate(
        ["title", "linear-first-call", "task-1-solution", "check-network", "task-3-solution"]
    ):
        browser.execute_script(SCROLL_TO, cell_id)
        time.sleep(1)
        browser.save_screenshot(str(SCREENSHOTS / f"{edition.language}-{number}-{cell_id}.png"))

    # The figures carry alternative texts in the reader's language.
    browser.execute_script(SCROLL_TO, "linear-first-call")
    time.sleep(1)
    images = browser.find_elements("css selector", ".jp-OutputArea-output img")
    texts = [image.get_attribute("alt") or "" for image in images]
    for name in ("figure_log_loss", "figure_confusion_matrix"):
        beginning = messages(edition.language)[name].split("{")[0]
        assert any(text.startswith(beginning) for text in texts), texts

    # A solution is closed until it is clicked on.
    browser.execute_script(SCROLL_TO, "task-1-solution")
    time.sleep(1)
    details = browser.execute_script("return document.querySelector('.jp-Notebook details')")
    assert details.get_attribute("open") is None
    details.find_element("css selector", "summary").click()
    assert details.get_attribute("open") is not None
    assert "steps=1000" in details.text.replace(" ", "").replace("\n", "")
    time.sleep(1)
    browser.save_screenshot(str(SCREENSHOTS / f"{edition.language}-solution-open.png"))

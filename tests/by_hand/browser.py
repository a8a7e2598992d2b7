"""The exercises and the drawing pad in a real browser: JupyterLab, a headless Chromium.

    make browser-test

Screenshots are left in ``build/screenshots``.
"""

import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from chromium import PLACES, SCREENSHOTS, draw_digit
from digits import STROKES
from selenium import webdriver
from selenium.webdriver.common.actions.interaction import POINTER_MOUSE, POINTER_PEN, POINTER_TOUCH
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from mnist_nn.language import message, set_language
from notebooks import build
from notebooks.languages import read_texts

ROOT = Path(__file__).parents[2]
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
        texts: (cell.outputs || []).map(output => [
            output.output_type, output.name, output.text ?? output.data?.['text/plain'],
        ]),
    };
});
"""
SAVE = "window.jupyterapp.commands.execute('docmanager:save')"
SAVED = "window.jupyterapp.serviceManager.contents.get(arguments[0])"
RUN_ALL = "window.jupyterapp.commands.execute('notebook:run-all-cells')"
SCROLL_TO = """
const content = window.jupyterapp.shell.currentWidget.content;
const index = Array.from(content.widgets).findIndex(widget => widget.model.id === arguments[0]);
content.activeCellIndex = index;
content.scrollToItem(index, 'start');
"""

DRAWING_CELLS = (
    """
from mnist_nn import *
from mnist_nn.drawing import draw
table = load_mnist_dataframe("train")
targets, examples = parse_labels_and_features(table[:10000])
data = (examples[:7500], targets[:7500], examples[7500:], targets[7500:])
linear = train_linear_classification_model(0.02, 500, 20, *data, seed=1, verbose=0)
network = train_nn_classification_model(0.05, 3000, 50, [100, 100], *data, seed=1, verbose=0)
""",
    """
pad = draw({"linear": linear, "network": network})
pad
""",
    "print(pad.pixels.shape, pad.probabilities['network'].idxmax())",
)
# How long the bars take, in milliseconds: to come with a digit's first point on the empty pad, and
# to come to rest after its last.
LATENCIES = """
window.latencies = {first: [], last: []};
let began = null, moved = null, changed = null;
const root = document.querySelector('.mnist-nn-pad');
const pad = root.querySelector('.pad');
pad.addEventListener('pointerdown', () => { began ??= performance.now(); }, true);
pad.addEventListener('pointermove', () => { moved = performance.now(); }, true);
root.querySelector('.clear').addEventListener('click', () => {
    window.latencies.last.push(changed - moved);
    began = null;
}, true);
new MutationObserver(() => {
    if (began > changed) window.latencies.first.push(performance.now() - began);
    changed = performance.now();
}).observe(root.querySelector('.answer'), {subtree: true, attributes: true});
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab, serving a copy of the exercises, and a notebook to draw in."""
    folder = tmp_path_factory.mktemp("lab")
    cells = [nbformat.v4.new_code_cell(code.strip()) for code in DRAWING_CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=build.METADATA)
    nbformat.write(notebook, folder / "drawing.ipynb")
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


def open_notebook(browser: webdriver.Chrome, address: str, path: str) -> None:
    """Open a notebook in JupyterLab, and wait until its kernel is ready."""

    def is_there(script: str) -> Any:
        return lambda driver: driver.execute_script(script)

    browser.get(f"{address}/lab/tree/{path}?reset")
    WebDriverWait(browser, START_SECONDS).until(is_there("return !!window.jupyterapp"))
    WebDriverWait(browser, START_SECONDS).until(lambda _: cells_of(browser))
    ready = "return window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status"
    WebDriverWait(browser, START_SECONDS).until(
        lambda driver: driver.execute_script(ready) == "idle"
    )


def run_all(browser: webdriver.Chrome) -> None:
    browser.set_script_timeout(RUN_SECONDS)
    assert browser.execute_async_script(f"{RUN_ALL}.then(arguments[0])") is not False

    def all_ran(_: Any) -> bool:
        return all(cell["count"] for cell in cells_of(browser) if cell["type"] == "code")

    WebDriverWait(browser, RUN_SECONDS).until(all_ran)


def cells_of(browser: webdriver.Chrome) -> list[dict[str, Any]]:
    state: list[dict[str, Any]] = browser.execute_script(CELLS)
    return state


@pytest.mark.parametrize("edition", EXERCISES, ids=str)
def test_unanswered_exercise_runs_to_its_end(
    edition: build.Edition, address: str, browser: webdriver.Chrome
) -> None:
    open_notebook(browser, address, f"{edition.language}/exercise.ipynb")
    run_all(browser)
    cells = cells_of(browser)
    code = [cell["id"] for cell in cells if cell["type"] == "code"]
    outputs = {cell["id"]: cell["texts"] for cell in cells}
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

    # JupyterLab's save leaves every cell as it was, and the checks know them again.
    browser.execute_async_script(f"{SAVE}.then(arguments[0])")
    path = f"{edition.language}/exercise.ipynb"
    saved = browser.execute_async_script(f"{SAVED}.then(arguments[1])", path)["content"]
    assert [(cell["id"], cell["source"]) for cell in saved["cells"]] == [
        (cell.id, cell.source) for cell in build.make(edition).cells
    ]
    assert saved["nbformat"] == 4

    # Behind each figure is its alternative text, in the reader's language, for screen readers.
    browser.execute_script(SCROLL_TO, "linear-first-call")
    time.sleep(1)
    hidden = browser.find_elements("css selector", ".jp-OutputArea-output rp")
    assert {element.size["height"] for element in hidden} == {1}
    texts = [element.get_attribute("textContent") or "" for element in hidden]
    set_language(edition.language)
    figures = ("Line chart of the log loss", "Heat map of the confusion matrix")
    for english in [english for english in read_texts() if english.startswith(figures)]:
        beginning = message(english).split("{")[0]
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


def test_drawn_digits_are_recognised(address: str, browser: webdriver.Chrome) -> None:
    open_notebook(browser, address, "drawing.ipynb")
    run_all(browser)
    wait = WebDriverWait(browser, 10)
    pad = wait.until(lambda driver: driver.find_element("css selector", ".mnist-nn-pad .pad"))
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", pad)
    browser.execute_script(LATENCIES)
    time.sleep(1)

    def click(name: str) -> None:
        browser.find_element("css selector", f".mnist-nn-pad .{name}").click()

    def best_bars() -> list[str]:
        """The digit with the longest bar, of each classifier that has bars."""
        return browser.execute_script(  # type: ignore[no-any-return]
            "return Array.from(document.querySelectorAll('.mnist-nn-pad .best'), "
            "bar => bar.previousSibling.textContent)"
        )

    def drawn(
        digit: str, place: tuple[float, float, float], pointer: str = POINTER_MOUSE
    ) -> list[str]:
        """Draw a digit, and return what the classifiers see."""
        draw_digit(browser, pad, STROKES[digit], place, pointer)
        time.sleep(0.5)
        return best_bars()

    right: dict[bool, int] = {}
    for prepared in (True, False):
        right[prepared] = 0
        for number, digit in enumerate(STROKES):
            seen = drawn(digit, PLACES[number % len(PLACES)])
            right[prepared] += seen[1] == digit
            if number == 3:
                browser.save_screenshot(str(SCREENSHOTS / f"drawing-{prepared}.png"))
            click("clear")
            wait.until(lambda _: best_bars() == [])
        click("prepare")
    latencies = browser.execute_script("return window.latencies")
    medians = {which: statistics.median(values) for which, values in latencies.items()}
    print(f"recognised: {right}, median latencies in ms: {medians}, of {latencies}")
    assert right[True] >= 9
    assert right[False] <= right[True] - 3
    assert [len(values) for values in latencies.values()] == [20, 20]
    assert max(medians.values()) < 100

    # With the keyboard: a one, from the middle down, that is taken back, and drawn again.
    keys = [Keys.SPACE, *[Keys.ARROW_DOWN] * 8, Keys.SPACE]
    pad.send_keys(*keys)
    wait.until(lambda _: best_bars()[1:] == ["1"])
    pad.send_keys(Keys.BACKSPACE)
    wait.until(lambda _: best_bars() == [])
    # With finger and pen.
    for pointer in (POINTER_TOUCH, POINTER_PEN):
        assert drawn("7", (0.1, 0.1, 0.8), pointer)[1:] == ["7"]
        click("undo")
        wait.until(lambda _: best_bars() == [])
    drawn("7", (0.1, 0.1, 0.8))
    click("undo")
    wait.until(lambda _: best_bars() == [])
    drawn("3", (0.1, 0.1, 0.8))

    # The drawing is an array for further cells, and the saved notebook has its picture.
    run = "window.jupyterapp.shell.currentWidget.content.activeCellIndex = 2;"
    browser.execute_script(run)
    browser.execute_async_script(
        "window.jupyterapp.commands.execute('notebook:run-cell').then(arguments[0])"
    )
    wait.until(lambda _: cells_of(browser)[2]["texts"][0][2] == "(28, 28) 3\n")
    browser.execute_async_script(f"{SAVE}.then(arguments[0])")
    notebook = "return window.jupyterapp.shell.currentWidget.content.model.toJSON()"
    saved = nbformat.from_dict(browser.execute_script(notebook))
    view, picture = saved.cells[1].outputs
    assert view.data["text/plain"] == ""
    assert "network: 3" in picture.data["text/html"]
    assert "<script" not in picture.data["text/html"]
    hidden = browser.find_element("css selector", "img[class^=mnist-nn-drawing]")
    assert not hidden.is_displayed()
    browser.save_screenshot(str(SCREENSHOTS / "drawing-live.png"))

    # Where the pad is not alive, the picture shows.
    browser.execute_async_script(
        "window.jupyterapp.serviceManager.sessions.shutdownAll().then(arguments[0])"
    )
    browser.get(f"{address}/lab/tree/drawing.ipynb?reset")
    shown = "img[class^=mnist-nn-drawing]"
    WebDriverWait(browser, START_SECONDS).until(
        lambda driver: any(e.is_displayed() for e in driver.find_elements("css selector", shown))
    )
    time.sleep(2)
    assert "widget" not in browser.find_element("css selector", ".jp-Notebook").text
    browser.save_screenshot(str(SCREENSHOTS / "drawing-saved.png"))

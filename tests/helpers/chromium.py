"""A headless Chromium, pages served to it, and digits drawn with its pointer."""

import contextlib
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.interaction import POINTER_MOUSE
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.remote.webelement import WebElement

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
ARGUMENTS = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-quic"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--no-first-run", "--window-size=1300,1500"),
]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Places and sizes at which the ten digits are drawn: the upper left corner and the height.
PLACES = [(0.05, 0.05, 0.3), (0.6, 0.1, 0.3), (0.1, 0.6, 0.25), (0.1, 0.1, 0.8), (0.65, 0.65, 0.3)]


def start_chromium(profile: Path) -> webdriver.Chrome:
    """Start a browser that logs what pages say and request."""
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in programs:
        pytest.fail("On Debian or Ubuntu: apt-get install chromium chromium-driver", pytrace=False)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    options = webdriver.ChromeOptions()
    options.binary_location = str(programs[0])
    for argument in (*ARGUMENTS, f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(programs[1]))
    chrome.get("about:blank")  # or requests of its own first page would be among those of a test
    return chrome


def list_complaints(browser: webdriver.Chrome) -> list[Any]:
    """Return what pages have logged since the last call, except for mere information."""
    logged = browser.get_log("browser")
    return [entry for entry in logged if entry["level"] not in ("DEBUG", "INFO")]


def list_violations(browser: webdriver.Chrome, axe: str) -> list[Any]:
    """Return what axe-core, whose source is ``axe``, finds wrong with the page's accessibility."""
    browser.execute_script(axe)
    result = browser.execute_async_script(
        "axe.run(document, {runOnly: arguments[0], resultTypes: ['violations']})"
        ".then(arguments[1], error => arguments[1]({error: String(error)}))",
        WCAG,
    )
    return [
        (violation["id"], node["html"][:150], node["any"][:1])
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files, and prints nothing."""

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder at the address that is yielded."""
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def draw_digit(
    browser: webdriver.Chrome,
    pad: WebElement,
    strokes: Any,
    place: tuple[float, float, float],
    pointer: str = POINTER_MOUSE,
) -> None:
    """Draw strokes on a pad, at one of the places, with pointer events."""
    box = browser.execute_script("return arguments[0].getBoundingClientRect()", pad)
    left, top, height = place
    actions = ActionBuilder(browser, mouse=PointerInput(pointer, pointer), duration=8)
    for stroke in strokes:
        for number, (x, y) in enumerate(stroke):
            actions.pointer_action.move_to_location(
                int(box["left"] + box["width"] * (left + height * x)),
                int(box["top"] + box["height"] * (top + height * y)),
            )
            if number == 0:
                actions.pointer_action.pointer_down()
        actions.pointer_action.pointer_up()
    actions.perform()

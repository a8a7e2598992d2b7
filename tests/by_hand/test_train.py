"""The page that trains in the browser: its runs are the original's, and it works in Chromium.

    .venv/bin/python -m pytest -s tests/by_hand/test_train.py

Screenshots are left in ``build/screenshots``. The runs need Node.js, and the check of accessibility
npm.
"""

import contextlib
import io
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import pytest
from chromium import SCREENSHOTS, draw_digit, list_complaints, list_violations, serve
from digits import STROKES
from node import run_node
from original import SEEDS, SIGNIFICANCE_LEVEL, deviations, p_value, standard_errors
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from split import split_exercise

import mnist_nn
from mnist_nn.fidelity import CALLS
from mnist_nn.language import LANGUAGES
from notebooks.site.pages import first_page, read_texts
from notebooks.site.train import export

RUNS = """
const read = (path) => training.readDigits(new Uint8Array(fs.readFileSync(path)));
const [digits, test] = paths.map(read);
const numbers = Uint32Array.from(test.labels, (_, row) => row);
const figures = [];
for (let number = 0; number < runs; number++) {
    const rows = sampling.permute(numbers);
    const layers = training.createLayers(call.hidden_units ?? []);
    const sets = [rows.subarray(0, 7_500), rows.subarray(7_500)];
    const periods = [];
    for (const figures of training.train(layers, digits, sets, call)) {
        if ("period" in figures) periods.push(figures);
    }
    const { accuracy } = training.evaluate(layers, test, numbers);
    figures.push([...periods.map(({ logLoss }) => logLoss), periods.at(-1).accuracy, accuracy]);
}
return figures;
"""
NETWORK = {"model": "network", "learning_rate": "0.05", "batch_size": "30"}
LONG = NETWORK | {"steps": "1000", "hidden_units": "[100, 100]"}
VERDICT = ".run:first-child :is(.good, .bad)"
SHORT = NETWORK | {"steps": "40", "hidden_units": "[20]"}
MEASURE = """
window.measured = {tasks: [], lines: []};
new PerformanceObserver((list) => list.getEntries().forEach((task) =>
    measured.tasks.push(task.duration))).observe({type: "longtask"});
new MutationObserver(() => measured.lines.push(performance.now() - measured.start)).observe(
    document.querySelector("#runs"), {childList: true, subtree: true, characterData: true});
measured.start = performance.now();
"""


@pytest.mark.parametrize("call", CALLS)
def test_runs_are_the_originals(call: str, tmp_path: Path) -> None:
    """Each comparison would fail by chance for one choice of seeds in 100,000."""
    paths = []
    for split, rows in (("train", 10_000), ("test", 10_000)):
        table = mnist_nn.load_mnist_dataframe(split).head(rows).to_numpy(np.uint8)
        paths.append(str(tmp_path / split))
        Path(paths[-1]).write_bytes(table[:, 0].tobytes() + table[:, 1:].tobytes())
    arguments = CALLS[call].arguments
    ours = np.array(run_node(RUNS, paths=paths, runs=len(SEEDS), call=arguments))
    original = CALLS[call].metrics
    assert ours.shape == original.shape == (12, 12)
    spread = deviations(ours), deviations(original)
    print(f"{call}: {p_value(ours, original):.4f} for means, {p_value(*spread):.4f} for spreads")
    assert p_value(ours, original) > SIGNIFICANCE_LEVEL, standard_errors(ours, original)
    assert p_value(*spread) > SIGNIFICANCE_LEVEL, standard_errors(*spread)
    band = 2 * original.std(axis=0, ddof=1)
    assert (np.abs(ours.mean(axis=0) - original.mean(axis=0)) < band).all()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("train")
    export.write_page(folder)
    with serve(folder) as address:
        yield address


class Run:
    """A page of its own, with settings, in which Train was pressed."""

    def __init__(self, browser: webdriver.Chrome, page: str, **settings: str) -> None:
        self.browser = browser
        open_page(browser, page, **settings)
        browser.execute_script(MEASURE)
        self.train()

    def train(self) -> None:
        self.browser.find_element(By.CLASS_NAME, "train").click()

    def text(self, selector: str) -> str:
        script = "return document.querySelector(arguments[0])?.textContent ?? ''"
        return str(self.browser.execute_script(script, selector))

    def wait(self, selector: str, text: str = "", seconds: float = 60) -> str:
        """Wait until an element has a text, or contains another one; return it."""
        wait = WebDriverWait(self.browser, seconds, poll_frequency=0.1)
        wait.until(lambda _: (found := self.text(selector)) and text in found)
        return self.text(selector)

    def repeat(self, number: int) -> None:
        """Train once more, and wait for the end of this run."""
        self.train()
        self.wait(".run h2", f"{number}.")
        self.wait(VERDICT)


def open_page(browser: webdriver.Chrome, page: str, **settings: str) -> None:
    browser.get(f"{page}?{urlencode(settings)}" if settings else page)
    usable = "return performance.getEntriesByName('usable').length"
    WebDriverWait(browser, 10).until(lambda driver: driver.execute_script(usable))


def test_lines_are_the_exercises_and_a_link_keeps_the_settings(
    page: str, browser: webdriver.Chrome, train_table: pd.DataFrame
) -> None:
    list_complaints(browser)
    run = Run(browser, page, **LONG)
    run.wait(VERDICT)
    measured = browser.execute_script("return measured")
    first, last = measured["lines"][0] / 1000, measured["lines"][-1] / 1000
    print(f"1,000 steps of 30, [100, 100]: {last:.1f} s, first change after {first:.1f} s")
    print(f"tasks of the page above 50 ms: {measured['tasks']}")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        mnist_nn.train_linear_classification_model(0.05, 10, 30, *split_exercise(train_table, 1))
    loss = r"\d+\.\d\d$"
    expected, found = printed.getvalue(), run.text("pre")
    assert re.sub(loss, "", found, flags=re.M) == re.sub(loss, "", expected, flags=re.M)
    assert list_complaints(browser) == []

    run.repeat(2)
    assert len(browser.find_elements(By.CLASS_NAME, "run")) == 2
    rows = browser.find_elements(By.CSS_SELECTOR, "#results tbody tr")
    assert [row.text[:10] for row in rows] == ["2. network", "1. network"]
    accuracy = re.search(r"[01]\.\d{4}", run.text(VERDICT))
    assert accuracy
    assert f"{accuracy[0]} 0.05 1000 30 [100, 100]" in rows[0].text
    link = browser.find_element(By.CSS_SELECTOR, ".settings a").get_attribute("href")
    open_page(browser, str(link))
    fields = ("learning_rate", "steps", "batch_size", "hidden_units")
    for name in fields:
        assert browser.find_element(By.ID, name).get_property("value") == LONG[name]


def test_file_is_small_and_has_the_exercises_rows() -> None:
    digits = export.pack_digits()
    print(f"{len(digits):,} bytes")
    assert len(digits) < 2_200_000


def test_stop_ends_training_with_figures(page: str, browser: webdriver.Chrome) -> None:
    run = Run(browser, page, **LONG | {"steps": "1000000"})
    run.wait("pre", "LogLoss")
    stop = browser.find_element(By.CLASS_NAME, "stop")
    stop.click()
    assert "after" in run.wait("pre", "Training stopped")
    assert "period 00" in run.text("pre")
    assert run.wait(VERDICT).startswith("✘ Training stopped after ")
    assert not stop.is_enabled()


@pytest.mark.parametrize(
    ("settings", "field", "text"),
    [
        ({"steps": "5"}, "steps", "steps 5 is less than the 10 periods: raise it"),
        ({"hidden_units": "[5000, 5000]"}, "hidden_units", "at most 2,000,000"),
    ],
)
def test_wrong_settings_are_told_beside_their_field(
    settings: dict[str, str], field: str, text: str, page: str, browser: webdriver.Chrome
) -> None:
    run = Run(browser, page, **SHORT | settings)
    assert text in run.text(f"#{field}-error")
    focused = browser.switch_to.active_element
    assert focused.get_attribute("id") == field
    assert not browser.execute_script("return arguments[0].validity.valid", focused)
    assert f"{field}-error" in str(focused.get_attribute("aria-describedby"))
    assert browser.find_elements(By.CLASS_NAME, "run") == []
    focused.clear()
    focused.send_keys(SHORT[field])
    assert run.text(f"#{field}-error") == ""


def test_digits_and_commas_of_other_keyboards_are_read(
    page: str, browser: webdriver.Chrome
) -> None:
    run = Run(browser, page, **SHORT | {"steps": "４０", "hidden_units": "［２０、１０］"})
    run.wait(VERDICT)
    expected = "learning_rate=0.05, steps=40, batch_size=30, hidden_units=[20、10]"
    assert run.text(".settings a") == expected


def test_divergence_is_told_as_in_python(page: str, browser: webdriver.Chrome) -> None:
    deep = {"hidden_units": str([10] * 9).replace(" ", ""), "learning_rate": "1e38"}
    run = Run(browser, page, **SHORT | deep)
    expected = "training diverged in period 0 with learning_rate 1e+38: lower it"
    assert run.wait(VERDICT) == f"✘ {expected}"
    assert expected in browser.find_element(By.CSS_SELECTOR, "[role=log]").text


def test_lost_connection_and_damaged_file_are_told(
    tmp_path: Path, browser: webdriver.Chrome
) -> None:
    export.write_page(tmp_path)
    texts = export.make_texts("en")
    digits = tmp_path / "digits.bin"
    packed = digits.read_bytes()
    with serve(tmp_path) as address:
        digits.write_bytes(packed[:1000] + b"x" + packed[1001:])
        run = Run(browser, address, **SHORT)
        run.wait("#status", texts["not_loaded"])
        for damaged in (packed[:-1], packed + b"x"):
            digits.write_bytes(damaged)
            run = Run(browser, address, **SHORT)
            run.wait("#status", texts["not_loaded"])
        digits.unlink()
        run = Run(browser, address, **SHORT)
        run.wait("#status", texts["not_loaded"])
        digits.write_bytes(packed)
        run.train()
        run.wait(VERDICT)
        assert run.text("#status") == ""
    run.repeat(2)  # the server is gone


def test_missing_worker_is_told(tmp_path: Path, browser: webdriver.Chrome) -> None:
    export.write_page(tmp_path)
    worker = tmp_path / "worker.js"
    program = worker.read_bytes()
    worker.unlink()
    with serve(tmp_path) as address:
        run = Run(browser, address, **SHORT)
        run.wait("#status", export.make_texts("en")["not_loaded"])
        worker.write_bytes(program)
        run.train()
        run.wait(VERDICT)


@pytest.mark.parametrize("missing", ["page.js", "settings.js"])
def test_missing_script_is_told(missing: str, tmp_path: Path, browser: webdriver.Chrome) -> None:
    export.write_page(tmp_path)
    (tmp_path / missing).unlink()
    with serve(tmp_path) as address:
        browser.get(address)
        wait = WebDriverWait(browser, 10)
        wait.until(lambda driver: driver.find_element(By.ID, "broken").is_displayed())
        assert not browser.find_element(By.CLASS_NAME, "train").is_enabled()
    list_complaints(browser)


def test_file_says_how_to_open_it(tmp_path: Path, browser: webdriver.Chrome) -> None:
    export.write_page(tmp_path)
    browser.get((tmp_path / "index.ko.html").as_uri())
    assert browser.find_element(By.ID, "file").text.startswith(read_texts()["ko"]["file"])
    assert not browser.find_element(By.ID, "broken").is_displayed()
    assert not browser.find_element(By.CLASS_NAME, "train").is_enabled()
    list_complaints(browser)


def test_print_is_light_and_shades_the_matrix(page: str, browser: webdriver.Chrome) -> None:
    scheme = {"name": "prefers-color-scheme", "value": "dark"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    run = Run(browser, page, **SHORT)
    run.wait(VERDICT)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": [scheme]})
    colour, adjust = browser.execute_script("""
    const cell = getComputedStyle(document.querySelector(".run td"));
    return [getComputedStyle(document.body).color, cell.printColorAdjust];
    """)
    shown = browser.find_element(By.TAG_NAME, "form").is_displayed()
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert (colour, adjust, shown) == ("rgb(27, 27, 31)", "exact", False)


def test_ink_bars_and_matrix_are_seen_in_forced_colours(
    page: str, browser: webdriver.Chrome
) -> None:
    run = Run(browser, page, **SHORT)
    run.wait(VERDICT)
    pad = browser.find_element(By.CLASS_NAME, "pad")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", pad)
    draw_digit(browser, pad, STROKES["7"], (0.1, 0.1, 0.8))
    forced = [
        {"name": "forced-colors", "value": "active"},
        {"name": "prefers-color-scheme", "value": "dark"},
    ]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": forced})
    grounds = browser.execute_script("""
    const places = [".pad", ".best div", ".bar:not(.best) div", ".bar", ".run td", ".run td + td"];
    return places.map((selector) =>
        getComputedStyle(document.querySelector(selector)).backgroundColor);
    """)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    paper, *bars, dark, pale = grounds
    assert paper == "rgb(255, 255, 255)"
    assert len({*bars}) == 3
    assert dark != pale


def test_hidden_tab_is_told(page: str, browser: webdriver.Chrome) -> None:
    run = Run(browser, page, **LONG | {"steps": "1000000"})
    run.wait("pre", "LogLoss")
    first = browser.current_window_handle
    browser.switch_to.new_window("tab")
    browser.close()
    browser.switch_to.window(first)
    run.wait("#status", export.make_texts("en")["hidden"])


def test_two_tabs_are_told(page: str, browser: webdriver.Chrome) -> None:
    texts = export.make_texts("en")
    long = LONG | {"steps": "1000000"}
    first = browser.current_window_handle
    run = Run(browser, page, **long)
    run.wait("pre", "LogLoss")
    browser.switch_to.new_window("tab")
    try:
        other = Run(browser, page, **long)
        other.wait("#status", texts["tabs"])
    finally:
        browser.close()
        browser.switch_to.window(first)
    run.wait("#status", texts["tabs"])


def test_pad_answers_with_the_last_two_models(page: str, browser: webdriver.Chrome) -> None:
    run = Run(browser, page, **LONG | {"steps": "300"})
    run.wait(VERDICT)
    digit, strokes = next(iter(STROKES.items()))
    pad = browser.find_element(By.CLASS_NAME, "pad")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", pad)
    draw_digit(browser, pad, strokes, (0.1, 0.1, 0.8))
    spoken = run.text(".mnist-nn-pad [aria-live]")
    assert f"1. network {digit} (" in spoken
    browser.find_element(By.CSS_SELECTOR, "[value=linear]").click()
    run.repeat(2)
    spoken = run.text(".mnist-nn-pad [aria-live]")
    assert f"1. network {digit} (" in spoken  # what was drawn is kept
    assert "2. linear model " in spoken


def test_keyboard_and_screen_reader(page: str, browser: webdriver.Chrome) -> None:
    open_page(browser, page, **SHORT)
    browser.find_element(By.ID, "steps").send_keys(Keys.ENTER)
    done = "return document.querySelector('.good, .bad')"
    WebDriverWait(browser, 20).until(lambda driver: driver.execute_script(done))
    log = browser.find_element(By.CSS_SELECTOR, "[role=log]")
    assert log.text.count("period 0") == 10
    svg, canvas = (
        browser.find_element(By.CSS_SELECTOR, f".run {tag}") for tag in ("svg", "canvas")
    )
    assert str(svg.get_attribute("aria-label")).startswith("Line chart of the log loss")
    assert str(canvas.get_attribute("aria-label")).startswith("20 small images")
    assert browser.find_element(By.CLASS_NAME, "worst").text.startswith("Most frequent mistake")


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_fits_and_axe_finds_no_violation(
    language: str, page: str, browser: webdriver.Chrome, axe: str
) -> None:
    texts = export.make_texts(language)
    run = Run(browser, page + first_page(language), **SHORT)
    run.wait(VERDICT)
    run.repeat(2)
    run.browser.find_element(By.ID, "steps").send_keys("x", Keys.TAB)
    for width in (320, 360, 768, 1400):
        for scheme in ("light", "dark"):
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            size = {"width": width, "deviceScaleFactor": 1, "mobile": width < 500}
            resize = "Emulation.setDeviceMetricsOverride"
            browser.execute_cdp_cmd(resize, size | {"height": 1000})
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width
            assert list_violations(browser, axe) == []
            height = browser.execute_script("return document.documentElement.scrollHeight")
            browser.execute_cdp_cmd(resize, size | {"height": height})
            time.sleep(0.2)
            browser.save_screenshot(str(SCREENSHOTS / f"train-{language}-{width}-{scheme}.png"))
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert browser.title == texts["title"]
    html = browser.find_element(By.TAG_NAME, "html")
    assert html.get_attribute("lang") == language

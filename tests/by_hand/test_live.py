"""The live page prepares and classifies digits as Python does, and works in headless Chromium.

    .venv/bin/python -m pytest -s tests/by_hand/test_live.py

Screenshots are left in ``build/screenshots``.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from chromium import PLACES, SCREENSHOTS, draw_digit, list_complaints, serve
from digits import STROKES
from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from mnist_nn import load_mnist_dataframe, parse_labels_and_features
from mnist_nn.drawing import draw
from mnist_nn.drawing.image import prepare_ink
from mnist_nn.language import LANGUAGES
from notebooks.site.live import export

MOST_STEPS = export.STEPS[-1]

# Runs code with the page's modules and models, and returns what it returns.
MODULES = """
const [code, input, done] = arguments;
const load = (name) => fetch(name).then((response) => response.arrayBuffer());
const run = async () => {
    const prepare = await import(new URL("prepare.js", location));
    const { classify, readModels } = await import(new URL("classify.js", location));
    const { steps, sizes } = await (await fetch("data.json")).json();
    const models = readModels(await load("weights.bin"), steps, sizes);
    const body = new Function("prepare", "classify", "models", "load", "input", code);
    return body(prepare, classify, models, load, input);
};
run().then(done, (error) => done(String(error)));
"""
DRAWN = """
return input.map((strokes) => {
    const ink = prepare.drawInk(strokes);
    return [prepare.prepareInk(ink), prepare.shrink(ink)].map((pixels) => ({
        pixels: Array.from(pixels),
        probabilities: models.at(-1).map((model) => classify(model, pixels)),
    }));
});
"""
ENLARGED = """
return load("inks.bin").then((buffer) => {
    const area = 280 * 280;
    return Array.from({length: buffer.byteLength / area}, (_, digit) => {
        const data = Float32Array.from(new Uint8Array(buffer, digit * area, area));
        const pixels = prepare.prepareInk({height: 280, width: 280, data});
        const probabilities = models.at(-1).map((model) => classify(model, pixels));
        return {pixels: Array.from(pixels), probabilities};
    });
});
"""
CLASSES = """
return load("pixels.bin").then((buffer) => models.map((both) => both.map((model) =>
    Array.from({length: buffer.byteLength / 784}, (_, digit) => {
        const bytes = new Uint8Array(buffer, 784 * digit, 784);
        const shares = classify(model, Float32Array.from(bytes, (value) => value / 255));
        return shares.indexOf(Math.max(...shares));
    }))));
"""
BEST = """
return Array.from(document.querySelectorAll('.best'), (bar) => bar.previousSibling.textContent);
"""
FOCUSED = """
const {tagName, className, type, textContent} = document.activeElement;
return [tagName, className || type || textContent].join(' ');
"""


class Page(NamedTuple):
    """The exported page, where it is served, and its models in Keras."""

    folder: Path
    address: str
    models: export.Models


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("site")
    models = export.train_models()
    export.export(models, folder)
    with serve(folder) as address:
        yield Page(folder, address, models)


def open_page(browser: webdriver.Chrome, page: Page, query: str = "") -> WebElement:
    """Open the page, wait until it is usable, and return the pad's canvas."""
    browser.set_script_timeout(120)
    browser.get(page.address + query)
    usable = "return performance.getEntriesByName('usable').length"
    WebDriverWait(browser, 10).until(lambda driver: driver.execute_script(usable))
    return browser.find_element("css selector", ".pad")


def run(browser: webdriver.Chrome, page: Page, code: str, argument: Any = None) -> Any:
    open_page(browser, page)
    result = browser.execute_async_script(MODULES, code, argument)
    assert not isinstance(result, str), result
    return result


def compare(found: list[Any], pixels: list[Any], probabilities: list[Any]) -> None:
    """Hold pixels, and the answers of both models, of JavaScript and of Python to each other."""
    expected = np.reshape(pixels, (-1, 784))
    differences = np.abs(np.array([answer["pixels"] for answer in found]) - expected)
    shares = np.array([answer["probabilities"] for answer in found])
    share_differences = np.abs(shares - probabilities)
    classes = shares.argmax(axis=2), np.array(probabilities).argmax(axis=2)
    print(
        f"{len(found)} images; largest difference of a pixel: {differences.max():.1e}, of a"
        f" probability: {share_differences.max():.4f}; other answers:"
        f" {np.sum(classes[0] != classes[1])} of {classes[0].size}"
    )
    assert differences.max() < 1e-5
    assert share_differences.max() < 0.03  # of 8-bit weights
    assert np.mean(classes[0] == classes[1]) > 0.995


def test_drawings_are_prepared_as_in_python(page: Page, browser: webdriver.Chrome) -> None:
    random = np.random.default_rng(0)
    drawings: list[Any] = [
        [[[left + size * x, top + size * y] for x, y in stroke] for stroke in strokes]
        for size in (0.15, 0.2, 0.4, 0.6, 0.8, 1)
        for strokes in STROKES.values()
        for left, top in [random.uniform(0, 1 - size, 2)]
    ]
    drawings += [[stroke[::5] for stroke in drawing] for drawing in drawings]  # with corners
    found = run(browser, page, DRAWN, drawings)
    pad = draw(page.models[MOST_STEPS])
    for number, prepared in enumerate((True, False)):
        pad.prepared = prepared
        pixels, probabilities = [], []
        for strokes in drawings:
            pad.strokes = strokes
            pixels.append(pad.pixels)
            probabilities.append(pad.probabilities.T.to_numpy())
        compare([kinds[number] for kinds in found], pixels, probabilities)


def test_digits_of_mnist_are_prepared_as_in_python(page: Page, browser: webdriver.Chrome) -> None:
    digits = load_mnist_dataframe("test").loc[:499, 1:784].to_numpy(np.float32)
    images = [Image.fromarray(digit.reshape(28, 28)) for digit in digits]
    enlarge = Image.Resampling.BILINEAR
    inks = [np.asarray(image.resize((280, 280), enlarge)) > 127 for image in images]
    (page.folder / "inks.bin").write_bytes(np.stack(inks).tobytes())
    found = run(browser, page, ENLARGED)
    pixels = [prepare_ink(ink) for ink in inks]
    rows = np.reshape(pixels, (-1, 784))
    models = page.models[MOST_STEPS].values()
    compare(found, pixels, np.stack([m.predict(rows, verbose=0) for m in models], axis=1).tolist())


def test_small_weights_are_as_accurate(page: Page, browser: webdriver.Chrome) -> None:
    table = load_mnist_dataframe("test")
    targets, examples = parse_labels_and_features(table)
    (page.folder / "pixels.bin").write_bytes(table.loc[:, 1:784].to_numpy(np.uint8).tobytes())
    found = run(browser, page, CLASSES)
    for steps, classes_by_name in zip(export.STEPS, found, strict=True):
        for name, classes in zip(export.NAMES, classes_by_name, strict=True):
            probabilities = page.models[steps][name].predict(examples, verbose=0)
            before = np.mean(probabilities.argmax(axis=1) == targets)
            after = np.mean(np.array(classes) == targets)
            print(f"{name}, {steps} steps: {before:.4f} in Keras, {after:.4f} on the page")
            assert after == pytest.approx(before, abs=0.001)


def test_drawn_digits_are_recognised(page: Page, browser: webdriver.Chrome) -> None:
    pad = open_page(browser, page)
    list_complaints(browser)  # of the tests before
    answers = []
    for number, (digit, strokes) in enumerate(STROKES.items()):
        draw_digit(browser, pad, strokes, PLACES[number % len(PLACES)])
        answers.append((digit, *browser.execute_script(BEST)))
        if number < 9:
            browser.find_element("css selector", ".clear").click()
            assert browser.execute_script(BEST) == []
    print(f"digit, linear model, network: {answers}")
    assert sum(digit == network for digit, _, network in answers) >= 9
    assert not list_complaints(browser)


def test_keyboard_reaches_everything(page: Page, browser: webdriver.Chrome) -> None:
    pad = open_page(browser, page)
    order = []
    for _ in range(5 + 2 * len(LANGUAGES)):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        order.append(browser.execute_script(FOCUSED))
    links = [f"A {language.name}" for language in LANGUAGES.values()]
    buttons = ["BUTTON undo", "BUTTON clear", "INPUT prepare", "INPUT range"]
    assert order == [*links, "CANVAS pad", *buttons, *links]
    pad.send_keys(Keys.SPACE, *[Keys.ARROW_DOWN] * 8, Keys.SPACE)
    assert browser.execute_script(BEST)[1] == "1"
    spoken = browser.find_element("css selector", "[aria-live]")
    described = spoken.get_attribute("textContent") or ""
    assert "network: 1 (" in described
    slider = browser.find_element("id", "steps")
    assert slider.get_attribute("aria-valuetext") == "1,000"
    slider.send_keys(Keys.HOME)
    assert slider.get_attribute("aria-valuetext") == "10"
    assert spoken.get_attribute("textContent") not in (described, "")
    pad.send_keys(Keys.DELETE)
    assert browser.execute_script(BEST) == []
    assert spoken.get_attribute("textContent") == export.make_texts("en")["empty"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_fits_in_every_language(language: str, page: Page, browser: webdriver.Chrome) -> None:
    texts = export.make_texts(language)
    for width in (320, 360, 768, 1400):
        for scheme in ("light", "dark"):
            size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 500}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            pad = open_page(browser, page, f"?lang={language}")
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width
            pad.send_keys(Keys.SPACE, *[Keys.ARROW_DOWN] * 8, Keys.SPACE)
            time.sleep(0.2)
            browser.save_screenshot(str(SCREENSHOTS / f"live-{language}-{width}-{scheme}.png"))
    assert browser.title == texts["title"]
    html = browser.find_element("css selector", "html")
    assert html.get_attribute("lang") == language
    for element in browser.find_elements("css selector", "[data-text]"):
        assert element.text == texts[element.get_attribute("data-text") or ""]
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

"""The live page prepares and classifies digits as Python does, and works in headless Chromium.

    .venv/bin/python -m pytest -s tests/by_hand/test_live.py

Screenshots are left in ``build/screenshots``.
"""

import re
import shutil
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
from notebooks.site.pages import read_texts

MOST_STEPS = export.STEPS[-1]

# Runs code with the page's modules and models, and returns what it returns.
MODULES = """
const [code, input, done] = arguments;
const load = (name) => fetch(name).then((response) => response.arrayBuffer());
const run = async () => {
    const prepare = await import(new URL("prepare.js", location));
    const { classify, readModels } = await import(new URL("classify.js", location));
    const { steps, sizes } = JSON.parse(document.querySelector("#texts").textContent);
    const earlier = readModels(await load("training.bin"), Int8Array, sizes);
    const all = [...earlier, ...readModels(await load("weights.bin"), Int16Array, sizes)];
    const models = steps.map((_, moment) => all.slice(2 * moment, 2 * moment + 2));
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
return Array.from(document.querySelectorAll('.bar.best'), (bar) => bar.previousSibling.textContent);
"""
FOCUSED = """
const {tagName, className, id, textContent} = document.activeElement;
return [tagName, id || className || textContent].join(' ');
"""
ANSWERS = "return [...document.querySelectorAll('#answers b')].map((each) => each.textContent)"
CLASSIFIED = """
return input.map((pixels) => models.at(-1).map((model) => classify(model, pixels)));
"""
IN_VIEW = """
return [...document.querySelectorAll(arguments[0])].every((element) => {
    const {left, top, right, bottom} = element.getBoundingClientRect();
    return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
});
"""
TOO_SMALL = """
const kinds = "header :is(a, button), .try :is(a, button, summary), section :is(button, label)";
return [...document.querySelectorAll(kinds)].filter((each) => each.checkVisibility())
    .map((each) => [each.textContent, each.offsetWidth, each.offsetHeight])
    .filter(([, width, height]) => width < 44 || height < 44);
"""
PHONES = [(375, 553), (390, 664), (667, 331)]
HEIGHTS = """
const prompt = document.querySelector("#prompt");
return arguments[0].map((text) => ((prompt.textContent = text), prompt.offsetHeight));
"""
PROMPTS = (
    *("loading", "demo", "nothing", "small", "agree", "disagree", "unsure", "moment", "guest"),
    *("guest_digit", "round_prompt", "fool_prompt", "fooled", "fooled_half", "not_fooled"),
)
# Drawn as a 2: the linear model takes it for an 8.
TWO = (
    "digit=2&strokes=Y1bTaPXpcOUqfhSLi2QQm0QsqNSJsVVQtPZHsVctp_gKmTj5iMnYdDrJVQzkSw4LUa3yXs13a51EiG2"
    "Bla27pP3esa2I"
)


class Page(NamedTuple):
    """The exported page, where it is served, and its models in Keras."""

    folder: Path
    address: str
    models: export.Models


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("site")
    models = export.train_models()
    export.write_page(models, folder)
    with serve(folder) as address:
        yield Page(folder, address, models)


def open_page(
    browser: webdriver.Chrome, address: str, mark: str = "training", motion: str = "reduce"
) -> WebElement:
    """Open the page, wait until it has come so far, and return the pad's canvas.

    With ``motion="no-preference"``, what moves by itself does so.
    """
    browser.set_script_timeout(120)
    feature = {"name": "prefers-reduced-motion", "value": motion}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    browser.get("about:blank")  # or an address with another hash would load no page
    browser.get(address)
    reached = f"return performance.getEntriesByName('{mark}').length"
    WebDriverWait(browser, 10).until(lambda driver: driver.execute_script(reached))
    return browser.find_element("css selector", ".pad")


def resize(browser: webdriver.Chrome, width: int, height: int = 1000) -> None:
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def find_text(browser: webdriver.Chrome, selector: str) -> str:
    return browser.find_element("css selector", selector).text


def run(browser: webdriver.Chrome, page: Page, code: str, argument: Any = None) -> Any:
    open_page(browser, page.address)
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
    assert differences.max() < 1e-7
    assert share_differences.max() < 0.001  # of 16-bit weights
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


def test_models_classify_as_in_numpy(page: Page, browser: webdriver.Chrome) -> None:
    rows = np.random.default_rng(0).random((20, 784)).astype(np.float32)
    found = run(browser, page, CLASSIFIED, rows.tolist())
    expected = []
    for model in page.models[MOST_STEPS].values():
        values = rows.astype(np.float64)
        for number, layer in enumerate([layer for layer in model.layers if layer.weights]):
            weights, biases = layer.get_weights()
            scales = np.abs(weights).max(axis=0) / np.iinfo(export.LAST_DTYPE).max
            whole = np.rint(weights / scales)
            values = (np.maximum(values, 0) if number else values) @ (whole * scales) + biases
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        expected.append(powers / powers.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(np.swapaxes(found, 0, 1), expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "height"), PHONES)
def test_answers_and_pad_are_in_view(
    width: int, height: int, language: str, page: Page, browser: webdriver.Chrome
) -> None:
    resize(browser, width, height)
    open_page(browser, f"{page.address}?lang={language}")
    assert browser.execute_script(IN_VIEW, "#answers dd, #prompt, .pad, .buttons button")
    # So are they while the slider moves.
    browser.execute_script("document.querySelector('.slider').scrollIntoView({block: 'end'})")
    assert browser.execute_script(IN_VIEW, "#answers dd, #prompt, .pad, .slider")
    assert browser.execute_script("return document.querySelector('.pad').clientHeight") > 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_prompt_moves_the_pad(language: str, page: Page, browser: webdriver.Chrome) -> None:
    texts = export.make_texts(language)
    prompts = [texts[name].format(n="1,000", digit=8, linear=3, network=3) for name in PROMPTS]
    for width, height in [(320, 900), (360, 900), (480, 480), (768, 900), (820, 900)]:
        resize(browser, width, height)
        open_page(browser, f"{page.address}?lang={language}")
        assert len({*browser.execute_script(HEIGHTS, prompts)}) == 1


@pytest.mark.parametrize(("width", "height"), [(480, 480), (500, 450), (640, 450), (667, 331)])
def test_pad_leaves_room_for_the_answers(
    width: int, height: int, page: Page, browser: webdriver.Chrome
) -> None:
    resize(browser, width, height)
    open_page(browser, page.address)
    assert browser.execute_script("return document.documentElement.scrollWidth") == width
    assert browser.execute_script(IN_VIEW, "#answers, .slider, .pad")


@pytest.mark.parametrize(("width", "height"), [(360, 740), (768, 1024), (1400, 900)])
def test_slider_and_what_it_changes_are_in_view(
    width: int, height: int, page: Page, browser: webdriver.Chrome
) -> None:
    resize(browser, width, height)
    open_page(browser, page.address)
    if width < 700:
        browser.execute_script(
            "document.querySelector('#network').scrollIntoView({block: 'center'})"
        )
    assert browser.execute_script(IN_VIEW, ".slider, #network")


def test_drawn_digits_are_recognised(page: Page, browser: webdriver.Chrome) -> None:
    resize(browser, 390, 664)
    pad = open_page(browser, page.address)
    list_complaints(browser)  # of the tests before
    answers = []
    for number, (digit, strokes) in enumerate([*STROKES.items()] * 3):
        draw_digit(browser, pad, strokes, PLACES[(number + number // 10) % len(PLACES)])
        linear, network = browser.execute_script(ANSWERS)
        assert browser.execute_script(IN_VIEW, "#answers dd")
        assert browser.execute_script(BEST) == [linear, network]
        answers.append((digit, linear, network))
        browser.find_element("css selector", ".clear").click()
        assert browser.execute_script(ANSWERS) == ["–", "–"]
    print(f"digit, linear model, network: {answers}")
    assert sum(digit == network for digit, _, network in answers) >= 28
    assert not list_complaints(browser)


def test_keyboard_reaches_everything(page: Page, browser: webdriver.Chrome) -> None:
    resize(browser, 1400)
    pad = open_page(browser, page.address)
    order: list[str] = []
    while True:
        browser.switch_to.active_element.send_keys(Keys.TAB)
        focused = browser.execute_script(FOCUSED)
        if focused.startswith("BODY") or focused in order[:1]:
            break
        order.append(focused)
    links = [f"A {language.name}" for language in LANGUAGES.values()]
    first = ["A home", *links, "BUTTON theme", "CANVAS pad", "BUTTON undo", "BUTTON clear"]
    assert order[: len(first)] == first
    buttons = ["BUTTON play", "INPUT steps", "BUTTON round", *(f"BUTTON {n}" for n in range(10))]
    assert [each for each in order if each in buttons] == buttons
    assert order[-1] == "INPUT prepare"
    pad.send_keys(Keys.SPACE, *[Keys.ARROW_DOWN] * 8, Keys.SPACE)
    assert browser.execute_script(ANSWERS)[1] == "1"
    spoken = browser.find_element("css selector", "[aria-live=polite]")
    described = spoken.get_attribute("textContent") or ""
    assert "neural network 1 (" in described
    slider = browser.find_element("id", "steps")
    assert slider.get_attribute("aria-valuetext") == "1,000"
    slider.send_keys(Keys.HOME)
    assert slider.get_attribute("aria-valuetext") == "0"
    assert spoken.get_attribute("textContent") not in (described, "")
    assert find_text(browser, "#prompt") == read_texts()["en"]["moment"].format(n=0)
    pad.send_keys(Keys.DELETE)
    assert browser.execute_script(BEST) == []
    assert spoken.get_attribute("textContent") == export.make_texts("en")["empty"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_fits_in_every_language(language: str, page: Page, browser: webdriver.Chrome) -> None:
    texts = export.make_texts(language)
    for width in (320, 360, 700, 768, 1400):  # 700: 1,400 at 200 %
        resize(browser, width)
        pad = open_page(browser, f"{page.address}?lang={language}")
        for theme in ("light", "dark"):
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width
            pad.send_keys(Keys.SPACE, *[Keys.ARROW_DOWN] * 8, Keys.SPACE)
            browser.save_screenshot(str(SCREENSHOTS / f"live-{language}-{width}-{theme}.png"))
            browser.find_element("id", "theme").click()
        assert browser.execute_script(TOO_SMALL) == []  # for fingers
    assert browser.title == f"{texts['title']} – {texts['site']}"
    html = browser.find_element("css selector", "html")
    assert html.get_attribute("lang") == language
    assert "{" not in html.text


@pytest.mark.parametrize(("accepted", "language"), [("ko-KR", "ko"), ("zh", "zh"), ("fr", "en")])
def test_language_of_the_browser(
    accepted: str, language: str, page: Page, browser: webdriver.Chrome
) -> None:
    agent = browser.execute_script("return navigator.userAgent")
    override = {"userAgent": agent, "acceptLanguage": accepted}
    browser.execute_cdp_cmd("Emulation.setUserAgentOverride", override)
    try:
        open_page(browser, page.address)
        assert browser.execute_script("return document.documentElement.lang") == language
        open_page(browser, f"{page.address}?lang=en")
        assert browser.execute_script("return document.documentElement.lang") == "en"
    finally:
        browser.execute_cdp_cmd("Emulation.setUserAgentOverride", {"userAgent": agent})


def test_page_is_alive_until_somebody_draws(page: Page, browser: webdriver.Chrome) -> None:
    resize(browser, 1400)
    pad = open_page(browser, page.address, motion="no-preference")
    slider = browser.find_element("id", "steps")
    wait = WebDriverWait(browser, 20)
    wait.until(lambda driver: slider.get_attribute("aria-valuetext") == "0")  # it plays by itself
    early = browser.execute_script("return document.querySelector('#network').toDataURL()")
    wait.until(lambda driver: slider.get_attribute("aria-valuetext") == "1,000")
    assert browser.execute_script("return document.querySelector('#network').toDataURL()") != early
    wait.until(lambda driver: find_text(driver, "#answers") != "–")
    draw_digit(browser, pad, STROKES["7"], (0.1, 0.1, 0.8))
    assert browser.execute_script(ANSWERS)[1] == "7"
    time.sleep(1)
    assert browser.execute_script(ANSWERS)[1] == "7"  # nothing draws over it
    # With reduced motion, nothing moves.
    open_page(browser, page.address)
    time.sleep(0.5)
    assert browser.execute_script(ANSWERS) == ["–", "–"]
    play = browser.find_element("id", "play")
    assert play.get_attribute("aria-label") == read_texts()["en"]["play"]


def test_models_that_disagree_are_marked_and_explained(
    page: Page, browser: webdriver.Chrome
) -> None:
    texts = read_texts()["en"]
    resize(browser, 1400)
    open_page(browser, f"{page.address}#{TWO}")
    assert browser.execute_script(ANSWERS) == ["8", "2"]
    assert browser.find_element("id", "answers").get_attribute("class") == "differ"
    assert find_text(browser, "#prompt") == texts["guest_digit"].format(digit=2)
    assert find_text(browser, "#verdict") == texts["fooled_half"].format(digit=2, linear=8)
    assert find_text(browser, "#linear .best b") == "8"
    scores = [float(each.replace("−", "-")) for each in find_text(browser, "#linear").split()[1::2]]
    assert scores.index(max(scores)) == 8
    number = int(find_text(browser, "#fires").split()[0])
    assert 10 < number < 90


def test_link_opens_the_same_drawing(page: Page, browser: webdriver.Chrome) -> None:
    resize(browser, 1400)
    pad = open_page(browser, page.address)
    draw_digit(browser, pad, STROKES["4"], (0.1, 0.1, 0.8))
    browser.find_element("xpath", "//*[@id='digits']/button[.='9']").click()
    assert "4" in find_text(browser, "#verdict")
    browser.find_element("id", "link").click()
    field = browser.find_element("css selector", "#address input")
    address = field.get_attribute("value") or ""
    assert len(address) < 500
    seen = "return document.querySelector('.seen').toDataURL()"
    before = browser.execute_script(seen), find_text(browser, "#answers")
    open_page(browser, address)
    assert (browser.execute_script(seen), find_text(browser, "#answers")) == before
    browser.find_element("id", "save").click()
    picture = browser.find_element("id", "picture")
    assert picture.is_displayed()
    assert "9" in (picture.get_attribute("aria-label") or "")
    for bad in ("strokes=", "strokes=AB", "strokes=<b>", "digit=12&strokes=AAAA"):
        open_page(browser, f"{page.address}#{bad}")
    assert not list_complaints(browser)


def test_round_of_ten(page: Page, browser: webdriver.Chrome) -> None:
    resize(browser, 390, 664)
    pad = open_page(browser, page.address)
    browser.find_element("id", "round").click()
    right = [0, 0]
    for number in range(1, 11):
        prompt = find_text(browser, "#prompt")
        assert prompt.startswith(f"{number} of 10")
        digit = prompt[-1]
        assert browser.execute_script(IN_VIEW, "#answers dd, #prompt, .pad, #next")
        draw_digit(browser, pad, STROKES[digit], (0.1, 0.1, 0.8))
        for which, answer in enumerate(browser.execute_script(ANSWERS)):
            right[which] += answer == digit
        browser.find_element("id", "next").click()
    result = read_texts()["en"]["result"].format(linear=right[0], network=right[1])
    assert find_text(browser, "#result") == result
    assert browser.find_element("id", "picture").is_displayed()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_digit_to_fool_the_network_is_asked_for(
    motion: str, page: Page, browser: webdriver.Chrome
) -> None:
    texts = read_texts()["en"]
    resize(browser, 390, 664)
    pad = open_page(browser, page.address, motion=motion)  # empty, or drawing by itself
    if motion != "reduce":
        WebDriverWait(browser, 10).until(lambda driver: find_text(driver, "#answers b") != "–")
    browser.find_element("xpath", "//*[@id='digits']/button[.='8']").click()
    assert browser.execute_script(ANSWERS) == ["–", "–"]
    assert browser.execute_script(IN_VIEW, "#answers dd, #prompt, .pad, #stop")
    asked = texts["fool_prompt"].format(digit=8)
    assert find_text(browser, "#prompt") == asked
    draw_digit(browser, pad, STROKES["7"], (0.1, 0.1, 0.8))
    assert find_text(browser, "#prompt") == texts["fooled"].format(digit=8, network=7)
    browser.find_element("css selector", ".clear").click()
    assert find_text(browser, "#prompt") == asked
    browser.find_element("id", "stop").click()
    assert find_text(browser, "#prompt") == texts["nothing"]


def test_english_fits_every_digit() -> None:
    assert [text for text in read_texts()["en"].values() if re.search(r"\ban? {", text)] == []


def test_bars_are_printed(page: Page, browser: webdriver.Chrome) -> None:
    open_page(browser, f"{page.address}#{TWO}")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    adjusted = browser.execute_script(
        "return [...document.querySelectorAll('#shares .bar, #shares .bar div')]"
        ".map((bar) => getComputedStyle(bar).printColorAdjust)"
    )
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert {*adjusted} == {"exact"}


def test_best_answer_is_marked_in_forced_colours(page: Page, browser: webdriver.Chrome) -> None:
    open_page(browser, f"{page.address}#{TWO}")
    feature = {"name": "forced-colors", "value": "active"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    colours = browser.execute_script(
        "return ['.best div', '.bar:not(.best) div', '.bar'].map((selector) =>"
        " getComputedStyle(document.querySelector(`#shares ${selector}`)).backgroundColor)"
    )
    assert len({*colours}) == 3


def test_page_works_offline_after_the_first_visit(page: Page, browser: webdriver.Chrome) -> None:
    active = """
    const done = arguments[0];
    navigator.serviceWorker.ready.then(() => caches.keys()).then(done);
    """
    with serve(page.folder) as address:
        open_page(browser, address)
        assert browser.execute_async_script(active)
    for path in ("", "index.ko.html?lang=ko"):
        pad = open_page(browser, address + path)
        draw_digit(browser, pad, STROKES["7"], (0.1, 0.1, 0.8))
        assert browser.execute_script(ANSWERS)[1] == "7"
    browser.get(f"{address}en/exercise.html")
    assert read_texts()["ko"]["offline"] in find_text(browser, "body")


@pytest.mark.parametrize("missing", ["page.js", "why.js", "weights.bin", "training.bin"])
def test_failure_is_told(
    missing: str, page: Page, browser: webdriver.Chrome, tmp_path: Path
) -> None:
    shutil.copytree(page.folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / missing).unlink()
    with serve(tmp_path) as address:
        browser.get(address)
        wait = WebDriverWait(browser, 10)
        wait.until(lambda driver: read_texts()["en"]["failed"] in find_text(driver, "#notice"))
        assert browser.find_element("link text", read_texts()["en"]["read"]).is_displayed()
        time.sleep(0.5)  # while a digit draws itself
        assert find_text(browser, "#prompt") != read_texts()["en"]["loading"]
    list_complaints(browser)


def test_file_says_how_to_open_it(page: Page, browser: webdriver.Chrome) -> None:
    browser.get((page.folder / "index.ko.html").as_uri())
    assert find_text(browser, "#notice").startswith(read_texts()["ko"]["file"])
    assert "http.server" in find_text(browser, "#notice code")
    list_complaints(browser)

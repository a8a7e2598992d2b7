"""The site in a real browser, a headless Chromium; without a network.

    make site
    .venv/bin/python -m pytest tests/by_hand/test_site.py

Screenshots are left in ``build/screenshots``. The check of accessibility needs npm, which fetches
axe-core once.
"""

import json
import re
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urljoin

import nbformat
import pytest
from bs4 import BeautifulSoup
from chromium import SCREENSHOTS, list_complaints, list_violations, serve
from nbconvert import HTMLExporter
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from mnist_nn.language import LANGUAGES
from notebooks import build
from notebooks.site import build as site_build
from notebooks.site.live.export import make_page
from notebooks.site.pages import first_page, read_texts
from notebooks.site.run import describe_run

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build" / "site"
PAGES = sorted(str(path.relative_to(SITE)) for path in SITE.rglob("*.html"))
PAGES = [page for page in PAGES if "_static" not in page]
THEME_PAGES = [page for page in PAGES if "/" in page and not page.startswith("train/")]
NOTEBOOKS = [str(edition.path.relative_to(build.NOTEBOOKS)) for edition in build.editions()]
OTHERS = [*LANGUAGES][1:]
GLOSSARY = tomllib.loads((build.NOTEBOOKS / "source" / "glossary.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    if not PAGES:
        pytest.fail("there is no site yet. Build it with: make site", pytrace=False)

    with serve(SITE) as served:
        yield served


def open_page(
    browser: webdriver.Chrome, address: str, width: int = 1400, scheme: str = "light"
) -> None:
    size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme_feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme_feature]})
    browser.get(address)
    loaded = "return document.readyState === 'complete'"
    WebDriverWait(browser, 30).until(lambda driver: driver.execute_script(loaded))


@pytest.mark.parametrize("page", PAGES)
def test_page_is_silent_and_asks_no_other_host(
    page: str, address: str, browser: webdriver.Chrome
) -> None:
    for kind in ("browser", "performance"):
        browser.get_log(kind)  # forget what was before
    open_page(browser, address + page)
    requests = [
        message["params"]["request"]["url"]
        for entry in browser.get_log("performance")
        if (message := json.loads(entry["message"])["message"])["method"]
        == "Network.requestWillBeSent"
    ]
    assert requests
    assert [url for url in requests if not url.startswith((address, "data:"))] == []
    assert list_complaints(browser) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1400])
@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_cut_off(
    page: str, width: int, scheme: str, address: str, browser: webdriver.Chrome
) -> None:
    open_page(browser, address + page, width, scheme)
    name = f"site-{page.removesuffix('.html').replace('/', '-')}-{width}-{scheme}.png"
    browser.save_screenshot(str(SCREENSHOTS / name))
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    if page != "404.html" and not page.startswith("train/"):
        theme = browser.execute_script("return document.documentElement.dataset.theme")
        assert theme == scheme


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1400])
@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_no_violation(
    page: str, width: int, scheme: str, address: str, browser: webdriver.Chrome, axe: str
) -> None:
    open_page(browser, address + page, width, scheme)
    assert list_violations(browser, axe) == []


REACHED = """
const element = document.activeElement;
const isNew = element !== document.body && !element.dataset.reached;
element.dataset.reached = "yes";
return isNew;
"""
NOT_REACHED = """
const kinds = "a[href], button, input, select, textarea, summary, [tabindex]";
return [...document.querySelectorAll(kinds)]
    .filter((element) => element.tabIndex >= 0 && !element.disabled && !element.dataset.reached)
    .filter((element) => element.checkVisibility({visibilityProperty: true}))
    .filter(({type, checked}) => type !== "radio" || checked)  // arrow keys reach the others
    .map((element) => element.outerHTML.slice(0, 150));
"""


@pytest.mark.parametrize("width", [360, 1400])
@pytest.mark.parametrize("page", PAGES)
def test_tab_key_reaches_everything(
    page: str, width: int, address: str, browser: webdriver.Chrome
) -> None:
    open_page(browser, address + page, width)
    reached = True
    while reached:
        ActionChains(browser).send_keys(Keys.TAB).perform()
        reached = browser.execute_script(REACHED)
    assert browser.execute_script(NOT_REACHED) == []


def test_first_page_is_small_and_quick(address: str, browser: webdriver.Chrome) -> None:
    # A slow phone: a fourth of this computer's speed, 1.6 Mbit/s, 150 ms to the server.
    slow = {"latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 100_000}
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.setBypassServiceWorker", {"bypass": True})
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": False, **slow})
    browser.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": 4})
    marks, times = ("usable", "answered", "training"), []
    script = "return performance.getEntriesByType('mark').map((mark) => mark.startTime)"
    loaded = """
    const end = performance.getEntriesByName(arguments[0])[0]?.startTime ?? Infinity;
    const kinds = ["navigation", "resource"].map((kind) => performance.getEntriesByType(kind));
    return kinds.flat().filter((entry) => entry.responseEnd <= end)
        .reduce((sum, entry) => sum + entry.transferSize, 0);
    """
    try:
        for _ in range(3):
            browser.execute_cdp_cmd("Network.clearBrowserCache", {})
            open_page(browser, f"{address}index.html?lang=en", 390)
            WebDriverWait(browser, 30).until(lambda driver: len(driver.execute_script(script)) == 3)
            times.append(browser.execute_script(script))
            sizes = [browser.execute_script(loaded, mark) for mark in marks]
            print(f"{marks} after {[round(each) for each in times[-1]]} ms, {sizes} bytes")
    finally:
        browser.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": 1})
        fast = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        browser.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": False, **fast})
        browser.execute_cdp_cmd("Network.setBypassServiceWorker", {"bypass": False})
    assert min(usable for usable, *_ in times) < 1_000
    assert sizes[1] < 350_000
    assert sizes[2] < 1_000_000


@pytest.mark.parametrize("page", THEME_PAGES)
def test_page_loads_no_icons_in_vain(page: str, address: str, browser: webdriver.Chrome) -> None:
    open_page(browser, address + page)
    script = """
    const kinds = /_static|searchindex/;
    return performance.getEntriesByType("resource").filter(({name}) => kinds.test(name))
        .reduce((sum, {decodedBodySize}) => sum + decodedBodySize, 0);
    """
    assert 0 < browser.execute_script(script) < 900_000
    icons = """
    const size = (icon) => getComputedStyle(icon).maskImage;
    return [...document.querySelectorAll("[class*='fa-']")].filter((icon) => size(icon) === "none")
        .map((icon) => icon.outerHTML);
    """
    assert browser.execute_script(icons) == []


@pytest.mark.parametrize("width", [360, 1400])
@pytest.mark.parametrize("page", PAGES)
def test_images_keep_their_shape(
    page: str, width: int, address: str, browser: webdriver.Chrome
) -> None:
    open_page(browser, address + page, width)
    distorted = """
    const [done] = arguments;
    const images = [...document.querySelectorAll("main img")];
    images.forEach((image) => (image.loading = "eager"));
    Promise.all(images.map((image) => image.decode().catch(() => {}))).then(() => done(images
        .filter(({clientWidth, clientHeight, naturalWidth, naturalHeight}) => clientWidth &&
            Math.abs(clientWidth * naturalHeight - clientHeight * naturalWidth) > 2 * naturalWidth)
        .map((image) => [image.src.slice(-50), image.clientWidth, image.clientHeight])));
    """
    assert browser.execute_async_script(distorted) == []


@pytest.mark.parametrize("page", THEME_PAGES)
def test_figures_are_links_to_their_full_size(page: str) -> None:
    soup = BeautifulSoup((SITE / page).read_text("utf-8"), "html.parser")
    images = soup.select(".bd-content img:not(.mnist-nn-animation img)")
    assert [str(image) for image in images if not image.find_parent("a", href=image["src"])] == []


@pytest.mark.parametrize("name", ["solution", "going_further"])
def test_results_wrap_on_phones(name: str, address: str, browser: webdriver.Chrome) -> None:
    open_page(browser, f"{address}en/{name}.html", 360)
    cut = """
    return [...document.querySelectorAll(".cell_output .stream pre")]
        .filter((pre) => pre.scrollWidth > pre.clientWidth).map((pre) => pre.textContent);
    """
    assert browser.execute_script("return document.querySelectorAll('.stream pre').length")
    assert browser.execute_script(cut) == []


@pytest.mark.parametrize("page", [page for page in PAGES if "train" not in page])
def test_link_to_page_has_a_preview(page: str) -> None:
    soup = BeautifulSoup((SITE / page).read_text("utf-8"), "html.parser")
    if page == "404.html":
        assert [tag["lang"] for tag in soup.select("p")] == [*LANGUAGES]
        return
    names = ["description", "og:title", "og:description", "og:image", "og:image:alt", "og:locale"]
    found = {
        str(tag.get("name") or tag.get("property")): str(tag["content"])
        for tag in soup.select("meta[content]")
    }
    assert all(found.get(name) for name in names)
    assert len(found["description"]) <= 200
    assert (SITE / page).parent.joinpath(found["og:image"]).is_file()
    languages = [str(tag["hreflang"]) for tag in soup.select("link[hreflang]")]
    assert languages in ([], [*LANGUAGES, "x-default"])
    assert soup.select("link[rel=icon]")


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_notebook_begins_with_how_to_run_it(notebook: str) -> None:
    language, name = notebook.removesuffix(".ipynb").split("/")
    soup = BeautifulSoup((SITE / notebook).with_suffix(".html").read_text("utf-8"), "html.parser")
    box = soup.select_one("article section > .admonition.run")
    assert box is not None
    assert read_texts()[language]["reading"] in box.text
    assert f"jupyter lab notebooks/{notebook}" in box.text
    assert soup.select(f"a.draw[href='../{first_page(language)}?lang={language}']")
    if name == "solution":
        assert soup.select("article a[href='going_further.html']")
    if name == "going_further":
        assert soup.select(f"article a[href^='../{first_page(language)}']")
        assert soup.select("a.left-prev")


@pytest.mark.parametrize("language", OTHERS)
def test_first_figures_are_in_the_language(language: str) -> None:
    digits = (build.NOTEBOOKS / "figures" / f"digits.{language}.png").read_bytes()
    figures = {"index": ("weights.png", site_build.read_weights(language))}
    figures["exercise"] = ("digits.png", digits)
    for page, (name, figure) in figures.items():
        soup = BeautifulSoup((SITE / language / f"{page}.html").read_text("utf-8"), "html.parser")
        source = soup.select_one(f"img[src$='{name}']")
        assert source is not None
        assert (SITE / language / str(source["src"])).read_bytes() == figure


@pytest.mark.parametrize("language", OTHERS)
def test_theme_speaks_the_language(language: str) -> None:
    for path in (SITE / language).glob("*.html"):
        soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        words = [
            str(tag[name]) for name in ("title", "aria-label") for tag in soup.select(f"[{name}]")
        ]
        english = {word for word in words if word.isascii() and word != "Ctrl"}
        assert english == set()


def test_print_is_light_and_wraps_code(address: str, browser: webdriver.Chrome) -> None:
    open_page(browser, f"{address}ko/solution.html", 794, "dark")
    script = """
    const {color} = getComputedStyle(document.body);
    const cut = [...document.querySelectorAll("article pre")]
        .filter((pre) => pre.scrollWidth > pre.clientWidth + 1);
    const kept = [...document.querySelectorAll("div.cell_input")]
        .map((cell) => getComputedStyle(cell))
        .every(({display, breakInside}) => display === "block" && breakInside === "avoid");
    return [document.documentElement.dataset.theme, color, cut.map((pre) => pre.textContent), kept];
    """
    screen = browser.execute_script(script)
    assert screen[0] == "dark"
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    time.sleep(0.5)
    theme, colour, cut, kept = browser.execute_script(script)
    browser.save_screenshot(str(SCREENSHOTS / "site-print.png"))
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert theme == "light"
    assert colour != screen[1]
    assert cut == []
    assert kept  # with its border: no empty box is left at the end of a page


def test_first_page_without_scripts_leads_to_the_exercise(
    address: str, browser: webdriver.Chrome
) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        for language in LANGUAGES:
            browser.get(address + first_page(language))
            shown = browser.find_element("tag name", "body").text
            assert read_texts()[language]["noscript"] in shown
            browser.find_element("css selector", "noscript a").click()
            assert browser.current_url == f"{address}{language}/exercise.html"
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_no_link_is_broken() -> None:
    soups = {page: BeautifulSoup((SITE / page).read_text("utf-8"), "html.parser") for page in PAGES}
    anchors = {page: {tag["id"] for tag in soup.select("[id]")} for page, soup in soups.items()}
    broken = []
    for page, soup in soups.items():
        for tag in soup.select("[href], [src]"):
            url = str(tag.get("href") or tag.get("src"))
            if "{" in url or ":" in url:  # filled in by a script; another site; data
                continue
            target, _, anchor = urljoin(page, url).lstrip("/").partition("#")
            target = unquote(target.partition("?")[0])
            if not (SITE / target).is_file() or (anchor and unquote(anchor) not in anchors[target]):
                broken.append((page, url))
    assert broken == []


def test_address_of_the_project_is_linked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    address = "https://github.com/Someone/digits"
    site = "https://someone.github.io/digits/"
    monkeypatch.setattr(build, "project_address", lambda: address)
    monkeypatch.setattr(site_build, "SITE", tmp_path)
    (tmp_path / "ko").mkdir()
    (tmp_path / "ko" / "index.html").touch()
    site_build.write_for_robots()
    assert f"<loc>{site}ko/index.html</loc>" in (tmp_path / "sitemap.xml").read_text()
    assert f"Sitemap: {site}sitemap.xml" in (tmp_path / "robots.txt").read_text()
    page = make_page("ko")
    assert f'<link rel="canonical" href="{site}index.ko.html">' in page
    assert f'content="{site}card.png"' in page
    exercise = "Someone/digits/blob/main/notebooks/ko/exercise.ipynb"
    assert f"https://colab.research.google.com/github/{exercise}" in page
    assert "https://mybinder.org/v2/gh/Someone/digits/main?urlpath=lab" in page
    box = describe_run(build.Edition("exercise", "solution", "zh"))
    assert "Colab" in box
    assert f"git clone {address} && cd digits" in box


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_figures_have_their_texts(notebook: str) -> None:
    saved = json.loads((build.NOTEBOOKS / notebook).read_text("utf-8"))
    texts = [
        output["metadata"]["image/png"]["alt"]
        for cell in saved["cells"]
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    page = BeautifulSoup((SITE / notebook).with_suffix(".html").read_text("utf-8"), "html.parser")
    assert [image["alt"] for image in page.select("img[src^='figures/']")] == texts
    assert all(image.get("alt") for image in page.select("article img"))
    assert not page.select("rp")  # what repeats them in a notebook


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_hidden_texts_stay_hidden_without_styles(
    notebook: str, browser: webdriver.Chrome, tmp_path: Path
) -> None:
    # GitHub keeps the elements of HTML in outputs, but not all of their attributes.
    saved = nbformat.read(build.NOTEBOOKS / notebook, as_version=4)
    texts, outputs = [], [output for cell in saved.cells for output in cell.get("outputs", [])]
    for output in outputs:
        texts.append(output.get("metadata", {}).get("image/png", {}).get("alt", ""))
        soup = BeautifulSoup(output.get("data", {}).get("text/html", ""), "html.parser")
        for tag in soup.select("style, script"):
            tag.decompose()
        for tag in soup.select("*"):
            tag.attrs = {}
        if "text/html" in output.get("data", {}):
            output.data["text/html"] = str(soup)
    page, _ = HTMLExporter(template_name="basic").from_notebook_node(saved)
    (tmp_path / "page.html").write_text(f"<!doctype html><meta charset=utf-8>{page}", "utf-8")
    browser.get((tmp_path / "page.html").as_uri())
    name = f"stripped-{notebook.replace('/', '-').removesuffix('.ipynb')}.png"
    browser.save_screenshot(str(SCREENSHOTS / name))
    shown = browser.execute_script("return document.body.innerText")
    hidden = browser.find_elements("css selector", "rp")
    assert [each.get_attribute("textContent") for each in hidden] == [*filter(None, texts)]
    assert [text for text in texts if text and text[:60] in shown] == []


@pytest.mark.parametrize("name", ["exercise", "solution", "going_further"])
def test_switch_leads_to_the_same_section(
    name: str, address: str, browser: webdriver.Chrome
) -> None:
    headings = "section[id^=section-] > :is(h1, h2, h3, h4)"
    place = """
    const headings = [...document.querySelectorAll(arguments[0])];
    return [headings.length, document.documentElement.lang.slice(0, 2), location.hash];
    """
    scroll = "document.querySelectorAll(arguments[0])[arguments[1]].scrollIntoView()"
    open_page(browser, f"{address}en/{name}.html")
    count, *_ = browser.execute_script(place, headings)
    for number in range(count):
        if number < count - 3:
            browser.execute_script(scroll, headings, number)
        else:  # it may be too near to the end of the page to be at its top
            browser.execute_script("location.hash = arguments[0]", f"#section-{number}")
        for language in (*OTHERS, "en"):
            expected = [count, language, f"#section-{number}"]
            browser.find_element("css selector", f".languages [hreflang={language}]").click()
            for _ in range(100):
                if (arrived := browser.execute_script(place, headings)) == expected:
                    break
                time.sleep(0.1)
            assert arrived == expected


@pytest.mark.parametrize(
    ("language", "words", "page"),
    [
        ("en", "confusion matrix", "solution"),
        ("en", "dropout", "reference_mnist_nn"),
        *((language, "Keras", "exercise") for language in OTHERS),
        *((language, GLOSSARY["confusion-matrix"][language], "solution") for language in OTHERS),
        *((language, GLOSSARY["weight"][language], "going_further") for language in OTHERS),
        *((code, f"Keras {GLOSSARY['label'][code]}", "going_further") for code in OTHERS),
    ],
)
def test_search_finds_words(
    language: str, words: str, page: str, address: str, browser: webdriver.Chrome
) -> None:
    open_page(browser, f"{address}{language}/index.html")
    browser.find_element("css selector", "body").send_keys(Keys.CONTROL, "k")
    wait = WebDriverWait(browser, 10)
    field = wait.until(
        lambda driver: driver.find_element("css selector", "dialog[open] input[name=q]")
    )
    field.send_keys(words, Keys.ENTER)
    found = f"#search-results a[href^='{page}.html']"
    wait.until(lambda driver: driver.find_elements("css selector", found))
    summary = wait.until(lambda driver: driver.find_element("css selector", ".search-summary").text)
    assert re.search(r"\d", summary)
    if words.isascii() or " " in words:
        return
    # What is in no page is not found.
    open_page(browser, f"{address}{language}/search.html?q={words}龘龘")
    status = wait.until(lambda driver: driver.find_element("css selector", ".search-summary").text)
    assert status
    assert browser.find_elements("css selector", "#search-results li") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_animation_moves(language: str, address: str, browser: webdriver.Chrome) -> None:
    open_page(browser, f"{address}{language}/going_further.html")
    animation = browser.find_element("css selector", ".mnist-nn-animation")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", animation)
    image = animation.find_element("css selector", "img")
    slider = animation.find_element("css selector", "input[type=range]")
    last, text = image.get_attribute("src"), slider.get_attribute("aria-valuetext")
    slider.send_keys(Keys.ARROW_LEFT)
    assert image.get_attribute("src") != last
    assert slider.get_attribute("aria-valuetext") != text
    slider.send_keys(Keys.HOME)
    first = image.get_attribute("src")
    animation.find_element("css selector", "button").click()
    WebDriverWait(browser, 10).until(lambda _: image.get_attribute("src") != first)


def test_code_can_be_copied(address: str, browser: webdriver.Chrome) -> None:
    open_page(browser, f"{address}en/exercise.html")
    cell = browser.find_element("css selector", "div.cell_input")
    code = cell.find_element("css selector", "pre").text
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", cell)
    button = cell.find_element("css selector", ".copybtn")
    ActionChains(browser).move_to_element(cell).click(button).perform()
    browser.execute_script("document.body.prepend(document.createElement('textarea'))")
    field = browser.find_element("css selector", "textarea")
    field.send_keys(Keys.CONTROL, "v")
    assert str(field.get_attribute("value")).strip() == code.strip()

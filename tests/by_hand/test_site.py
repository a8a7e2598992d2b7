"""The site in a real browser, a headless Chromium; without a network.

    make site
    .venv/bin/python -m pytest tests/by_hand/test_site.py

Screenshots are left in ``build/screenshots``. The check of accessibility needs npm, which fetches
axe-core once.
"""

import json
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urljoin

import pytest
from bs4 import BeautifulSoup
from chromium import SCREENSHOTS, list_complaints, list_violations, serve
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from mnist_nn.language import LANGUAGES
from notebooks import build
from notebooks.site import build as site_build

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build" / "site"
PAGES = sorted(str(path.relative_to(SITE)) for path in SITE.rglob("*.html"))
PAGES = [page for page in PAGES if "_static" not in page]
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
    if page not in ("index.html", "train/index.html"):
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
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    open_page(browser, f"{address}index.html")
    usable = "return performance.getEntriesByName('usable')[0]?.startTime"
    milliseconds = WebDriverWait(browser, 10).until(lambda driver: driver.execute_script(usable))
    sizes = "return performance.getEntries().map((entry) => entry.transferSize ?? 0)"
    bytes_loaded = sum(browser.execute_script(sizes))
    print(f"usable after {milliseconds:.0f} ms, {bytes_loaded:,} bytes")
    assert milliseconds < 1_000
    assert 100_000 < bytes_loaded < 1_000_000


def test_first_page_without_scripts_leads_to_the_exercise(
    address: str, browser: webdriver.Chrome
) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(f"{address}index.html")
        links = browser.find_elements("css selector", "noscript a")
        assert [link.text for link in links] == [language.name for language in LANGUAGES.values()]
        links[-1].click()
        assert browser.current_url == f"{address}{[*LANGUAGES][-1]}/exercise.html"
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
            target, _, anchor = urljoin(page, url).partition("#")
            target = unquote(target.partition("?")[0])
            if not (SITE / target).is_file() or (anchor and unquote(anchor) not in anchors[target]):
                broken.append((page, url))
    assert broken == []


def test_address_of_the_project_is_linked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    address = "https://github.com/someone/digits"
    monkeypatch.setattr(build, "project_address", lambda: address)
    monkeypatch.setattr(site_build, "SITE", tmp_path)
    site_build.run_sphinx("en")  # from the sources that make site has left
    page = BeautifulSoup((tmp_path / "en" / "exercise.html").read_text("utf-8"), "html.parser")
    assert page.select(f"a[href='{address}']")


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
    assert not page.select("p[style*='clip-path']")


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

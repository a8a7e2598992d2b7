"""The animation shows the weights of each step, needs nothing else, and is the same each time."""

import base64
import html
import io
import json
import re
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from node import run_node
from PIL import Image

import mnist_nn
from mnist_nn.analysis import animate_weights
from mnist_nn.analysis.animation import SCRIPT
from mnist_nn.language import LANGUAGES, read_messages

PAGE = """
const shown = [];
const makeElement = () => ({
  style: {}, dataset: {}, isConnected: true, setAttribute() {},
  appendChild(child) { this[child.tag] = child; return child; },
  querySelector: (tag) => (tag === "img" ? image : makeElement()),
});
const image = { set src(source) { shown.push(source); } };
const root = { ...makeElement(), dataset: { content: JSON.stringify(content) } };
globalThis.document = {
  createElement: (tag) => ({ ...makeElement(), tag }), querySelectorAll: () => [root],
};
let tick;
globalThis.setTimeout = (action) => action();
globalThis.setInterval = (action) => { tick = action; return 1; };
globalThis.clearInterval = () => { tick = null; };
eval(script);
root.div.button.onclick(); // play
for (let n = 0; tick && n < 9; n++) tick();
return shown;
"""
generator = np.random.default_rng(0)
START = np.zeros((784, 3))
END = START.copy()
END[0] = [1.0, -1.0, 0.5]  # the first pixel of each node
WEIGHTS = {1: START, 10: START + 0.1 * END, 1_000: END}


def read(page: str) -> Any:
    """Return the words, the labels and the frames that the page's script reads."""
    content = re.search(' data-content="([^"]*)"', page)
    assert content
    return json.loads(html.unescape(content[1]))


def decode(png: str) -> Any:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png, validate=True))).convert("RGB"))


def test_frames_share_one_colour_scale() -> None:
    content = read(animate_weights(WEIGHTS))
    assert content["labels"] == ["Steps: 1", "Steps: 10", "Steps: 1,000"]
    first, middle, last = map(decode, content["frames"])
    assert first.shape == (28, 88, 3)  # three nodes and two gaps
    assert (last[:, 28:30] == 255).all()
    corners = [last[0, 0], last[0, 30], last[0, 60], middle[0, 0], first[0, 0]]
    values = [1.0, -1.0, 0.5, 0.1, 0.0]
    colours = 255 * plt.get_cmap("RdBu_r")((1 + np.array(values)) / 2)[:, :3]
    np.testing.assert_allclose(corners, colours, atol=3)


def test_page_is_small_and_loads_nothing() -> None:
    page = animate_weights({step: generator.normal(size=(784, 100)) for step in range(31)})
    assert len(page) < 800_000  # also of pure noise
    assert not re.search(r"https?:|<link|\bimport\b", page)
    assert decode(read(page)["frames"][0]).shape == (58, 298, 3)  # twenty nodes
    assert not plt.get_fignums()


def test_last_frame_stands_still_without_scripts() -> None:
    page = animate_weights(WEIGHTS)
    static = page.split("<script>")[0]
    still = re.search('<img alt="([^"]*)" src="data:image/png;base64,([^"]*)"', static)
    assert still
    assert still[1].startswith("Animation: the weights of 3 nodes")
    assert still[2] == read(page)["frames"][-1]
    assert ">Steps: 1,000<" in static
    assert "<button" not in static  # it would do nothing


def test_play_ends_at_the_last_frame() -> None:
    for frames, expected in ([["a", "b", "c"], "cabc"], [["a"], "aaa"]):
        content = {"words": {}, "labels": frames, "frames": frames}
        shown = run_node(PAGE, content=content, script=SCRIPT)
        assert shown == [f"data:image/png;base64,{frame}" for frame in expected]


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_depends_on_weights_and_language_alone(language: str) -> None:
    mnist_nn.set_language(language)
    try:
        page, again = animate_weights(WEIGHTS), animate_weights(WEIGHTS)
    finally:
        mnist_nn.set_language("en")
    assert page == again
    messages = read_messages(language)
    words = {word.lower(): messages.get(word, word) for word in ("Steps", "Play", "Pause")}
    assert read(page)["words"] == words
    number = {"zh": "1000"}.get(language, "1,000")
    assert f">{words['steps']}{LANGUAGES[language].colon}{number}<" in page


def test_weights_without_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="weights_by_step is empty"):
        animate_weights({})
    with pytest.raises(TypeError, match="weights_by_step must map .* not list"):
        animate_weights([END])  # type: ignore[arg-type]

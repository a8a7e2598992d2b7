"""The animation shows the weights of each step, needs nothing else, and is the same each time."""

import base64
import io
import json
import re
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from mnist_nn.analysis import animate_weights

generator = np.random.default_rng(0)
START = np.zeros((784, 12))
END = START.copy()
END[0, :3] = [1.0, -1.0, 0.5]  # the first pixel of three nodes
WEIGHTS = {1: START, 10: START + 0.1 * END, 1_000: END}


def read(page: str) -> tuple[str, list[str], list[str]]:
    """Return the name, the labels, and the frames that the page's script is called with."""
    call = re.search(r"^animate\((.*)\);$", page, re.MULTILINE)
    assert call
    name, labels, frames = json.loads(f"[{call[1]}]")
    return name, labels, frames


def decode(png: str) -> Any:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png, validate=True))).convert("RGB"))


def test_frames_share_one_colour_scale() -> None:
    _, labels, frames = read(animate_weights(WEIGHTS, nodes=3))
    assert labels == ["1", "10", "1,000"]
    first, middle, last = map(decode, frames)
    assert first.shape == (28, 88, 3)  # three nodes and two gaps
    assert (last[:, 28:30] == 255).all()
    corners = [last[0, 0], last[0, 30], last[0, 60], middle[0, 0], first[0, 0]]
    values = [1.0, -1.0, 0.5, 0.1, 0.0]
    colours = 255 * plt.get_cmap("RdBu_r")((1 + np.array(values)) / 2)[:, :3]
    np.testing.assert_allclose(corners, colours, atol=3)


def test_page_is_small_and_loads_nothing() -> None:
    page = animate_weights({step: generator.normal(size=(784, 20)) for step in range(31)})
    assert len(page) < 800_000  # also of pure noise
    assert not re.search(r"https?:|<link|\bimport\b", page)
    assert not plt.get_fignums()


def test_last_frame_stands_still_without_scripts() -> None:
    page = animate_weights(WEIGHTS, nodes=3)
    html = page.split("<script>")[0]
    still = re.search('<img alt="([^"]*)" src="data:image/png;base64,([^"]*)"', html)
    assert still
    assert still[1].startswith("Animation: the weights of 3 nodes")
    assert still[2] == read(page)[2][-1]
    assert ">Steps: 1,000<" in html
    assert "<button" not in html  # it would do nothing


def test_page_depends_on_the_weights_alone() -> None:
    page = animate_weights(WEIGHTS)
    assert page == animate_weights(WEIGHTS)
    assert f'class="{read(page)[0]}"' in page
    assert read(page)[0] != read(animate_weights(WEIGHTS | {1_000: -END}))[0]
    with pytest.raises(ValueError, match="weights_by_step"):
        animate_weights({})

"""An animation of weights over training, as HTML that needs neither a kernel nor the web."""

from __future__ import annotations  # signatures show names such as WeightsByStep

import html
import json
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from PIL import Image

from mnist_nn import arguments, plots
from mnist_nn.analysis.plots import WeightsByStep, list_steps, select_moving_nodes
from mnist_nn.language import format_number, get_language, message
from mnist_nn.rendering import embed_png, encode_png

# White for the gaps, and an odd number of colours, so that zero has one of its own: 128.
PALETTE = b"\xff" * 3 + colormaps["RdBu_r"](np.linspace(0, 1, 255), bytes=True)[:, :3].tobytes()
SCRIPT = Path(__file__).with_name("animation.js").read_text(encoding="utf-8")


def animate_weights(weights_by_step: WeightsByStep, *, nodes: int = 20) -> str:
    """Return an animation of the weights over training, as HTML with a play button and a slider.

    It plays in a saved and trusted notebook without a kernel; without scripts, it stands still.
    The nodes whose weights move furthest share one colour scale, symmetric about zero.

    Args:
        weights_by_step: ``KeepWeights.weights``: steps to ndarray of shape (784, n_nodes).
        nodes: Number of nodes to show.

    Returns:
        HTML, for ``IPython.display.HTML``, with one frame per step as a PNG.

    Raises:
        TypeError, ValueError: If there are no weights or nodes, or weights have another shape.

    Example:
        >>> weights = {step: np.random.normal(size=(784, 20)) for step in (1, 10, 100)}
        >>> page = animate_weights(weights)
    """
    nodes = arguments.check_whole_number("nodes", nodes)
    steps = list_steps(weights_by_step)
    images = select_moving_nodes(weights_by_step, steps, nodes)
    images = images / (np.abs(images).max() or 1.0)
    frames = []
    for of_step in images:
        tiles = plots.tile_images(of_step, min(plots.IMAGES_PER_ROW, len(of_step)))
        colours = np.where(np.isnan(tiles), 0, 128 + np.rint(127 * tiles))
        frame = Image.fromarray(colours.astype(np.uint8))
        frame.putpalette(PALETTE)
        frames.append(encode_png(frame))
    prefix = f"{message('Steps')}{get_language().colon}"
    labels = [f"{prefix}{format_number(step)}" for step in steps]
    words = {"steps": message("Steps"), "play": message("Play"), "pause": message("Pause")}
    content = json.dumps({"words": words, "labels": labels, "frames": frames})
    text = message(
        f"Animation: the weights of {images.shape[1]} nodes during training, up to {steps[-1]:,} "
        "steps. Red and blue strokes emerge from noise."
    )
    still = embed_png(frames[-1], text, width=3 * frame.width)  # three screen pixels per weight
    return (
        '<div class="mnist-nn-animation" style="image-rendering: pixelated" '
        f'data-content="{html.escape(content)}">'
        f"<div>{labels[-1]}</div>{still}</div>\n<script>\n{SCRIPT}</script>"
    )

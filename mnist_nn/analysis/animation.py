"""An animation of weights over training, as HTML that needs neither a kernel nor the web."""

import base64
import hashlib
import io
import json
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from PIL import Image

from mnist_nn.analysis.plots import WeightsByStep, select_moving_nodes
from mnist_nn.arguments import Array
from mnist_nn.language import message
from mnist_nn.notebook import embed_png
from mnist_nn.plots import IMAGES_PER_ROW, tile_images

SCALE = 3  # screen pixels per weight
# White for the gaps, and an odd number of colours, so that zero has one of its own.
COLOURS = colormaps["RdBu_r"](np.linspace(0, 1, 255), bytes=True)[:, :3]
PALETTE = b"\xff\xff\xff" + COLOURS.tobytes()
SCRIPT = Path(__file__).with_name("animation.js").read_text(encoding="utf-8")


def animate_weights(weights_by_step: WeightsByStep, *, nodes: int = 20) -> str:
    """Return an animation of the weights over training, as HTML with a play button and a slider.

    The page contains all frames, so it plays in a saved and trusted notebook without a kernel.
    Where scripts do not run, it shows the last frame. All frames share one colour scale, symmetric
    about zero.

    Args:
        weights_by_step: Number of steps to ndarray of shape (784, n_nodes), as
            :class:`mnist_nn.analysis.KeepWeights` keeps them.
        nodes: Maximum number of nodes to show: those whose weights move furthest.

    Raises:
        TypeError, ValueError: If there are no weights, or they have another shape.
    """
    steps = sorted(weights_by_step)
    shown = select_moving_nodes(weights_by_step, steps, nodes)
    limit = float(np.abs(shown).max()) or 1.0
    tiled = [tile_images(images, min(IMAGES_PER_ROW, len(images))) for images in shown]
    frames = [_encode_png(tiles / limit) for tiles in tiled]
    labels = [f"{step:,}" for step in steps]
    text = message("animation_weights", nodes=shown.shape[1], steps=labels[-1])
    still = embed_png(frames[-1], text, width=SCALE * tiled[-1].shape[1])
    # The name depends on the content alone, so that the page is the same each time.
    name = f"mnist-nn-{hashlib.sha256(''.join(labels + frames).encode()).hexdigest()[:16]}"
    arguments = json.dumps([name, labels, frames])[1:-1]
    return (
        # JupyterLab's own shortcuts would take the arrow keys from the slider.
        f'<div class="{name}" data-lm-suppress-shortcuts="true" '
        'style="display: inline-block; max-width: 100%; image-rendering: pixelated">'
        f"<div>Steps: {labels[-1]}</div>{still}</div>\n"
        f"<script>\n(() => {{\n{SCRIPT}\nanimate({arguments});\n}})();\n</script>"
    )


def _encode_png(values: Array) -> str:
    """Return values from -1 to 1, or NaN, as a PNG with a palette, in base64."""
    colours = np.where(np.isnan(values), 0, 128 + np.rint(127 * values)).astype(np.uint8)
    image = Image.fromarray(colours)
    image.putpalette(PALETTE)
    png = io.BytesIO()
    image.save(png, "PNG", optimize=True)
    return base64.b64encode(png.getvalue()).decode()

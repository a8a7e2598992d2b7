"""The picture that is shown with a link to the site: without words, for all languages."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from notebooks.site.pages import CARD_SIZE

SIDE = 28  # pixels of an image
SCALE = 2
ROWS, COLUMNS = 10, 10
DIGIT = [(0.16, 0.12), (0.86, 0.12), (0.42, 0.92)]  # a seven
RED, BLUE = np.array([214, 39, 40]), np.array([31, 119, 210])


def draw_card(network: Any, path: Path) -> None:
    """Draw a digit, and beside it the weights of the network's first hidden layer."""
    weights = network.get_weights()[0]
    limit = np.quantile(np.abs(weights), 0.995)
    strength = np.clip(np.abs(weights) / limit, 0, 1)[..., np.newaxis]
    colours = np.where(weights[..., np.newaxis] > 0, RED, BLUE)
    pixels = (255 + strength * (colours - 255)).astype(np.uint8)  # of shape (784, nodes, 3)
    card = Image.new("RGB", CARD_SIZE, "white")
    for node in range(ROWS * COLUMNS):
        tile = Image.fromarray(pixels[:, node].reshape(SIDE, SIDE, 3))
        tile = tile.resize((SCALE * SIDE, SCALE * SIDE), Image.Resampling.NEAREST)
        row, column = divmod(node, COLUMNS)
        card.paste(tile, (595 + 57 * column, 30 + 57 * row))
    pen = ImageDraw.Draw(card)
    left, top, side, width = 60, 75, 480, 44
    points = [(left + side * x, top + side * y) for x, y in DIGIT]
    pen.line(points, fill="#111", width=width, joint="curve")
    for x, y in points:
        pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill="#111")
    card.quantize(128).save(path, optimize=True)

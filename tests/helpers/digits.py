"""Drawn digits, and what tells whether two images show the same one."""

import json
from pathlib import Path
from typing import Any

import numpy as np

# Of each digit, strokes: lists of points [x, y], from 0 to 1.
STROKES = json.loads(Path(__file__).with_name("strokes.json").read_text())


def assert_same_digit(one: Any, other: Any) -> None:
    """Compare two prepared digits; a centre of mass may round to the next pixel."""
    shifts = [(rows, columns) for rows in (-1, 0, 1) for columns in (-1, 0, 1)]
    assert min(np.abs(np.roll(one, shift, (0, 1)) - other).mean() for shift in shifts) < 0.02

"""Train the best network of ``going_further`` with five seeds, and read the test set once for each.

    python tests/benchmarks/best_network.py

It takes some twenty minutes.
"""

import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from notebooks import build

SEEDS = range(1, 6)


def main() -> None:
    cells = {cell.id: cell.source for cell in build.read_source("going_further")}
    notebook: dict[str, Any] = {}
    for cell in ("imports", "sizes", "load"):
        exec(f"import keras\n{cells[cell]}", notebook)
    # The figure of the copies is not needed, the training itself comes below.
    exec(cells["best-copies"].split("one_digit =")[0], notebook)
    exec(cells["best-train"].split("if TRAIN_BEST")[0], notebook)
    targets, examples = notebook["parse_labels_and_features"](
        notebook["load_mnist_dataframe"]("test")
    )
    accuracies = []
    for seed in SEEDS:
        start = time.perf_counter()
        model = notebook["train_best_network"](seed)
        seconds = time.perf_counter() - start
        predictions = notebook["predict_best"](model, examples).argmax(axis=1)
        accuracies.append(float(np.mean(predictions == targets)))
        print(
            f"seed {seed}: accuracy on test data {accuracies[-1]:.4f}, {seconds:.0f} s", flush=True
        )
    print(f"mean {np.mean(accuracies):.4f} ± {np.std(accuracies, ddof=1):.4f}")


if __name__ == "__main__":
    main()

"""Build the exercise's two data files from the four IDX files of MNIST.

    python data/build_data.py FOLDER

FOLDER holds ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``,
``t10k-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte``. Nothing is written unless both files,
written as CSV, have the SHA-256 sums of the files that Google published.
"""

import hashlib
import io
import sys
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent
IDX_HEADER_BYTES = {"images-idx3": 16, "labels-idx1": 8}


def csv_sha256(examples: np.ndarray) -> str:
    """Return the SHA-256 sum of rows of whole numbers as CSV, a newline after each row."""
    text = io.BytesIO()
    np.savetxt(text, examples, fmt="%d", delimiter=",")
    return hashlib.sha256(text.getvalue()).hexdigest()


def published_sums() -> dict[str, str]:
    """Return the SHA-256 sums of the published CSV files, by file name."""
    lines = (DATA / "SHA256SUMS").read_text().splitlines()
    return {name: sha256 for sha256, name in (line.split() for line in lines)}


def read_idx(folder: Path, part: str) -> np.ndarray:
    """Return one part of MNIST as uint8 rows: the label, then 784 pixels."""
    images, labels = (
        np.frombuffer((folder / f"{part}-{kind}-ubyte").read_bytes(), np.uint8, offset=offset)
        for kind, offset in IDX_HEADER_BYTES.items()
    )
    return np.column_stack([labels, images.reshape(len(labels), 784)])


def build(folder: Path) -> None:
    """Write ``mnist_train_small.npz`` and ``mnist_test.npz`` beside this script."""
    rows = np.load(DATA / "mnist_train_small_rows.npy", allow_pickle=False)
    files = {
        "mnist_train_small": read_idx(folder, "train")[rows],
        "mnist_test": read_idx(folder, "t10k"),
    }
    for name, examples in files.items():
        if csv_sha256(examples) != published_sums()[f"{name}.csv"]:
            sys.exit(f"{name}: not the published file. Are the files in {folder} those of MNIST?")
    for name, examples in files.items():
        unfinished = DATA / f"{name}.unfinished.npz"
        np.savez_compressed(unfinished, examples=examples)
        unfinished.replace(DATA / f"{name}.npz")
        print(f"{name}.npz: {len(examples):,} rows")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build(Path(sys.argv[1]))

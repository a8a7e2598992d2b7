"""The exercise's data: MNIST digits as a table of one label and 784 pixels a row."""

import hashlib
import os
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

IMAGE_SIDE = 28
PIXELS = IMAGE_SIDE**2
CLASSES = 10
PIXEL_MAXIMUM = 255

PEEKED_BYTES = 100_000  # of a CSV file, to see how many columns it has
# Of each split, the file, and the SHA-256 sum of the array in it.
_FILE_OF_SPLIT = {
    "train": (
        "mnist_train_small.npz",
        "1c5cde07a112f88e39b4cb26459e9ed094b905e37df221e5b922ab2622fef842",
    ),
    "test": (
        "mnist_test.npz",
        "ad39c4e3d6eb0920f4ea84533a577cc5afbb47c5e8034d374d0605316c8923f3",
    ),
}


def load_mnist_dataframe(
    split: str = "train", path: str | os.PathLike[str] | IO[Any] | None = None
) -> pd.DataFrame:
    """Load handwritten digits as the table that the original exercise read from its CSV files.

    Args:
        split: ``"train"``, the 20,000 rows of ``mnist_train_small.csv``, or ``"test"``, the 10,000
            rows of ``mnist_test.csv``. Both come with the package.
        path: A CSV file to read instead: any path, address or open file that
            ``pandas.read_csv`` takes, compressed or not, without a header row.

    Returns:
        DataFrame of shape (n_examples, 785), int64. Column 0 is the label, 0 to 9; columns 1 to
        784 are the pixels of a 28×28 image row by row, 0 (background) to 255.

    Raises:
        FileNotFoundError: If there is no file at ``path``, or one of the package's is missing.
        TypeError: If ``path`` is none of these.
        ValueError: If ``split`` is unknown, the file is not such a table, or one of the package's
            is damaged.
    """
    if path is not None:
        return _read_csv(path)
    if not isinstance(split, str) or split not in _FILE_OF_SPLIT:
        raise ValueError(f"split must be 'train' or 'test', not {split!r}")
    return pd.DataFrame(_read_examples(split).astype(np.int64), copy=False)


def parse_labels_and_features(dataset: pd.DataFrame) -> tuple["pd.Series[int]", pd.DataFrame]:
    """Split the table into labels and features, with the pixels scaled into [0, 1].

    Args:
        dataset: DataFrame of shape (n_examples, 785), whole numbers, as
            :func:`load_mnist_dataframe` returns it, or some of its rows.

    Returns:
        The labels, a Series of shape (n_examples,), and the features, a DataFrame of shape
        (n_examples, 784), float64: pixels divided by 255. Both keep the index of ``dataset``.

    Raises:
        TypeError: If ``dataset`` is not a DataFrame.
        ValueError: If it does not hold labels from 0 to 9 and pixels from 0 to 255.
    """
    if not isinstance(dataset, pd.DataFrame):
        raise TypeError(
            f"dataset must be a DataFrame from load_mnist_dataframe(), not {type(dataset).__name__}"
        )
    _check_table("dataset", dataset)
    labels = dataset[0].copy()
    # loc takes columns by their names here, and includes both ends.
    features = dataset.loc[:, 1:PIXELS] / PIXEL_MAXIMUM
    return labels, features


def _data_folder() -> Path:
    """Return the folder of the data files: in an installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "_data"
    return installed if installed.is_dir() else package.parent / "data"


def _read_examples(split: str) -> npt.NDArray[np.uint8]:
    """Return a split as the package has it, or raise an error if the file is not as it was."""
    name, sha256 = _FILE_OF_SPLIT[split]
    path = _data_folder() / name
    remedy = "restore it with 'git checkout -- data' in a checkout, or install the package anew"
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            examples: npt.NDArray[np.uint8] = file["examples"]
        is_whole = hashlib.sha256(examples.tobytes()).hexdigest() == sha256
    except FileNotFoundError:
        raise FileNotFoundError(f"the data file {str(path)!r} is missing: {remedy}") from None
    except Exception:  # of NumPy, of ZIP files, of their compression
        is_whole = False
    if not is_whole:
        raise ValueError(f"the data file {str(path)!r} is damaged, or not the package's: {remedy}")
    return examples


def _read_csv(path: str | os.PathLike[str] | IO[Any]) -> pd.DataFrame:
    if not isinstance(path, str | os.PathLike) and not hasattr(path, "read"):
        raise TypeError(f"path must be a path, an address or an open file, not {path!r:.100}")
    name = f"path {str(path)!r:.300}"
    remedy = (
        f"Each row must be {1 + PIXELS} whole numbers with commas between them, a label and "
        f"{PIXELS} pixels: no header row, no text, no missing value, no fraction, no row cut off."
    )
    if isinstance(path, str | os.PathLike):
        _check_local_file(name, path)
    try:
        # With the type given, pandas stops at the first value that is not a whole number.
        dataframe = pd.read_csv(path, header=None, dtype=np.int64)
    except FileNotFoundError:
        raise FileNotFoundError(f"{name}: there is no such file") from None
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{name}: {_first_wrong_cell(path) or shortened(error)}. {remedy}"
        ) from None
    except Exception as error:  # each way of transport and compression has errors of its own
        raise ValueError(
            f"{name} cannot be read: {shortened(error)}. It must be a whole CSV file "
            "or the address of one; if it is compressed, its ending must say how"
        ) from None
    columns = pd.RangeIndex(1 + PIXELS)
    if dataframe.columns.equals(columns) and dataframe.iloc[0].equals(pd.Series(columns)):
        raise ValueError(f"{name}: row 0 is a header row. {remedy}")
    _check_table(name, dataframe)
    return dataframe


def _check_local_file(name: str, path: str | os.PathLike[str]) -> None:
    """Raise a ValueError if reading a file on this machine would never end, or take all memory."""
    try:
        if not os.path.exists(path):  # an address, or pandas will say that there is none
            return
        if not os.path.isfile(path):
            raise ValueError(f"{name} is not a file: give the path of a CSV file")
        with open(path, "rb") as file:
            beginning = file.read(PEEKED_BYTES)
    except OSError:  # as pandas will say
        return
    columns = beginning.split(b"\n", 1)[0].count(b",") + 1
    if columns > 10 * (1 + PIXELS):  # each would take some hundred bytes
        raise ValueError(
            f"{name} has {columns} columns or more in row 0: it must have {1 + PIXELS}, the label "
            f"and {PIXELS} pixels, and each row a line of its own"
        )


@partial(np.frompyfunc, nin=1, nout=1)
def _is_whole_number(cell: Any) -> bool:
    return isinstance(cell, str) and cell.strip().lstrip("-").isdigit()


def _first_wrong_cell(path: str | os.PathLike[str] | IO[Any]) -> str:
    """Say where the first value is that is not a whole number, if the file can be read again."""
    if not isinstance(path, str | os.PathLike):
        return ""
    try:
        with pd.read_csv(path, header=None, dtype=str, na_filter=False, chunksize=500) as chunks:
            for chunk in chunks:
                # Not as an array of str: its cells would all be as long as the longest.
                cells = chunk.to_numpy(object)
                wrong = ~_is_whole_number(cells).astype(bool)
                if wrong.any():
                    row, column = np.argwhere(wrong)[0]
                    where = f"row {chunk.index[row]} (counted from 0), column {column}"
                    cell = cells[row, column]
                    what = f"{cell!r:.40}" if isinstance(cell, str) and cell else "nothing"
                    return f"{where} holds {what}"
    except ValueError:  # not even a table; what pandas said of it will do
        pass
    return ""


def _check_table(name: str, dataset: pd.DataFrame) -> None:
    """Raise a ValueError unless ``dataset`` holds a label and 784 pixels in every row."""
    if not dataset.columns.equals(pd.RangeIndex(1 + PIXELS)):
        if not dataset.shape[1]:
            raise ValueError(f"{name} has no columns: it must have {1 + PIXELS}")
        first, last = dataset.columns[[0, -1]].tolist()
        raise ValueError(
            f"{name} has {dataset.shape[1]} columns, named {first!r:.40} to {last!r:.40}: it must "
            f"have {1 + PIXELS}, the label in column 0 and the pixels in columns 1 to {PIXELS}"
        )
    if dataset.empty:
        raise ValueError(f"{name} has no rows: it must have one or more")
    values = dataset.to_numpy()
    unfit = [dtype for dtype in (*dataset.dtypes, values.dtype) if dtype.kind not in "iuf"]
    if unfit:
        raise ValueError(
            f"{name} holds {unfit[0]} values: it must hold whole numbers only; if it does, "
            "convert it with .astype('int64')"
        )
    maximum = np.full(1 + PIXELS, PIXEL_MAXIMUM)
    maximum[0] = CLASSES - 1
    # NaN fails every comparison, so a missing value is wrong, too.
    with np.errstate(invalid="ignore"):  # there are NaNs that NumPy warns of
        right = (values >= 0) & (values <= maximum)
        if values.dtype.kind == "f":
            right &= values == np.floor(values)
    if not right.all():
        row, column = np.argwhere(~right)[0]
        kind = "pixel" if column else "label"
        raise ValueError(
            f"{name}: the {kind} in row {row} (counted from 0), column {column} is "
            f"{values[row, column]}: it must be a whole number from 0 to {maximum[column]}"
        )


def shortened(error: Exception) -> str:
    """Return what an error says, or its name if it says nothing."""
    return " ".join(str(error).split())[:300].rstrip(".") or type(error).__name__

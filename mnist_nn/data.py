"""The exercise's data: a table of handwritten digits, one label and 784 pixels per row."""

import hashlib
import os
import re
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mnist_nn.errors import ArgumentError, ArgumentTypeError, MissingFileError, describe_error

IMAGE_SIDE = 28
PIXELS = IMAGE_SIDE**2
CLASSES = 10
PIXEL_MAXIMUM = 255
DIMMEST_WHITE = 25  # up to here, white is that of another scale, such as 0 to 1 or 0 to 15
COLUMNS = pd.RangeIndex(1 + PIXELS)  # the label, and the pixels
COLUMN_NAMES = [str(column) for column in COLUMNS]
NUMBER = re.compile(r"\d+(\.\d+)?")  # as names of columns are
LABEL_NAMES = {"class", "digit", "label", "target", "y"}

FILES = {"train": "mnist_train_small.npz", "test": "mnist_test.npz"}
SHA256_OF_ARRAY = {
    "train": "1c5cde07a112f88e39b4cb26459e9ed094b905e37df221e5b922ab2622fef842",
    "test": "ad39c4e3d6eb0920f4ea84533a577cc5afbb47c5e8034d374d0605316c8923f3",
}


def load_mnist_dataframe(
    split: str = "train", path: str | os.PathLike[str] | IO[Any] | None = None
) -> pd.DataFrame:
    """Load handwritten digits as the table that the original exercise read from its CSV files.

    Args:
        split: ``"train"`` for the 20,000 rows of ``mnist_train_small.csv``, ``"test"`` for the
            10,000 rows of ``mnist_test.csv``. Both come with the package.
        path: A CSV file to read instead: any path, URL or open file that ``pandas.read_csv``
            accepts. It may have a header row of names. EMNIST's files hold each image transposed,
            and nothing in the file says so: transpose it before training.

    Returns:
        DataFrame of shape (n_examples, 785), int64. Column 0 is the label, 0 to 9. Columns 1 to
        784 are the pixels of a 28×28 image, row by row, from 0 (background) to 255.

    Raises:
        FileNotFoundError, ValueError: If ``split`` is unknown, or the file is missing or wrong.

    Example:
        >>> load_mnist_dataframe().shape
        (20000, 785)
    """
    if path is not None:
        return _read_csv(path)
    if not isinstance(split, str) or split not in FILES:
        raise ArgumentError(f"split must be 'train' or 'test', not {split!r:.100}")
    return pd.DataFrame(_read_package_file(split).astype(np.int64), copy=False)


def parse_labels_and_features(dataset: pd.DataFrame) -> tuple["pd.Series[int]", pd.DataFrame]:
    """Split the table into labels and features, and scale the pixels to [0, 1].

    Args:
        dataset: DataFrame of shape (n_examples, 785) from :func:`load_mnist_dataframe`, or some of
            its rows. Other names of the columns are accepted if there is no doubt about them: the
            label first, as in Kaggle's table, or last, as in OpenML's. Labels may be text such as
            ``"5"``.

    Returns:
        The labels, a Series of shape (n_examples,), and the features, a DataFrame of shape
        (n_examples, 784), float64: the pixels divided by 255. Both keep the index of ``dataset``.

    Raises:
        TypeError: If ``dataset`` is not a DataFrame.
        ValueError: If it does not contain labels from 0 to 9 and pixels from 0 to 255.

    Example:
        >>> targets, examples = parse_labels_and_features(load_mnist_dataframe()[0:7500])
        >>> examples.shape
        (7500, 784)
    """
    if not isinstance(dataset, pd.DataFrame):
        kind = f"{type(dataset).__module__}.{type(dataset).__name__}"
        raise ArgumentTypeError(
            "dataset must be a DataFrame of pandas, as load_mnist_dataframe() returns it, not "
            f"{kind}. Convert an array with pd.DataFrame(), a table of another library with "
            ".to_pandas()"
        )
    dataset = _arrange_columns("dataset", dataset)
    _check_table("dataset", dataset)
    return dataset[0].astype(np.int64), dataset.loc[:, 1:PIXELS] / PIXEL_MAXIMUM


def data_folder() -> Path:
    """Return the folder of the data files: in the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "_data"
    return installed if installed.is_dir() else package.parent / "data"


def _read_package_file(split: str) -> npt.NDArray[np.uint8]:
    path = data_folder() / FILES[split]
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            examples: npt.NDArray[np.uint8] = file["examples"]
    except FileNotFoundError:
        raise MissingFileError(
            f"the data file {str(path)!r} is missing: restore it with 'git checkout -- data', or "
            "install the package again"
        ) from None
    except PermissionError:
        raise  # it says enough
    except Exception:  # NumPy, zipfile and zlib each raise their own
        examples = np.empty(0, np.uint8)
    if hashlib.sha256(examples.tobytes()).hexdigest() != SHA256_OF_ARRAY[split]:
        raise ArgumentError(
            f"the data file {str(path)!r} is damaged: restore it with 'git checkout -- data', or "
            "install the package again"
        )
    return examples


def _read_csv(path: str | os.PathLike[str] | IO[Any]) -> pd.DataFrame:
    name = f"path {str(path)!r:.300}"
    try:
        dataset = _read_whole_numbers(path)
    except FileNotFoundError:
        raise MissingFileError(f"{name}: there is no such file") from None
    except Exception as error:  # each protocol and compression raises its own
        raise ArgumentError(
            f"{name} cannot be read: {describe_error(error)}. Each row must be a label and 784 "
            "pixels: whole numbers, separated by commas, none missing"
        ) from None
    if dataset[:1].to_numpy().tolist() == [[*COLUMNS]]:
        dataset = dataset[1:].reset_index(drop=True)  # what to_csv(index=False) wrote
    dataset = _arrange_columns(name, dataset)
    _check_table(name, dataset)
    return dataset


def _read_whole_numbers(path: str | os.PathLike[str] | IO[Any]) -> pd.DataFrame:
    """Read a CSV file, with a row of names or without. What pandas refuses raises its error."""
    file: Any = path if hasattr(path, "seekable") else None
    start = file.tell() if file and file.seekable() else 0
    try:
        # With a dtype, pandas refuses text, fractions and missing values.
        return pd.read_csv(path, header=None, dtype=np.int64)
    except ValueError as error:  # perhaps of a row of names
        error_without_names = error
    if file and not file.seekable():
        raise error_without_names
    if file:
        file.seek(start)
    dataset = pd.read_csv(path, dtype=np.int64)
    names = dataset.columns.astype(str)
    # pandas calls blank cells "Unnamed: …".
    words = [word for word in _find_words(names) if not word.startswith("Unnamed")]
    if not words and names[1:].tolist() != COLUMN_NAMES:  # not what to_csv() wrote: an example
        raise error_without_names
    return dataset


def _find_words(names: "pd.Index[str]") -> list[str]:
    """Return the names that are no numbers."""
    return [name for name in names if not NUMBER.fullmatch(name)]


def _arrange_columns(name: str, dataset: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the label in column 0, if there is no doubt where it is.

    =============================================  =================================
    as load_mnist_dataframe() returns it           stays as it is
    with the row numbers of to_csv() before it     these are dropped
    ``label, pixel0, …``, or the label elsewhere   the column of that name, as Kaggle's
    ``pixel1, …, pixel784, class``                 the same, as OpenML's
    numbers 0 to 784 in another order              sorted by them
    785 numbers without names                      the last column, if the first is all 0
    ``pixel0, pixel1, pixel10, …``                 refused: sorted as text
    ``7, 0, 0.1, 0.2, …``                          refused: an example became the names
    =============================================  =================================
    """
    n_rows, n_columns = dataset.shape
    dataset = _drop_row_numbers(dataset)
    if not n_rows or dataset.shape[1] != 1 + PIXELS:
        raise ArgumentError(
            f"{name} has {n_rows} rows and {n_columns} columns: it must have at least one row, the "
            "label in column 0 and the pixels in columns 1 to 784"
        )
    names = dataset.columns.map(str)
    if {*names} == {*COLUMN_NAMES} and [*names] != COLUMN_NAMES:  # the label last, say
        names = pd.Index(COLUMN_NAMES)
        dataset = dataset.set_axis(dataset.columns.map(int), axis="columns")[[*COLUMNS]]
    _check_column_names(name, names)
    dataset = dataset.set_axis(COLUMNS, axis="columns")
    column = _find_label(name, names, dataset)
    if column == 0 and pd.api.types.is_numeric_dtype(dataset[0]):
        return dataset  # without copying it
    labels = _read_digits(dataset[column])
    if labels is None:
        values = dataset[column].tolist()
        wrong = next(value for value in values if _read_digits(pd.Series([value])) is None)
        raise ArgumentError(
            f"{name} has the label {wrong!r:.100} in its column {names[column]!r:.100}: every "
            "label must be a whole number from 0 to 9"
        )
    pixels = dataset.drop(columns=column).set_axis(COLUMNS[1:], axis="columns")
    return pd.concat([labels.rename(0), pixels], axis="columns")


def _drop_row_numbers(dataset: pd.DataFrame) -> pd.DataFrame:
    """Return a table without the row numbers or names that to_csv() wrote."""
    n_rows, n_columns = dataset.shape
    if n_columns != 2 + PIXELS:
        return dataset
    first = dataset.iloc[:, 0]  # no labels, if no two rows have the same
    if not (first.is_unique and n_rows > CLASSES) and first.tolist() != [*range(n_rows)]:
        return dataset
    dataset = dataset.iloc[:, 1:]
    is_numbered = dataset.columns.equals(COLUMNS + 1)  # read without a row of names
    return dataset.set_axis(COLUMNS, axis="columns") if is_numbered else dataset


def _check_column_names(name: str, names: "pd.Index[str]") -> None:
    """Raise a ValueError if columns are in another order, or are named by an example."""
    numbers = names.str.extract(r"(\d+)$", expand=False).dropna().astype(float)
    if numbers.is_unique and not numbers.is_monotonic_increasing:  # pixel0, pixel1, pixel10, …
        raise ArgumentError(
            f"{name} has columns named {names[0]} to {names[-1]}: name "
            "them by the numbers 0 (the label) to 784 with dataset.set_axis(range(785), axis=1), "
            "if they are in this order"
        )
    if not _find_words(names) and not names.astype(float).is_monotonic_increasing:  # 7, 0, 0.1, …
        raise ArgumentError(
            f"{name} has the numbers of an example as names of its columns: read the file with "
            "pd.read_csv(path, header=None)"
        )


def _find_label(name: str, names: "pd.Index[str]", dataset: pd.DataFrame) -> int:
    """Return which column is the label: the named one, the first, or the last as in OpenML's."""
    if named := [column for column in COLUMNS if names[column].lower() in LABEL_NAMES]:
        return named[0]
    first, last = (_read_digits(dataset[column]) for column in (0, PIXELS))
    # A pixel in a corner is 0 in nearly every image, so the column that varies is the label.
    if last is None or first is None or first.any():
        return 0
    is_constant = (last == last.iloc[0]).all()
    if is_constant and last.iloc[0]:
        raise ArgumentError(
            f"{name} may have its labels in the first or in the last column: name that column "
            "'label'"
        )
    return 0 if is_constant else PIXELS


def _read_digits(column: "pd.Series[Any]") -> "pd.Series[int] | None":
    """Return labels that may be text or categories as numbers, or None if they are no digits."""
    numbers = pd.to_numeric(column.astype(object), errors="coerce")
    is_real = not pd.api.types.is_complex_dtype(numbers)
    return numbers.astype(np.int64) if is_real and numbers.isin(range(CLASSES)).all() else None


def _check_table(name: str, dataset: pd.DataFrame) -> None:
    """Raise a ValueError unless every row is a label and 784 pixels."""
    for dtype in dataset.dtypes:
        if not isinstance(dtype, np.dtype) or dtype.kind not in "iuf":
            raise ArgumentError(
                f"{name} contains {dtype} values: every cell must be a whole number. If they are, "
                "convert it with .astype('int64')"
            )
    values = dataset.to_numpy()
    darkest, whitest = values[:, 1:].min(), values[:, 1:].max()
    if darkest >= 0 and 0 < whitest <= DIMMEST_WHITE:
        raise ArgumentError(
            f"{name} has pixels from 0 to {whitest:g}: white must be 255. Multiply them first, and "
            "round them afterwards"
        )
    maximum = np.array([CLASSES - 1, *[PIXEL_MAXIMUM] * PIXELS])
    # NaN fails every comparison, so missing values are wrong, too.
    is_valid = (values >= 0) & (values <= maximum) & (values == np.floor(values))
    if not is_valid.all():
        row, column = np.argwhere(~is_valid)[0]
        raise ArgumentError(
            f"{name} contains {values[row, column]} in row {row}, column {column}, counted from 0: "
            f"it must be a whole number from 0 to {maximum[column]}"
        )
    if values[:, 1:].mean() > PIXEL_MAXIMUM / 2:
        raise ArgumentError(
            f"{name} has digits that are dark on light: they must be light on dark. Subtract the "
            "pixels from 255"
        )

"""The data are exactly the published files, and a table that is not like them is refused."""

import io
import itertools
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mnist_nn
from data.build_data import csv_sha256, published_sums, read_idx
from mnist_nn import data

DATA = Path(__file__).parent.parent / "data"
HEADER = ",".join(["label", *(f"pixel{number}" for number in range(784))])


def csv(table: pd.DataFrame) -> str:
    return table.to_csv(header=False, index=False, lineterminator="\n")


@pytest.fixture(scope="module")
def rows(train_table: pd.DataFrame) -> list[str]:
    """Three rows of the training file as CSV."""
    return csv(train_table.head(3)).splitlines()


@pytest.mark.parametrize(
    ("split", "file", "n_bytes"),
    [
        ("train", "mnist_train_small.csv", 36_523_880),
        ("test", "mnist_test.csv", 18_289_443),
    ],
)
def test_data_written_as_csv_is_the_published_file(split: str, file: str, n_bytes: int) -> None:
    values = mnist_nn.load_mnist_dataframe(split).to_numpy()
    digits = 1 + (values >= 10).astype(int) + (values >= 100)
    assert (digits + 1).sum() == n_bytes  # each number has a comma or newline behind it
    assert csv_sha256(values) == published_sums()[file]


def test_rows_that_the_published_notebook_shows(train_table: pd.DataFrame) -> None:
    assert list(train_table.loc[[5456, 934, 2662, 9385, 157], 0]) == [8, 0, 8, 4, 8]


def test_row_numbers_are_those_of_the_mnist_training_set() -> None:
    numbers = np.load(DATA / "mnist_train_small_rows.npy", allow_pickle=False)
    assert numbers.shape == (20_000,)
    assert len(set(numbers)) == 20_000
    assert numbers.max() < 60_000


def test_dataframe_is_what_read_csv_returns(train_table: pd.DataFrame) -> None:
    expected = pd.read_csv(io.StringIO(csv(train_table)), header=None)
    pd.testing.assert_frame_equal(train_table, expected)
    assert train_table.to_numpy().dtype == np.int64
    assert isinstance(train_table.index, pd.RangeIndex)


def test_training_data_are_the_default() -> None:
    table = mnist_nn.load_mnist_dataframe()
    assert table.shape == (20_000, 785)
    assert set(table.dtypes) == {np.dtype(np.int64)}


def test_dataframes_share_nothing() -> None:
    table = mnist_nn.load_mnist_dataframe("test")
    table.loc[:, :] = 0
    assert mnist_nn.load_mnist_dataframe("test").to_numpy().any()


@pytest.mark.parametrize("name", ["digits.csv", "digits.csv.gz", "digits.zip", "digits.csv.xz"])
def test_path_reads_what_pandas_reads(name: str, tmp_path: Path, train_table: pd.DataFrame) -> None:
    path = tmp_path / name
    train_table.head(20).to_csv(path, header=False, index=False)
    pd.testing.assert_frame_equal(mnist_nn.load_mnist_dataframe(path=path), train_table.head(20))


def test_path_reads_addresses_and_open_files(tmp_path: Path, train_table: pd.DataFrame) -> None:
    path = tmp_path / "digits.csv"
    path.write_text(csv(train_table.head(20)))
    for source in (path.as_uri(), str(path), io.StringIO(path.read_text())):
        table = mnist_nn.load_mnist_dataframe(path=source)
        pd.testing.assert_frame_equal(table, train_table.head(20))


# By name: the lines (a row, a text, or a row, the part of it to take, and what to append).
BAD_CSV: dict[str, tuple[list[Any], str]] = {
    "header row": ([HEADER, 0, 1, 2], r"row 0 .*, column 0 holds 'label'.* no header row"),
    "numbers as header": ([",".join(map(str, range(785))), 0], "row 0 is a header row"),
    "784 columns": ([(0, slice(0, -1)), (1, slice(0, -1))], "784 columns"),
    "786 columns": ([(0, None, "0"), (1, None, "0")], "786 columns"),
    "longer row later": ([0, (1, None, "0")], "785"),
    "empty": ([], "No columns"),
    "cut off last row": ([0, 1, (2, slice(0, 300))], "row 2 .*, column 300 holds nothing"),
    "text": ([0, (1, slice(0, -1), "ink")], "row 1 .*, column 784 holds 'ink'"),
    "missing value": ([0, (1, slice(0, -1), "")], "row 1 .*, column 784 holds nothing"),
    "not available": ([0, (1, slice(0, -1), "NA")], "row 1 .*, column 784 holds 'NA'"),
    "5000 columns": (["0" + ",0" * 4_999] * 2, "5000 columns, named 0 to 4999"),
    "7850 columns": (["0" + ",0" * 7_849], "has 7850 columns, named 0 to 7849"),
    "7851 columns": (["0" + ",0" * 7_850], "has 7851 columns or more in row 0"),
    "fraction": ([0, (1, slice(0, -1), "0.5")], "row 1 .*, column 784 holds '0.5'"),
    "pixel above 255": ([0, (1, slice(0, -1), "256")], "pixel in row 1 .*, column 784 is 256"),
    "pixel below 0": ([0, (1, slice(0, -1), "-1")], "pixel in row 1 .*, column 784 is -1"),
    "label above 9": (["10" + ",0" * 784], "label in row 0 .*, column 0 is 10"),
    "huge number": ([0, (1, slice(0, -1), "9" * 30)], "Overflow"),
}


@pytest.mark.parametrize("case", BAD_CSV)
def test_bad_csv_is_refused_with_its_name_and_a_remedy(
    case: str, tmp_path: Path, rows: list[str]
) -> None:
    lines, message = BAD_CSV[case]
    path = tmp_path / "digits.csv"
    with path.open("w") as file:
        for line in lines:
            if isinstance(line, int):
                text = rows[line]
            elif isinstance(line, str):
                text = line
            else:
                number, part, *more = line
                fields = rows[number].split(",")
                text = ",".join([*(fields[part] if part else fields), *more])
            file.write(text + "\n")
    with pytest.raises(ValueError, match=message) as error:
        mnist_nn.load_mnist_dataframe(path=path)
    assert str(path) in str(error.value)
    assert "must" in str(error.value)


def test_errors_say_how_a_file_must_be(tmp_path: Path) -> None:
    path = tmp_path / "digits.csv"

    def refuse(content: str, message: str) -> None:
        path.write_text(content)
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            mnist_nn.load_mnist_dataframe(path=path)

    refuse(
        "7,ink",
        f"path '{path}': row 0 (counted from 0), column 1 holds 'ink'. Each row must be 785 whole "
        "numbers with commas between them, a label and 784 pixels: no header row, no text, no "
        "missing value, no fraction, no row cut off.",
    )
    refuse(
        "0" + ",0" * 8_000,
        f"path '{path}' has 8001 columns or more in row 0: it must have 785, the label and 784 "
        "pixels, and each row a line of its own",
    )
    with pytest.raises(ValueError, match=f"^path '{tmp_path}' is not a file: give the path of a"):
        mnist_nn.load_mnist_dataframe(path=tmp_path)
    (tmp_path / "digits.zip").write_bytes(b"7")
    with pytest.raises(ValueError, match=r"whole CSV file or the address of one; if it is comp"):
        mnist_nn.load_mnist_dataframe(path=tmp_path / "digits.zip")
    with pytest.raises(ValueError, match=r"^path '<_io\.StringIO.*>': [^X]*'ink'"):
        mnist_nn.load_mnist_dataframe(path=io.StringIO("7,ink"))


def test_errors_of_libraries_are_shortened() -> None:
    assert data.shortened(ValueError("one\n  two..")) == "one two"
    assert data.shortened(ValueError("..one")) == "..one"
    assert data.shortened(ValueError("one X")) == "one X"
    assert data.shortened(ValueError(400 * "1")) == 300 * "1"
    assert data.shortened(KeyError()) == "KeyError"


def test_file_that_is_not_what_its_name_says_is_refused(tmp_path: Path) -> None:
    for name, content in itertools.product(["a.gz", "a.zip", "a.xz", "a.csv"], [b"", b"\x00\xff"]):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(ValueError, match=re.escape(str(path))):
            mnist_nn.load_mnist_dataframe(path=path)


def test_missing_file_and_unknown_split_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        mnist_nn.load_mnist_dataframe(path=tmp_path / "nowhere.csv")
    with pytest.raises(ValueError, match="split must be 'train' or 'test', not 'validation'"):
        mnist_nn.load_mnist_dataframe("validation")
    with pytest.raises(ValueError, match="cannot be read: .*refused"):
        mnist_nn.load_mnist_dataframe(path="http://localhost:1/digits.csv")
    with pytest.raises(TypeError, match="path must be a path, an address or an open file, not 5"):
        mnist_nn.load_mnist_dataframe(path=5)  # type: ignore[arg-type]


def test_parse_splits_and_scales(train_table: pd.DataFrame) -> None:
    dataset = train_table.iloc[[5, 3, 3]]  # row labels may repeat
    labels, features = mnist_nn.parse_labels_and_features(dataset)
    for part in (labels, features):
        np.testing.assert_array_equal(part.index, [5, 3, 3])
    assert list(labels) == list(dataset[0])
    np.testing.assert_array_equal(features.columns, range(1, 785))
    np.testing.assert_array_equal(features.to_numpy(), dataset.to_numpy()[:, 1:] / 255)


def with_last_pixel(rows: pd.DataFrame, value: Any) -> pd.DataFrame:
    changed = rows.copy()
    changed[784] = value
    return changed


def test_parse_refuses_other_tables(train_table: pd.DataFrame) -> None:
    message = "dataset must be a DataFrame from load_mnist_dataframe(), not ndarray"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        mnist_nn.parse_labels_and_features(train_table.to_numpy())  # type: ignore[arg-type]
    rows = train_table.head(3)
    must_have = "it must have 785, the label in column 0 and the pixels in columns 1 to 784"
    convert = "it must hold whole numbers only; if it does, convert it with .astype('int64')"
    pixel = "the pixel in row 0 (counted from 0), column 784 is"
    refused = {
        f"dataset has 784 columns, named 1 to 784: {must_have}": rows.loc[:, 1:],
        f"dataset has 785 columns, named 785 to 1: {must_have}": rows.rename(
            columns=lambda column: 785 - column
        ),
        "dataset has no rows: it must have one or more": rows.head(0),
        "dataset has no columns: it must have 785": pd.DataFrame(),
        "dataset: the label in row 1 (counted from 0), column 0 is nan: it must be a whole number "
        "from 0 to 9": rows.reindex([0, 99_999]),
        f"dataset: {pixel} 0.5: it must be a whole number from 0 to 255": with_last_pixel(
            rows, 0.5
        ),
        f"dataset: {pixel} 256.0: it must be a whole number from 0 to 255": with_last_pixel(
            rows, 256.0
        ),
        f"dataset: {pixel} -1.0: it must be a whole number from 0 to 255": with_last_pixel(
            rows, -1.0
        ),
        f"dataset: {pixel} nan: it must be a whole number from 0 to 255": with_last_pixel(
            rows,
            np.uint64(0x7FF0000000000001).view(np.float64),  # signals an invalid operation
        ),
        f"dataset holds bool values: {convert}": with_last_pixel(rows, True),
        f"dataset holds complex128 values: {convert}": with_last_pixel(rows, 0j),
    }
    for message, table in refused.items():
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            mnist_nn.parse_labels_and_features(table)
    mnist_nn.parse_labels_and_features(rows.astype(float))


def test_read_idx_puts_the_label_before_the_pixels(
    tmp_path: Path, train_table: pd.DataFrame
) -> None:
    rows = train_table.head(3).to_numpy(np.uint8)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(bytes(8) + rows[:, 0].tobytes())
    (tmp_path / "train-images-idx3-ubyte").write_bytes(bytes(16) + rows[:, 1:].tobytes())
    np.testing.assert_array_equal(read_idx(tmp_path, "train"), rows)


def damage(kind: str, path: Path) -> None:
    whole = path.read_bytes()
    some = {"examples": np.zeros((20_000, 785), np.uint8)}
    match kind:
        case "one flipped byte":
            path.write_bytes(whole[:100_000] + bytes([whole[100_000] ^ 1]) + whole[100_001:])
        case "cut short":
            path.write_bytes(whole[: len(whole) // 2])
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("version https://git-lfs.github.com/spec/v1")
        case "another npz":
            np.savez_compressed(path, digits=some["examples"])
        case "other digits":
            np.savez_compressed(path, **some)  # type: ignore[arg-type]
        case "npy":
            with path.open("wb") as file:
                np.save(file, some["examples"])
        case "pickled objects":
            np.savez(path, examples=np.array([Boobytrap()], object))
        case "missing":
            path.unlink()


class Boobytrap:
    """Tells if it was unpickled."""

    def __reduce__(self) -> Any:
        return pytest.fail, ("an object was unpickled",)


@pytest.mark.parametrize(
    "kind",
    [
        "one flipped byte",
        "cut short",
        "empty",
        "text",
        "another npz",
        "other digits",
        "npy",
        "pickled objects",
        "missing",
    ],
)
def test_damaged_data_are_never_loaded(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("mnist_train_small.npz", "mnist_test.npz"):
        shutil.copy(DATA / name, tmp_path)
        damage(kind, tmp_path / name)
    monkeypatch.setattr("mnist_nn.data._data_folder", lambda: tmp_path)
    for split in ("train", "test"):
        error = FileNotFoundError if kind == "missing" else ValueError
        with pytest.raises(error, match="the data file .*npz' is .*: restore it with 'git check"):
            mnist_nn.load_mnist_dataframe(split)

"""The data are exactly the published files, and other tables are refused."""

import hashlib
import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mnist_nn
from data.build_data import csv_sha256, published_sums, read_idx

DATA = Path(__file__).parents[2] / "data"
TEXTS = [str(number) for number in range(256)]


def csv(table: pd.DataFrame) -> str:
    """Return the table as CSV, in half the time of pandas."""
    rows = table.to_numpy().tolist()
    return "".join(",".join(map(TEXTS.__getitem__, row)) + "\n" for row in rows)


@pytest.fixture(scope="module")
def rows(train_table: pd.DataFrame) -> list[str]:
    """Three rows of the training file as CSV."""
    return csv(train_table.head(3)).splitlines()


@pytest.mark.parametrize(
    ("split", "file"), [("train", "mnist_train_small.csv"), ("test", "mnist_test.csv")]
)
def test_data_written_as_csv_is_the_published_file(split: str, file: str) -> None:
    content = csv(mnist_nn.load_mnist_dataframe(split)).encode()
    assert hashlib.sha256(content).hexdigest() == published_sums()[file]


def test_row_numbers_are_those_of_the_mnist_training_set() -> None:
    numbers = np.load(DATA / "mnist_train_small_rows.npy", allow_pickle=False)
    assert numbers.shape == (20_000,)
    assert len(set(numbers)) == 20_000
    assert numbers.max() < 60_000


def test_training_data_are_the_default_and_what_read_csv_returns() -> None:
    table = mnist_nn.load_mnist_dataframe()
    assert len(table) == 20_000
    assert isinstance(table.index, pd.RangeIndex)
    assert table.to_numpy().dtype == np.int64
    rows = table.tail(1_000).reset_index(drop=True)
    pd.testing.assert_frame_equal(rows, pd.read_csv(io.StringIO(csv(rows)), header=None))


def test_dataframes_share_nothing() -> None:
    table = mnist_nn.load_mnist_dataframe("test")
    table.loc[:, :] = 0
    assert mnist_nn.load_mnist_dataframe("test").to_numpy().any()


def test_path_may_be_all_that_pandas_reads(tmp_path: Path, train_table: pd.DataFrame) -> None:
    path, compressed = tmp_path / "digits.csv", tmp_path / "digits.csv.gz"
    for file in (path, compressed):
        train_table.head(20).to_csv(file, header=False, index=False)
    for source in (path, str(compressed), path.as_uri(), io.StringIO(path.read_text())):
        table = mnist_nn.load_mnist_dataframe(path=source)
        pd.testing.assert_frame_equal(table, train_table.head(20))


def last(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its labels at the end, as OpenML's."""
    return table[[*range(1, 785), 0]]


NAMES = ["label", *(f"pixel{number}" for number in range(784))]
# By name: how a table may be saved.
SAVED: dict[str, Callable[[pd.DataFrame], str]] = {
    "names": lambda table: table.set_axis(NAMES, axis=1).to_csv(index=False),
    "numbers": lambda table: table.to_csv(index=False),
    "index": lambda table: table.to_csv(),
    "index from 1": lambda table: table.set_axis(range(1, 21)).to_csv(),
    "label in between": lambda table: table.set_axis(NAMES, axis=1)[
        [*NAMES[1:4], "label", *NAMES[4:]]
    ].to_csv(index=False),
    "index alone": lambda table: table.to_csv(header=False),
    "label last": lambda table: last(table).to_csv(header=False, index=False),
    "name last": lambda table: (
        last(table).set_axis([*NAMES[1:], "class"], axis=1).to_csv(index=False)
    ),
}


@pytest.mark.parametrize("kind", SAVED)
def test_columns_are_found_whatever_their_names(kind: str, train_table: pd.DataFrame) -> None:
    table = train_table.head(20)
    content = SAVED[kind](table)
    pd.testing.assert_frame_equal(mnist_nn.load_mnist_dataframe(path=io.StringIO(content)), table)
    header = None if kind in ("index alone", "label last") else 0
    read = pd.read_csv(io.StringIO(content), header=header)
    labels, features = mnist_nn.parse_labels_and_features(read)
    np.testing.assert_array_equal(labels, table[0])
    np.testing.assert_array_equal(features, table.loc[:, 1:] / 255)


def test_file_of_names_alone_is_told() -> None:
    with pytest.raises(ValueError, match="has 0 rows"):
        mnist_nn.load_mnist_dataframe(path=io.StringIO(",".join(NAMES) + "\n"))


def test_one_digit_and_a_noisy_corner_do_not_look_like_labels_at_the_end(
    train_table: pd.DataFrame,
) -> None:
    table = train_table[train_table[0] == 7].head(20).copy()
    table[784] = np.arange(20) % 4
    labels, _ = mnist_nn.parse_labels_and_features(table)
    assert set(labels) == {7}


@pytest.mark.parametrize("dtype", [str, "category"])
def test_labels_may_be_text(dtype: Any, train_table: pd.DataFrame) -> None:
    table = train_table.head(20)
    first = table.astype({0: str}).astype({0: dtype})
    for kind in (first, last(first).set_axis([*NAMES[1:], "class"], axis=1)):
        labels, _ = mnist_nn.parse_labels_and_features(kind)
        np.testing.assert_array_equal(labels, table[0])


def test_labels_beyond_nine_at_the_end_are_told(train_table: pd.DataFrame) -> None:
    table = last(train_table[:30]).set_axis([*NAMES[1:], "label"], axis="columns")
    table["label"] = np.arange(30) % 26 + 1
    with pytest.raises(ValueError, match="has the label 10 in its column 'label'"):
        mnist_nn.parse_labels_and_features(table)


def test_labels_of_a_single_digit_are_found_by_their_name(train_table: pd.DataFrame) -> None:
    table = last(train_table[train_table[0] == 3].head(5))
    labels, _ = mnist_nn.parse_labels_and_features(table.set_axis([*NAMES[1:], "class"], axis=1))
    assert (labels == 3).all()
    with pytest.raises(ValueError, match="^dataset may have its labels in .* 'label'"):
        mnist_nn.parse_labels_and_features(table.set_axis([*NAMES[1:], "z"], axis=1))


# By name: how to change the lines of three rows, and what the error says.
BAD_CSV: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "0 to 15": (lambda rows: ["7" + ",15" * 784], "pixels from 0 to 15"),
    "dark on light": (lambda rows: ["7" + ",255" * 784], "dark on light: .*from 255"),
    "784 columns": (lambda rows: [row.partition(",")[2] for row in rows], "784 columns"),
    "longer row later": (lambda rows: [*rows, rows[0] + ",0"], "785"),
    "empty": (lambda rows: [], "No columns"),
    "blank in the first row": (lambda rows: [rows[0].replace(",0,", ",,", 1), *rows], "NA values"),
    "cut short": (lambda rows: [*rows[:2], rows[2][:600]], "NA values"),
    "text": (lambda rows: [*rows, "7" + ",0" * 783 + ",ink"], "'ink'"),
    "fraction": (lambda rows: [*rows, "7" + ",0" * 783 + ",0.5"], "column 784"),
    "pixel above 255": (
        lambda rows: [*rows, "7" + ",0" * 783 + ",256"],
        "256 in row 3, column 784, .* from 0 to 255",
    ),
    "label above 9": (lambda rows: ["10" + ",0" * 784], "10 in row 0, column 0, .* from 0 to 9"),
}


@pytest.mark.parametrize("case", BAD_CSV)
def test_bad_csv_is_refused_with_its_name_and_a_remedy(
    case: str, tmp_path: Path, rows: list[str]
) -> None:
    change, message = BAD_CSV[case]
    path = tmp_path / "digits.csv"
    path.write_text("".join(f"{row}\n" for row in change(rows)))
    with pytest.raises(ValueError, match=message) as error:
        mnist_nn.load_mnist_dataframe(path=path)
    assert str(path) in str(error.value)
    assert "must" in str(error.value)


def test_missing_file_and_unknown_split_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"path .*nowhere\.csv"):
        mnist_nn.load_mnist_dataframe(path=tmp_path / "nowhere.csv")
    with pytest.raises(ValueError, match="path .*refused"):
        mnist_nn.load_mnist_dataframe(path="http://localhost:1/digits.csv")
    with pytest.raises(ValueError, match="split .*'validation'"):
        mnist_nn.load_mnist_dataframe("validation")
    with pytest.raises(ValueError, match=r"split .*\['train'\]"):
        mnist_nn.load_mnist_dataframe(["train"])  # type: ignore[arg-type]


def test_parse_splits_and_scales(train_table: pd.DataFrame) -> None:
    dataset = train_table.iloc[[5, 3, 3]]  # row labels may repeat
    labels, features = mnist_nn.parse_labels_and_features(dataset)
    for part in (labels, features):
        np.testing.assert_array_equal(part.index, [5, 3, 3])
    assert list(labels) == list(dataset[0])
    np.testing.assert_array_equal(features.columns, range(1, 785))
    np.testing.assert_array_equal(features.to_numpy(), dataset.to_numpy()[:, 1:] / 255)
    mnist_nn.parse_labels_and_features(dataset.astype(float))
    saved = io.StringIO(dataset.to_csv(index=False))  # whose header comes back as texts
    _, read = mnist_nn.parse_labels_and_features(pd.read_csv(saved))
    pd.testing.assert_frame_equal(read, features.reset_index(drop=True), check_column_type=False)


def with_last_pixel(rows: pd.DataFrame, value: Any) -> pd.DataFrame:
    changed = rows.copy()
    changed[784] = value
    return changed


def test_frames_with_columns_of_any_kind_are_taken_by_position(train_table: pd.DataFrame) -> None:
    table = train_table.head(20)
    keys = pd.concat({"labels": table[[0]], "pixels": table.loc[:, 1:]}, axis="columns")
    names: list[Any] = [keys.columns, [0, *range(784)], range(1, 786), np.arange(785.0)]
    for columns in names:
        labels, features = mnist_nn.parse_labels_and_features(table.set_axis(columns, axis=1))
        np.testing.assert_array_equal(labels, table[0])
        np.testing.assert_array_equal(features, table.loc[:, 1:] / 255)
    labels, _ = mnist_nn.parse_labels_and_features(table.astype(float))
    assert labels.dtype == np.int64


@pytest.mark.parametrize("dtype", [int, str])
def test_columns_that_are_named_by_their_numbers_may_have_any_order(
    dtype: Any, train_table: pd.DataFrame
) -> None:
    table = train_table.head(20)
    for order in (last(table).columns, table.columns[::-1]):
        read = table[order].set_axis(order.astype(dtype), axis=1)
        labels, features = mnist_nn.parse_labels_and_features(read)
        np.testing.assert_array_equal(labels, table[0])
        np.testing.assert_array_equal(features, table.loc[:, 1:] / 255)


def test_parse_refuses_what_is_no_table_of_digits(train_table: pd.DataFrame) -> None:
    with pytest.raises(TypeError, match=r"^dataset .* not numpy.ndarray\. .*to_pandas"):
        mnist_nn.parse_labels_and_features(train_table.to_numpy())  # type: ignore[arg-type]
    rows = train_table.head(3)
    refused = {
        "dataset has 3 rows and 784 columns": rows.loc[:, 1:],
        r"dataset has columns named pixel783 to label: .*set_axis\(range\(785\)": rows.set_axis(
            NAMES, axis=1
        )[NAMES[::-1]],
        "dataset has columns named label to pixel99": rows.set_axis(NAMES, axis=1)[sorted(NAMES)],
        "from 0 to 1: .*Multiply them first": pd.concat([rows[[0]], rows.loc[:, 1:] / 255], axis=1),
        "numbers of an example as names.*header=None": pd.read_csv(
            io.StringIO(rows.to_csv(index=False, header=False))
        ),
        "dataset has 0 rows": rows.head(0),
        "dataset contains nan in row 1, column 0": rows.reindex([0, 99_999]),
        "dataset contains 0.5 in row 0, column 784": with_last_pixel(rows, 0.5),
        "dataset contains -1 in row 0, column 784": with_last_pixel(rows, -1),
        "dataset contains -1.0 in row 0, column 1": pd.concat(
            [rows[[0]], rows.loc[:, 1:] / 127.5 - 1], axis=1
        ),
        "dataset contains (str|object) values": with_last_pixel(rows, "0"),
    }
    for message, table in refused.items():
        with pytest.raises(ValueError, match=message):
            mnist_nn.parse_labels_and_features(table)


def test_build_puts_the_label_before_the_pixels_and_sums_the_csv_file(
    tmp_path: Path, train_table: pd.DataFrame
) -> None:
    rows = train_table.head(3).to_numpy(np.uint8)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(bytes(8) + rows[:, 0].tobytes())
    (tmp_path / "train-images-idx3-ubyte").write_bytes(bytes(16) + rows[:, 1:].tobytes())
    built = read_idx(tmp_path, "train")
    np.testing.assert_array_equal(built, rows)
    assert csv_sha256(built) == hashlib.sha256(csv(train_table.head(3)).encode()).hexdigest()


class Boobytrap:
    """Fails the test when it is unpickled."""

    def __reduce__(self) -> Any:
        return pytest.fail, ("an object was unpickled",)


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100_000] ^= 1
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], Any]] = {
    "one flipped byte": flip_a_byte,
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:1_000_000]),
    "text": lambda path: path.write_text("version https://git-lfs.github.com/spec/v1"),
    "other digits": lambda path: np.savez(path, examples=np.zeros((20_000, 785), np.uint8)),
    "pickled objects": lambda path: np.savez(path, examples=np.array([Boobytrap()], object)),
    "missing": Path.unlink,
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_damaged_data_are_never_loaded(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_nn.data.data_folder", lambda: tmp_path)
    for split, name in (("train", "mnist_train_small.npz"), ("test", "mnist_test.npz")):
        shutil.copy(DATA / name, tmp_path)
        DAMAGES[kind](tmp_path / name)
        error = FileNotFoundError if kind == "missing" else ValueError
        with pytest.raises(error, match=re.escape(name) + ".* restore it with 'git checkout"):
            mnist_nn.load_mnist_dataframe(split)

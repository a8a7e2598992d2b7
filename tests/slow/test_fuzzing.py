"""Whatever is handed in either works or gets an error that names it: cases by the thousand.

``FUZZING=10 pytest tests/slow/test_fuzzing.py`` tries ten times as many.
"""

import gzip
import io
import math
import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from split import Split

import mnist_nn
from mnist_nn.drawing import digit_from_image, draw

Test = TypeVar("Test", bound=Callable[..., None])

TIMES = int(os.environ.get("FUZZING", "1"))
SECONDS_OF_A_CASE = 20


def cases(number: int) -> Callable[[Test], Test]:
    return settings(
        max_examples=TIMES * number,
        deadline=1_000 * SECONDS_OF_A_CASE,
        derandomize=TIMES == 1,  # the same cases in each run of the suite
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def outcome(call: Callable[[], Any], *names: str) -> Any:
    """Return what a call returns, or None if it ends in an error that names what is wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".* contains whole numbers up to ", UserWarning)
        try:
            return call()
        except (TypeError, ValueError, FileNotFoundError) as raised:
            error = raised
    message = str(error)
    assert any(name in message for name in names), message
    assert len(message) < 1_500, message
    assert error.__suppress_context__ or error.__context__ is None
    return None


# What people hand in by mistake, for any argument; the numbers take no time as steps or nodes.
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 300),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=8),
    st.binary(max_size=8),
    st.dates(),
    st.lists(st.integers(-2, 300), max_size=4),
    st.lists(st.floats(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.sampled_from(
        [
            *(np.float32(0.1), np.int8(3), np.bool_(True), np.datetime64("2018-01-01")),
            *(np.array([]), np.array(3), np.array([[1, 2]]), np.array(["a"])),
            *(pd.NA, pd.NaT, pd.Series([1, 2]), pd.DataFrame(), pd.DataFrame({"a": ["b"]})),
            *(object, len, math.nan, Ellipsis, range(3), {1, 2}, keras.layers.Dense(1)),
        ]
    ),
)
HUGE = st.integers(-(10**25), 10**25)

PUT_IN = [
    *(b",", b"\n", b"\r", b'"', b"\0", b" ", b"-", b".", b"e5", b"nan", b"NA", b"\xff\xfe"),
    *(b"\xef\xbb\xbf", b"=1+1", b"256", b"9" * 30, b"0x1", b"1_0", b";", b"\t", b"#", b"inf"),
    *(b"True", "٣".encode(), "７".encode()),
]
# Changes of a text: place, number of characters taken out, what is put in instead.
CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 4),
        st.binary(max_size=3) | st.sampled_from(PUT_IN),
    ),
    max_size=4,
)


def changed(content: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    for place, taken, put in changes:
        at = int(place * len(content))
        content = content[:at] + put + content[at + taken :]
    return content


@pytest.fixture(scope="module")
def rows(train_table: pd.DataFrame) -> bytes:
    return train_table.head(3).to_csv(header=False, index=False).encode()


@cases(700)
@example(changes=[(0.0, 0, b"\xef\xbb\xbf")], cut=1.0, ending=".csv")
@example(changes=[(0.0, 0, "٣".encode())], cut=1.0, ending=".csv")
@given(
    changes=CHANGES,
    cut=st.one_of(st.just(1.0), st.floats(0, 1)),
    ending=st.sampled_from([".csv", ".csv.gz", ".zip", ".xz", ".bz2", ".tar", ".parquet", ""]),
)
def test_any_file_is_a_table_or_gets_an_error(
    changes: Any, cut: float, ending: str, rows: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / f"digits{ending}"
    content = changed(rows, changes)
    if ending.endswith("gz"):
        content = gzip.compress(content, 1, mtime=0)
    path.write_bytes(content[: int(cut * len(content))])
    table = outcome(lambda: mnist_nn.load_mnist_dataframe(path=path), str(path))
    if table is not None:
        labels, features = mnist_nn.parse_labels_and_features(table)
        assert labels.between(0, 9).all()
        assert features.shape == (len(labels), 784)
        assert features.to_numpy().min() >= 0
        assert features.to_numpy().max() <= 1


@cases(150)
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_any_open_file_is_a_table_or_gets_an_error(content: bytes) -> None:
    assert outcome(lambda: mnist_nn.load_mnist_dataframe(path=io.BytesIO(content)), "path") is None


@cases(150)
@example(split="train", path="a\0b")
@example(split="train", path="file:///")
@example(split="train", path="x" * 10_000)
@given(
    split=st.sampled_from(["train", "test", None, 0]) | st.text(max_size=8),
    path=ANYTHING.filter(lambda path: not isinstance(path, str)),
)
def test_any_path_is_refused_by_name(split: Any, path: Any) -> None:
    if path is not None:
        assert outcome(lambda: mnist_nn.load_mnist_dataframe(split, path), "path") is None
    elif split not in ("train", "test"):
        assert outcome(lambda: mnist_nn.load_mnist_dataframe(split), "split") is None


DTYPES = ["int8", "uint8", "float16", "float64", "Int64", "Float64", "object", "str", "bool"]
DTYPES += ["complex", "datetime64[ns]", "timedelta64[ns]"]


@cases(200)
@given(
    columns=st.one_of(st.none(), st.permutations(range(3)), st.lists(st.text(), max_size=3)),
    dtype=st.sampled_from([None, *DTYPES]),
    cell=st.one_of(st.none(), ANYTHING),
    place=st.tuples(st.integers(0, 2), st.integers(0, 784)),
)
def test_any_table_is_parsed_or_refused(
    columns: Any, dtype: Any, cell: Any, place: Any, train_table: pd.DataFrame
) -> None:
    table = train_table.head(3)
    if cell is not None:
        cells = table.to_numpy(object).copy()
        cells[place] = cell
        table = pd.DataFrame(cells)
    if columns is not None:
        table = table.rename(columns=dict(enumerate(columns)))
    if dtype is not None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                table = table.astype(dtype)
        except Exception:  # no table of this kind can be made
            return
    parsed = outcome(lambda: mnist_nn.parse_labels_and_features(table), "dataset")
    if parsed is not None:
        assert parsed[0].isin(range(10)).all()
        assert parsed[1].to_numpy(float).max() <= 1


SIZES = ["steps", "periods", "hidden_units"]
ARGUMENTS = ["learning_rate", "batch_size", "dropout", "l1", "l2", "seed", *Split._fields]


@pytest.fixture
def tiny(train_table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Arguments of the network's trainer, which trains a few steps without compiling them."""
    targets, examples = mnist_nn.parse_labels_and_features(train_table.head(30))
    tf.config.run_functions_eagerly(True)
    yield {
        "learning_rate": 0.05,
        "steps": 3,
        "periods": 1,
        "batch_size": 5,
        "hidden_units": [3],
        **Split(examples[:20], targets[:20], examples[20:], targets[20:])._asdict(),
        "verbose": 0,
    }
    tf.config.run_functions_eagerly(False)


@cases(300)
@example(sizes={"periods": b"\n"}, changes={})
@given(
    sizes=st.dictionaries(st.sampled_from(SIZES), ANYTHING, max_size=1),
    changes=st.dictionaries(st.sampled_from(ARGUMENTS), ANYTHING | HUGE, min_size=1, max_size=2),
)
def test_any_argument_of_the_trainers_works_or_gets_an_error(
    sizes: dict[str, Any], changes: dict[str, Any], tiny: dict[str, Any]
) -> None:
    changes = sizes | changes

    def train() -> Any:
        return mnist_nn.train_nn_classification_model(**{**tiny, **changes})

    outcome(train, *changes, "examples", "targets", "periods")


def picture() -> bytes:
    image = Image.new("L", (60, 80), 255)
    ImageDraw.Draw(image).line([(15, 15), (45, 15), (30, 65)], fill=0, width=6)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@cases(150)
@given(
    changes=CHANGES,
    cut=st.one_of(st.just(1.0), st.floats(0, 1)),
    kind=st.sampled_from(["png", "jpg", "gif", "bmp", "tiff", "webp", "ppm", "ico", "tga", "pcx"]),
)
def test_any_picture_is_prepared_or_gets_an_error(
    changes: Any, cut: float, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / f"seven.{kind}"
    with Image.open(io.BytesIO(picture())) as image:
        image.save(path)
    content = changed(path.read_bytes(), changes)
    path.write_bytes(content[: int(cut * len(content))])
    is_digit(outcome(lambda: digit_from_image(path), str(path)))


@cases(200)
@given(
    shape=st.lists(st.integers(0, 60), max_size=4),
    dtype=st.sampled_from(["bool", "uint8", "int32", "uint16", "float16", "float32", "float64"]),
    values=st.tuples(st.floats(-1, 300), st.floats(allow_nan=True)),
    seed=st.integers(0, 9),
)
def test_any_array_is_prepared_or_gets_an_error(
    shape: list[int], dtype: str, values: tuple[float, float], seed: int
) -> None:
    chance = np.random.default_rng(seed)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = np.where(chance.random(shape) < 0.8, *values).astype(dtype)
    is_digit(outcome(lambda: digit_from_image(image), "image"))


@pytest.mark.parametrize(
    ("function", "name"),
    [(digit_from_image, "image"), (mnist_nn.parse_labels_and_features, "dataset")],
)
@cases(80)
@given(value=ANYTHING.filter(lambda value: not isinstance(value, str)))
def test_anything_else_is_neither_a_picture_nor_a_table(
    function: Callable[[Any], Any], name: str, value: Any
) -> None:
    assert outcome(lambda: function(value), name) is None


MODEL = mnist_nn.build_linear_model()
POINTS = st.lists(st.lists(st.floats(-0.2, 1.2), min_size=1, max_size=3), max_size=6)


@cases(200)
@given(strokes=st.one_of(ANYTHING, st.lists(POINTS, max_size=4), st.lists(ANYTHING, max_size=2)))
def test_any_strokes_are_drawn_or_get_an_error(strokes: Any) -> None:
    pad = draw(MODEL)
    outcome(lambda: setattr(pad, "strokes", strokes), "strokes")
    is_digit(pad.pixels) if pad.strokes else None


def is_digit(prepared: Any) -> None:
    if prepared is not None:
        assert prepared.shape == (28, 28)
        assert prepared.dtype == np.float32
        assert (prepared.min(), prepared.max()) == (0, 1)

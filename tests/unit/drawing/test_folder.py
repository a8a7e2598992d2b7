"""A folder of photos becomes a table; whatever cannot be used is listed."""

import shutil
from pathlib import Path

import pytest

import mnist_nn
from mnist_nn.data import data_folder
from mnist_nn.drawing import dataframe_from_images, digit_from_image

PHOTOS = data_folder() / "handwriting"


def test_photos_become_a_table_that_the_exercise_parses(tmp_path: Path) -> None:
    (tmp_path / "7" / "class b").mkdir(parents=True)
    shutil.copy(PHOTOS / "7_1.jpg", tmp_path / "7" / "anna.jpg")
    shutil.copy(PHOTOS / "4_2.jpg", tmp_path / "7" / "class b" / "4-ben.jpg")
    table = dataframe_from_images(tmp_path)
    assert table[0].to_dict() == {"7/anna.jpg": 7, "7/class b/4-ben.jpg": 4}
    _, examples = mnist_nn.parse_labels_and_features(table)
    expected = digit_from_image(PHOTOS / "7_1.jpg").ravel()
    assert examples.loc["7/anna.jpg"].to_numpy() == pytest.approx(expected, abs=0.51 / 255)


def test_what_cannot_be_used_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(PHOTOS / "0_1.jpg", tmp_path / "0.jpg")
    shutil.copy(PHOTOS / "0_1.jpg", tmp_path / "anna.jpg")
    shutil.copy(PHOTOS / "0_1.jpg", tmp_path / "2018.jpg")
    (tmp_path / "3.txt").write_text("three")
    (tmp_path / ".hidden").write_text("")
    assert list(dataframe_from_images(tmp_path).index) == ["0.jpg"]
    first, *others = capsys.readouterr().out.splitlines()
    assert first == "Files left out: 3"
    for name, line in zip(("2018.jpg", "3.txt", "anna.jpg"), others, strict=True):
        assert name in line
    for name in ("0.jpg", "missing"):
        with pytest.raises(ValueError, match=f"folder .*{name}"):
            dataframe_from_images(tmp_path / name)
    (tmp_path / "0.jpg").unlink()
    with pytest.raises(ValueError, match="has no image"):
        dataframe_from_images(tmp_path)


def test_network_recognises_the_examples(network: object) -> None:
    labels, examples = mnist_nn.parse_labels_and_features(dataframe_from_images(PHOTOS))
    predicted = network.predict(examples, verbose=0).argmax(axis=1)  # type: ignore[attr-defined]
    is_neat = labels.index.str.endswith("_1.jpg")
    assert (predicted == labels)[is_neat].sum() >= 9
    assert (predicted == labels)[~is_neat].sum() >= 6

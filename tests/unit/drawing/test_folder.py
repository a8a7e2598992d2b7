"""A folder of photos becomes a table; whatever cannot be used is listed."""

import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from photos import start_png

import mnist_nn
from mnist_nn.data import data_folder
from mnist_nn.drawing import dataframe_from_images, digit_from_image

PHOTOS = data_folder() / "handwriting"


def test_photos_become_a_table_that_the_exercise_parses(tmp_path: Path) -> None:
    (tmp_path / "7" / "4" / "class b").mkdir(parents=True)
    shutil.copy(PHOTOS / "7_1.jpg", tmp_path / "7" / "anna.jpg")
    shutil.copy(PHOTOS / "4_2.jpg", tmp_path / "7" / "4" / "class b" / "1.jpg")
    table = dataframe_from_images(tmp_path)
    assert table[0].to_dict() == {"7/anna.jpg": 7, "7/4/class b/1.jpg": 4}
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
    with pytest.raises(ValueError, match="has no image that can be used: the lines"):
        dataframe_from_images(tmp_path)


def test_label_is_the_folders_digit_or_the_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = {
        "3/1.png": 3,
        "3/10.png": 3,
        "3/anna/1.png": 3,
        "03/a.png": 3,
        "digit_3/a.png": 3,
        "Label 3/7.png": 3,
        "seven/2.png": 7,
        "seven/3/anna.png": 3,  # which contradicts no name
        "class 3/7 (1).png": 7,
        "7-2.png": 7,
        "7anna.png": 7,
    }
    left_out = ["3D-scan.png", "1st_try.png", "07.png", "2018.png", "anna_7.png"]
    skipped = [".hidden/7_a.png", "a/.git/7.png", "Thumbs.db", "3/desktop.ini"]
    for name in (*labels, *left_out, *skipped):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        shutil.copy(PHOTOS / "0_1.jpg", tmp_path / name)
    table = dataframe_from_images(tmp_path)
    assert table[0].to_dict() == labels
    assert list(table.index) == sorted(labels)
    contradictions, first, *others = capsys.readouterr().out.splitlines()
    assert contradictions.endswith(": 4, such as 3/1.png: 3")
    assert first == f"Files left out: {len(left_out)}"
    for name, line in zip(sorted(left_out), others, strict=True):
        assert name in line
    monkeypatch.chdir(tmp_path / "03")
    assert dataframe_from_images(".")[0].to_dict() == {"a.png": 3}


def test_contact_sheet_shows_all_photos(tmp_path: Path) -> None:
    shutil.copy(PHOTOS / "7_1.jpg", tmp_path / "7_1.jpg")
    shutil.copy(PHOTOS / "7_1.jpg", tmp_path / "$^$.jpg")  # no formula
    (tmp_path / "7_2.png").write_bytes(start_png(60_000))  # Pillow refuses to open it
    table = dataframe_from_images(tmp_path, contact_sheet=True)
    (figure,) = map(plt.figure, plt.get_fignums())
    titles = [(ax.get_title(), len(ax.images)) for ax in figure.axes[:6]]
    shown = [*zip(titles[::2], titles[1::2], strict=True)]
    assert sorted(shown[:2]) == [
        (("$^$.jpg", 1), ("left out", 0)),
        (("7_2.png", 0), ("left out", 0)),
    ]
    assert shown[2] == (("7_1.jpg", 1), ("7", 1))
    figure.draw_without_rendering()
    seen = figure.axes[5].images[0].get_array()
    np.testing.assert_array_equal(np.ravel(np.asarray(seen)), table.iloc[0, 1:])


def test_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no image: put photos"):
        dataframe_from_images(tmp_path, contact_sheet=True)


def test_network_recognises_the_examples(network: object) -> None:
    labels, examples = mnist_nn.parse_labels_and_features(dataframe_from_images(PHOTOS))
    predicted = network.predict(examples, verbose=0).argmax(axis=1)  # type: ignore[attr-defined]
    is_neat = labels.index.str.endswith("_1.jpg")
    assert (predicted == labels)[is_neat].sum() >= 9
    assert (predicted == labels)[~is_neat].sum() >= 6

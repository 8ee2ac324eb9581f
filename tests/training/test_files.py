"""Files that training writes: whole or not at all, and named in an error."""

import errno
import os
import subprocess
import sys

import pytest

from perform import atomic_file
from perform.errors import RunFolderError
from training import folders
from training.augment.preview import draw_preview
from training.data import dataset
from training.experiment import runs
from training.train import sample_sheets

BARS = dataset.import_files([dataset.OWN_BARS]).rolls[:4]


def losses(path):
    path.with_name("metrics.jsonl").write_text('{"step": 1, "generator": 1, "discriminator": 2}\n')
    sample_sheets.draw_losses(path.with_name("metrics.jsonl"), path)
    path.with_name("metrics.jsonl").unlink()


def animation(path):
    still = path.with_name("still")
    still.mkdir()
    sample_sheets.draw_sheet(BARS, still / "1.png")
    sample_sheets.animate([still / "1.png"], path)


def samples(path):
    outcome = runs.Outcome({"arm": path.stem, "seed": 0}, BARS)
    runs.write_outcome(path.parent, outcome)


WRITERS = {
    "sheet.png": lambda path: sample_sheets.draw_sheet(BARS, path),
    "losses.png": losses,
    "preview.png": lambda path: draw_preview(BARS, ["copy"], 0, path),
    "animation.gif": animation,
    "arm": samples,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_leaves_no_part_of_a_file_and_the_error_names_it(name, tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as error:
        WRITERS[name](tmp_path / name)
    assert str(error.value.filename).startswith(str(tmp_path))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] in (
        [],
        [tmp_path / "metrics.jsonl"],  # what was there before
    )


@pytest.mark.parametrize("name", WRITERS)
def test_each_file_is_written_without_leftovers(name, tmp_path):
    WRITERS[name](tmp_path / name)
    assert not list(tmp_path.rglob("*.part"))
    assert all(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())


def test_several_files_are_written_all_or_none(tmp_path):
    (tmp_path / "one").write_bytes(b"before")
    (tmp_path / "two").touch()  # in the way of the second's folder
    with pytest.raises(OSError, match=r"three'$"):
        atomic_file.write_all({tmp_path / "one": b"after", tmp_path / "two" / "three": b"after"})
    assert (tmp_path / "one").read_bytes() == b"before"
    assert not list(tmp_path.glob(".*"))


def test_two_writers_of_one_file_leave_one_whole_file(tmp_path, monkeypatch):
    path, sync = tmp_path / "best.toml", os.fsync

    def meanwhile(handle):
        monkeypatch.setattr(os, "fsync", sync)
        atomic_file.write(path, b"other")
        sync(handle)

    monkeypatch.setattr(os, "fsync", meanwhile)
    atomic_file.write(path, b"a longer one")
    assert path.read_bytes() == b"a longer one"
    assert folders.list_names(tmp_path) == {"best.toml"} == {it.name for it in tmp_path.iterdir()}


def test_a_torn_sheet_is_named_in_the_error(tmp_path):
    sample_sheets.draw_sheet(BARS, tmp_path / "1.png")
    whole = (tmp_path / "1.png").read_bytes()
    for cut in (0, 4, len(whole) // 2):
        (tmp_path / "2.png").write_bytes(whole[:cut])
        with pytest.raises(RunFolderError, match=r"2\.png: not a complete image"):
            sample_sheets.animate([tmp_path / "1.png", tmp_path / "2.png"], tmp_path / "a.gif")
    assert not (tmp_path / "a.gif").exists()


def said_by(root, code):
    environment = {**os.environ, "PYTHONPATH": str(root), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return done.stderr.splitlines()


@pytest.mark.long
def test_the_libraries_load_without_notes(root):
    assert (
        said_by(
            root,
            "from training.model.backend import keras, tf\n"
            "keras.layers.Dense(2)(tf.zeros((1, 2)))\n"
            "from training.features.spr import SprExtractor\n"
            "SprExtractor()",
        )
        == []
    )

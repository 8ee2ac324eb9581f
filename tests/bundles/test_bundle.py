import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from perform.bundles import bundle, catalog
from perform.errors import BundleError
from perform.generation.litert import LiteRTSource
from perform.music.pianoroll import clean, unplayable


@pytest.fixture
def copy(root, tmp_path):
    return shutil.copytree(root / "models" / "blues-bars", tmp_path / "blues-bars")


def change(copy, **values):
    path = copy / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_the_shipped_bundle_is_whole_and_small(root):
    for path in (root / "models").iterdir():
        loaded = bundle.load(path)
        assert loaded.manifest.metrics["unplayable_raw"] <= 0.03
        assert loaded.manifest.metrics["unplayable_cleaned"] <= 0.005
        if not loaded.manifest.context:  # single bars of a line may be anybody's
            assert loaded.manifest.metrics["copies"] <= 0.05
        assert sum(file.stat().st_size for file in path.iterdir()) < 2_000_000
        assert "Trained on" in loaded.card


def test_phrases_of_the_shipped_bundle_are_playable(root):
    source = LiteRTSource(root / "models" / "blues-bars")
    raw = [source.raw(number) for number in range(32)]
    assert sum(unplayable(rolls).sum() for rolls in raw) / 1024 <= 0.03
    assert sum(unplayable(clean(rolls)).sum() for rolls in raw) / 1024 <= 0.005
    phrases = [source.phrase(seed) for seed in range(512)]
    assert all(phrases)
    assert len(set(phrases)) > 500


def test_the_same_seed_is_the_same_phrase_whatever_came_before(root):
    one, other = (LiteRTSource(root / "models" / "blues-bars") for _ in range(2))
    forward = [one.phrase(seed) for seed in (5, 900, 33)]
    backward = [other.phrase(seed) for seed in (33, 900, 5)]
    assert forward == backward[::-1]


@pytest.mark.parametrize(
    ("values", "mend"),
    [
        ({"schema": 2}, "schema is 2, this version reads 1"),
        ({"grid": {"rows": 88, "columns": 64, "root_row": 24, "beats": 4}}, "88 x 64.*48 x 64"),
        ({"noise_dim": 7}, r"\(32, 100\).*\(32, 7\)"),
        ({"files": {}}, "no digest"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_manifest_that_disagrees_is_refused_with_both_values(copy, values, mend):
    change(copy, **values)
    with pytest.raises(BundleError, match=mend):
        LiteRTSource(copy)


def test_a_changed_file_is_refused(copy):
    with (copy / bundle.GENERATOR).open("ab") as file:
        file.write(b"!")
    with pytest.raises(BundleError, match="the manifest says"):
        bundle.load(copy)


def test_a_missing_file_and_a_missing_bundle_are_named(copy, tmp_path):
    (copy / bundle.GENERATOR).unlink()
    with pytest.raises(BundleError, match=r"generator\.tflite is missing"):
        bundle.load(copy)
    with pytest.raises(BundleError, match="no model there"):
        bundle.load(tmp_path / "nowhere")


def test_a_file_that_cannot_be_read_is_named(copy, monkeypatch):
    def read_or_fail(file):  # the permissions of a file do not stop root
        if file.name == bundle.GENERATOR:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
        return read_bytes(file)

    read_bytes = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", read_or_fail)
    with pytest.raises(
        BundleError, match=r"generator\.tflite cannot be read \(Permission denied\)"
    ):
        bundle.load(copy)


def test_a_folder_that_may_not_be_read_is_skipped(monkeypatch):
    monkeypatch.setenv(catalog.MODELS_VARIABLE, 300 * "x")
    assert catalog.find("blues-bars").is_dir()


def test_a_failed_save_leaves_the_old_bundle(copy):
    before = (copy / bundle.MANIFEST).read_bytes()
    with pytest.raises(BundleError):
        bundle.save(copy, bundle.load(copy).manifest, {bundle.CARD: b"no generator"})
    assert (copy / bundle.MANIFEST).read_bytes() == before
    assert [path.name for path in copy.parent.iterdir()] == ["blues-bars"]


def test_only_an_older_bundle_or_nothing_is_replaced(copy, tmp_path):
    kept = bundle.load(copy).manifest
    files = {name: (copy / name).read_bytes() for name in kept.files}
    text = tmp_path / "thesis.md"
    text.write_text("years of work")
    for place in (tmp_path, text):  # a folder with other files, and a file
        with pytest.raises(BundleError, match="like models/NAME"):
            bundle.save(place, kept, files)
    (tmp_path / "new").mkdir()
    for place in (tmp_path / "new", copy):
        assert bundle.save(place, kept, files).manifest == kept
    (copy / "notes.txt").write_text("not of the bundle")
    with pytest.raises(BundleError, match="like models/NAME"):
        bundle.save(copy, kept, files)
    assert text.read_text() == "years of work"
    assert (copy / "notes.txt").exists()

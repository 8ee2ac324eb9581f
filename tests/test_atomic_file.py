"""On a full disk the old file stays, and no partial file is left beside it."""

import contextlib
import resource
import sys
from types import SimpleNamespace

import mido
import pytest

from perform.atomic_file import replacing
from perform.cli import init
from perform.errors import SidemanError
from perform.outputs.audio import render_wav
from perform.outputs.midi_file import MidiFileOutput
from perform.outputs.piano_roll import PianoRollOutput
from perform.surfaces.formats import write_files
from perform.surfaces.pages import build_surface, shipped_rig

SILENCE = SimpleNamespace(
    synth=None, sfload=lambda _: 0, program_select=lambda *_: 0, delete=lambda: None
)
WRITERS = {
    "x.mid": lambda path: MidiFileOutput(path, {"lead": 1}, 120.0).close(),
    "x.png": lambda path: PianoRollOutput(path).close(),
    "x.pd": lambda path: write_files("pd", build_surface(shipped_rig(), ("blues",)), path),
    "x.wav": lambda path: render_wav(path.with_name("song"), path, path),
}


@contextlib.contextmanager
def full_disk():
    """No file grows beyond ten bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("name", WRITERS)
def test_an_old_file_stays_when_the_disk_is_full(name, tmp_path, monkeypatch):
    silent = SimpleNamespace(Synth=lambda **_: SILENCE, cfunc=lambda *_: lambda *_: 0)
    monkeypatch.setitem(sys.modules, "fluidsynth", silent)
    mido.MidiFile().save(tmp_path / "song")
    (tmp_path / name).write_text("before")
    with full_disk(), pytest.raises(SidemanError, match="cannot be written"):
        WRITERS[name](tmp_path / name)
    assert (tmp_path / name).read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"song", name}


def test_no_partial_rig_is_left_when_the_disk_is_full(tmp_path):
    with full_disk(), pytest.raises(SidemanError, match="cannot be written"):
        init(tmp_path / "rig.toml")
    assert not list(tmp_path.iterdir())


def test_a_folder_replaces_an_older_one_whole_or_not_at_all(tmp_path):
    folder = tmp_path / "bundle"
    for text in ("one", "two"):
        with replacing(folder) as temporary:
            temporary.mkdir()
            (temporary / "file").write_text(text)
        assert (folder / "file").read_text() == text
    with contextlib.suppress(ZeroDivisionError), replacing(folder) as temporary:
        temporary.mkdir()
        (temporary / "file").write_text(str(1 / 0))
    assert (folder / "file").read_text() == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]

"""A disk that is full leaves what was there before, and nothing beside it."""

import contextlib
import resource
import sys
from types import SimpleNamespace

import mido
import pytest

from perform.cli import init
from perform.errors import SidemanError
from perform.sinks.audio import render_wav
from perform.sinks.midifile import MidiFileSink
from perform.sinks.picture import PictureSink
from perform.surfaces.files import leave
from perform.surfaces.layout import shipped, surface

SILENCE = SimpleNamespace(
    synth=None, sfload=lambda _: 0, program_select=lambda *_: 0, delete=lambda: None
)
WRITERS = {
    "x.mid": lambda path: MidiFileSink(path, {"lead": 1}, 120.0).close(),
    "x.png": lambda path: PictureSink(path).close(),
    "x.pd": lambda path: leave("pd", surface(shipped(), ("blues",)), path),
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
def test_what_was_there_stays_alone(name, tmp_path, monkeypatch):
    silent = SimpleNamespace(Synth=lambda **_: SILENCE, cfunc=lambda *_: lambda *_: 0)
    monkeypatch.setitem(sys.modules, "fluidsynth", silent)
    mido.MidiFile().save(tmp_path / "song")
    (tmp_path / name).write_text("before")
    with full_disk(), pytest.raises(SidemanError, match="cannot be written"):
        WRITERS[name](tmp_path / name)
    assert (tmp_path / name).read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"song", name}


def test_a_rig_is_not_begun(tmp_path):
    with full_disk(), pytest.raises(SidemanError, match="cannot be written"):
        init(tmp_path / "rig.toml")
    assert not list(tmp_path.iterdir())

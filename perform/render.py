"""A chart to a file, without waiting for it: `perform render`."""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from perform import library, offline
from perform import session as sessions
from perform.engine.engine import Engine
from perform.engine.settings import EngineSettings
from perform.errors import SidemanError
from perform.inputs.chart import Chart
from perform.rig import VoiceConfig
from perform.sinks.audio import render_wav
from perform.sinks.base import Sink
from perform.sinks.midifile import MidiFileSink
from perform.sinks.picture import PictureSink
from perform.sinks.soundfont import find_soundfont, missing
from perform.sources.base import Source
from perform.sources.canned import STOCK, CannedSource
from perform.sources.steered import SteeredSource

CANNED = "canned"


@cache
def source_of(model: str) -> Source:
    """The source behind a model's name; "canned" is the written-down stock. Kept once loaded."""
    return CannedSource() if model == CANNED else SteeredSource(library.find(model))


def play_chart(chart: Chart, voice: VoiceConfig, seed: int, sinks: list[Sink]) -> None:
    """Play a chart once through with one voice, into sinks."""
    settings = EngineSettings(seed=seed, fallback=STOCK[0], metre=chart.metre)
    engine = Engine([voice.settings()], settings)
    offline.play(engine, source_of, chart.changes, chart.ticks, sinks)


def render(
    chart: Chart,
    target: Path,
    voice: VoiceConfig,
    *,
    seed: int = 0,
    tempo: float = 120.0,
    soundfont: Path | None = None,
) -> None:
    """Write a chart's performance to `target`: .mid, .wav or .png by its ending."""
    channels = {voice.name: voice.channel}
    _write(
        target,
        soundfont,
        lambda sink: play_chart(chart, voice, seed, [sink]),
        lambda path: MidiFileSink(path, channels, tempo),
    )


def render_session(session: Path, target: Path, soundfont: Path | None = None) -> None:
    """Write a recorded session to `target`, note for note as it was played: .mid, .wav or .png."""
    read = sessions.read(session)
    _write(
        target,
        soundfont,
        lambda sink: sessions.replay(read, [sink]),
        lambda path: sessions.midi_sink(read.rig, path),
    )


def _write(
    target: Path,
    soundfont: Path | None,
    play: Callable[[Sink], None],
    midi: Callable[[Path], Sink],
) -> None:
    kind = target.suffix.lower()
    if not target.parent.is_dir():
        raise SidemanError(f"{target.parent}: no such folder; make it first")
    if kind in (".mid", ".midi"):
        _play(play, midi(target))
    elif kind == ".png":
        _play(play, PictureSink(target))
    elif kind == ".wav":
        font = find_soundfont(soundfont)
        if font is None:
            raise SidemanError(f"a WAV needs a SoundFont: {missing(None)}")
        with tempfile.TemporaryDirectory() as folder:
            song = Path(folder) / "song.mid"
            _play(play, midi(song))
            render_wav(song, target, font)
    else:
        raise SidemanError(f"{target}: cannot write {kind or 'this'}; end it in .mid, .wav or .png")


def _play(play: Callable[[Sink], None], sink: Sink) -> None:
    play(sink)
    sink.close()

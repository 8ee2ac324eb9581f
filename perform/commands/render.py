"""A chart to a file, without waiting for it: `perform render`."""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from perform.bundles import catalog
from perform.config.voices import VoiceConfig
from perform.engine.engine import Engine
from perform.engine.metre import COMMON, Metre
from perform.engine.settings import EngineSettings
from perform.errors import SidemanError
from perform.generation.canned import STOCK, CannedSource
from perform.generation.evolved import EvolvedSource
from perform.interfaces import Output, PhraseSource
from perform.music.chart import Chart
from perform.outputs.audio import render_wav
from perform.outputs.midi_file import MidiFileOutput
from perform.outputs.piano_roll import PianoRollOutput
from perform.outputs.soundfont import find_soundfont, missing
from perform.recording import session as sessions
from perform.runtime import offline
from perform.runtime.chart_events import chord_events, unrolled

CANNED = "canned"


@cache
def source_of(model: str) -> PhraseSource:
    """The source behind a model's name; "canned" is the written-down stock. Kept once loaded."""
    return CannedSource() if model == CANNED else EvolvedSource(catalog.find(model))


def play_chart(
    chart: Chart, voice: VoiceConfig, seed: int, outputs: list[Output], metre: Metre = COMMON
) -> None:
    """Play a chart once through with one voice; what stands between repeat signs is played twice."""
    settings = EngineSettings(seed=seed, fallback=STOCK[0], metre=metre)
    engine = Engine([voice.settings()], settings)
    chart = unrolled(chart)
    until = len(chart.bars) * metre.bar
    offline.play(engine, source_of, chord_events(chart, metre), until, outputs)


def render(
    chart: Chart,
    target: Path,
    voice: VoiceConfig,
    *,
    metre: Metre = COMMON,
    seed: int = 0,
    tempo: float = 120.0,
    soundfont: Path | None = None,
) -> None:
    """Write a chart's performance to `target`: .mid, .wav or .png by its ending."""
    channels = {voice.name: voice.channel}
    _write(
        target,
        soundfont,
        lambda sink: play_chart(chart, voice, seed, [sink], metre),
        lambda path: MidiFileOutput(path, channels, tempo),
    )


def render_session(session: Path, target: Path, soundfont: Path | None = None) -> None:
    """Write a recorded session to `target`, note for note as it was played: .mid, .wav or .png."""
    read = sessions.read_session(session)
    _write(
        target,
        soundfont,
        lambda sink: sessions.replay(read, [sink]),
        lambda path: sessions.midi_file_output(read.rig, path),
    )


def _write(
    target: Path,
    soundfont: Path | None,
    play: Callable[[Output], None],
    midi: Callable[[Path], Output],
) -> None:
    kind = target.suffix.lower()
    if not target.parent.is_dir():
        raise SidemanError(f"{target.parent}: no such folder; make it first")
    if kind in (".mid", ".midi"):
        _play(play, midi(target))
    elif kind == ".png":
        _play(play, PianoRollOutput(target))
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


def _play(play: Callable[[Output], None], sink: Output) -> None:
    play(sink)
    sink.close()

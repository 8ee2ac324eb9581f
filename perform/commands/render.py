"""`perform render`: a chart or a recorded session to a file, faster than real time."""

import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from perform.bundles import catalog
from perform.config.voices import ROLES, RoleName, VoiceConfig
from perform.engine.engine import Engine
from perform.engine.metre import COMMON, Metre, parse_metre
from perform.engine.settings import EngineSettings
from perform.errors import SidemanError
from perform.events import ChartChanged
from perform.generation.canned import STOCK, CannedSource
from perform.generation.sources import open_source
from perform.interfaces import Output, PhraseSource
from perform.music.chart import Chart, parse_chart
from perform.music.feel import FEEL_CHOICES, FeelChoice
from perform.music.spelling import spelling_of
from perform.outputs.audio import render_wav
from perform.outputs.midi_file import MidiFileOutput
from perform.outputs.piano_roll import PianoRollOutput
from perform.outputs.soundfont import find_soundfont, missing
from perform.recording import session as sessions
from perform.runtime import offline
from perform.runtime.chart_events import unrolled
from perform.tables import rig_errors

CANNED = "canned"


@cache
def source_of(model: str) -> PhraseSource:
    """The phrase source of a model; "canned" is the built-in stock. It is cached once loaded."""
    return CannedSource() if model == CANNED else open_source(catalog.find(model))


def play_chart(
    chart: Chart, voice: VoiceConfig, seed: int, outputs: list[Output], metre: Metre = COMMON
) -> None:
    """Play a chart once with one voice, which knows it from the first bar on.

    The bars between repeat signs are played twice.
    """
    settings = EngineSettings(seed=seed, fallback=STOCK[0], metre=metre)
    engine = Engine([voice.settings()], settings)
    chart = unrolled(chart)
    until = len(chart.bars) * metre.bar
    engine.handle(ChartChanged(chart), 0)  # before the first bars are requested
    offline.play(engine, source_of, (), until, outputs)


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
        lambda output: play_chart(chart, voice, seed, [output], metre),
        lambda path: MidiFileOutput(path, channels, tempo),
    )


def run(
    text: str,
    target: Path,
    *,
    role: str,
    model: str,
    seed: int,
    tempo: float,
    metre: str,
    spelling: str,
    feel: str,
    soundfont: Path | None,
) -> None:
    """Render chart text, a chart file, or a recorded session (.jsonl) to a file."""
    if text.endswith(".jsonl"):
        render_session(Path(text), target, soundfont)
        return
    written = _chart_text(text)
    with rig_errors("--spelling"):
        spelled = spelling_of(spelling)
    named = parse_chart(written, spelling=spelled).metres
    metre = metre or next((it for _, it in named), "4/4")
    with rig_errors("--metre"):
        parsed_metre = parse_metre(metre)
    chart = parse_chart(written, metre, spelled)
    for note in chart.notes:
        print(f"chart: {note}", file=sys.stderr)
    voice = VoiceConfig(name=role, role=_role(role), model=model, feel=_feel(feel))
    render(chart, target, voice, metre=parsed_metre, seed=seed, tempo=tempo, soundfont=soundfont)


def _role(name: str) -> RoleName:
    found = next((each for each in ROLES if each == name), None)
    if found is None:
        raise SidemanError(f"--role {name!r}: no such role; there are {', '.join(ROLES)}")
    return found


def _feel(name: str) -> FeelChoice:
    found = next((each for each in FEEL_CHOICES if each == name), None)
    if found is None:
        raise SidemanError(f"--feel {name!r}: no such feel; there are {', '.join(FEEL_CHOICES)}")
    return found


def _chart_text(chart: str) -> str:
    """The text of a chart, or of the chart file that it names."""
    path = Path(chart)
    try:
        if "|" not in chart and path.is_file():
            return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SidemanError(f"{chart}: cannot be read as a chart ({error})") from None
    if path.suffix in (".txt", ".chart"):
        raise SidemanError(f"{chart}: no such chart file; write the chords themselves, 'C7 | F7'")
    return chart


def render_session(session: Path, target: Path, soundfont: Path | None = None) -> None:
    """Write a recorded session to `target`, note for note as it was played: .mid, .wav or .png."""
    recorded = sessions.read_session(session)
    _write(
        target,
        soundfont,
        lambda output: sessions.replay(recorded, [output]),
        lambda path: sessions.midi_file_output(recorded.rig, path),
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


def _play(play: Callable[[Output], None], output: Output) -> None:
    play(output)
    output.close()

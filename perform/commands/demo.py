"""`perform demo`: a twelve-bar blues through the live engine; no hardware needed."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from perform.config.schema import Rig
from perform.config.voices import VoiceConfig
from perform.daemon.app import Daemon
from perform.errors import OutputError
from perform.events import ChartChanged, NoteMessage, TransportChanged
from perform.inputs.kinds import InputsConfig
from perform.interfaces import Output
from perform.music.chart import Chart, parse_chart
from perform.music.chord import Chord
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT
from perform.outputs.audio import render_wav
from perform.outputs.midi_file import MidiFileOutput
from perform.outputs.soundfont import find_soundfont, missing
from perform.outputs.speaker import Speaker, drivers
from perform.runtime.chart_events import BLUES, chord_events, unrolled
from perform.runtime.live_engine import LiveEngine
from perform.views.console import ConsoleRoll

EARLY_TICKS = 12  # the demo ends before the last bar line, so that no bar begins there
SETTLE_SECONDS = 5.0
LEAD = "lead"
COMPING = "chords"
CHANNELS = {LEAD: 1, COMPING: 2}
STAB_TICKS = 360
TEMPO = 120.0


def run(
    seconds: float | None, out: Path, soundfont: Path | None, seed: int, *, quiet: bool
) -> None:
    """Play, draw a piano roll, and write demo.mid and demo.wav to `out`; aloud unless `quiet`.

    The last line names the files, and what to install when there is no WAV.
    """
    console = Console(highlight=False, soft_wrap=True)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise OutputError(f"{out}: cannot be made ({fault.strerror}); name another --out") from None
    font = find_soundfont(soundfont)
    to_install = missing(font)
    chorus = parse_chart(BLUES)
    bars = len(chorus.bars) if seconds is None else max(1, round(seconds * TEMPO / 60 / 4))
    chart = unrolled(chorus, -(-bars // len(chorus.bars)))
    song = MidiFileOutput(out / "demo.mid", CHANNELS, TEMPO)
    comping = list(_comping(chart, bars * TICKS_PER_BAR))
    for output in comping:
        song.send(output)
    speaker = None if quiet or to_install or font is None else _speaker(font, console)
    aloud = ", aloud" if speaker is not None else ""
    console.print(f"a twelve-bar blues{aloud}; notes in blue are chord tones. Ctrl-C ends it\n")
    with contextlib.suppress(KeyboardInterrupt):
        outputs = DemoOutputs(song, ConsoleRoll(console), speaker)
        asyncio.run(_play(seed, chorus, bars, comping, outputs))
    if speaker is not None and speaker.fault:
        console.print(speaker.fault)
    written = [str(out / "demo.mid")]
    if font is not None and not to_install:
        render_wav(out / "demo.mid", out / "demo.wav", font)
        written.append(str(out / "demo.wav"))
    more = f"; for a demo.wav and sound: {to_install}" if to_install else ""
    console.print(f"\nwritten: {' and '.join(written)}{more}", markup=False)


class DemoOutputs(NamedTuple):
    """The outputs of the demo."""

    song: MidiFileOutput
    roll: ConsoleRoll
    speaker: Speaker | None

    def all(self) -> list[Output]:
        """Every output; the speaker only where there is a sound card."""
        return [output for output in self if output is not None]


def _speaker(font: Path, console: Console) -> Speaker | None:
    """The sound card; None where there is none, or where it fails, which is printed."""
    cards = drivers()
    if not cards:
        return None
    speaker = Speaker(font, cards, CHANNELS)
    if speaker.open():
        return speaker
    console.print(f"{speaker.fault}; the files hold the music")
    speaker.close()
    return None


def _comping(chart: Chart, until: int) -> Iterator[NoteMessage]:
    """The accompaniment: the chords of the chart, twice a bar, in order."""
    changes = chord_events(chart)
    ends = [tick for tick, _ in changes[1:]] + [len(chart.bars) * TICKS_PER_BAR]
    for (tick, change), end in zip(changes, ends, strict=True):
        if change.chord is not None:
            for start in range(tick, min(end, until), 2 * TICKS_PER_BEAT):
                yield from _stab(change.chord, start)


def _stab(chord: Chord, start: int) -> Iterator[NoteMessage]:
    bass = 36 + chord.bass
    pitches = [bass] + [48 + (tone - 48) % 12 for tone in sorted(chord.tones) if tone != chord.bass]
    for at, velocity in ((start, 52), (start + STAB_TICKS, 0)):
        yield from (NoteMessage(at, COMPING, pitch, velocity) for pitch in pitches)


async def _play(
    seed: int, chart: Chart, bars: int, comping: list[NoteMessage], outputs: DemoOutputs
) -> None:
    rig = Rig(inputs=InputsConfig(), voices=(VoiceConfig(name=LEAD),), seed=seed)
    async with Daemon(rig, listeners=outputs.all()) as performance:
        live = performance.live
        live.conductor.handle_event(ChartChanged(chart))
        await live.source.wait_for_phrases(SETTLE_SECONDS)
        tasks = [asyncio.create_task(_draw(live, outputs.roll, bars))]
        if outputs.speaker is not None:
            tasks.append(asyncio.create_task(_play_comping(live, comping, outputs.speaker)))
        live.conductor.handle_event(TransportChanged("start"))
        await _until(live, bars * TICKS_PER_BAR - EARLY_TICKS)
        for task in tasks:
            task.cancel()


async def _play_comping(live: LiveEngine, comping: list[NoteMessage], speaker: Speaker) -> None:
    for note in comping:
        await _until(live, note.tick)
        speaker.send(note)


async def _draw(live: LiveEngine, roll: ConsoleRoll, bars: int) -> None:
    sixteenth = TICKS_PER_BEAT // 4
    for tick in range(sixteenth, bars * TICKS_PER_BAR, sixteenth):
        await _until(live, tick - 2 * EARLY_TICKS)  # before the next chord sounds
        roll.draw()


async def _until(live: LiveEngine, tick: int) -> None:
    """Wait for the moment of a tick; an error in the conductor ends the wait and is raised."""
    if live.transport.running:
        delay = live.transport.time_of(tick) - asyncio.get_running_loop().time()
        if delay > 0:
            await asyncio.wait({live.conductor.failed}, timeout=delay)
    if live.conductor.failed.done():
        live.conductor.failed.result()

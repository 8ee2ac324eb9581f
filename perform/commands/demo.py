"""A twelve-bar blues through the live engine, with no hardware: `perform demo`."""

import asyncio
import contextlib
from pathlib import Path

from rich.console import Console

from perform.config.schema import Rig
from perform.config.voices import VoiceConfig
from perform.daemon.app import stage
from perform.errors import OutputError
from perform.events import NoteMessage, OutputEvent
from perform.inputs.kinds import InputsConfig
from perform.music.chart import Chart, parse_chart
from perform.music.chord import Chord
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT
from perform.outputs.audio import HINT, find_soundfont, render_wav
from perform.outputs.midi_file import MidiFileOutput
from perform.runtime.chart_events import BLUES, chord_events, unrolled
from perform.runtime.performance import Performance
from perform.views.console import ConsoleRoll

EARLY_TICKS = 12  # a band member changes a hair before the bar, so its first note is in the harmony
SETTLE_SECONDS = 5.0
LEAD = "lead"
COMPING = "chords"
TEMPO = 120.0


class Accompaniment:
    """What the imaginary pianist plays: the chords of the chart, written into the MIDI file."""

    def __init__(self, song: MidiFileOutput, chart: Chart, until: int) -> None:
        changes = chord_events(chart)
        ends = [tick for tick, _ in changes[1:]] + [len(chart.bars) * TICKS_PER_BAR]
        for (tick, change), end in zip(changes, ends, strict=True):
            if change.chord is not None:
                for start in range(tick, min(end, until), 2 * TICKS_PER_BEAT):
                    _stab(song, change.chord, start)


def _stab(song: MidiFileOutput, chord: Chord, start: int) -> None:
    bass = 36 + chord.bass
    upper = [48 + (tone - 48) % 12 for tone in sorted(chord.tones) if tone != chord.bass]
    outputs: list[OutputEvent] = [
        NoteMessage(start, COMPING, pitch, 52) for pitch in (bass, *upper)
    ]
    outputs += [NoteMessage(start + 360, COMPING, pitch, 0) for pitch in (bass, *upper)]
    for output in outputs:
        song.send(output)


def run(seconds: float | None, out: Path, soundfont: Path | None, seed: int) -> None:
    """Play, draw, and leave demo.mid (and demo.wav where a SoundFont is found) in `out`."""
    console = Console(highlight=False)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise OutputError(f"{out}: cannot be made ({fault.strerror}); name another --out") from None
    font = find_soundfont(soundfont)
    chorus = parse_chart(BLUES)
    bars = len(chorus.bars) if seconds is None else max(1, round(seconds * TEMPO / 60 / 4))
    chart = unrolled(chorus, -(-bars // len(chorus.bars)))
    song = MidiFileOutput(out / "demo.mid", {LEAD: 1, COMPING: 2}, TEMPO)
    scroll = ConsoleRoll(console)
    rig = Rig(
        inputs=InputsConfig(),
        voices=(VoiceConfig(name=LEAD),),
        seed=seed,
    )
    console.print("a twelve-bar blues; blue notes are tones of the chord. Ctrl-C ends it\n")
    Accompaniment(song, chart, bars * TICKS_PER_BAR)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_play(rig, chart, bars, song, scroll))
    console.print(f"\n{out / 'demo.mid'}: the performance")
    if font is None:
        console.print(HINT)
        return
    render_wav(out / "demo.mid", out / "demo.wav", font)
    console.print(f"{out / 'demo.wav'}: listen to it")


async def _play(
    rig: Rig, chart: Chart, bars: int, song: MidiFileOutput, scroll: ConsoleRoll
) -> None:
    async with stage(rig, listeners=[song, scroll]) as running:
        await running.source.wait_for_phrases(SETTLE_SECONDS)
        drawing = asyncio.create_task(_draw(running, scroll, bars))
        for tick, change in chord_events(chart):
            if tick >= bars * TICKS_PER_BAR:
                break
            await _until(running, tick - EARLY_TICKS)
            running.conductor.handle_event(change)
        await _until(running, bars * TICKS_PER_BAR - EARLY_TICKS)
        drawing.cancel()


async def _draw(running: Performance, scroll: ConsoleRoll, bars: int) -> None:
    sixteenth = TICKS_PER_BEAT // 4
    for tick in range(sixteenth, bars * TICKS_PER_BAR, sixteenth):
        await _until(running, tick - 2 * EARLY_TICKS)  # before the next chord is announced
        scroll.draw()


async def _until(running: Performance, tick: int) -> None:
    """Sleep to the moment of a tick; a fault of the conductor ends the wait."""
    if running.transport.running:
        delay = running.transport.time_of(tick) - asyncio.get_running_loop().time()
        if delay > 0:
            await asyncio.wait({running.conductor.failed}, timeout=delay)
    if running.conductor.failed.done():
        running.conductor.failed.result()

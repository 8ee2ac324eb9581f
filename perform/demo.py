"""A twelve-bar blues through the live engine, with no hardware: `perform demo`."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from perform.app import stage
from perform.errors import OutputError
from perform.events import Sound
from perform.inputs.chart import BLUES, Chart, parse_chart, repeated
from perform.music.chord import Chord
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT
from perform.rig import Inputs, Rig, VoiceConfig
from perform.scroll import Scroll
from perform.sinks.audio import render_wav
from perform.sinks.base import Sink
from perform.sinks.midifile import MidiFileSink
from perform.sinks.soundfont import find_soundfont, missing
from perform.sinks.speaker import Speaker, drivers
from perform.stage import Stage

EARLY_TICKS = 12  # a band member changes a hair before the bar, so its first note is in the harmony
SETTLE_SECONDS = 5.0
LEAD = "lead"
COMPING = "chords"
CHANNELS = {LEAD: 1, COMPING: 2}
STAB_TICKS = 360
TEMPO = 120.0


def run(
    seconds: float | None, out: Path, soundfont: Path | None, seed: int, *, quiet: bool
) -> None:
    """Play, draw, and write demo.mid and demo.wav to `out`; aloud too, unless `quiet`.

    The last line says what was written, and what to install when there is no WAV.
    """
    console = Console(highlight=False, soft_wrap=True)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise OutputError(f"{out}: cannot be made ({fault.strerror}); name another --out") from None
    font = find_soundfont(soundfont)
    lacking = missing(font)
    chorus = parse_chart(BLUES)
    bars = chorus.bars if seconds is None else max(1, round(seconds * TEMPO / 60 / 4))
    chart = repeated(chorus, -(-bars // chorus.bars))
    song = MidiFileSink(out / "demo.mid", CHANNELS, TEMPO)
    comping = list(_comping(chart, bars * TICKS_PER_BAR))
    for output in comping:
        song.send(output)
    speaker = None if quiet or lacking or font is None else _speaker(font, console)
    aloud = ", aloud" if speaker is not None else ""
    console.print(f"a twelve-bar blues{aloud}; blue notes are tones of the chord. Ctrl-C ends it\n")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_play(seed, chart, bars, comping, Sinks(song, Scroll(console), speaker)))
    if speaker is not None and speaker.fault:
        console.print(speaker.fault)
    left = [str(out / "demo.mid")]
    if font is not None and not lacking:
        render_wav(out / "demo.mid", out / "demo.wav", font)
        left.append(str(out / "demo.wav"))
    more = f"; for a demo.wav and sound: {lacking}" if lacking else ""
    console.print(f"\nwritten: {' and '.join(left)}{more}", markup=False)


class Sinks(NamedTuple):
    """What the demo is sent to."""

    song: MidiFileSink
    scroll: Scroll
    speaker: Speaker | None

    def all(self) -> list[Sink]:
        """Those that are there."""
        return [sink for sink in self if sink is not None]


def _speaker(font: Path, console: Console) -> Speaker | None:
    """The sound card; None where there is none, or where it fails, which is said."""
    cards = drivers()
    if not cards:
        return None
    speaker = Speaker(font, cards, CHANNELS)
    if speaker.open():
        return speaker
    console.print(f"{speaker.fault}; the files have all of it")
    speaker.close()
    return None


def _comping(chart: Chart, until: int) -> Iterator[Sound]:
    """What the imaginary pianist plays: the chords of the chart, twice a bar, in order."""
    ends = [tick for tick, _ in chart.changes[1:]] + [chart.ticks]
    for (tick, change), end in zip(chart.changes, ends, strict=True):
        if change.chord is not None:
            for start in range(tick, min(end, until), 2 * TICKS_PER_BEAT):
                yield from _stab(change.chord, start)


def _stab(chord: Chord, start: int) -> Iterator[Sound]:
    bass = 36 + chord.bass
    pitches = [bass] + [48 + (tone - 48) % 12 for tone in sorted(chord.tones) if tone != chord.bass]
    for at, velocity in ((start, 52), (start + STAB_TICKS, 0)):
        yield from (Sound(at, COMPING, pitch, velocity) for pitch in pitches)


async def _play(seed: int, chart: Chart, bars: int, comping: list[Sound], sinks: Sinks) -> None:
    rig = Rig(inputs=Inputs(), voices=(VoiceConfig(name=LEAD),), seed=seed)
    async with stage(rig, listeners=sinks.all()) as running:
        await running.source.filled(SETTLE_SECONDS)
        beside = [asyncio.create_task(_draw(running, sinks.scroll, bars))]
        if sinks.speaker is not None:
            beside.append(asyncio.create_task(_comp(running, comping, sinks.speaker)))
        for tick, change in chart.changes:
            if tick >= bars * TICKS_PER_BAR:
                break
            await _until(running, tick - EARLY_TICKS)
            running.conductor.deliver(change)
        await _until(running, bars * TICKS_PER_BAR - EARLY_TICKS)
        for task in beside:
            task.cancel()


async def _comp(running: Stage, comping: list[Sound], speaker: Speaker) -> None:
    for sound in comping:
        await _until(running, sound.tick)
        speaker.send(sound)


async def _draw(running: Stage, scroll: Scroll, bars: int) -> None:
    sixteenth = TICKS_PER_BEAT // 4
    for tick in range(sixteenth, bars * TICKS_PER_BAR, sixteenth):
        await _until(running, tick - 2 * EARLY_TICKS)  # before the next chord is announced
        scroll.draw()


async def _until(running: Stage, tick: int) -> None:
    """Sleep to the moment of a tick; a fault of the conductor ends the wait."""
    if running.transport.running:
        delay = running.transport.time_of(tick) - asyncio.get_running_loop().time()
        if delay > 0:
            await asyncio.wait({running.conductor.failed}, timeout=delay)
    if running.conductor.failed.done():
        running.conductor.failed.result()

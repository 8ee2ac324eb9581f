"""Plays for long and prints what grew: `python tests/bench/soak.py [--bars 100000] [--minutes 30]`.

Plays offline with random chords, parameters, modes, metres and models, then live with the same.
Counts notes that never ended and missed bars, and compares memory after the first tenth
with the end.
"""

import argparse
import asyncio
import gc
import random
import sys
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from perform.commands.render import source_of
from perform.config.schema import ClockConfig, InputsConfig, Rig
from perform.config.voices import VoiceConfig
from perform.daemon.app import Daemon
from perform.engine.engine import Engine
from perform.engine.metre import parse_metre
from perform.engine.parameters import PARAMETERS
from perform.events import (
    ChartChanged,
    ChordChanged,
    MetreChanged,
    ModeChanged,
    ModelChanged,
    NoteMessage,
    OtherModelChanged,
    ParameterChanged,
    PhraseJudged,
    PlayerNoteOff,
    PlayerNoteOn,
)
from perform.music.chart import parse_chart
from perform.music.chord import parse_chord
from perform.runtime import offline

CHORDS = [parse_chord(s) for s in ("C7", "F#m7b5", "Bbmaj7", "Ab13", "Em7", "Gsus4", "N.C.")]
VOICES = (
    VoiceConfig(name="lead"),
    VoiceConfig(name="answer", role="answer"),
    VoiceConfig(name="bass", role="bass"),
    VoiceConfig(name="pad", role="pad"),
)


class Listener:
    """Pairs every note-on with its note-off."""

    def __init__(self):
        self.held, self.notes, self.doubled = set(), 0, 0

    def send(self, output):
        if isinstance(output, NoteMessage):
            key = (output.voice, output.pitch)
            self.doubled += (key in self.held) == bool(output.velocity)
            (self.held.add if output.velocity else self.held.discard)(key)
            self.notes += bool(output.velocity)

    def close(self):
        pass


def something(chance, models):
    """Anything that players do."""
    pick = chance.random()
    if pick < 0.5:
        return ChordChanged(chance.choice(CHORDS))
    if pick < 0.75:
        knob = chance.choice(list(PARAMETERS.values()))
        return ParameterChanged(
            chance.choice([None, "lead", "bass"]), knob.name, chance.uniform(0, knob.high)
        )
    if pick < 0.8:
        return ModelChanged(chance.choice([None, "pad"]), chance.choice(models))
    if pick < 0.84:
        return ModeChanged("answer", chance.choice(["flow", "answer", "trade", "hold"]), 2)
    if pick < 0.88:
        return PhraseJudged(None, chance.random() < 0.7)
    if pick < 0.9:
        return MetreChanged(*parse_metre(chance.choice(["3/4", "4/4", "4/4", "7/8", "12/8"])))
    if pick < 0.92:
        return ChartChanged(parse_chart(chance.choice(["Dm7 | G7 | C", "|: Am7 :| F", "C | F"])))
    return (PlayerNoteOn if pick < 0.96 else PlayerNoteOff)(chance.randrange(48, 84))


def megabytes():
    gc.collect()
    return psutil.Process().memory_info().rss / 2**20


def events(bars, chance, models, marks):
    for bar in range(bars):
        if bar in marks:
            marks[bar] = megabytes()
        for tick in sorted(chance.randrange(1920) for _ in range(2)):
            yield bar * 1920 + tick, something(chance, models)


def offline_soak(bars):
    listener = Listener()
    engine = Engine([voice.settings() for voice in VOICES])
    marks = {bars // 10: 0.0, bars - 1: 0.0}
    begun = time.perf_counter()
    made = events(bars, random.Random(1), ["canned"], marks)
    engine.handle(ModelChanged(None, "canned"), 0)  # what is soaked is the engine, not the search
    engine.handle(OtherModelChanged(None, "canned"), 0)
    offline.play(engine, source_of, made, bars * 1920, [listener])
    first, last = marks.values()
    print(
        f"offline: {bars} bars' worth, {listener.notes} notes "
        f"in {time.perf_counter() - begun:.0f} s; "
        f"stuck {len(listener.held)}, doubled {listener.doubled}, "
        f"substituted {engine.counts.substituted}; "
        f"memory {first:.1f} -> {last:.1f} MB (5 more at most)",
        flush=True,
    )


async def live_soak(minutes):
    listener, chance = Listener(), random.Random(2)
    rig = Rig(clock=ClockConfig(tempo=180.0), inputs=InputsConfig(), voices=VOICES)
    async with Daemon(rig, [listener]) as performance:
        live = performance.live
        await live.source.wait_for_phrases(10)
        live.conductor.handle_event(ChordChanged(CHORDS[0]))
        worker = psutil.Process(live.source.process_id)
        until, marks = time.monotonic() + 60 * minutes, []
        warm = time.monotonic() + 6 * minutes
        while time.monotonic() < until:
            await asyncio.sleep(chance.uniform(0.05, 0.6))
            live.conductor.handle_event(something(chance, ["blues", "reels"]))
            if not marks and time.monotonic() > warm:
                marks.append((megabytes(), worker.memory_info().rss / 2**20))
        marks.append((megabytes(), worker.memory_info().rss / 2**20))
        figures = live.stats()
    (first, before), (last, after) = marks
    print(
        f"live: {minutes:g} minutes, {figures['bars']:.0f} bars, {listener.notes} notes; stuck "
        f"{len(listener.held)}, doubled {listener.doubled}, "
        f"substituted {figures['substituted']:.0f}; "
        f"late p99 {figures['late_p99']:.3f} max {figures['late_max']:.2f} ms; "
        f"memory {first:.1f} -> {last:.1f} MB, worker {before:.1f} -> {after:.1f} MB",
        flush=True,
    )


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--bars", type=int, default=100_000)
    asked.add_argument("--minutes", type=float, default=30)
    given = asked.parse_args()
    if given.bars:
        offline_soak(given.bars)
    if given.minutes:
        asyncio.run(live_soak(given.minutes))


if __name__ == "__main__":
    main()

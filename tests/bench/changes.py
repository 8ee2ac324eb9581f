"""Prints how well repeated changes are expected: `python tests/bench/changes.py` (two minutes).

First the forty charts of `tests/forms.py`, as a band plays them: early, late, with wrong turns. All
half bars from the third chorus on count, the wrong turns and what follows them too. Then how often
a line with `approach` at 1 reaches a new chord by step, from the third chorus on: with chords that
come one by one and no expectation, with learned changes, and with the chart. Nothing is asserted.
"""

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from bands import listen, perform_chart, share_right  # noqa: E402
from forms import FORMS  # noqa: E402

from perform.commands.render import source_of  # noqa: E402
from perform.engine.engine import Engine  # noqa: E402
from perform.engine.learned_changes import LearnedChanges  # noqa: E402
from perform.engine.metre import COMMON, parse_metre  # noqa: E402
from perform.engine.voicing import VoiceSettings  # noqa: E402
from perform.events import ChartChanged, ChordChanged  # noqa: E402
from perform.music.chart import parse_chart  # noqa: E402
from perform.outputs.memory import MemoryOutput  # noqa: E402
from perform.runtime import offline  # noqa: E402
from training.data.piece import Piece, PieceNote  # noqa: E402
from training.judge.figures import figures  # noqa: E402

SEEDS = (0, 1000, 2000)
CHORUSES = 8
LINES = ("quick-change blues", "minor blues", "bebop blues", "minor bossa", "rhythm changes")


def expectations(turns_a_bar):
    """The share of half bars that were expected right, and what a bar costs."""
    right, right_half, cases, bars = 0, 0, 0, 0
    begun = time.perf_counter()
    for seed in SEEDS:
        for number, (name, text) in enumerate(FORMS.items()):
            metre = parse_metre("3/4") if name.endswith("waltz") else COMMON
            choruses = max(CHORUSES, -(-96 // len(parse_chart(text).bars)))
            performance = perform_chart(text, choruses, seed + number, metre, turns_a_bar)
            answers = listen(performance, metre)
            found, count = share_right(performance, answers.bar_before)
            right, cases, bars = right + found, cases + count, bars + len(performance.bars)
            right_half += share_right(performance, answers.half_before)[0]
    cost = 1000 * (time.perf_counter() - begun) / bars
    print(
        f"a wrong turn in {1 / turns_a_bar if turns_a_bar else float('inf'):>4.0f} bars: expected "
        f"right a bar before {right / cases:.3f}, half a bar before {right_half / cases:.3f} "
        f"of {cases} half bars; {cost:.2f} ms a bar"
    )


def line(name, way, jitter, parameters):
    """What a voice plays over some choruses, from the third on."""
    text = FORMS[name]
    band = perform_chart(text, CHORUSES, jitter=jitter)
    engine = Engine([VoiceSettings(name="lead", parameters=parameters)])
    events = [(tick, ChordChanged(chord)) for tick, chord in band.events]
    if way == "chart":
        engine.handle(ChartChanged(parse_chart(text)), 0)
        events = []
    memory = MemoryOutput()
    until = len(band.bars) * COMMON.bar
    offline.play(engine, source_of, events, until, [memory])
    begun, notes = {}, []
    for note in memory.notes:
        if note.pitch in begun:
            start = begun.pop(note.pitch)
            notes.append(PieceNote(start, note.tick - start, note.pitch))
        if note.velocity:
            begun[note.pitch] = note.tick
    first = until * 2 // CHORUSES
    sounds = [(tick, chord) for tick, chord in band.events if tick >= first]
    return Piece(name, tuple(sorted(n for n in notes if n.start >= first)), tuple(sounds), until)


def approaches():
    """How often a line reaches a new chord by step."""
    expected = LearnedChanges.bar
    for jitter, played in ((0.0, "on the beat"), (0.125, "by people")):
        for way in ("no expectation", "learned", "chart"):
            LearnedChanges.bar = expected if way == "learned" else lambda *_: ()
            pieces = [line(name, way, jitter, {"approach": 1.0, "land": 0.0}) for name in LINES]
            by_step = figures(pieces)["by_step"]
            print(
                f"approach 1, chords {played}, {way}: {by_step.mean:.2f} of {by_step.cases} new "
                "chords by step"
            )
    LearnedChanges.bar = expected


if __name__ == "__main__":
    approaches()
    for turns in (0, 1 / 96, 1 / 64, 1 / 48):
        expectations(turns)

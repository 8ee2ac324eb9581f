"""Prints what a bar of a line costs: `python tests/bench/lines.py [--bars 200]`.

For each bundle of lines: milliseconds a candidate (network and context), a chosen bar of 32
candidates, and a bar that the player's weights steer; medians and worst of many bars, on one
thread. It asserts nothing.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT)]

from perform.bundles import bundle, catalog  # noqa: E402
from perform.engine.harmony import chord_scale  # noqa: E402
from perform.generation.lines import CANDIDATES, LineSource  # noqa: E402
from perform.music.chord import parse_chord  # noqa: E402
from perform.music.line_codec import context_numbers  # noqa: E402
from perform.music.line_context import LineContext, context_chord  # noqa: E402
from perform.music.note import Note  # noqa: E402
from perform.music.steering import Steering  # noqa: E402
from perform.steering.fitness import WEIGHTS  # noqa: E402

CHORD = parse_chord("C7")
CONTEXT = LineContext(
    (context_chord(CHORD, chord_scale(CHORD)),),
    before=tuple(Note(at, 240, 60 + at // 240 % 5) for at in range(-3840, 0, 240)),
    place=3,
    length=12,
)
STEERING = Steering(tuple(float(name == "density") for name in WEIGHTS), density=0.8)


def milliseconds(bars, call):
    """The median and the longest time of calls, one a bar."""
    took = []
    for seed in range(bars):
        begun = time.perf_counter()
        call(seed)
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took), max(took)


def main():
    """Measure every bundle of lines in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bars", type=int, default=200)
    bars = parser.parse_args().bars
    numbers = context_numbers(CONTEXT)
    print("bundle       ms a candidate   a chosen bar (worst)   a steered bar (worst)")
    for path in catalog.bundle_folders():
        if not bundle.load(path).manifest.context:
            continue
        source = LineSource(path)
        made, _ = milliseconds(bars, lambda seed, it=source: it.candidates(seed, numbers))
        chosen = milliseconds(bars, lambda seed, it=source: it.phrase(seed, context=CONTEXT))
        steered = milliseconds(
            bars // 4, lambda seed, it=source: it.phrase(seed, steering=STEERING, context=CONTEXT)
        )
        print(
            f"{path.name:<12} {made / CANDIDATES:14.3f}   {chosen[0]:12.1f} ({chosen[1]:.1f})"
            f"   {steered[0]:13.1f} ({steered[1]:.1f})"
        )


if __name__ == "__main__":
    main()

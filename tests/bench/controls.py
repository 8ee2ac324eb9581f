"""Prints what each control moves: `python tests/bench/controls.py [--bundle B] [--bars 200]`.

A bundle of lines plays the blues through the engine, each control set one way and the other. For
each: the mean of its figure at both settings, and the p of the difference (Wilcoxon's by bars, one
by one; `build`: the slope over a climb). It asserts nothing; about ten minutes for 200 bars.
"""

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from line_controls import CONTROLS, effect  # noqa: E402


def main():
    """Measure every control, or those that are named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bundle", default="sideman")
    parser.add_argument("--bars", type=int, default=200)
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    print("control              one way  the other         p   CPU s")
    for control in CONTROLS:
        if given.names and control.name not in given.names:
            continue
        begun = time.process_time()
        low, high, p = effect(control, given.bundle, given.bars)
        spent = time.process_time() - begun
        print(f"{control.name:<20} {low:7.3f}    {high:7.3f}   {p:7.1e}  {spent:6.0f}", flush=True)


if __name__ == "__main__":
    main()

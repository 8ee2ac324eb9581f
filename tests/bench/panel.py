"""Prints what the panel costs: `python tests/bench/panel.py [--seconds 30]`.

Four voices play at 140 bpm, first alone, then with the panel open and sounding in headless Chromium
on the same machine. The bench prints how late the notes are and how long a frame of the page takes.
It asserts nothing, because machines differ.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "real")]

from browser import LONG_TASKS, Browser, OscListener  # noqa: E402
from loopback import free_port  # noqa: E402
from parts import perform  # noqa: E402

from perform.commands.stats import request  # noqa: E402

RIG = """
[clock]
tempo = 140.0
[inputs.osc]
listen = "127.0.0.1:{osc}"
[outputs.away]
kind = "osc"
to = "127.0.0.1:{away}"
""" + "".join(
    f'[[voices]]\nname = "{role}"\nrole = "{role}"\n' for role in ("lead", "answer", "bass", "pad")
)
SHOWN = ("notes", "late", "late_p50", "late_p99", "late_max")


def play(folder, seconds, *, panel):
    """Plays for a while, and prints a line."""
    osc, web = free_port(), free_port()
    rig = folder / "rig.toml"
    rig.write_text(RIG.format(osc=osc, away=free_port()))
    daemon = perform("run", str(rig), *(["--panel", f"127.0.0.1:{web}"] if panel else []))
    page = None
    try:
        daemon.wait_for("ready")
        if panel:
            page = Browser().open(f"http://127.0.0.1:{web}/")
            page.run(LONG_TASKS)
            page.press("#listen")
            time.sleep(2)  # a browser that opens takes all there is
            # The browser's own tasks: it builds the page and opens its audio device.
            opening = page.run("return longTasks.splice(0)")
        listener = OscListener(osc)
        listener.send("/chart", "Dm7 G7 | Cmaj7 | Am7 D7 | Gmaj7")
        listener.send("/chord", "Dm7")
        time.sleep(seconds)
        figures = request(("127.0.0.1", osc), "/sideman")
        print(
            "panel open " if panel else "no panel   ",
            *(f"{name} {figures[name]:g}" for name in SHOWN),
        )
        if page is not None:
            cost, tasks, late = page.run(
                "return [sideman.roll.cost(), longTasks, sideman.synth.late]"
            )
            print(
                f"a frame: half within {cost['p50']:.1f} ms, "
                f"99 % within {cost['p99']:.1f} ms of {cost['count']}"
            )
            print(
                f"tasks over 50 ms: {longest(tasks)}; "
                f"before, as page and sound began: {longest(opening)}"
            )
            print(
                f"round trip {page.run('return sideman.connection.roundTrip'):.1f} ms, "
                f"notes too late for the page: {late}"
            )
        listener.close()
    finally:
        if page is not None:
            page.close()
        daemon.end()


def longest(tasks):
    """How many there are, and the longest, in ms."""
    return f"{len(tasks)}" + (f" ({max(tasks):.0f} ms)" if tasks else "")


def main():
    """Both, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        for panel in (False, True):
            play(Path(folder), seconds, panel=panel)


if __name__ == "__main__":
    main()

"""Plays sessions of mistakes on real parts, and counts the faults by kind.

`python tests/bench/mistakes.py [--seeds 200]`: half an hour. `--seed 17`: that session alone, with
its script and its log; `--keep 0,3,5`: only these of its steps; `--print`: the script alone.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "real")]

from mistake_judge import faults  # noqa: E402
from mistake_script import script  # noqa: E402
from mistake_session import Session  # noqa: E402
from parts import jack_server  # noqa: E402


def played(one, jack, *, whole=False):
    """The faults of a session, which are printed; `whole`: with its log."""
    begun = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            heard = Session(one, Path(folder), jack).play()
    except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - the other sessions go on
        print(f"seed {one.seed}: broken off: {error!r}", flush=True)
        return [f"broken off: {error!r}"]
    found = faults(heard)
    notes = sum(address == "/note" and values[2] > 0 for _, address, values in heard.osc)
    doubt = ", JACK lost messages" if heard.lost else ""
    print(
        f"seed {one.seed}: {len(one.steps)} steps, {notes} notes, end {heard.took:.2f} s, "
        f"threads waited {1000 * heard.worst:.0f} ms{doubt}; {time.monotonic() - begun:.1f} s"
        f"{'' if found else '; no fault'}",
        flush=True,
    )
    for fault in found:
        print(f"    {fault}", flush=True)
    if whole:
        print("\n".join(f"    | {line}" for line in heard.lines))
    return found


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--seeds", type=int, default=200)
    asked.add_argument("--first", type=int, default=1)
    asked.add_argument("--seed", type=int)
    asked.add_argument("--keep")
    asked.add_argument("--print", action="store_true")
    given = asked.parse_args()
    if given.seed is None:
        scripts = [script(seed) for seed in range(given.first, given.first + given.seeds)]
    else:
        one = script(given.seed)
        if given.keep is not None:
            kept = [int(number) for number in given.keep.split(",") if number]
            one = one._replace(steps=tuple(one.steps[number] for number in kept))
        scripts = [one]
        print(one)
    if given.print:
        return
    kinds, sessions = Counter(), Counter()
    with jack_server() as jack:
        for one in scripts:
            found = [it.partition(":")[0] for it in played(one, jack, whole=len(scripts) == 1)]
            kinds.update(found)
            sessions.update(set(found) or {"no fault"})
    print(f"{len(scripts)} sessions: {sessions['no fault']} without a fault")
    for kind, count in kinds.most_common():
        print(f"    {kind}: {count}, in {sessions[kind]} sessions")


if __name__ == "__main__":
    main()

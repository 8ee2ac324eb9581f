"""Prints what each MIDI library costs in time: `python tests/bench/bindings.py [--seconds 30]`.

All installed libraries run at the same time, on one JACK server. The bench prints how long a note
takes from an output to an input of one process, how late the notes of a daemon are while it plays
to a MIDI port and receives MIDI, and its share of a core. It asserts nothing: machines differ, and
ratios within one run are what counts.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "real")]

from parts import Program, jack_priority  # noqa: E402

PERIOD_FRAMES, RATE = 128, 48_000
MODULES = {"rtmidi": "rtmidi", "supriya": "supriya_midi"}

ROUND_TRIP = """
import json, random, sys, time
from perform.midi import ports
from perform.midi.settings import MidiConfig
name, midi = sys.argv[1], MidiConfig(system="jack", binding=sys.argv[1])
sent, took, random_numbers = {}, [], random.Random(1)
source = ports.open_input(None, f"Trip {name}", midi)
source.listen(lambda message, moment: took.append(moment - sent.pop(message[1], moment)))
target = ports.open_output(f"Trip {name}", None, midi)
time.sleep(0.5)
until, note = time.monotonic() + float(sys.argv[2]), 0
while time.monotonic() < until:
    note = (note + 1) % 128
    sent[note] = time.monotonic()
    target.send([0x90, note, 1])
    time.sleep(0.01 + 0.01 * random_numbers.random())
time.sleep(0.1)
took.sort()
print(json.dumps({"p50": took[len(took) // 2], "p99": took[int(0.99 * len(took))], "max": took[-1],
                  "n": len(took), "lost": len(sent)}))
target.close()
source.close()
"""

DAEMON = """
import asyncio, json, sys, time
import psutil
from perform.config.schema import Rig
from perform.config.voices import VoiceConfig
from perform.daemon.app import Daemon, raise_priority
from perform.events import ChordChanged
from perform.inputs.chords import ChordInputConfig
from perform.inputs.clock_source import ClockConfig
from perform.inputs.kinds import InputsConfig
from perform.midi import ports
from perform.midi.settings import MidiConfig
from perform.music.chord import parse_chord
from perform.outputs.midi import MidiOutputConfig
async def main():
    name, midi = sys.argv[1], MidiConfig(system="jack", binding=sys.argv[1])
    voices = tuple(VoiceConfig(name=f"v{i}", output="f", channel=1 + i) for i in range(4))
    rig = Rig(clock=ClockConfig(tempo=140.0), midi=midi, voices=voices,
              inputs=InputsConfig(midi=ChordInputConfig(virtual=f"Chords {name}")),
              outputs={"f": MidiOutputConfig(virtual=f"Notes {name}", clock=True)})
    async with Daemon(rig) as performance:
        raise_priority()
        live = performance.live
        await live.source.wait_for_phrases(5)
        keys = ports.open_output(f"Chords {name}", None, midi)
        live.conductor.handle_event(ChordChanged(parse_chord("C7")))
        process = psutil.Process()
        used, begun = sum(process.cpu_times()[:2]), time.monotonic()
        while time.monotonic() - begun < float(sys.argv[2]):
            keys.send([0xB0, 1, 1])
            await asyncio.sleep(0.02)
        used = (sum(process.cpu_times()[:2]) - used) / (time.monotonic() - begun)
        keys.close()
        late = live.conductor.lateness
        print(json.dumps({"p50": late.percentile(.5), "p99": late.percentile(.99),
                          "max": late.worst, "n": late.count, "cpu": used}))
asyncio.run(main())
"""


def together(script, seconds):
    """What the process of each library printed; all run at the same time."""
    running = {
        name: subprocess.Popen(
            [sys.executable, "-c", script, name, str(seconds)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )
        for name, module in MODULES.items()
        if importlib.util.find_spec(module) is not None
    }
    return {
        name: json.loads(one.communicate()[0].splitlines()[-1]) for name, one in running.items()
    }


def report(what, found):
    for name, one in found.items():
        more = "".join(f", {one[key]:.3g} {unit}" for key, unit in MORE.items() if key in one)
        print(
            f"{what}, {name:<9} p50 {1e3 * one['p50']:.3f} ms, p99 {1e3 * one['p99']:.3f}, "
            f"worst {1e3 * one['max']:.2f}, n {one['n']}{more}",
            flush=True,
        )


MORE = {"lost": "lost", "cpu": "of a core"}


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--seconds", type=float, default=30)
    seconds = asked.parse_args().seconds
    name = f"bench{os.getpid()}"
    os.environ |= {"JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1"}
    jack = Program(
        *("jackd", "-n", name, *jack_priority()),
        *("-d", "dummy", "-r", str(RATE), "-p", str(PERIOD_FRAMES)),
    )
    subprocess.run(["jack_wait", "-w", "-t", "20", "-s", name], check=True, capture_output=True)
    print(f"a period of JACK is {1000 * PERIOD_FRAMES / RATE:.2f} ms")
    report("from an output to an input", together(ROUND_TRIP, seconds))
    report("notes late", together(DAEMON, seconds))
    jack.end()


if __name__ == "__main__":
    main()

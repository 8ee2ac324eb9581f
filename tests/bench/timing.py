"""Prints how late notes are: `python tests/bench/timing.py [--seconds 60] [--picture late.png]`.

Four voices play sixteenths at 140 bpm from this engine, idle and with all steering, beside isobar
and mido: each in its own process, all at the same time. Then come a flood of OSC and a fast MIDI
clock together. A bare sleep of the same priority shows the delays of the machine itself. The bench
asserts nothing: machines differ, and only ratios within one run count.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(Path(__file__).resolve().parent))

from figures import ISOBAR, MIDO  # noqa: E402

OURS = """
import asyncio, json, random, sys, time
import psutil
from perform.config.schema import Rig
from perform.config.voices import VoiceConfig
from perform.daemon.app import Daemon, raise_priority
from perform.events import ChordChanged, ParameterChanged
from perform.inputs.clock_source import ClockConfig
from perform.inputs.kinds import InputsConfig
from perform.inputs.midi_clock import ClockReader
from perform.inputs.osc import OscInputConfig
from perform.music.chord import parse_chord
from perform.outputs.midi_file import MidiFileOutputConfig
from perform.steering.fitness import FITNESS_FUNCTIONS
path, seconds, mode, port = sys.argv[1], float(sys.argv[2]), sys.argv[3], int(sys.argv[4])
CHORDS = [parse_chord(s) for s in ("C7", "F7", "Am7", "Dm7", "G7", "Ebmaj7")]

def pulses(reader, loop, stop):
    # as rtmidi calls: from a thread of its own, 24 a quarter note at 300 bpm
    begun, count = time.monotonic(), 0
    while not stop.is_set():
        count += 1
        time.sleep(max(0, begun + count * 60 / 300 / 24 - time.monotonic()))
        loop.call_soon_threadsafe(reader.handle, [0xF8], time.monotonic())

async def main():
    steered = mode == "steered"
    voices = tuple(VoiceConfig(name=f"v{i}", output="f", single=steered) for i in range(4))
    listen = f"127.0.0.1:{port}"
    inputs = InputsConfig(osc=OscInputConfig(listen=listen)) if mode == "flood" else InputsConfig()
    rig = Rig(clock=ClockConfig(tempo=140.0), inputs=inputs, voices=voices,
              outputs={"f": MidiFileOutputConfig(path=path)})
    generator = random.Random(1)
    async with Daemon(rig) as performance:
        raise_priority()
        live = performance.live
        await live.source.wait_for_phrases(5)
        conductor = live.conductor
        conductor.handle_event(ChordChanged(CHORDS[0]))
        import threading
        stop = threading.Event()
        if mode == "flood":
            reader = ClockReader(
                conductor.follow_clock, conductor.start_with_clock, conductor.handle_event
            )
            arguments = (reader, asyncio.get_running_loop(), stop)
            threading.Thread(target=pulses, args=arguments, daemon=True).start()
            print("ready", flush=True)
        me = psutil.Process()
        used, begun = sum(me.cpu_times()[:2]), time.monotonic()
        while time.monotonic() - begun < seconds:
            await asyncio.sleep(0.1)
            if mode == "steered":
                weight = "weight/" + generator.choice(FITNESS_FUNCTIONS).name
                conductor.handle_event(ParameterChanged(None, weight, generator.random()))
                if generator.random() < 0.1:
                    conductor.handle_event(ChordChanged(generator.choice(CHORDS)))
        used = (sum(me.cpu_times()[:2]) - used) / (time.monotonic() - begun)
        stop.set()
        late = conductor.lateness
        counts = live.engine.counts
        print(json.dumps({"p50": late.percentile(.5), "p99": late.percentile(.99),
                          "max": late.worst, "n": late.count, "cpu": used,
                          "chords": counts.chords, "missed": counts.missed,
                          "histogram": late.histogram()}))
asyncio.run(main())
"""
BARE = """
import sys, time
import numpy as np
from perform.daemon.app import raise_priority
raise_priority()
step, late = 60 / 140 / 4, []
begun = time.monotonic()
for place in range(1, int(float(sys.argv[2]) / step)):
    time.sleep(max(0.0, begun + place * step - time.monotonic()))
    late.append(time.monotonic() - begun - place * step)
print(np.quantile(late, .5), np.quantile(late, .99), max(late), len(late))
"""
FLOOD = """
import socket, sys, time
from perform.net.osc import encode
to, seconds = ("127.0.0.1", int(sys.argv[1])), float(sys.argv[2])
mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
symbols = ("C7", "F7", "Bbmaj7", "Am7")
begun, sent, chords = time.monotonic(), 0, 0
while time.monotonic() - begun < seconds:
    for _ in range(10):
        sent += 1
        if sent % 100 == 0:
            mouth.sendto(encode("/sideman/chord", symbols[chords % 4]), to)
            chords += 1
        else:
            mouth.sendto(encode("/sideman/weight/steps", sent % 7 / 7), to)
    time.sleep(max(0, begun + sent / 2000 - time.monotonic()))
print(sent / (time.monotonic() - begun), chords)
"""


def start(script, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
    )  # fmt: skip


def ours(process):
    return json.loads(process.communicate()[0].splitlines()[-1])


def theirs(process):
    words = process.communicate()[0].split()[-4:]
    if len(words) < 4:
        return None
    p50, p99, worst, count = map(float, words)
    return {"p50": p50, "p99": p99, "max": worst, "n": int(count)}


def say(name, found, target=""):
    if found is None:
        print(f"{name:<28} could not be run")
        return
    cpu = f" {found['cpu']:.1%} of a core" if "cpu" in found else ""
    print(
        f"{name:<28} p50 {1e3 * found['p50']:.3f} p99 {1e3 * found['p99']:.3f} "
        f"max {1e3 * found['max']:.2f} ms, n {found['n']}{cpu} {target}",
        flush=True,
    )


def beside(seconds, folder):
    """Ours beside the others, at the same time."""
    found = {}
    for mode, target in (("idle", "(p99 0.1)"), ("steered", "(p99 0.3, max 2)")):
        running = {
            "ours": start(OURS, folder / "x.mid", seconds, mode, 0),
            "isobar": start(ISOBAR, folder / "y", seconds),
            "mido": start(MIDO, folder / "z", seconds),
            "a bare sleep": start(BARE, "-", seconds),
        }
        found[mode] = ours(running["ours"])
        say(f"ours, {mode}", found[mode], target)
        for name in ("isobar", "mido", "a bare sleep"):
            other = theirs(running[name])
            say(f"  {name} at the same time", other)
            if other:
                print(f"  ours to {name}, p99: {found[mode]['p99'] / other['p99']:.2f}")
        found[f"{mode}, alone"] = ours(start(OURS, folder / "x.mid", min(seconds, 30), mode, 0))
        say(f"ours, {mode}, alone", found[f"{mode}, alone"], "(processor 5 %)")
        print(f"  bars that came too late: {found[mode]['missed']}")
    return found


def flood(seconds, folder):
    from loopback import free_port

    port = free_port()
    daemon = start(OURS, folder / "x.mid", seconds + 2, "flood", port)
    daemon.stdout.readline()
    rate, chords = map(float, start(FLOOD, port, seconds).communicate()[0].split())
    found = ours(daemon)
    say(f"{rate:.0f} OSC a second + clock", found, "(p99 1)")
    # the first is the one that sounds already
    print(f"  chord changes sent {chords - 1:.0f}, heard {found['chords'] - 1}")
    return found


def picture(found, path):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.add_subplot()
    for name, one in found.items():
        edges, counts = zip(*one["histogram"], strict=True)
        share = [count / one["n"] for count in counts]
        axes.step([1e3 * edge for edge in edges], share, label=name, where="pre")
    axes.set_xscale("log")
    axes.set_xlabel("ms later than meant")
    axes.set_ylabel("share of notes")
    axes.legend()
    figure.savefig(path, dpi=120)


def main():
    import tempfile

    asked = argparse.ArgumentParser()
    asked.add_argument("--seconds", type=float, default=30)
    asked.add_argument("--picture", type=Path)
    given = asked.parse_args()
    folder = Path(tempfile.mkdtemp())
    found = beside(given.seconds, folder)
    found["flood"] = flood(given.seconds, folder)
    if given.picture:
        picture(found, given.picture)


if __name__ == "__main__":
    main()

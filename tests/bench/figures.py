"""Prints the figures that Sideman is held to: `python tests/bench/figures.py` (about two minutes).

Times compare inside this one run; machines differ. Nothing here is asserted.
"""

import contextlib
import importlib.util
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "real")]

from loopback import free_port  # noqa: E402
from parts import perform  # noqa: E402

from perform.commands.render import play_chart  # noqa: E402
from perform.config.voices import VoiceConfig  # noqa: E402
from perform.generation.litert import LiteRTSource  # noqa: E402
from perform.music.chart import parse_chart  # noqa: E402
from perform.music.chord import parse_chord  # noqa: E402
from perform.net.osc import decode, encode  # noqa: E402
from perform.outputs.memory import MemoryOutput  # noqa: E402
from perform.runtime.chart_events import BLUES, unrolled  # noqa: E402

SYMBOLS = ("C7", "F#maj7", "Bm7b5", "Ebm7", "A7", "Dbm7")
CHANGES = 400
LISTEN_SECONDS = 20


def say(figure, measured, target):
    print(f"{figure:<46} {measured:<46} target {target}", flush=True)


def quantiles(seconds):
    p50, p99 = (1000 * float(np.quantile(seconds, share)) for share in (0.5, 0.99))
    return f"p50 {p50:.3f} p99 {p99:.3f} max {1000 * max(seconds):.2f} ms, n {len(seconds)}"


@contextlib.contextmanager
def daemon(voices, tempo):
    """A running daemon, the socket that it plays to, and where it listens."""
    back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    back.bind(("127.0.0.1", 0))
    port = free_port()
    lines = "".join(f'[[voices]]\nname = "v{i}"\nsingle = false\n' for i in range(voices))
    path = Path(tempfile.mkdtemp()) / "rig.toml"
    path.write_text(
        f'[clock]\ntempo = {tempo}\n[harmony]\nchange = "slide"\n'
        f'[inputs.osc]\nlisten = "127.0.0.1:{port}"\n'
        f'[outputs.o]\nkind = "osc"\nto = "127.0.0.1:{back.getsockname()[1]}"\n{lines}'
    )
    program = perform("run", str(path))
    try:
        yield program, back, ("127.0.0.1", port)
    finally:
        program.end()
        back.close()


def hear(back, seconds):
    """Messages that arrive within so many seconds, one by one."""
    until = time.perf_counter() + seconds
    while (left := until - time.perf_counter()) > 0:
        back.settimeout(max(left, 0.0005))
        try:
            yield from decode(back.recv(4096))
        except TimeoutError:
            return


def chord_to_note():
    """A chord message in, the first sounding note outside it moved to it: off, then on.

    Which notes must move is known from what sounds when the change is confirmed, and each is waited
    for, so that a slow answer counts as one. Where nothing must move there is nothing to measure; a
    note that was about to end is ended, not moved.
    """
    waits, ended, unanswered = [], 0, 0
    sounding = set()
    with daemon(4, 60.0) as (program, back, address):
        program.wait_for("ready")
        for turn in range(CHANGES):
            for where, values in hear(back, 0.03 + 0.01 * (turn % 3)):
                follow(sounding, where, values)
            symbol = SYMBOLS[turn % len(SYMBOLS)]
            tones = parse_chord(symbol).tones
            must, moving = None, None
            sent = time.perf_counter()
            back.sendto(encode("/sideman/chord", symbol), address)
            for where, values in hear(back, 1.0):
                if where == "/sideman/chord":
                    must = {note for note in sounding if note[1] % 12 not in tones}
                elif where == "/sideman/note" and moving is not None:
                    if values[0] == moving and values[2]:
                        waits.append(time.perf_counter() - sent)
                    else:
                        ended += 1
                    follow(sounding, where, values)
                    break
                elif where == "/sideman/note" and must and tuple(values[:2]) in must:
                    moving = values[0]
                follow(sounding, where, values)
                if must is not None and not must:
                    break
            else:
                unanswered += 1
    text = f"{quantiles(waits)} ({ended} ended, {unanswered} lost)"
    say("chord in -> sounding note moved (OSC, slide)", text, "p50 <= 1, p99 <= 3 ms")


def follow(sounding, where, values):
    """Keep `sounding` true to the notes that have begun and not ended."""
    if where == "/sideman/note":
        (sounding.add if values[2] else sounding.discard)((values[0], values[1]))


OURS = """
import asyncio, sys
from perform.daemon.app import Daemon
from perform.config.schema import Rig
from perform.config.voices import VoiceConfig
from perform.events import ChordChanged
from perform.inputs.clock_source import ClockConfig
from perform.inputs.kinds import InputsConfig
from perform.music.chord import parse_chord
from perform.outputs.midi_file import MidiFileOutputConfig
async def main():
    voices = tuple(VoiceConfig(name=f"v{i}", output="f", single=False) for i in range(4))
    rig = Rig(clock=ClockConfig(tempo=140.0), inputs=InputsConfig(), voices=voices,
              outputs={"f": MidiFileOutputConfig(path=sys.argv[1])})
    async with Daemon(rig) as performance:
        live = performance.live
        await live.source.wait_for_phrases(5)
        live.conductor.handle_event(ChordChanged(parse_chord("C7")))
        await asyncio.sleep(float(sys.argv[2]))
        late = live.conductor.lateness
        print(late.percentile(.5), late.percentile(.99), late.worst, late.count)
asyncio.run(main())
"""

# Four tracks of sixteenths at 140 bpm; isobar does not say when a note was meant, so the first
# note of each track fixes its grid: a note is late by what it lies behind the earliest grid.
ISOBAR = """
import sys, time
import numpy as np
import isobar
from isobar.io.output import OutputDevice
sent = []
class Ear(OutputDevice):
    def note_on(self, note=60, velocity=64, channel=0): sent.append(time.perf_counter())
    def note_off(self, note=60, channel=0): pass
timeline = isobar.Timeline(140, output_device=Ear())
for root in (48, 60, 72, 84):
    timeline.schedule({"note": isobar.PSequence([root, root + 4, root + 7]), "duration": 0.25})
timeline.background()
time.sleep(float(sys.argv[2]))
timeline.stop()
sent = np.array(sent[40:])
step = 60 / 140 / 4
place = np.round((sent - sent[0]) / step)
late = sent - place * step
late -= late.min()
print(np.quantile(late, .5), np.quantile(late, .99), late.max(), len(late))
"""

MIDO = """
import sys, time
import numpy as np
import mido
track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(140))])
for _ in range(int(float(sys.argv[2]) * 140 / 60 * 4)):
    track += [mido.Message("note_on", note=n, time=0) for n in (48, 60, 72)]
    track.append(mido.Message("note_on", note=84, time=120))
song = mido.MidiFile(ticks_per_beat=480, tracks=[track])
begun, meant, late = time.time(), 0.0, []
for message in song.play():
    meant += message.time
    late.append(max(0.0, time.time() - begun - meant))
print(np.quantile(late, .5), np.quantile(late, .99), max(late), len(late))
"""


def lateness():
    for name, script, target in (
        ("note later than meant, 4 voices, 140 bpm", OURS, "p99 <= 0.3 ms"),
        ("  isobar, 4 tracks, 140 bpm", ISOBAR, "ours not above"),
        ("  mido.play, 4 notes a sixteenth, 140 bpm", MIDO, "-"),
    ):
        target_file = str(Path(tempfile.mkdtemp()) / "x.mid")
        done = subprocess.run(
            [sys.executable, "-c", script, target_file, str(LISTEN_SECONDS)],
            capture_output=True, text=True, timeout=90, check=False, cwd=ROOT,
        )  # fmt: skip
        if done.returncode:
            say(name, (done.stderr.strip().splitlines() or ["failed"])[-1][:44], target)
            continue
        p50, p99, most, count = (float(word) for word in done.stdout.split()[-4:])
        text = f"p50 {1e3 * p50:.3f} p99 {1e3 * p99:.3f} max {1e3 * most:.2f} ms, n {count:.0f}"
        say(name, text, target)


def per_phrase(interpreter, rounds=50):
    interpreter.invoke()
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        interpreter.invoke()
        times.append(time.perf_counter() - begun)
    return f"{1000 * statistics.median(times) / 32:.3f} ms a phrase"


def generation():
    """Median of the rounds, one thread, batch 32."""
    source = LiteRTSource(ROOT / "models" / "blues-bars")
    say("generation, shipped bundle", per_phrase(source._generator._interpreter), "<= 0.1 ms")
    if importlib.util.find_spec("tensorflow") is None:
        return
    from perform.bundles.network import Network
    from training.model.networks import build_networks
    from training.options import Options
    from training.train.export import convert

    options = Options(architecture="paper")
    model = convert(build_networks(options).generator, (32, options.noise_dim))
    say("  the paper's network", per_phrase(Network(model)._interpreter, 5), "-")


def rendering():
    chart = unrolled(parse_chart(BLUES), 40)
    for model, target in (("canned", 500), ("blues", 50)):
        voice = VoiceConfig(name="lead", model=model)
        play_chart(parse_chart("C7"), voice, 0, [MemoryOutput()])
        begun = time.perf_counter()
        play_chart(chart, voice, 1, [MemoryOutput()])
        speed = len(chart.bars) * 2 / (time.perf_counter() - begun)
        say(f"render, {model}", f"{speed:,.0f} x real time", f">= {target}")


def footprint():
    import psutil

    begun = time.perf_counter()
    first = None
    with daemon(1, 140.0) as (program, back, address):
        while first is None and time.perf_counter() - begun < 20:
            back.sendto(encode("/sideman/chord", "C7"), address)
            for where, _ in hear(back, 0.02):
                if where == "/sideman/note" and first is None:
                    first = time.perf_counter() - begun
        threading.Event().wait(3.0)
        main = psutil.Process(program.process.pid)
        sizes = [one.memory_info().rss / 2**20 for one in (main, *main.children())]
    say("start to first note", f"{first:.2f} s", "<= 1.5 s")
    parts = " + ".join(f"{size:.0f}" for size in sizes)
    say("resident memory, one voice", f"{sum(sizes):.0f} MB ({parts})", "<= 120 MB")


def installed():
    """What the base installation weighs, where tests/run has made one."""
    base = ROOT / ".venv-base" / "lib"
    if base.is_dir():
        size = sum(file.stat().st_size for file in base.rglob("*") if file.is_file())
        say("base installation, with pip itself", f"{size / 1e6:.0f} MB", "<= 200 MB")


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for figure in (installed, footprint, chord_to_note, lateness, rendering, generation):
        figure()

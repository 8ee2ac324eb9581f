"""A performance on real ports: chords, melody, controller, recording, statistics, replay."""

import contextlib
import json
import re
import signal
import subprocess
import sys
import threading

import pytest
from loopback import free_port
from parts import MidiRecorder, connected, instrument, perform

from perform.events import NoteMessage, ParameterChanged, PlayerNoteOn
from perform.outputs.memory import MemoryOutput
from perform.recording import session

RIG = """
[clock]
tempo = 300.0
[midi]
system = "jack"
[inputs.osc]
listen = "127.0.0.1:{port}"
[inputs.midi]
virtual = "Evening chords"
[inputs.lead]
virtual = "Evening melody"
[inputs.surface]
virtual = "Evening knobs"
cc = {{ "21" = "/weight/steps" }}
[outputs.synth]
kind = "midi"
virtual = "Evening out"
[outputs.slow]
kind = "midi"
virtual = "Evening slow"
ahead_ms = 30.0
[record]
folder = "{folder}"
[[voices]]
name = "lead"
output = "synth"
[[voices]]
name = "bass"
role = "bass"
output = "slow"
"""


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "perform", *arguments],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_performance_is_played_counted_recorded_and_replayed(jack, tmp_path):
    port = free_port()
    rig = tmp_path / "rig.toml"
    rig.write_text(RIG.format(port=port, folder=tmp_path / "sessions"))
    pause = threading.Event().wait
    with contextlib.ExitStack() as ends:

        def closed(port):
            return ends.enter_context(contextlib.closing(port))

        daemon = ends.enter_context(perform("run", str(rig)))
        daemon.wait_for("ready")
        recorder = closed(MidiRecorder(connected("input", "Evening out")))
        chords, melody, knobs = (
            closed(connected("output", f"Evening {name}")) for name in ("chords", "melody", "knobs")
        )
        lost = jack.lost()
        pause(0.2)  # JACK reports new ports from its own thread
        knobs.send([0xB0, 21, 0])  # where the value is, so that the knob takes it over
        knobs.send([0xB0, 21, 127])
        for notes in ((48, 64, 67, 70), (53, 63, 69, 72)):
            for note in notes:
                chords.send([0x90, note, 90])
            for key in (72, 74):
                melody.send([0x90, key, 99])
                pause(0.2)
                melody.send([0x80, key, 0])
            pause(1.2)
            for note in notes:
                chords.send([0x80, note, 0])
        counted = command("stats", f"127.0.0.1:{port}")
        unanswered = command("stats", f"127.0.0.1:{free_port()}")
        status = daemon.end(signal.SIGINT)
    assert status == 0, "\n".join(daemon.lines)
    assert daemon.saw("bars substituted")
    figures = dict(line.split() for line in counted.stdout.splitlines())
    assert float(figures["notes"]) > 8
    assert float(figures["late_p50"]) < 50
    assert (unanswered.returncode, "no daemon answers" in unanswered.stderr) == (3, True)
    recorded = next((tmp_path / "sessions").glob("*.jsonl"))
    events = [event for _, event in session.read_session(recorded).events]
    assert ParameterChanged(None, "weight/steps", 1.0) in events
    pressed = [event.pitch for event in events if isinstance(event, PlayerNoteOn)]
    assert pressed == [72, 74] * 2 or jack.lost() > lost
    again = MemoryOutput()
    session.replay(session.read_session(recorded), [again])
    notes = [s for s in again.notes if isinstance(s, NoteMessage) and s.voice == "lead"]
    expected = [(s.pitch, s.velocity) for s in notes]
    played = [
        (message[1], message[2]) for _, message in recorder.heard if message[0] in (0x80, 0x90)
    ]
    # The same notes in the same order, less those that JACK reports as lost.
    rest = iter(expected)
    assert all(note in rest for note in played)
    assert played == expected or jack.lost() > lost
    assert recorded.with_suffix(".mid").stat().st_size > 300
    assert command("render", str(recorded), "-o", str(tmp_path / "again.mid")).returncode == 0
    assert (tmp_path / "again.mid").read_bytes() == recorded.with_suffix(".mid").read_bytes()


@pytest.mark.long
def test_latency_measures_the_round_trip_of_a_note(jack):
    loop_open = True
    with (
        contextlib.closing(instrument("output", "Loop out")) as back,
        contextlib.closing(instrument("input", "Loop in")) as there,
    ):
        there.listen(lambda message, _: loop_open and back.send(message))
        done = command(
            "latency",
            "--output",
            "Loop in",
            "--input",
            "Loop out",
            "--count",
            "20",
            "--system",
            "jack",
        )
        assert done.returncode == 0, done.stderr
        assert re.search(r"\d+ notes came back, \d+ did not: p50", done.stdout)
        assert "ahead_ms =" in done.stdout
        loop_open = False
        without_loop = command(
            "latency",
            "--output",
            "Loop in",
            "--input",
            "Loop out",
            "--count",
            "1",
            "--system",
            "jack",
        )
        assert (without_loop.returncode, "came back" in without_loop.stderr) == (3, True)


def test_controls_lists_the_addresses():
    listed = json.loads(command("controls", "--json").stdout)
    addresses = {control["address"] for control in listed}
    assert {"/chord", "/weight/steps", "/voice/NAME/weight/steps", "/chart/next"} <= addresses
    assert "/snapshot/recall" in command("controls").stdout

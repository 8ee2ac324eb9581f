"""One keyboard in zones, over JACK: chords with a bass below, and chords with a solo above."""

import contextlib
import time

import pytest
from clocked import Daemon
from parts import connected, eventually

BEAT = 0.25  # seconds
F13, BB13 = (51, 57, 62, 67), (50, 56, 60, 67)
WALK = (29, 33, 36, 38, 34, 38, 41, 40)  # F A C D, Bb D F E


@contextlib.contextmanager
def keyboard(folder, zones, more=""):
    """A daemon with a keyboard in zones, and the keys."""
    table = f'[inputs.midi]\nvirtual = "Sideman zones"\n{zones}\n{more}'
    daemon = Daemon(folder, "zoned", "tempo = 240.0", table)
    try:
        with contextlib.closing(connected("output", "Sideman zones")) as keys:
            yield daemon, keys
    finally:
        status = daemon.end()
    assert status == 0, "\n".join(daemon.program.lines)
    assert not daemon.program.saw("Traceback")


def chords(daemon):
    return [values[0] for _, address, values in list(daemon.heard) if address == "/sideman/chord"]


def down(keys, *notes):
    for note in notes:
        keys.send([0x90, note, 90])


def up(keys, *notes):
    for note in notes:
        keys.send([0x80, note, 0])


def test_a_walking_bass_below_two_chords_makes_two_chords(jack, tmp_path):
    zones = 'split = "D3"\nbelow = "bass"\nabove = "chords"'
    with keyboard(tmp_path, zones) as (daemon, keys):
        begun, before = time.monotonic(), ()
        for beat, bass in enumerate(WALK):
            time.sleep(max(0.0, begun + beat * BEAT - time.monotonic()))
            chord = F13 if beat < 4 else BB13
            down(keys, bass)
            if chord != before:
                down(keys, *chord)
                up(keys, *before)
                before = chord
            time.sleep(0.8 * BEAT)
            up(keys, bass)
        up(keys, *before)
        eventually(lambda: "Bb13" in chords(daemon))
        assert chords(daemon) == ["F13", "Bb13"]


@pytest.mark.long
def test_a_bass_that_does_not_walk_is_the_bass_of_the_chord(jack, tmp_path):
    zones = 'split = "D3"\nbelow = "bass"\nabove = "chords"\nwalking = false'
    with keyboard(tmp_path, zones) as (daemon, keys):
        down(keys, 60, 64, 67)
        for bass, symbol in ((48, "C"), (47, "Cmaj7/B"), (45, "Am7")):
            down(keys, bass)
            eventually(lambda symbol=symbol: chords(daemon)[-1:] == [symbol])
            up(keys, bass)
        up(keys, 60, 64, 67)
        assert chords(daemon)[-3:] == ["C", "Cmaj7/B", "Am7"]


def notes_of_bars(daemon):
    """How many notes began in each bar."""
    bars, bar = {}, -1
    for _, address, values in list(daemon.heard):
        if address == "/sideman/beat":
            bar = values[0]
        elif address == "/sideman/note" and values[2]:
            bars[bar] = bars.get(bar, 0) + 1
    return bars


@pytest.mark.long
def test_a_voice_answers_the_solo_above_the_chords(jack, tmp_path):
    """It rests while the soloist has the turn; then it plays more notes, the more the solo has."""
    zones = 'split = "C4"\nbelow = "chords"\nabove = "melody"'
    dense, sparse = range(8), (0, 4)  # the quavers of a bar
    with keyboard(tmp_path, zones) as (daemon, keys):
        for said in (
            ("/model", "blues-bars"), ("/tempo", 300.0), ("/voice/lead/mode", "answer", 1),
            ("/voice/lead/weight/player", 1.0),
        ):  # fmt: skip
            daemon.send(*said)
        down(keys, 48, 52, 55)
        for turn, rhythm in enumerate((dense, dense, sparse, sparse), start=1):
            begun = daemon.expect("/beat", lambda *beat, turn=turn: beat == (2 * turn, 0))
            for quaver in rhythm:
                time.sleep(max(0.0, begun + quaver / 10 - time.monotonic()))
                down(keys, 67)
                time.sleep(0.04)
                up(keys, 67)
        daemon.expect("/beat", lambda *beat: beat == (10, 0))
        bars = notes_of_bars(daemon)
        assert all(bar % 2 for bar in bars), bars
        assert bars[3] + bars[5] > bars[7] + bars[9], bars
        assert chords(daemon) == ["C"]

"""What is played is kept, from the music's beginning to its end, whatever the disk does."""

import asyncio
from pathlib import Path

from perform.config.schema import Rig
from perform.config.voices import VoiceConfig
from perform.events import KeyChanged, ParameterChanged, PlayerNoteOn, TransportChanged
from perform.recording import session

RIG = Rig(voices=(VoiceConfig(name="lead"),))


def recorded(folder, events):
    """The folder's files after a recording of (tick, event) pairs, each written on its own."""

    async def record():
        recorder = session.Recorder(folder, RIG)
        for tick, event in events:
            recorder.note(tick, event)
            recorder._timer.cancel()
            recorder._flush()
        await recorder.close()

    asyncio.run(record())
    return sorted(folder.iterdir())


def test_what_waits_for_the_music_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(session, "MOST_WAITING", 3)
    turned = [(-1, ParameterChanged(None, "swing", place / 8)) for place in range(8)]
    written = recorded(tmp_path, turned)[0].read_text().splitlines()
    assert len(written) == 1 + len(turned)  # a head, and all that was turned


def test_a_recording_begins_with_the_music_and_has_what_came_before_it(tmp_path):
    before = [(-1, KeyChanged(None)), (-1, ParameterChanged(None, "swing", 0.5))]
    assert recorded(tmp_path, [*before, (-1, TransportChanged("stop"))]) == []
    happened = [*before, (-1, TransportChanged("start")), (960, TransportChanged("stop"))]
    kept, song = recorded(tmp_path, happened)
    assert session.read(kept).events == tuple(happened)
    assert song == kept.with_suffix(".mid")


def test_sessions_that_begin_in_one_second_are_kept_apart(tmp_path):
    for _ in range(3):
        recorded(tmp_path, [(0, PlayerNoteOn(60))])
    assert len(list(tmp_path.glob("*.jsonl"))) == len(list(tmp_path.glob("*.mid"))) == 3


def test_lines_stay_in_order(tmp_path):
    kept, _ = recorded(tmp_path, [(tick, PlayerNoteOn(60)) for tick in range(300)])
    assert [tick for tick, _ in session.read(kept).events] == list(range(300))


def test_a_full_disk_is_said_once_and_leaves_no_midi_file(tmp_path, caplog, monkeypatch):
    disk = Path("/dev/full").open("wb")  # noqa: SIM115 - the recorder closes it
    monkeypatch.setattr(session, "_begin", lambda folder: (folder / "full.jsonl", disk))
    assert recorded(tmp_path, [(0, PlayerNoteOn(60)), (9, PlayerNoteOn(61))]) == []
    faults = [line.message for line in caplog.records if line.levelname == "ERROR"]
    assert len(faults) == 1
    assert "full.jsonl: the recording ends here" in faults[0]

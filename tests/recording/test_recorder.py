"""The recorder writes a session from the start of the music to its end, whatever the disk does."""

import asyncio
from pathlib import Path

from perform.config.schema import Rig
from perform.config.voices import VoiceConfig
from perform.events import KeyChanged, ParameterChanged, PlayerNoteOn, TransportChanged
from perform.recording import session

RIG = Rig(voices=(VoiceConfig(name="lead"),))


def record(folder, events):
    """The folder's files after (tick, event) pairs were recorded, with a flush after each."""

    async def record_all():
        recorder = session.Recorder(folder, RIG)
        for tick, event in events:
            recorder.record(tick, event)
            recorder._timer.cancel()
            recorder._flush()
        await recorder.close()

    asyncio.run(record_all())
    return sorted(folder.iterdir())


def test_the_lines_kept_before_the_music_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(session, "MAX_LINES_BEFORE_MUSIC", 3)
    changes = [(-1, ParameterChanged(None, "swing", step / 8)) for step in range(8)]
    written = record(tmp_path, changes)[0].read_text().splitlines()
    assert len(written) == 1 + len(changes)  # the rig, and every change


def test_a_recording_starts_with_the_music_and_has_what_came_before_it(tmp_path):
    before = [(-1, KeyChanged(None)), (-1, ParameterChanged(None, "swing", 0.5))]
    assert record(tmp_path, [*before, (-1, TransportChanged("stop"))]) == []
    events = [*before, (-1, TransportChanged("start")), (960, TransportChanged("stop"))]
    recorded, midi_file = record(tmp_path, events)
    assert session.read_session(recorded).events == tuple(events)
    assert midi_file == recorded.with_suffix(".mid")


def test_sessions_that_start_in_the_same_second_get_files_of_their_own(tmp_path):
    for _ in range(3):
        record(tmp_path, [(0, PlayerNoteOn(60))])
    assert len(list(tmp_path.glob("*.jsonl"))) == len(list(tmp_path.glob("*.mid"))) == 3


def test_lines_stay_in_order(tmp_path):
    recorded, _ = record(tmp_path, [(tick, PlayerNoteOn(60)) for tick in range(300)])
    assert [tick for tick, _ in session.read_session(recorded).events] == list(range(300))


def test_a_full_disk_is_logged_once_and_leaves_no_midi_file(tmp_path, caplog, monkeypatch):
    disk = Path("/dev/full").open("wb")  # noqa: SIM115 - the recorder closes it
    monkeypatch.setattr(session, "_create", lambda folder: (folder / "full.jsonl", disk))
    assert record(tmp_path, [(0, PlayerNoteOn(60)), (9, PlayerNoteOn(61))]) == []
    errors = [line.message for line in caplog.records if line.levelname == "ERROR"]
    assert len(errors) == 1
    assert "full.jsonl: the recording ends here" in errors[0]

"""A session file recorded by an earlier version stays readable: its event names do not change."""

from typing import get_args

import pytest

from perform.events import Event, NoteMessage
from perform.music.pitch import pitch_name
from perform.outputs.memory import MemoryOutput
from perform.recording.session import (
    EVENT_NAMES,
    RENAMED_EVENTS,
    encode_event,
    read_session,
    replay,
)


def test_every_event_has_one_name():
    assert set(EVENT_NAMES.values()) == set(get_args(Event))
    assert len(EVENT_NAMES) == len(get_args(Event))


@pytest.fixture
def recorded(root):
    """A session recorded before the event classes got their present names; it has every event."""
    return root / "tests" / "golden" / "session.jsonl"


def test_a_session_of_an_earlier_version_replays_note_for_note(recorded):
    memory = MemoryOutput()
    replay(read_session(recorded), [memory])
    notes = [event for event in memory.events if isinstance(event, NoteMessage)]
    lines = [f"{n.tick} {n.voice} {pitch_name(n.pitch)} {n.velocity}\n" for n in notes]
    assert "".join(lines) == recorded.with_suffix(".txt").read_text()


def test_a_session_of_an_earlier_version_is_written_again_byte_for_byte(recorded):
    lines = recorded.read_bytes().splitlines()[1:]
    events = read_session(recorded).events
    assert [encode_event(tick, event) for tick, event in events] == lines
    # a tapped beat is recorded as the tempo that it gives
    renamed = set(RENAMED_EVENTS.values()) - {RENAMED_EVENTS["Tapped"]}
    assert renamed <= {type(event) for _, event in events}

"""Two voices on one channel and pitch: a note-off ends only its own note."""

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perform.events import AllNotesOff, NoteMessage
from perform.outputs import midi as midi_output
from perform.outputs.midi import MidiOutput, MidiOutputConfig
from perform.outputs.midi_file import session_file

CHANNELS = {"lead": 1, "answer": 1, "bass": 2}


class FakePort:
    """Keeps what is sent."""

    name = fault = None

    def __init__(self):
        self.sent = []

    def send(self, message):
        self.sent.append(message)

    def close(self):
        """Nothing to release."""


@pytest.fixture
def output(monkeypatch):
    monkeypatch.setattr(midi_output.ports, "wait_for_output", lambda *_: FakePort())
    return MidiOutput(MidiOutputConfig(virtual="Sideman"), CHANNELS)


def notes_of(*spans):
    """The note messages, in order, of (voice, pitch, begin, end); offs before ons."""
    messages = [
        message
        for voice, pitch, begin, end in spans
        for message in (
            NoteMessage(begin, voice, pitch, 80 + len(voice)),
            NoteMessage(end, voice, pitch, 0),
        )
    ]
    return sorted(messages, key=lambda it: (it.tick, it.velocity > 0))


def heard(events):
    """(channel, pitch) -> [(begin, end)] of what a synthesizer plays, an instant apart joined.

    `events`: (tick, channel, pitch, velocity).
    """
    begun, spans = {}, {}
    for tick, channel, pitch, velocity in events:
        key = channel, pitch
        if key in begun and (not velocity or begun[key] != tick):
            spans.setdefault(key, []).append((begun.pop(key), tick))
        if velocity:
            begun.setdefault(key, tick)
    assert not begun
    return spans


SPANS = st.lists(
    st.tuples(
        st.sampled_from(["lead", "answer", "bass"]),
        st.sampled_from([60, 62]),
        st.integers(0, 30),
        st.integers(2, 12),
    ),
    max_size=12,
)


def of_single_lines(spans):
    """The spans, where no voice strikes a key that it holds itself; at ticks of 10."""
    free, kept = {}, []
    for voice, pitch, begin, length in sorted(spans, key=lambda it: it[2]):
        if begin >= free.get((voice, pitch), 0):
            free[voice, pitch] = begin + length
            kept.append((voice, pitch, 10 * begin, 10 * (begin + length)))
    return kept


def assert_every_note_sounds(spans, sounded):
    for voice, pitch, begin, end in spans:
        its = sounded[CHANNELS[voice] - 1, pitch]
        ticks = {t for first, last in its for t in range(first, last)}
        # where a key is struck again, a file has it up for one tick
        assert sum(t not in ticks for t in range(begin, end)) <= sum(b > begin for b, _ in its)
    for (channel, pitch), its in sounded.items():
        wanted = {
            t
            for voice, p, begin, end in spans
            if (CHANNELS[voice] - 1, p) == (channel, pitch)
            for t in range(begin, end)
        }
        assert {t for first, last in its for t in range(first, last)} <= wanted


@given(SPANS)
def test_on_a_port_every_note_sounds_to_its_end_and_every_key_goes_up(spans):
    spans = of_single_lines(spans)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(midi_output.ports, "wait_for_output", lambda *_: FakePort())
        output = MidiOutput(MidiOutputConfig(virtual="Sideman"), CHANNELS)
    sent = []
    for note in notes_of(*spans):
        output.port.sent.clear()
        output.send(note)
        sent += [
            (note.tick, s & 15, p, v if s & 0xF0 == 0x90 else 0) for s, p, v in output.port.sent
        ]
    assert_every_note_sounds(spans, heard(sent))


@settings(max_examples=30)
@given(SPANS)
def test_in_a_file_every_note_sounds_to_its_end_and_every_track_is_whole(tmp_path_factory, spans):
    spans = of_single_lines(spans)
    path = tmp_path_factory.mktemp("song") / "song.mid"
    song = session_file(path, CHANNELS, 120.0)
    for note in notes_of(*spans):
        song.send(note)
    song.close()
    read, merged, now = mido.MidiFile(path), [], 0
    for message in mido.merge_tracks(read.tracks):
        now += message.time
        if message.type in ("note_on", "note_off"):
            velocity = message.velocity if message.type == "note_on" else 0
            merged.append((now, message.channel, message.note, velocity))
    assert_every_note_sounds(spans, heard(merged))
    for voice, track in zip([*CHANNELS, "player"], read.tracks[1:], strict=True):
        counts = [sum(m.type == kind for m in track) for kind in ("note_on", "note_off")]
        assert counts == [sum(it[0] == voice for it in spans)] * 2


def test_a_key_that_is_struck_again_is_let_go_by_the_last_voice(output):
    for note in notes_of(("lead", 60, 0, 960), ("answer", 60, 480, 600)):
        output.send(note)
    assert output.port.sent == [[0x90, 60, 84], [0x80, 60, 0], [0x90, 60, 86], [0x80, 60, 0]]


def test_voices_that_share_nothing_are_sent_as_they_are(output):
    for note in notes_of(("lead", 60, 0, 960), ("bass", 60, 480, 600), ("answer", 64, 0, 500)):
        output.send(note)
    assert len(output.port.sent) == 6


def test_after_a_panic_no_key_is_held(output):
    lead, answer = (NoteMessage(0, voice, 60, 80) for voice in ("lead", "answer"))
    for event in (lead, answer, AllNotesOff(10)):
        output.send(event)
    output.port.sent.clear()
    for event in (lead._replace(tick=20), lead._replace(tick=30, velocity=0)):
        output.send(event)
    assert output.port.sent == [[0x90, 60, 80], [0x80, 60, 0]]


def test_two_outputs_of_one_port_share_its_keys(monkeypatch):
    port = FakePort()
    port.name = "MicroFreak"
    monkeypatch.setattr(midi_output.ports, "wait_for_output", lambda *_: port)
    config, keys = MidiOutputConfig(port="MicroFreak"), {}
    outputs = {voice: MidiOutput(config, {voice: 1}, keys=keys) for voice in ("lead", "answer")}
    for note in notes_of(("lead", 60, 0, 960), ("answer", 60, 480, 600)):
        outputs[note.voice].send(note)
    assert port.sent == [[0x90, 60, 84], [0x80, 60, 0], [0x90, 60, 86], [0x80, 60, 0]]

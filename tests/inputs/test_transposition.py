"""The transposition of what comes in."""

import asyncio

import pytest
from dispatchers import FakeClient, with_clients
from hypothesis import given
from hypothesis import strategies as st

from perform.config.load import parse_rig
from perform.errors import RigError
from perform.events import ChordChanged, PlayerNoteOff, PlayerNoteOn
from perform.inputs.bass import BassInputConfig, MidiBass
from perform.inputs.bass_line import BassLine
from perform.inputs.chords import ChordInputConfig, MidiChords
from perform.inputs.melody import MelodyInputConfig, MidiMelody
from perform.inputs.transposition import TransposedKeys
from perform.midi import ports
from perform.music.chord import parse_chord
from perform.runtime.client_events import ClientEvents

ON, OFF, CONTROL = 0x90, 0x80, 0xB0
MIDI = ports.AUTO


class QuietPort:
    """A MIDI port that nothing is connected to."""

    def listen(self, *_, **__):
        pass


@pytest.fixture(autouse=True)
def _port(monkeypatch):
    monkeypatch.setattr(ports, "open_input", lambda *_: QuietPort())


def heard(make, *messages):
    """What an input delivers for raw messages; a callable among them is called."""

    async def scene():
        events = []
        port = make(events.append)
        for message in messages:
            if callable(message):
                message()
            else:
                port._handle(message, 0.0)
        return events

    return asyncio.run(scene())


def test_a_horn_in_e_flat_is_heard_as_it_sounds_and_its_notes_end():
    semitones = {"lead": -9}
    events = heard(
        lambda deliver: MidiMelody(MelodyInputConfig(port="horn"), MIDI, deliver, semitones),
        [ON, 69, 90],
        lambda: semitones.update(lead=3),
        [OFF, 69, 0],
        [ON, 69, 90],
    )
    assert events == [PlayerNoteOn(60, 90), PlayerNoteOff(60), PlayerNoteOn(72, 90)]


def test_a_chord_is_the_one_that_the_band_reads_and_the_split_is_a_key():
    semitones = {"midi": 2}
    config = ChordInputConfig(port="keys", split="C5", above="melody", settle_ms=0)

    async def scene():
        events = []
        keys = MidiChords(config, MIDI, events.append, transpositions=semitones)
        for message in ([ON, 55, 80], [ON, 59, 80], [ON, 62, 80], [ON, 71, 80], [ON, 72, 80]):
            keys._handle(message, 0.0)
        semitones["midi"] = -5
        await asyncio.sleep(0.001)
        for note in (55, 59, 62, 71, 72):
            keys._handle([OFF, note, 0], 0.0)
        assert not keys._keyboard._held
        return events

    melody, chord, *_ = asyncio.run(scene())
    assert melody == PlayerNoteOn(74, 80)
    assert chord == ChordChanged(parse_chord("A"))


def test_a_bass_hints_at_the_chord_that_the_band_reads():
    line = BassLine()
    config = BassInputConfig(port="bass")
    heard(lambda _: MidiBass(config, MIDI, line, {"bass": -2}), [ON, 40, 80])
    assert line.note(0.0) == 38


def test_it_is_set_by_every_client_and_published():
    async def scene(clients):
        semitones = {"midi": 0, "bass": 0, "lead": 0}
        clients.dispatcher._events = ClientEvents(
            ["lead", "bass"], [], clients.live, transpositions=semitones
        )
        surface = FakeClient(("127.0.0.1", 5000))
        clients.send(surface, "/input/lead/transpose", -9)
        clients.send(surface, "/input/midi/transpose", 2.4)  # a fader
        clients.send(surface, "/transpose", 3)
        assert semitones == {"midi": 2, "bass": 0, "lead": -9}
        values = clients.state.values
        assert [values[f"/input/{name}/transpose"] for name in semitones] == [2, 0, -9]
        assert values["/voice/bass/transpose"] == values["/transpose"] == 3
        clients.send(surface, "/input/lead/transpose", 25)
        ((address, reason),) = surface.at("/error")
        assert (address, reason) == ("/input/lead/transpose", "takes -24 to 24 semitones")

    with_clients(scene)


def test_the_rig_sets_it():
    rig = parse_rig("[inputs.lead]\nport = 'horn'\ntranspose = -9\n", "rig.toml")
    assert rig.inputs.transpositions() == {"midi": 0, "bass": 0, "lead": -9}
    with pytest.raises(RigError, match=r"inputs\.lead\.transpose"):
        parse_rig("[inputs.lead]\nport = 'horn'\ntranspose = 30\n", "rig.toml")
    with pytest.raises(RigError, match=r"transpose is a whole number, not 1\.5"):
        parse_rig("[[voices]]\nname = 'a'\nknobs = { transpose = 1.5 }\n", "rig.toml")


messages = st.tuples(
    st.sampled_from((ON, ON, OFF, CONTROL)),
    st.integers(0, 127),
    st.sampled_from((0, 0, 80)),
    st.integers(-24, 24),
)


@given(st.lists(messages, max_size=60))
def test_whatever_changes_every_key_that_goes_up_ends_what_it_began(sent):
    semitones = {"lead": 0}
    keys, down = TransposedKeys("lead", semitones), {}
    for status, number, value, by in sent:
        semitones["lead"] = by
        _, note, _ = keys.move([status, number, value])
        if status == CONTROL:
            assert note == number
            if number in (120, *range(123, 128)):
                down.clear()
        elif status == ON and value:
            assert down.setdefault(number, note) == note
        elif number in down:
            assert down.pop(number) == note

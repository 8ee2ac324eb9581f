"""Zones of one keyboard: chords, a bass that walks, and a melody; and a bass of its own."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.config.load import parse_rig
from perform.errors import RigError
from perform.events import ChordChanged, PlayerNoteOff, PlayerNoteOn
from perform.inputs.bass import BassInputConfig, MidiBass
from perform.inputs.bass_line import LINGER_SECONDS, BassLine, Surroundings
from perform.inputs.chords import ChordInputConfig, MidiChords
from perform.inputs.melody import MelodyInputConfig, MelodyKeys, MidiMelody
from perform.inputs.zones import KeyZones
from perform.midi import ports
from perform.music.chord import parse_chord
from perform.music.hints import Hints

ON, OFF = 0x90, 0x80


class SilentPort:
    """A MIDI port that nothing is connected to."""

    def listen(self, *_, **__):
        pass

    def close(self):
        pass


@pytest.fixture(autouse=True)
def _port(monkeypatch):
    monkeypatch.setattr(ports, "wait_for_input", lambda *_: SilentPort())


def play(config, messages, around=None, bass=None):
    """What a keyboard delivers for (seconds, message) pairs, in virtual time.

    `bass`: messages of a bass at its own port.
    """

    async def scene():
        events = []
        keys = MidiChords(config, ports.AUTO, events.append, around)
        every = [(when, keys, message) for when, message in messages]
        if bass is not None:
            low = MidiBass(BassInputConfig(port="bass"), ports.AUTO, keys._around.bass)
            every += [(when, low, message) for when, message in bass]
        keyboard = keys._keyboard

        def settle_until(now):
            while keyboard.deadline is not None and keyboard.deadline <= now:
                changed = keyboard.settle(keyboard.deadline)
                events.extend([changed] if changed else [])

        for when, port, message in sorted(every, key=lambda it: it[0]):
            settle_until(when)
            port._handle(message, when)
        settle_until(float("inf"))
        keys.close()
        return events

    return asyncio.run(scene())


def symbols(events):
    return [it.chord.symbol for it in events if isinstance(it, ChordChanged)]


def held(notes, start, end, channel=0):
    return [
        *((start, [ON + channel, note, 80]) for note in notes),
        *((end, [OFF + channel, note, 0]) for note in notes),
    ]


def walk(notes, beat=0.5, channel=0):
    """Quarter notes of a bass."""
    return [
        message
        for place, note in enumerate(notes)
        for message in held((note,), place * beat, (place + 0.9) * beat, channel)
    ]


F13, BB13 = (51, 57, 62, 67), (50, 56, 60, 67)
WALK = (29, 33, 36, 38, 34, 38, 41, 40)  # F A C D, Bb D F E


@pytest.mark.parametrize(
    ("config", "channel"),
    [
        (ChordInputConfig(port="keys", split="D3", below="bass", above="chords"), 0),
        (ChordInputConfig(port="keys", bass_channel=2), 1),
    ],
)
def test_a_walking_bass_below_two_chords_makes_two_chords(config, channel):
    messages = [*walk(WALK, channel=channel), *held(F13, 0.0, 1.9), *held(BB13, 2.0, 3.9)]
    assert symbols(play(config, messages)) == ["F13", "Bb13"]
    # the hand comps on beats where the bass is elsewhere
    comping = [*walk(WALK, channel=channel)]
    for begin in (0.0, 0.75, 1.5):
        comping += [*held(F13, begin, begin + 0.4), *held(BB13, begin + 2, begin + 2.4)]
    named = symbols(play(config, sorted(comping, key=lambda it: it[0])))
    assert list(dict.fromkeys(named)) == ["F13", "Bb13"]


def test_a_bass_alone_plays_no_chord():
    config = ChordInputConfig(port="keys", split="D3", below="bass", above="chords")
    assert symbols(play(config, walk(WALK))) == []


def test_a_bass_at_its_own_port_names_the_root():
    config = ChordInputConfig(port="keys")
    chord = held((52, 58, 62, 67), 0.1, 1.0)
    assert symbols(play(config, chord)) == ["Em7b5"]
    assert symbols(play(config, chord, bass=held((36,), 0.0, 1.0))) == ["C9"]


@pytest.mark.parametrize("pedal", [False, True])
def test_a_low_note_before_a_block_is_its_bass(pedal):
    """Stride: root or fifth, then the chord without its root."""
    down = [(0.0, [0xB0, 64, 127])] if pedal else []
    c9, f13 = (52, 58, 62, 67), (51, 57, 62, 67)
    left = [
        *held((36,), 0.01, 0.4), *held(c9, 0.5, 0.9), *held((31,), 1.0, 1.4), *held(c9, 1.5, 1.9),
        *held((41,), 2.0, 2.4), *held(f13, 2.5, 2.9),
    ]  # fmt: skip
    named = symbols(play(ChordInputConfig(port="keys"), down + left))
    assert list(dict.fromkeys(named)) == ["C9", "F13"]


def test_two_keys_and_a_bass_are_a_chord():
    config = ChordInputConfig(port="keys", bass_channel=2)
    shell = [*held((38,), 0.0, 1.0, channel=1), *held((53, 60), 0.0, 1.0)]
    assert symbols(play(config, shell)) == ["Dm7"]


def test_a_bass_that_does_not_walk_is_the_bass_of_the_chord():
    config = ChordInputConfig(port="keys", split="D3", below="bass", above="chords", walking=False)
    low = [*held((48,), 0.0, 0.9), *held((47,), 1.0, 1.9), *held((45,), 2.0, 3.0)]
    assert symbols(play(config, [*held((60, 64, 67), 0.0, 3.0), *low])) == ["C", "Cmaj7/B", "Am7"]


def test_keys_above_the_chords_are_a_melody_that_voices_answer():
    config = ChordInputConfig(port="keys", split="C4", above="melody")
    solo = held((72,), 0.2, 0.4) + held((74,), 0.5, 0.7)
    events = play(config, held((48, 52, 55), 0.0, 1.0) + solo)
    assert symbols(events) == ["C"]
    assert [it for it in events if not isinstance(it, ChordChanged)] == [
        PlayerNoteOn(72, 80),
        PlayerNoteOff(72),
        PlayerNoteOn(74, 80),
        PlayerNoteOff(74),
    ]


def test_a_note_of_a_layer_ends_with_its_last_key():
    notes = []
    keys = MelodyKeys(notes.append)
    for channel, kind in ((0, ON), (3, ON), (3, OFF)):
        keys.handle([kind + channel, 72, 80])
    assert PlayerNoteOff(72) not in notes
    keys.handle([OFF, 72, 0])
    assert notes.count(PlayerNoteOff(72)) == 1


def test_cleared_keys_end_the_melody():
    async def scene():
        events = []
        config = ChordInputConfig(port="keys", split="C4", above="melody")
        keys = MidiChords(config, ports.AUTO, events.append)
        keys._handle([ON, 72, 80], 0.0)
        keys.clear_keys()
        keys.close()
        return events

    assert asyncio.run(scene()) == [PlayerNoteOn(72, 80), PlayerNoteOff(72)]


def test_drums_are_no_chord_and_no_melody_unless_the_rig_says_so():
    drums = held((36, 38, 42, 46), 0.0, 0.1, channel=9)
    assert symbols(play(ChordInputConfig(port="keys"), drums)) == []
    assert len(symbols(play(ChordInputConfig(port="keys", channel=10), drums))) == 1

    async def beat(config):
        notes = []
        melody = MidiMelody(config, ports.AUTO, notes.append)
        melody._handle([ON + 9, 36, 80], 0.0)
        return notes

    assert asyncio.run(beat(MelodyInputConfig(port="pads"))) == []
    assert len(asyncio.run(beat(MelodyInputConfig(port="pads", channel=10)))) == 1


def test_a_chart_says_what_a_voicing_without_its_root_is():
    around = Surroundings(lambda: Hints(chart=(parse_chord("C7"),)))
    config = ChordInputConfig(port="keys")
    assert symbols(play(config, held((52, 58, 62, 67), 0.0, 1.0), around)) == ["C9"]


def test_the_last_chords_say_what_a_voicing_without_its_root_is():
    config = ChordInputConfig(port="keys")
    two_five_one = [
        *held((50, 53, 57, 60), 0.0, 0.9),  # Dm7 with its root
        *held((53, 57, 59, 64), 1.0, 1.9),
        *held((52, 55, 59, 62), 2.0, 2.9),
    ]
    assert symbols(play(config, two_five_one)) == ["Dm7", "G13", "Cmaj9"]


def test_cleared_keys_are_those_of_every_zone():
    async def scene():
        events = []
        config = ChordInputConfig(port="keys", split="D3", below="bass", above="chords")
        keys = MidiChords(config, ports.AUTO, events.append)
        for note in (41, 63):
            keys._handle([ON, note, 80], 0.0)
        keys.clear_keys()
        for note in (60, 64, 67):
            keys._handle([ON, note, 80], 1.0)
        events.append(keys._keyboard.settle(2.0))
        keys.close()
        return symbols(events)

    assert asyncio.run(scene()) == ["C"]


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ('below = "bass"', "need a split"),
        ('split = "C3"\nbelow = "melody"\nabove = "bass"', "no key plays chords"),
        ("channel = 2\nbass_channel = 2", "take two"),
        ('split = "C3"\nabove = "solo"', "melody"),
    ],
)
def test_zones_that_cannot_be_right_are_refused_with_the_mend(table, why):
    with pytest.raises(RigError, match=why):
        parse_rig(f'[inputs.midi]\nvirtual = "keys"\n{table}\n')


def test_the_newest_bass_note_counts_and_lingers_a_moment():
    bass = BassLine()
    bass.handle([ON, 36, 80], 0.0)
    bass.handle([ON, 43, 80], 0.01)  # a fifth in the left hand
    assert bass.note(0.1) == 36
    bass.handle([ON, 41, 80], 1.0)  # the note-offs of the others are lost
    assert bass.note(1.1) == 41
    bass.clear()
    bass.handle([ON, 41, 80], 2.0)
    bass.handle([OFF, 41, 0], 2.5)
    assert bass.note(2.5 + LINGER_SECONDS / 2) == 41
    assert bass.note(2.6 + LINGER_SECONDS) is None


@given(st.lists(st.lists(st.integers(0, 255), max_size=4), max_size=30))
def test_any_bytes_are_a_bass_or_nothing(messages):
    bass = BassLine()
    for now, message in enumerate(messages):
        bass.handle(message, float(now))
        note = bass.note(float(now))
        assert note is None or 0 <= note <= 255


@given(st.integers(0, 15), st.integers(0, 127), st.integers(0, 127))
def test_a_key_is_in_one_zone(channel, note, split):
    zones = KeyZones(split=split, below="bass", above="chords")
    expected = "off" if channel == 9 else "bass" if note < split else "chords"
    assert zones.zone(channel, note) == expected

"""Every address that can be sent to Sideman: the one table behind dispatch and documentation."""

from collections.abc import Callable
from typing import Any, NamedTuple

from perform.clock.transport import FASTEST_BPM, SLOWEST_BPM
from perform.engine.fitness import FITNESS
from perform.errors import ChordError, WireError
from perform.events import (
    ChordChanged,
    ChordReleased,
    Event,
    ModelChanged,
    Panic,
    SnapshotRecalled,
    SnapshotStored,
    Tapped,
    TargetChanged,
    TempoChanged,
    TransportChanged,
    VoiceMuted,
    WeightChanged,
)
from perform.music.chord import parse_chord
from perform.music.recognition import recognise

LONGEST_SYMBOL = 64


class Control(NamedTuple):
    """An address below the prefix (NAME stands for one path segment), what it takes, what it does."""

    address: str
    takes: str
    help: str
    read: Callable[[tuple[Any, ...], str], Event]


def _chord(values: tuple[Any, ...], _: str) -> Event:
    if len(values) == 1 and isinstance(values[0], str):
        if len(values[0]) > LONGEST_SYMBOL:
            raise WireError(f"a chord symbol has at most {LONGEST_SYMBOL} characters")
        try:
            return ChordChanged(parse_chord(values[0].strip()))
        except ChordError as fault:
            raise WireError(str(fault)) from None
    notes = [_whole(value) for value in values]
    if not notes or any(not 0 <= note <= 127 for note in notes):
        raise WireError("takes one chord symbol, or MIDI note numbers from 0 to 127")
    chord = recognise(notes)
    if chord is None:
        raise WireError(f"the notes {notes} are no chord; send three or more different ones")
    return ChordChanged(chord)


def _transport(values: tuple[Any, ...], _: str) -> Event:
    if len(values) != 1 or values[0] not in ("start", "stop", "continue"):
        raise WireError("takes one of start, stop, continue")
    return TransportChanged(values[0])


def _tempo(values: tuple[Any, ...], _: str) -> Event:
    bpm = _number(values)
    if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
        raise WireError(f"takes {SLOWEST_BPM:g} to {FASTEST_BPM:g} quarter notes a minute")
    return TempoChanged(bpm)


def _model(values: tuple[Any, ...], name: str) -> Event:
    if len(values) != 1 or not isinstance(values[0], str) or not values[0]:
        raise WireError("takes the name of a bundle; `perform models` lists them")
    return ModelChanged(name or None, values[0])


def _mute(values: tuple[Any, ...], name: str) -> Event:
    return VoiceMuted(name, _number(values) != 0)


def _number(values: tuple[Any, ...]) -> float:
    if len(values) != 1 or isinstance(values[0], str | bytes) or not _is_number(values[0]):
        raise WireError("takes one number")
    return float(values[0])


def _whole(value: Any) -> int:
    if not _is_number(value) or value != int(value):
        raise WireError("takes one chord symbol, or MIDI note numbers from 0 to 127")
    return int(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < 1e9  # NaN and infinity are not


def _target(name: str) -> Callable[[tuple[Any, ...], str], Event]:
    def read_target(values: tuple[Any, ...], voice: str) -> Event:
        value = _number(values)
        if value > 1:
            raise WireError("takes 0 to 1, or -1 to leave it to chance")
        return TargetChanged(voice or None, name, value if value >= 0 else None)

    return read_target


def _weight(name: str) -> Callable[[tuple[Any, ...], str], Event]:
    def read_weight(values: tuple[Any, ...], voice: str) -> Event:
        weight = _number(values)
        if not 0 <= weight <= 1:
            raise WireError("takes 0 to 1")
        return WeightChanged(voice or None, name, weight)

    return read_weight


def _named(values: tuple[Any, ...], event: Callable[[str], Event]) -> Event:
    if len(values) != 1 or not isinstance(values[0], str) or not values[0].strip():
        raise WireError("takes one name")
    return event(values[0].strip()[:LONGEST_SYMBOL])


def _each_way(address: str, takes: str, words: str, read: Any) -> tuple[Control, Control]:
    """A control of every voice at once, and of one."""
    return (
        Control(address, takes, words, read),
        Control(f"/voice/NAME{address}", takes, f"of one voice: {words}", read),
    )


CONTROLS: tuple[Control, ...] = (
    Control("/chord", "s | i...", "the chord of the moment: a symbol, or MIDI notes", _chord),
    Control("/chord/release", "", "hands off the keys", lambda _values, _name: ChordReleased()),
    Control("/transport", "s", "start, stop or continue", _transport),
    Control("/tempo", "f", "quarter notes a minute, 20 to 400", _tempo),
    Control("/tap", "", "a beat, tapped by hand", lambda _values, _name: Tapped()),
    Control("/model", "s", "every voice plays this bundle", _model),
    Control("/voice/NAME/model", "s", "one voice plays this bundle", _model),
    Control("/voice/NAME/mute", "i", "1 mutes the voice, 0 brings it back", _mute),
    *_each_way("/target/density", "f", "how busy, 0 to 1; -1: as it comes", _target("density")),
    *_each_way("/target/register", "f", "how high, 0 to 1; -1: as it comes", _target("register")),
    *_each_way("/target/contour", "f", "0 falls, 1 rises; -1: as it comes", _target("contour")),
    *(
        control
        for fitness in FITNESS
        for control in _each_way(
            f"/weight/{fitness.name}", "f", f"0 to 1: {fitness.help}", _weight(fitness.name)
        )
    ),
    Control(
        "/snapshot/store",
        "s",
        "keep all weights and targets",
        lambda values, _: _named(values, SnapshotStored),
    ),
    Control(
        "/snapshot/recall",
        "s",
        "bring them back",
        lambda values, _: _named(values, SnapshotRecalled),
    ),
    Control("/panic", "", "everything silent, at once", lambda _values, _name: Panic()),
)
_PLAIN = {control.address: control for control in CONTROLS if "NAME" not in control.address}
_NAMED = {
    control.address.partition("/NAME/")[2]: control
    for control in CONTROLS
    if "NAME" in control.address
}


def read(address: str, values: tuple[Any, ...]) -> Event:
    """The event that a message means. `address` is below the prefix; WireError says what is wrong."""
    control = _PLAIN.get(address)
    if control is not None:
        return control.read(values, "")
    parts = address.split("/", 3)
    if len(parts) == 4 and parts[1] == "voice" and parts[3] in _NAMED:
        return _NAMED[parts[3]].read(values, parts[2])
    raise WireError("no such address")

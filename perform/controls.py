"""Every address that can be sent to Sideman: the one table behind dispatch and documentation."""

from collections.abc import Callable
from typing import Any, NamedTuple

from perform.clock.transport import FASTEST_BPM, SLOWEST_BPM
from perform.engine.harmony import parse_key
from perform.engine.knobs import KNOBS, Knob
from perform.engine.metre import parse_metre
from perform.errors import ChordError, SidemanError, WireError
from perform.events import (
    ChartChanged,
    ChartLeft,
    ChordChanged,
    ChordReleased,
    Event,
    Judged,
    KeyChanged,
    KeyLifted,
    KeyPressed,
    MetreChanged,
    ModeChanged,
    ModelChanged,
    OtherModelChanged,
    Panic,
    SnapshotRecalled,
    SnapshotStored,
    Tapped,
    TempoChanged,
    TransportChanged,
    Turned,
    VoiceMuted,
    VoiceSoloed,
)
from perform.music.chart import parse_chart
from perform.music.chord import parse_chord
from perform.music.recognition import recognise

LONGEST_SYMBOL = 64
LONGEST_CHART = 4000
MODES = ("flow", "answer", "trade", "hold")
DEFAULT_SPAN, MOST_SPAN = 4, 64

Read = Callable[[tuple[Any, ...], str], Event]


class Control(NamedTuple):
    """An address below the prefix (NAME stands for one path segment), what it takes, what it does."""

    address: str
    takes: str
    help: str
    read: Read


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


def _solo(values: tuple[Any, ...], name: str) -> Event:
    return VoiceSoloed(name, _number(values) != 0)


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


def _knob(knob: Knob) -> Read:
    def read_knob(values: tuple[Any, ...], voice: str) -> Event:
        value = _number(values)
        if not knob.low <= value <= knob.high:
            raise WireError(f"takes {knob.low:g} to {knob.high:g}")
        return Turned(voice or None, knob.name, value)

    return read_knob


def _mode(values: tuple[Any, ...], voice: str) -> Event:
    match values:
        case (str(mode),) if mode in MODES:
            return ModeChanged(voice or None, mode, DEFAULT_SPAN)  # type: ignore[arg-type]
        case (str(mode), span) if mode in MODES and _is_number(span) and 1 <= span <= MOST_SPAN:
            return ModeChanged(voice or None, mode, int(span))  # type: ignore[arg-type]
    raise WireError(f"takes one of {', '.join(MODES)}, and how many bars (1 to {MOST_SPAN})")


def _other(values: tuple[Any, ...], voice: str) -> Event:
    model = _model(values, voice)
    assert isinstance(model, ModelChanged)  # noqa: S101 - for the type checker
    return OtherModelChanged(*model)


def _metre(values: tuple[Any, ...], _: str) -> Event:
    try:
        return MetreChanged(*parse_metre(_text(values)))
    except ValueError as fault:
        raise WireError(str(fault)) from None


def _key(values: tuple[Any, ...], _: str) -> Event:
    try:
        return KeyChanged(parse_key(_text(values)))
    except ValueError as fault:
        raise WireError(str(fault)) from None


def _chart(values: tuple[Any, ...], _: str) -> Event:
    text = _text(values, LONGEST_CHART)
    if not text.strip():
        return ChartChanged(())
    try:
        return ChartChanged(*parse_chart(text))
    except SidemanError as fault:
        raise WireError(str(fault)) from None


def _text(values: tuple[Any, ...], longest: int = LONGEST_SYMBOL) -> str:
    if len(values) != 1 or not isinstance(values[0], str) or len(values[0]) > longest:
        raise WireError(f"takes one text of at most {longest} characters")
    return values[0]


def _key_pressed(values: tuple[Any, ...], _: str) -> Event:
    match values:
        case (pitch, velocity) if _is_number(velocity):
            note = _whole(pitch)
            if 0 <= note <= 127:
                force = min(int(velocity), 127)
                return KeyPressed(note, force) if force > 0 else KeyLifted(note)
    raise WireError("takes a MIDI note number, and a velocity (0 ends it)")


def _named(values: tuple[Any, ...], event: Callable[[str], Event]) -> Event:
    if len(values) != 1 or not isinstance(values[0], str) or not values[0].strip():
        raise WireError("takes one name")
    return event(values[0].strip()[:LONGEST_SYMBOL])


def _each_way(address: str, takes: str, words: str, read: Read) -> tuple[Control, Control]:
    """A control of every voice at once, and of one."""
    return (
        Control(address, takes, words, read),
        Control(f"/voice/NAME{address}", takes, f"of one voice: {words}", read),
    )


CONTROLS: tuple[Control, ...] = (
    Control("/chord", "s | i...", "the chord of the moment: a symbol, or MIDI notes", _chord),
    Control("/chord/release", "", "hands off the keys", lambda _values, _name: ChordReleased()),
    Control("/chart", "s", "a chart to follow, with |: vamps :|; empty: none", _chart),
    Control("/chart/next", "", "out of the vamp, at its end", lambda _values, _name: ChartLeft()),
    Control("/key", "s", "C, F#m, ...; auto infers it, none takes each chord's scale", _key),
    Control("/note", "ii", "the player's melody: MIDI note and velocity", _key_pressed),
    Control("/transport", "s", "start, stop or continue", _transport),
    Control("/tempo", "f", "quarter notes a minute, 20 to 400", _tempo),
    Control("/tap", "", "a beat, tapped by hand", lambda _values, _name: Tapped()),
    Control("/metre", "s", "3/4, 5/4, 6/8, 7/8, 12/8, ... from the next bar on", _metre),
    *_each_way("/model", "s", "plays this bundle", _model),
    *_each_way("/other", "s", "the bundle that blend goes towards", _other),
    *_each_way("/mode", "s[i]", "flow, answer, trade or hold; and how many bars", _mode),
    *_each_way("/more", "", "more of that", lambda _values, name: Judged(name or None, True)),
    *_each_way("/no", "", "no more of that", lambda _values, name: Judged(name or None, False)),
    Control("/voice/NAME/mute", "i", "1 mutes the voice, 0 brings it back", _mute),
    Control("/voice/NAME/solo", "i", "1 silences the others, 0 brings them back", _solo),
    *(
        control
        for knob in KNOBS.values()
        for control in _each_way(f"/{knob.name}", "f", knob.help, _knob(knob))
    ),
    Control(
        "/snapshot/store",
        "s",
        "keep where all knobs stand",
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

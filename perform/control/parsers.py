"""What the values of a message mean: each reader takes them, and the voice they are for, to an event.

A reader raises WireError, whose one line says what it takes, for anything else.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from perform.clock.transport import FASTEST_BPM, SLOWEST_BPM
from perform.engine.key import parse_key
from perform.engine.metre import parse_metre
from perform.engine.parameters import Parameter
from perform.errors import ChordError, MessageError, SidemanError
from perform.events import (
    ChartChanged,
    ChordChanged,
    Event,
    KeyChanged,
    MetreChanged,
    ModeChanged,
    ModelChanged,
    OtherModelChanged,
    ParameterChanged,
    PlayerNoteOff,
    PlayerNoteOn,
    TempoChanged,
    TransportChanged,
    TurnLengthChanged,
    VoiceMuted,
    VoiceSoloed,
)
from perform.music.chart import parse_chart
from perform.music.chord import LONGEST_SYMBOL, parse_chord
from perform.music.recognition import recognise

LONGEST_CHART = 4000
MODES = ("flow", "answer", "trade", "hold")
ACTIONS = ("start", "stop", "continue")
MOST_SPAN = 64
Values = tuple[Any, ...]


class SubscribeRequest(NamedTuple):
    """Somebody wants to be told: who says so, or who listens at `port`, of `host` or their own. `again`: who is told
    already knows where everything stands.
    """

    host: str | None = None
    port: int | None = None
    again: bool = False


class UnsubscribeRequest(NamedTuple):
    """Somebody wants to be told no more; see `SubscribeRequest`."""

    host: str | None = None
    port: int | None = None


class LearnRequest(NamedTuple):
    """What is touched next on the MIDI controller is to turn this address."""

    address: str


class StatsRequest(NamedTuple):
    """Somebody wants to know what was played, and how late."""


Request = SubscribeRequest | UnsubscribeRequest | LearnRequest | StatsRequest
Command = Event | Request | None  # None: a button that comes up again means nothing
Parser = Callable[[Values, str], Command]


def always(meaning: Callable[[str | None], Command]) -> Parser:
    """A reader for what takes no value. A button's 1.0 is let be, its 0.0 as it comes up means nothing."""
    return lambda values, voice: None if values == (0,) else meaning(voice or None)


def chord(values: Values, _: str) -> Event:
    """A symbol, or MIDI notes that are a chord together."""
    if len(values) == 1 and isinstance(values[0], str):
        if len(values[0]) > LONGEST_SYMBOL:
            raise MessageError(f"a chord symbol has at most {LONGEST_SYMBOL} characters")
        try:
            return ChordChanged(parse_chord(values[0].strip()))
        except ChordError as fault:
            raise MessageError(str(fault)) from None
    notes = [_note(value) for value in values]
    if not notes:
        raise MessageError("takes one chord symbol, or MIDI note numbers from 0 to 127")
    found = recognise(notes)
    if found is None:
        raise MessageError(f"the notes {notes} are no chord; send three or more different ones")
    return ChordChanged(found)


def transport(values: Values, _: str) -> Event:
    """Start, stop or continue."""
    if len(values) != 1 or values[0] not in ACTIONS:
        raise MessageError(f"takes one of {', '.join(ACTIONS)}")
    return TransportChanged(values[0])


def tempo(values: Values, _: str) -> Event:
    """Quarter notes a minute."""
    bpm = _number(values)
    if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
        raise MessageError(f"takes {SLOWEST_BPM:g} to {FASTEST_BPM:g} quarter notes a minute")
    return TempoChanged(bpm)


def model(values: Values, voice: str) -> ModelChanged:
    """The name of a bundle."""
    match values:
        case (str(name),) if 0 < len(name) <= LONGEST_SYMBOL:
            return ModelChanged(voice or None, name)
    raise MessageError("takes the name of a bundle; `perform models` lists them")


def other(values: Values, voice: str) -> Event:
    """The name of the bundle that a voice blends towards."""
    return OtherModelChanged(*model(values, voice))


def mute(values: Values, voice: str) -> Event:
    """0, or anything else."""
    return VoiceMuted(voice, _number(values) != 0)


def solo(values: Values, voice: str) -> Event:
    """0, or anything else."""
    return VoiceSoloed(voice, _number(values) != 0)


def knob(turned: Parameter) -> Parser:
    """A reader for where a knob stands."""

    def read_knob(values: Values, voice: str) -> Event:
        value = _number(values)
        if not turned.low <= value <= turned.high:
            raise MessageError(f"takes {turned.low:g} to {turned.high:g}")
        return ParameterChanged(voice or None, turned.name, value)

    return read_knob


def mode(values: Values, voice: str) -> Event:
    """When a voice plays, and in turns of how many bars, where that is said."""
    match values:
        case (str(name),) if name in MODES:
            return ModeChanged(voice or None, name)  # type: ignore[arg-type]
        case (str(name), span) if name in MODES and _is_number(span) and 1 <= span <= MOST_SPAN:
            return ModeChanged(voice or None, name, int(span))  # type: ignore[arg-type]
    raise MessageError(f"takes one of {', '.join(MODES)}, and how many bars (1 to {MOST_SPAN})")


def span(values: Values, voice: str) -> Event:
    """Of how many bars a turn is; a knob that sweeps means the nearest."""
    bars = _number(values)
    if not 1 <= bars <= MOST_SPAN:
        raise MessageError(f"takes 1 to {MOST_SPAN} bars")
    return TurnLengthChanged(voice or None, round(bars))


def metre(values: Values, _: str) -> Event:
    """A metre as it is written."""
    try:
        return MetreChanged(*parse_metre(_text(values)))
    except ValueError as fault:
        raise MessageError(str(fault)) from None


def key(values: Values, _: str) -> Event:
    """A key as it is written; auto, or none."""
    name = _text(values)
    try:
        return KeyChanged(parse_key(name), name)
    except ValueError as fault:
        raise MessageError(str(fault)) from None


def chart(values: Values, _: str) -> Event:
    """A chart as it is written; an empty text ends the one that is followed."""
    text = _text(values, LONGEST_CHART).strip()
    if not text:
        return ChartChanged()
    try:
        return ChartChanged(parse_chart(text), text)
    except SidemanError as fault:
        raise MessageError(str(fault)) from None


def note(values: Values, _: str) -> Event:
    """A note that the player strikes, or with velocity 0 ends."""
    match values:
        case (pitch, velocity) if _is_number(velocity):
            struck, force = _note(pitch), min(int(velocity), 127)
            return PlayerNoteOn(struck, force) if force > 0 else PlayerNoteOff(struck)
    raise MessageError("takes a MIDI note number, and a velocity (0 ends it)")


def named(event: Callable[[str], Event]) -> Parser:
    """A reader for one name; names are told by commas, so none has one."""

    def read_name(values: Values, _: str) -> Event:
        if len(values) != 1 or not isinstance(values[0], str) or not values[0].strip():
            raise MessageError("takes one name")
        if "," in values[0]:
            raise MessageError(f"takes one name without a comma, not {values[0]!r}")
        return event(values[0].strip()[:LONGEST_SYMBOL])

    return read_name


def subscriber(wish: Callable[..., Request]) -> Parser:
    """A reader for whom it is about: nothing, a port, or a host and a port."""

    def read_subscriber(values: Values, _: str) -> Request:
        match values:
            case ():
                return wish()
            case (port,) if _is_port(port):
                return wish(None, int(port))
            case (str(host), port) if _is_port(port) and host:
                return wish(host, int(port))
        raise MessageError("takes nothing, a port, or a host and a port")

    return read_subscriber


def learning(values: Values, _: str) -> Request:
    """The address that a controller is to turn."""
    if len(values) != 1 or not isinstance(values[0], str):
        raise MessageError("takes one address, like /weight/steps")
    return LearnRequest(values[0])


def _number(values: Values) -> float:
    if len(values) != 1 or not _is_number(values[0]):
        raise MessageError("takes one number")
    return float(values[0])


def _note(value: Any) -> int:
    if not _is_number(value) or value != int(value) or not 0 <= value <= 127:
        raise MessageError("takes one chord symbol, or MIDI note numbers from 0 to 127")
    return int(value)


def _is_port(value: Any) -> bool:
    return _is_number(value) and value == int(value) and 0 < value < 65536


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < 1e9  # NaN and infinity are not


def _text(values: Values, longest: int = LONGEST_SYMBOL) -> str:
    if len(values) != 1 or not isinstance(values[0], str) or len(values[0]) > longest:
        raise MessageError(f"takes one text of at most {longest} characters")
    return values[0]

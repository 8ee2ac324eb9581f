"""Parsers: the values of a message, and the voice in its address -> an event or a request.

A parser raises MessageError for values that it does not take; the message says what it takes.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, get_args

from perform.control.set_commands import SetCommand, SongSelected
from perform.engine.key import parse_key
from perform.engine.metre import parse_metre
from perform.errors import ChordError, MessageError, SidemanError
from perform.events import (
    ChartChanged,
    ChordChanged,
    ChordNotesPlayed,
    Event,
    KeyChanged,
    MetreChanged,
    ModeChanged,
    PlayerNoteOff,
    PlayerNoteOn,
)
from perform.music.chart import parse_chart
from perform.music.chord import LONGEST_SYMBOL, parse_chord
from perform.music.recognition import recognise

LONGEST_CHART = 4000
MODES = ("flow", "answer", "trade", "hold")
ACTIONS = ("start", "stop", "continue")
LONGEST_TURN = 64
KnobMode = Literal["takeover", "jump", "twos", "offset", "sign"]  # see `control.takeover.Knob`
KNOB_MODES: tuple[KnobMode, ...] = get_args(KnobMode)
Values = tuple[Any, ...]


class SubscribeRequest(NamedTuple):
    """A client asks for everything that is published, to be sent to `host` and `port`.

    Without a port it goes to where the request came from, without a host to the client's own host.
    `again`: the client renews a subscription, and needs the values only if there was none.
    """

    host: str | None = None
    port: int | None = None
    again: bool = False


class UnsubscribeRequest(NamedTuple):
    """A client ends a subscription; see `SubscribeRequest`."""

    host: str | None = None
    port: int | None = None


class LearnRequest(NamedTuple):
    """A client asks to map the MIDI controller that is touched next to an address.

    `mode`: how its knob is read, see `perform.control.takeover.Knob`.
    """

    address: str
    mode: KnobMode = "takeover"


class StatsRequest(NamedTuple):
    """A client asks for the statistics: what was played, and how late."""


Request = SubscribeRequest | UnsubscribeRequest | LearnRequest | StatsRequest
Command = Event | SetCommand | Request | None  # None: a button was released
Parser = Callable[[Values, str], Command]


def action(make: Callable[[str | None], Command]) -> Parser:
    """The parser of a control without a value; it ignores the 0 of a button that is released."""
    return lambda values, voice: (
        None if [spelt_number(it) for it in values] == [0] else make(voice or None)
    )


def number(
    make: Callable[[str | None, float], Event], low: float, high: float, unit: str = ""
) -> Parser:
    """The parser of a number from `low` to `high`."""

    def parse_number(values: Values, voice: str) -> Event:
        value = _number(values)
        if not low <= value <= high:
            raise MessageError(f"takes {low:g} to {high:g} {unit}".rstrip())
        return make(voice or None, value)

    return parse_number


def switch(make: Callable[[str, bool], Event]) -> Parser:
    """The parser of a switch of one voice: 0 is off, every other number is on."""
    return lambda values, voice: make(voice, _number(values) != 0)


def choice(make: Callable[[str | None, Any], Event], choices: tuple[str, ...]) -> Parser:
    """The parser of one word out of `choices`."""

    def parse_choice(values: Values, voice: str) -> Event:
        if len(values) != 1 or values[0] not in choices:
            raise MessageError(f"takes one of {', '.join(choices)}")
        return make(voice or None, values[0])

    return parse_choice


def bundle(make: Callable[[str | None, str], Event]) -> Parser:
    """The parser of the name of a bundle; whether there is one is not checked here."""

    def parse_bundle(values: Values, voice: str) -> Event:
        match values:
            case (str(text),) if 0 < len(text) <= LONGEST_SYMBOL:
                return make(voice or None, text)
        raise MessageError("takes the name of a bundle; `perform models` lists them")

    return parse_bundle


def name(make: Callable[[str], Event]) -> Parser:
    """The parser of a name; it has no comma, because names are published separated by commas."""

    def parse_name(values: Values, _: str) -> Event:
        if len(values) != 1 or not isinstance(values[0], str) or not values[0].strip():
            raise MessageError("takes one name")
        if "," in values[0]:
            raise MessageError(f"takes one name without a comma, not {values[0]!r}")
        return make(values[0].strip()[:LONGEST_SYMBOL])

    return parse_name


def subscription(make: Callable[..., Request]) -> Parser:
    """The parser of the client that a request is about: nothing, a port, or a host and a port."""

    def parse_subscription(values: Values, _: str) -> Request:
        match values:
            case ():
                return make()
            case (port,) if _is_port(port):
                return make(None, int(port))
            case (str(host), port) if _is_port(port) and host:
                return make(host, int(port))
        raise MessageError("takes nothing, a port, or a host and a port")

    return parse_subscription


def song(values: Values, _: str) -> SetCommand:
    """A song by its name or its number; a text is a number where no song has that name."""
    match values:
        case (str(text),) if 0 < len(text.strip()) <= LONGEST_SYMBOL:
            return SongSelected(text.strip())
        case (number,) if _is_number(number) and number == int(number):
            return SongSelected(int(number))
    raise MessageError("takes the name of a song, or its number in the set")


def chord(values: Values, _: str) -> Event:
    """A chord symbol, or MIDI notes that make a chord."""
    if len(values) == 1 and isinstance(values[0], str):
        if len(values[0]) > LONGEST_SYMBOL:
            raise MessageError(f"a chord symbol has at most {LONGEST_SYMBOL} characters")
        try:
            return ChordChanged(parse_chord(values[0].strip()))
        except ChordError as error:
            raise MessageError(str(error)) from None
    notes = [_note(value) for value in values]
    if not notes:
        raise MessageError("takes one chord symbol, or MIDI note numbers from 0 to 127")
    if recognise(notes) is None:
        raise MessageError(f"the notes {notes} are no chord; send three or more different ones")
    return ChordNotesPlayed(tuple(notes))


def mode(values: Values, voice: str) -> Event:
    """When a voice plays, and the length of its turns in bars where there is a second value."""
    match (*values[:1], *map(spelt_number, values[1:])):
        case (str(word),) if word in MODES:
            return ModeChanged(voice or None, word)  # type: ignore[arg-type]
        case (str(word), bars) if word in MODES and _is_number(bars) and 1 <= bars <= LONGEST_TURN:
            return ModeChanged(voice or None, word, int(bars))  # type: ignore[arg-type]
    raise MessageError(f"takes one of {', '.join(MODES)}, and how many bars (1 to {LONGEST_TURN})")


def metre(values: Values, _: str) -> Event:
    """A metre, as "3/4" or "7/8"."""
    try:
        return MetreChanged(*parse_metre(_text(values)))
    except ValueError as error:
        raise MessageError(str(error)) from None


def key(values: Values, _: str) -> Event:
    """A key, as "C" or "F#m"; or auto, or none."""
    text = _text(values)
    try:
        return KeyChanged(parse_key(text), text)
    except ValueError as error:
        raise MessageError(str(error)) from None


def chart(values: Values, _: str) -> Event:
    """A chart as text; an empty text ends the chart that is followed."""
    text = _text(values, LONGEST_CHART).strip()
    if not text:
        return ChartChanged()
    try:
        return ChartChanged(parse_chart(text), text)
    except SidemanError as error:
        raise MessageError(str(error)) from None


def note(values: Values, _: str) -> Event:
    """A note of the player; velocity 0 ends it."""
    match tuple(map(spelt_number, values)):
        case (pitch, velocity) if _is_number(velocity):
            number_, loudness = _note(pitch), min(int(velocity), 127)
            if loudness > 0:
                return PlayerNoteOn(number_, loudness)
            return PlayerNoteOff(number_)
    raise MessageError("takes a MIDI note number, and a velocity (0 ends it)")


def learn(values: Values, _: str) -> Request:
    """The address that a MIDI controller is to set, and how its knob is read."""
    match values:
        case (str(address),):
            return LearnRequest(address)
        case (str(address), str(word)) if word in KNOB_MODES:
            return LearnRequest(address, word)
    modes = ", ".join(KNOB_MODES)
    raise MessageError(f"takes one address, like /weight/steps, and perhaps one of {modes}")


def spelt_number(value: Any) -> Any:
    """The number that a text spells, as some programs send numbers; any other value as it is."""
    try:
        spelt = isinstance(value, str) and value.isascii() and "_" not in value
        return float(value) if spelt else value
    except ValueError:
        return value


def _number(values: Values) -> float:
    if len(values) != 1 or not _is_number(value := spelt_number(values[0])):
        raise MessageError("takes one number")
    return float(value)


def _note(value: Any) -> int:
    value = spelt_number(value)
    if not _is_number(value) or value != int(value) or not 0 <= value <= 127:
        raise MessageError("takes one chord symbol, or MIDI note numbers from 0 to 127")
    return int(value)


def _is_port(value: Any) -> bool:
    value = spelt_number(value)
    return _is_number(value) and value == int(value) and 0 < value < 65536


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < 1e9  # NaN and infinity are not


def _text(values: Values, longest: int = LONGEST_SYMBOL) -> str:
    if len(values) != 1 or not isinstance(values[0], str) or len(values[0]) > longest:
        raise MessageError(f"takes one text of at most {longest} characters")
    return values[0]

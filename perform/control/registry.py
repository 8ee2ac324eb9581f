"""The one table: every address that can be said to Sideman, and every one at which it tells something.

Addresses stand below the prefix; NAME stands for a voice. From here come dispatch and feedback over OSC and
MQTT, what a MIDI controller can turn, `perform controls`, the panel, the patches and their reference.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any, Literal, NamedTuple, get_args

from perform.clock.transport import FASTEST_BPM, SLOWEST_BPM
from perform.control import parsers
from perform.control.parsers import Command, Parser, always
from perform.engine.engine import CURSOR, SNAPSHOTS
from perform.engine.parameters import PARAMETERS, UNSET, Parameter
from perform.engine.settings import DEFAULT_CHART, DEFAULT_KEY, DEFAULT_METRE, DEFAULT_TEMPO
from perform.engine.voicing import DEFAULT_BARS, DEFAULT_MODE
from perform.errors import MessageError
from perform.events import (
    ChordReleased,
    Event,
    Panic,
    PhraseJudged,
    SnapshotRecalled,
    SnapshotStored,
    TempoTapped,
    VampLeft,
)

ControlKind = Literal["action", "switch", "number", "choice", "text", "chord", "note", "request"]
TURNABLE: tuple[ControlKind, ...] = ("number", "switch", "action")  # by a MIDI controller
NAME = "NAME"
OF_ONE_VOICE = f"/voice/{NAME}"
STATE, STATS = "/state", "/stats"
MS = "MS"  # stands for an edge of the histogram


class Control(NamedTuple):
    """Something that can be set or asked for.

    `kind` says how a surface shows it. `takes`: OSC type tags. `low` to `high` hold for numbers,
    `choices` for texts of which there are few; `default` is where it stands where the rig says nothing. `told`:
    where it stands is told at /state and the same address.
    """

    address: str
    kind: ControlKind
    takes: str
    help: str
    read: Parser
    low: float | None = None
    high: float | None = None
    default: float | str | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    told: bool = False

    def of(self, voice: str) -> str:
        """The address for one voice."""
        return self.address.replace(NAME, voice)

    def plain(self) -> dict[str, Any]:
        """The control as JSON says it: every field but how it is read."""
        return {name: value for name, value in self._asdict().items() if name != "read"}


class FeedbackMessage(NamedTuple):
    """Something that subscribers and OSC outputs are told: the address, OSC type tags, what they mean; `low` to
    `high`, where a number has such bounds.
    """

    address: str
    says: str
    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None


def _each_way(control: Control) -> tuple[Control, Control]:
    """A control of every voice at once, and of one."""
    one = control._replace(
        address=f"{OF_ONE_VOICE}{control.address}", help=f"of one voice: {control.help}"
    )
    return control, one


def _turned(knob: Parameter) -> Control:
    unit = "-1 or 0 to 1" if knob.low == UNSET else ""
    return Control(
        f"/{knob.name}", "number", "f", knob.help, parsers.knob(knob),
        knob.low, knob.high, knob.default, unit, told=True,
    )  # fmt: skip


CONTROLS: tuple[Control, ...] = (
    Control("/chord", "chord", "s | i...", "the chord of the moment: a symbol, or MIDI notes",
            parsers.chord, default="N.C.", told=True),
    Control("/chord/release", "action", "", "a pad is let go: what it said ends; else hands off the keys, by the rig's release", always(lambda _: ChordReleased())),
    Control("/chart", "text", "s", "a chart to follow, its repeats |: :| until next; empty: none",
            parsers.chart, default=DEFAULT_CHART, told=True),
    Control("/chart/next", "action", "", "out of the vamp, at its end", always(lambda _: VampLeft())),
    Control("/key", "text", "s", "C, F#m, ...; auto tells it from the last chords, none takes each chord's scale",
            parsers.key, default=DEFAULT_KEY, told=True),
    Control("/note", "note", "ii", "the player's melody: MIDI note and velocity", parsers.note),
    Control("/transport", "choice", "s", "start, stop or continue", parsers.transport,
            default="stop", choices=parsers.ACTIONS, told=True),
    Control("/tempo", "number", "f", "quarter notes a minute", parsers.tempo,
            SLOWEST_BPM, FASTEST_BPM, DEFAULT_TEMPO, "bpm", told=True),
    Control("/tap", "action", "", "a beat, tapped by hand", always(lambda _: TempoTapped())),
    Control("/metre", "choice", "s", "of the bar, from the next one on; others may be spelled",
            parsers.metre, default=DEFAULT_METRE,
            choices=("2/4", "3/4", "4/4", "5/4", "6/8", "7/8", "12/8"), told=True),
    *_each_way(Control("/model", "text", "s", "plays this bundle", parsers.model, told=True)),
    *_each_way(Control("/other", "text", "s", "the bundle that blend goes towards",
                       parsers.other, told=True)),
    *_each_way(Control("/mode", "choice", "s[i]", "flow plays on, answer replies, trade begins, hold repeats a bar; turns of how many bars, from this one on",
                       parsers.mode, default=DEFAULT_MODE, choices=parsers.MODES, told=True)),
    *_each_way(Control("/mode/bars", "number", "i", "of how many bars a turn is, from this one on",
                       parsers.span, 1, parsers.MOST_SPAN, DEFAULT_BARS, "bars", told=True)),
    *_each_way(Control("/more", "action", "", "more of what was heard just now", always(lambda it: PhraseJudged(it, True)))),
    *_each_way(Control("/no", "action", "", "no more of what was heard just now", always(lambda it: PhraseJudged(it, False)))),
    Control(f"{OF_ONE_VOICE}/mute", "switch", "i", "1 mutes the voice and leaves its room to the others, 0 brings it back",
            parsers.mute, 0, 1, 0, told=True),
    Control(f"{OF_ONE_VOICE}/solo", "switch", "i", "1 silences the others, 0 brings them back",
            parsers.solo, 0, 1, 0, told=True),
    *(control for knob in PARAMETERS.values() for control in _each_way(_turned(knob))),
    Control("/snapshot/store", "text", "s", "keep where all knobs stand", parsers.named(SnapshotStored)),
    Control("/snapshot/recall", "text", "s", "bring them back", parsers.named(SnapshotRecalled)),
    Control("/panic", "action", "", "everything silent, at once", always(lambda _: Panic())),
    Control("/subscribe", "request", "| i | si", "tell me everything, here, at a port, or at a host and port",
            parsers.subscriber(parsers.SubscribeRequest)),
    Control("/subscribe/again", "request", "| i | si", "I still listen; tell me everything if you do not know me",
            parsers.subscriber(partial(parsers.SubscribeRequest, again=True))),
    Control("/unsubscribe", "request", "| i | si", "tell me no more",
            parsers.subscriber(parsers.UnsubscribeRequest)),
    Control("/learn", "request", "s", "what is touched next on the MIDI controller turns this address",
            parsers.learning),
    Control("/stats", "request", "", "tell me what was played, and how late",
            always(lambda _: parsers.StatsRequest())),
)  # fmt: skip


def _figure(name: str, help_: str, unit: str = "", says: str = "i") -> FeedbackMessage:
    return FeedbackMessage(f"{STATS}/{name}", says, help_, unit, low=0)


# one message each after /stats, in this order
FIGURES = (
    _figure("bars", "bars that began", "bars"),
    _figure("notes", "notes that were struck", "notes"),
    _figure("chords", "chords that came to sound"),
    _figure("late_phrases", "phrases that came after their bar had begun"),
    _figure("missed", "bars of a voice that began without their phrase", "bars"),
    _figure("substituted", "those of them in which another phrase stood in", "bars"),
    _figure("restarts", "times that the process which generates was started again"),
    _figure("late", "notes that were late enough to be heard: over 5 ms", "notes"),
    _figure("late_p50", "half of the notes were no later", "ms", "f"),
    _figure("late_p95", "95 of 100 were no later", "ms", "f"),
    _figure("late_p99", "99 of 100 were no later", "ms", "f"),
    _figure("late_max", "the latest", "ms", "f"),
    _figure(f"under/{MS}", "no later than so many milliseconds, and later than the figure before says", "notes"),
    _figure("received", "messages that were heard"),
    _figure("refused", "messages that meant nothing, or were not heard"),
    _figure("subscribers", "those who are told everything now"),
)  # fmt: skip

FEEDBACK: tuple[FeedbackMessage, ...] = (
    FeedbackMessage("/note", "sii", "a voice strikes a note (velocity 1 to 127), or ends it (0)", "MIDI"),
    FeedbackMessage("/chord", "s", "the harmony that sounds from now on; N.C. for none"),
    FeedbackMessage("/beat", "ii", "a beat begins: bar and beat, both from 0"),
    FeedbackMessage("/error", "ss", "what you sent, and why it means nothing"),
    FeedbackMessage("/missed", "si", "a voice's bar began without its phrase; another stands in"),
    *FIGURES,
    FeedbackMessage(f"{STATS}/done", "i", "1: all figures were told"),
    FeedbackMessage(f"{STATE}{CURSOR}", "i", "the bar of the chart that sounds, from 0; -1 before it begins", low=-1),
    FeedbackMessage(f"{STATE}{SNAPSHOTS}", "s", "the snapshots that are kept, by commas"),
    *(
        FeedbackMessage(f"{STATE}{it.address}", it.takes[0], f"where it stands: {it.help}", it.unit, it.low, it.high)
        for it in CONTROLS
        if it.told
    ),
)  # fmt: skip

_PLAIN = {control.address: control for control in CONTROLS if NAME not in control.address}
_NAMED = {
    control.address.removeprefix(f"{OF_ONE_VOICE}/"): control
    for control in CONTROLS
    if NAME in control.address
}


def find(address: str) -> tuple[Control, str]:
    """The control at an address below the prefix, and the voice it is for ("" for none or all).

    WireError where there is none.
    """
    control = _PLAIN.get(address)
    if control is not None:
        return control, ""
    parts = address.split("/", 3)
    if len(parts) == 4 and parts[1] == "voice" and parts[3] in _NAMED:
        return _NAMED[parts[3]], parts[2]
    raise MessageError("no such address")


def read(address: str, values: tuple[Any, ...]) -> Command:
    """What a message means. `address` is below the prefix; WireError says what is wrong."""
    control, voice = find(address)
    return control.read(values, voice)


def mapped(text: str) -> tuple[Control, str, tuple[Any, ...]]:
    """The control that a MIDI controller is mapped to, its voice, and what it says there where that stands behind the
    address, as in "/transport start". WireError where a controller cannot do that.
    """
    try:
        control, voice = find(text)
    except MessageError:
        address, _, word = text.rpartition(" ")
        control, voice = find(address)
        values = (word if control.takes.startswith("s") else _number(word),)
        if not isinstance(control.read(values, voice), get_args(Event)):
            raise MessageError("a controller cannot say this") from None
        return control, voice, values
    if control.kind not in TURNABLE:
        raise MessageError(
            'a controller says one thing; write that behind it, like "/transport start"'
        )
    return control, voice, ()


def _number(word: str) -> float | str:
    """The number that a word spells, or the word, so that whoever reads it says what is wrong."""
    try:
        return float(word)
    except ValueError:
        return word


def of_rig(voices: Iterable[str]) -> list[tuple[str, Control]]:
    """Every address that a rig with these voices has, spelled out, with its control."""
    names = list(voices)
    return [
        (address, control)
        for control in CONTROLS
        for address in (
            [control.of(name) for name in names] if NAME in control.address else [control.address]
        )
    ]

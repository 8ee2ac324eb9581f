"""The registry of controls: every address that a client can send to, with its event and its value.

Addresses stand below the prefix; NAME stands for a voice. Dispatch and feedback over OSC and MQTT,
MIDI mapping, `perform controls`, the panel, the patches and their reference are made from this
table. A new control is a row here and a handler of its event in the engine.
"""

import contextlib
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Literal, NamedTuple, get_args

from perform.clock.transport import FASTEST_BPM, SLOWEST_BPM
from perform.control import parsers
from perform.control.parsers import Command, Parser
from perform.control.set_commands import SetCommand, SetReloaded, SongStepped
from perform.engine.click import CLICK_TIMES
from perform.engine.count_in import LONGEST_COUNT_IN
from perform.engine.metre import Metre, format_metre
from perform.engine.parameters import MAX_TRANSPOSE, PARAMETERS, UNSET, Parameter
from perform.engine.settings import (
    DEFAULT_CHART,
    DEFAULT_COUNT_IN,
    DEFAULT_KEY,
    DEFAULT_METRE,
    DEFAULT_TEMPO,
)
from perform.engine.voicing import DEFAULT_BARS, DEFAULT_FEEL, DEFAULT_MODE, VoiceSettings
from perform.errors import MessageError
from perform.events import (
    ChartChanged,
    ChordReleased,
    ChordSounds,
    ClickChanged,
    CountInChanged,
    Event,
    FeelChanged,
    InputName,
    InputTransposed,
    KeyChanged,
    KeysCleared,
    MetreChanged,
    ModeChanged,
    ModelChanged,
    OtherModelChanged,
    Panic,
    ParameterChanged,
    PhraseJudged,
    SnapshotRecalled,
    SnapshotStored,
    SongChanged,
    SoundChanged,
    StartStopSyncChanged,
    TempoChanged,
    TempoTapped,
    TransportChanged,
    TurnLengthChanged,
    VampLeft,
    VoiceMuted,
    VoiceSoloed,
)
from perform.music.feel import FEEL_CHOICES

ControlKind = Literal["action", "switch", "number", "choice", "text", "chord", "note", "request"]
SETTABLE_BY_MIDI: tuple[ControlKind, ...] = ("number", "switch", "action")
NAME = "NAME"
ONE_VOICE = f"/voice/{NAME}"
SEMITONES = "semitones"
STATE, STATS = "/state", "/stats"
Value = str | float
SoundPart = Literal["bank", "program", "volume"]


class Control(NamedTuple):
    """A row of the registry: something that a client can set or request.

    `kind`: how a surface shows it. `takes`: OSC type tags. `low`, `high`: the range of a number;
    `choices`: the texts that are offered; `default`: the value where the rig says nothing.
    `parse`: the values of a message -> an event or a request. `events`: the events that can change
    the value, which is published at /state and the same address; `value`: the value after such an
    event, None where the event leaves it alone. `initial`: the first value for a voice.
    """

    address: str
    kind: ControlKind
    takes: str
    help: str
    parse: Parser
    low: float | None = None
    high: float | None = None
    default: Value | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    events: tuple[type, ...] = ()
    value: Callable[[Any], Value | None] = lambda _event: None
    initial: Callable[[VoiceSettings], Value] | None = None

    @property
    def published(self) -> bool:
        """Whether its value is published, at /state and its address."""
        return bool(self.events)

    @property
    def name(self) -> str:
        """Its address without the voice: "mode/bars"."""
        return self.address.removeprefix(ONE_VOICE).removeprefix("/")

    def address_of(self, voice: str) -> str:
        """Its address for one voice."""
        return self.address.replace(NAME, voice)

    def as_json(self) -> dict[str, Any]:
        """What `perform controls --json` prints of it, and child processes get."""
        return {
            "address": self.address, "kind": self.kind, "takes": self.takes, "help": self.help,
            "low": self.low, "high": self.high, "default": self.default, "unit": self.unit,
            "choices": self.choices, "told": self.published,
        }  # fmt: skip


def _both(control: Control) -> tuple[Control, Control]:
    """A control of all voices at once, and the same of one voice."""
    one = control._replace(
        address=f"{ONE_VOICE}{control.address}", help=f"of one voice: {control.help}"
    )
    return control, one


def _of_input(name: InputName) -> Control:
    """The transposition of what comes in at one MIDI input."""
    return Control(
        f"/input/{name}/transpose", "number", "i", f"of what comes in at [inputs.{name}]",
        parsers.number(lambda _, semitones: InputTransposed(name, round(semitones)),
                       -MAX_TRANSPOSE, MAX_TRANSPOSE, SEMITONES),
        -MAX_TRANSPOSE, MAX_TRANSPOSE, 0, SEMITONES,
        events=(InputTransposed,), value=lambda it: it.semitones if it.input == name else None,
    )  # fmt: skip


def _of_parameter(parameter: Parameter) -> tuple[Control, Control]:
    name, default, whole = parameter.name, parameter.default, parameter.whole
    return _both(Control(
        f"/{name}", "number", "i" if whole else "f", parameter.help,
        parsers.number(
            lambda voice, value: ParameterChanged(voice, name, round(value) if whole else value),
            parameter.low, parameter.high, parameter.unit),
        parameter.low, parameter.high, default,
        "-1 or 0 to 1" if parameter.low == UNSET else parameter.unit,
        events=(ParameterChanged,), value=lambda it: it.value if it.parameter == name else None,
        initial=lambda voice: voice.parameters.get(name, default),
    ))  # fmt: skip


def _of_sound(part: SoundPart, low: int, high: int, help_: str) -> Control:
    """What the synthesizer of a voice is told; below what MIDI has, nothing is sent."""
    return Control(
        f"{ONE_VOICE}/{part}", "number", "i", f"{help_}; {low} is not sent",
        parsers.number(
            lambda voice, value: SoundChanged(voice or "", **{part: round(value)}), low, high),
        low, high, low,
        events=(SoundChanged,), value=lambda it: getattr(it, part), initial=lambda _: low,
    )  # fmt: skip


CONTROLS: tuple[Control, ...] = (
    Control("/chord", "chord", "s | i...", "the chord that sounds: a symbol, or MIDI notes",
            parsers.chord, default="N.C.",
            events=(ChordSounds,), value=lambda it: it.symbol),
    Control("/chord/release", "action", "",
            "a pad is released: its chord ends; else keys are released, see release in the rig",
            parsers.action(lambda _: ChordReleased())),
    Control("/keys/clear", "action", "",
            "forget every key that is held at a MIDI input: a note-off was lost",
            parsers.action(lambda _: KeysCleared())),
    Control("/chart", "text", "s",
            "a chart to follow; |: :| repeats until /chart/next; empty: none",
            parsers.chart, default=DEFAULT_CHART,
            events=(ChartChanged,), value=lambda it: it.text),
    Control("/chart/next", "action", "", "leave the vamp at its end",
            parsers.action(lambda _: VampLeft())),
    Control("/key", "text", "s",
            "C, F#m, ...; auto: from the last chords; none: the scale of each chord",
            parsers.key, default=DEFAULT_KEY,
            events=(KeyChanged,), value=lambda it: it.name),
    Control("/note", "note", "ii", "the player's melody: MIDI note and velocity", parsers.note),
    Control("/transport", "choice", "s", "start, stop or continue",
            parsers.choice(lambda _, action: TransportChanged(action), parsers.ACTIONS),
            default="stop", choices=parsers.ACTIONS,
            events=(TransportChanged,), value=lambda it: it.action),
    Control("/tempo", "number", "f", "quarter notes a minute",
            parsers.number(lambda _, bpm: TempoChanged(bpm), SLOWEST_BPM, FASTEST_BPM,
                           "quarter notes a minute"),
            SLOWEST_BPM, FASTEST_BPM, DEFAULT_TEMPO, "bpm",
            events=(TempoChanged,), value=lambda it: it.bpm),
    Control("/tap", "action", "", "a tapped beat; several taps give the tempo",
            parsers.action(lambda _: TempoTapped())),
    Control("/metre", "choice", "s", "from the next bar on; other metres can be sent as text",
            parsers.metre, default=DEFAULT_METRE,
            choices=("2/4", "3/4", "4/4", "5/4", "6/8", "7/8", "12/8"),
            events=(MetreChanged,), value=lambda it: format_metre(Metre(it.bar, it.beat))),
    Control("/count-in", "number", "i", "bars that are counted before the music starts; 0: none",
            parsers.number(lambda _, bars: CountInChanged(round(bars)),
                           0, LONGEST_COUNT_IN, "bars"),
            0, LONGEST_COUNT_IN, DEFAULT_COUNT_IN, "bars",
            events=(CountInChanged,), value=lambda it: it.bars),
    Control("/click", "choice", "s", "which beats have a click: those of the count-in, all, none",
            parsers.choice(lambda _, when: ClickChanged(when), CLICK_TIMES),
            default="off", choices=CLICK_TIMES,
            events=(ClickChanged,), value=lambda it: it.when),
    Control("/sync", "switch", "i",
            "1 starts and stops with the others in the Ableton Link session, 0 alone",
            parsers.switch(lambda _, on: StartStopSyncChanged(on)), 0, 1, 0,
            events=(StartStopSyncChanged,), value=lambda it: int(it.on)),
    *_both(Control("/model", "text", "s", "the bundle that plays",
                   parsers.bundle(ModelChanged),
                   events=(ModelChanged,), value=lambda it: it.model,
                   initial=lambda voice: voice.model)),
    *_both(Control("/other", "text", "s", "the bundle that blend goes towards",
                   parsers.bundle(OtherModelChanged),
                   events=(OtherModelChanged,), value=lambda it: it.model,
                   initial=lambda voice: voice.other or voice.model)),
    *_both(Control("/mode", "choice", "s[i]",
                   "flow always plays, answer replies, trade begins, hold repeats a bar; "
                   "a number behind it: bars of a turn",
                   parsers.mode, default=DEFAULT_MODE, choices=parsers.MODES,
                   events=(ModeChanged,), value=lambda it: it.mode,
                   initial=lambda voice: voice.mode)),
    *_both(Control("/mode/bars", "number", "i", "length of a turn, counted from this bar on",
                   parsers.number(lambda voice, bars: TurnLengthChanged(voice, round(bars)),
                                  1, parsers.LONGEST_TURN, "bars"),
                   1, parsers.LONGEST_TURN, DEFAULT_BARS, "bars",
                   events=(TurnLengthChanged, ModeChanged), value=lambda it: it.bars,
                   initial=lambda voice: voice.bars)),
    *_both(Control("/feel", "choice", "s",
                   "the feel of new bars, from a bundle that knows feels; auto: any",
                   parsers.choice(FeelChanged, FEEL_CHOICES),
                   default=DEFAULT_FEEL, choices=FEEL_CHOICES,
                   events=(FeelChanged,), value=lambda it: it.feel,
                   initial=lambda voice: voice.feel)),
    *_both(Control("/more", "action", "", "more of what just played",
                   parsers.action(lambda voice: PhraseJudged(voice, True)))),
    *_both(Control("/no", "action", "", "no more of what just played",
                   parsers.action(lambda voice: PhraseJudged(voice, False)))),
    Control(f"{ONE_VOICE}/mute", "switch", "i",
            "1 mutes the voice, and the others play more; 0 unmutes it",
            parsers.switch(VoiceMuted), 0, 1, 0,
            events=(VoiceMuted,), value=lambda it: int(it.muted), initial=lambda _: 0),
    Control(f"{ONE_VOICE}/solo", "switch", "i", "1 silences the other voices, 0 ends that",
            parsers.switch(VoiceSoloed), 0, 1, 0,
            events=(VoiceSoloed,), value=lambda it: int(it.soloed), initial=lambda _: 0),
    _of_sound("bank", -1, 16383, "the bank of the next program"),
    _of_sound("program", 0, 128, "the synthesizer's sound, from 1"),
    _of_sound("volume", -1, 127, "the synthesizer's volume on the voice's channel"),
    *map(_of_input, get_args(InputName)),
    *(control for parameter in PARAMETERS.values() for control in _of_parameter(parameter)),
    Control("/snapshot/store", "text", "s", "store all parameters and feels under a name",
            parsers.name(SnapshotStored)),
    Control("/snapshot/recall", "text", "s", "set the parameters and feels stored under a name",
            parsers.name(SnapshotRecalled)),
    Control("/song", "text", "s | i",
            "a song of the set, by its name or number: from the next bar line on, or cued while "
            "stopped", parsers.song,
            events=(SongChanged,), value=lambda it: it.name),
    Control("/song/next", "action", "", "the next song of the set",
            parsers.action(lambda _: SongStepped(1))),
    Control("/song/previous", "action", "", "the song before; takes back /song/next before the bar",
            parsers.action(lambda _: SongStepped(-1))),
    Control("/set/reload", "action", "", "read the file of the set again, after it was edited",
            parsers.action(lambda _: SetReloaded())),
    Control("/panic", "action", "",
            "end all notes at once, forget the held keys, and stop; continue resumes",
            parsers.action(lambda _: Panic())),
    Control("/subscribe", "request", "| i | si",
            "send all feedback to the sender, to a port of its host, or to a host and port",
            parsers.subscription(parsers.SubscribeRequest)),
    Control("/subscribe/again", "request", "| i | si",
            "renew a subscription; values are sent only if there was none",
            parsers.subscription(partial(parsers.SubscribeRequest, again=True))),
    Control("/unsubscribe", "request", "| i | si", "end a subscription",
            parsers.subscription(parsers.UnsubscribeRequest)),
    Control("/learn", "request", "s[s]",
            "map the MIDI controller that is touched next to this address; a second text: how a "
            "knob turns", parsers.learn),
    Control("/stats", "request", "", "send the statistics: what was played, and how late",
            parsers.action(lambda _: parsers.StatsRequest())),
)  # fmt: skip

# the sections of patches/REFERENCE.md: the first words of the addresses in each
GROUPS = {
    "Chords and charts": ("chord", "keys", "chart", "key", "note"),
    "Time": ("transport", "tempo", "tap", "metre", "count-in", "click", "sync"),
    "Transposition": ("transpose", "input"),
    "Voices": ("model", "other", "blend", "mode", "share", "mute", "solo", "more", "no"),
    "Weights": ("weight",),
    "Targets": ("target",),
    "How bars follow each other": ("repeat", "vary", "land", "approach", "build", "space", "taste"),
    "How a line is played": ("feel", "swing", "humanise", "accent", "articulation"),
    "The set": ("song", "set"),
    "Sounds of a synthesizer": ("bank", "program", "volume"),
    "All at once": ("snapshot", "panic"),
    "Requests": ("subscribe", "unsubscribe", "learn", "stats"),
}

_ALL_VOICES = {it.address: it for it in CONTROLS if NAME not in it.address}
_ONE_VOICE = {it.name: it for it in CONTROLS if NAME in it.address}


def find(address: str) -> tuple[Control, str]:
    """The control at an address below the prefix, and the voice in the address ("" for none).

    MessageError for an address that does not exist.
    """
    control = _ALL_VOICES.get(address)
    if control is not None:
        return control, ""
    parts = address.split("/", 3)
    if len(parts) == 4 and parts[1] == "voice" and parts[3] in _ONE_VOICE:
        return _ONE_VOICE[parts[3]], parts[2]
    raise MessageError("no such address")


def parse(address: str, values: tuple[Any, ...]) -> Command:
    """The event or request of a message.

    `address` is below the prefix. MessageError says what is wrong.
    """
    control, voice = find(address)
    return control.parse(values, voice)


def parse_mapping(text: str) -> tuple[Control, str, tuple[Any, ...]]:
    """The control that a MIDI controller is mapped to, the voice, and the values to send there.

    Values stand behind the address, as in "/transport start"; without them the tuple is empty.
    MessageError for what a MIDI controller cannot set.
    """
    address, value = _split_mapping(text)
    control, voice = find(address)
    if value:
        values = (value if control.takes.startswith("s") else parsers.spelt_number(value),)
        if not isinstance(control.parse(values, voice), get_args(Event | SetCommand)):
            raise MessageError("a controller cannot send this")
        return control, voice, values
    if control.kind not in SETTABLE_BY_MIDI:
        raise MessageError(
            'a controller sends one value; write it behind the address, like "/transport start"'
        )
    return control, voice, ()


def _split_mapping(text: str) -> tuple[str, str]:
    """The address and the value behind it; names of voices and texts may have spaces."""
    for place in (len(text), *(place for place, mark in enumerate(text) if mark == " ")):
        address, value = text[:place], text[place:].strip()
        with contextlib.suppress(MessageError):
            find(address)
            return address, value
    return text, ""


def addresses(voices: Iterable[str]) -> list[tuple[str, Control]]:
    """Every address that a rig with these voices has, with its control."""
    names = list(voices)
    return [
        (address, control)
        for control in CONTROLS
        for address in (
            [control.address_of(voice) for voice in names]
            if NAME in control.address
            else [control.address]
        )
    ]

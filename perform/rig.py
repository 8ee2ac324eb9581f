"""The rig as tables: what a whole instrument is described by. The only home of defaults."""

import difflib
import itertools
from collections.abc import Set as AbstractSet
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

from perform.engine.form import Mode
from perform.engine.key import parse_key
from perform.engine.knobs import KNOBS
from perform.engine.metre import Metre, parse_metre
from perform.engine.settings import Change, EngineSettings, Release
from perform.engine.voice import Fit, VoiceSettings
from perform.errors import RigError, SidemanError
from perform.events import ChartChanged, KeyChanged
from perform.mqtt.config import MqttConfig
from perform.music.chart import parse_chart
from perform.music.pitch import parse_pitch

Channel = Annotated[int, Meta(ge=1, le=16)]
Velocity = Annotated[int, Meta(ge=1, le=127)]
MidiSystem = Literal["auto", "alsa", "jack", "coremidi", "winmm"]
DEFAULT_MODEL = "blues"
MOST_VOICES = 16
LOOPBACK = "127.0.0.1"
PLAYER = "player"  # the player's track in what is recorded; no voice is called so
TAKEN_CONTROLLERS = {64, *range(120, 128)}  # the sustain pedal, and channel modes


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the rig: unknown keys are faults."""


class ClockConfig(_Table, frozen=True):
    """Where time comes from, and how fast it goes (quarter notes a minute) until that is heard of.

    `spin_ms`: how long before a note to be awake and wait by computing nothing; more is steadier and
    costs processor time. "midi": the clock at `port` (part of a name, or a number) or at a port opened as `virtual`;
    "link": Ableton Link. `late_ms`: how much later than they are meant its pulses arrive here (JACK: about half
    a period; a chain of interfaces: more).
    """

    source: Literal["internal", "midi", "link"] = "internal"
    metre: str = "4/4"
    port: str | None = None
    virtual: str | None = None
    tempo: Annotated[float, Meta(ge=20, le=400)] = 120.0
    spin_ms: Annotated[float, Meta(ge=0, le=5)] = 0.6
    late_ms: Annotated[float, Meta(ge=0, le=100)] = 0.0


class HarmonyConfig(_Table, frozen=True):
    """What a chord change does to sounding notes, and what releasing the keys means.

    `chart`: chords to follow, as in `perform.music.chart`. `key`: where scales come from, as /key takes it.
    """

    change: Change = "hold"
    release: Release = "keep"
    chart: str = ""
    key: str = "auto"

    def events(self) -> tuple[ChartChanged | KeyChanged, ...]:
        """What the engine is told of it at first; RigError where it cannot be read."""
        try:
            key = KeyChanged(parse_key(self.key), self.key)
            written = self.chart.strip()
            chart = (ChartChanged(*parse_chart(written), written),) if written else ()
        except (ValueError, SidemanError) as fault:
            raise RigError(f"[harmony] {fault}") from None
        return (key, *chart)


class OscInput(_Table, frozen=True):
    """Where OSC is heard: over UDP at `listen`, over TCP (SLIP) at `tcp`.

    `allow`: addresses and networks that may send from other machines; none named, all may. `announce`: tell
    the network where we listen (zeroconf), so that TouchOSC and others find us.
    """

    listen: str = "127.0.0.1:9000"
    tcp: str | None = None
    prefix: str = "/sideman"
    allow: tuple[str, ...] = ()
    announce: bool = False


class MidiInput(_Table, frozen=True):
    """A keyboard that plays chords. `port`: part of a name, or a number; or `virtual`: a name.

    `channel` 0 hears all. `split`: only notes below it are harmony. `latch`: chords stay after the
    hands leave. `settle_ms`: how long the hand may take to put a chord down. `minimum`: fewer held
    notes are no chord.
    """

    port: str | None = None
    virtual: str | None = None
    channel: Annotated[int, Meta(ge=0, le=16)] = 0
    split: str | None = None
    latch: bool = True
    settle_ms: Annotated[float, Meta(ge=0, le=500)] = 35.0
    minimum: Annotated[int, Meta(ge=1, le=8)] = 3


class LeadInput(_Table, frozen=True):
    """An instrument whose melody is listened to, by `port` or `virtual`. `channel` 0 hears all."""

    port: str | None = None
    virtual: str | None = None
    channel: Annotated[int, Meta(ge=0, le=16)] = 0


class SurfaceInput(_Table, frozen=True):
    """A controller, by `port` or `virtual`. `cc`: what turns what, as "21" = "/weight/steps" or
    "note 36" = "/more", or with what it says behind it as "41" = "/transport start"; /learn over OSC maps what
    is touched next.
    """

    port: str | None = None
    virtual: str | None = None
    cc: dict[str, str] = {}


class Inputs(_Table, frozen=True):
    """What Sideman listens to."""

    osc: OscInput | None = None
    midi: MidiInput | None = None
    lead: LeadInput | None = None
    surface: SurfaceInput | None = None


class MidiOutput(_Table, frozen=True, tag_field="kind", tag="midi"):
    """A MIDI port: `port` is part of a name, or a number; `virtual` opens one of that name.

    `clock`: send MIDI clock, start, stop and continue. `ahead_ms`: how much earlier than the others to
    send, because what is connected takes so long to sound; see `perform latency`.
    """

    port: str | None = None
    virtual: str | None = None
    clock: bool = False
    ahead_ms: Annotated[float, Meta(ge=0, le=500)] = 0.0


class OscOutput(_Table, frozen=True, tag_field="kind", tag="osc"):
    """OSC messages to `to` (host:port). `ahead_ms`: as for a MIDI output."""

    to: str
    prefix: str = "/sideman"
    ahead_ms: Annotated[float, Meta(ge=0, le=500)] = 0.0


class MidiFileOutput(_Table, frozen=True, tag_field="kind", tag="midifile"):
    """Everything that was played, as a Standard MIDI File, written at the end where anything was."""

    path: str


OutputConfig = MidiOutput | OscOutput | MidiFileOutput


class Role(NamedTuple):
    """What a voice of a role plays like where the rig does not say."""

    range: tuple[str, str]
    velocity: tuple[int, int]
    density: int | None
    fit: Fit
    knobs: dict[str, float]


ROLES: dict[str, Role] = {
    "lead": Role(("A3", "C6"), (64, 112), None, "scale", {}),
    "answer": Role(("E3", "G5"), (60, 104), None, "scale", {"share": 0.6, "weight/player": 0.5}),
    "bass": Role(
        ("E1", "G2"), (72, 104), 5, "scale",
        {"share": 0.5, "weight/on-beat": 0.6, "weight/chord-tones": 0.8, "articulation": 0.7},
    ),
    "pad": Role(
        ("C3", "E4"), (48, 72), 2, "chord",
        {"share": 0.3, "weight/on-beat": 0.8, "articulation": 1.0, "accent": 0.2},
    ),
}  # fmt: skip


class VoiceConfig(_Table, frozen=True):
    """One melodic line; see `perform.engine.voice.VoiceSettings`, and ROLES for what a role means.

    `knobs`: where those of `perform controls` stand at first, by their address: "swing", "weight/steps".
    """

    name: str
    role: Literal["lead", "answer", "bass", "pad"] = "lead"
    model: str = DEFAULT_MODEL
    output: str | None = None
    channel: Channel = 1
    range: tuple[str, str] | None = None
    velocity: tuple[Velocity, Velocity] | None = None
    density: Annotated[int, Meta(ge=1, le=64)] | None = None
    fit: Fit | None = None
    form: Annotated[str, Meta(min_length=1, max_length=16)] = "ABAC"
    single: bool = True
    tight: bool = True
    mode: Mode = "flow"
    bars: Annotated[int, Meta(ge=1, le=64)] = 4
    other: str | None = None
    knobs: dict[str, float] = {}

    def settings(self) -> VoiceSettings:
        """What the engine needs of it; RigError where range or velocity is upside down."""
        role = ROLES[self.role]
        limits, velocity = self.range or role.range, self.velocity or role.velocity
        low, high = (pitch_of(self.name, text) for text in limits)
        if low > high:
            raise RigError(f"voice {self.name!r}: range {list(limits)} goes from high to low")
        for name, value in self.knobs.items():
            knob = KNOBS.get(name)
            if knob is None:
                raise RigError(f"voice {self.name!r}: no knob {name!r}{nearest(name, KNOBS)}")
            if not knob.low <= value <= knob.high:
                raise RigError(
                    f"voice {self.name!r}: {name} goes from {knob.low:g} to {knob.high:g}, "
                    f"not to {value:g}"
                )
        if velocity[0] > velocity[1]:
            raise RigError(f"voice {self.name!r}: velocity {list(velocity)} goes down")
        return VoiceSettings(
            name=self.name,
            model=self.model,
            low=low,
            high=high,
            softest=velocity[0],
            loudest=velocity[1],
            density=self.density or role.density,
            fit=self.fit or role.fit,
            form=self.form,
            single=self.single,
            tight=self.tight,
            grounded=self.role == "bass",
            mode=self.mode,
            bars=self.bars,
            other=self.other,
            knobs={**ROLES[self.role].knobs, **self.knobs},
        )


class RecordConfig(_Table, frozen=True):
    """Where every performance is kept: a .jsonl that `perform render` plays again, and a .mid."""

    folder: str


class PanelConfig(_Table, frozen=True):
    """The page in the browser, at `listen`. It asks for `token`; beyond this machine, where none is given, for the
    one that is kept for this user.
    """

    listen: str = "127.0.0.1:8137"
    token: Annotated[str, Meta(min_length=8)] | None = None


class MidiConfig(_Table, frozen=True):
    """Which MIDI system ports belong to."""

    system: MidiSystem = "auto"


class Rig(_Table, frozen=True):
    """A whole instrument. `start`: "chord" waits for the first one, "stopped" for /transport."""

    clock: ClockConfig = ClockConfig()
    harmony: HarmonyConfig = HarmonyConfig()
    midi: MidiConfig = MidiConfig()
    inputs: Inputs = Inputs()
    outputs: dict[str, OutputConfig] = {}
    voices: tuple[VoiceConfig, ...] = ()
    record: RecordConfig | None = None
    mqtt: MqttConfig | None = None
    panel: PanelConfig | None = None
    start: Literal["chord", "stopped"] = "chord"
    seed: int = 0

    @property
    def ahead(self) -> float:
        """How many seconds before it sounds everything is sent to whoever takes longest."""
        heard = [it for it in self.outputs.values() if not isinstance(it, MidiFileOutput)]
        return max((it.ahead_ms / 1000 for it in heard), default=0.0)

    def held_back(self, output: OutputConfig) -> float:
        """For how many seconds an output is kept waiting, so that it sounds together with the others."""
        return 0.0 if isinstance(output, MidiFileOutput) else self.ahead - output.ahead_ms / 1000

    def collision(self, output: str) -> str:
        """What the first two voices of an output that have a channel and notes in common would do; "" for none."""
        voices = [voice for voice in self.voices if voice.output == output]
        for one, other in itertools.combinations(voices, 2):
            a, b = one.settings(), other.settings()
            if one.channel == other.channel and a.low <= b.high and b.low <= a.high:
                return (
                    f"{one.name} and {other.name} share channel {one.channel} and some notes, and would end "
                    "each other's; give one of them another channel"
                )
        return ""

    def traceless(self) -> "Rig":
        """The rig without what would stay behind when it is tried out: a session and files that nobody played, and a
        daemon of the same name pushed off its broker.
        """
        files = {name for name, it in self.outputs.items() if isinstance(it, MidiFileOutput)}
        rest = self.without({f"outputs.{name}" for name in files})
        return msgspec.structs.replace(rest, record=None, mqtt=None)

    def without(self, keys: AbstractSet[str]) -> "Rig":
        """The rig without these tables, as "outputs.synth"; "clock" is then its own."""
        if not keys:
            return self
        inputs = {key.partition(".")[2]: None for key in keys if key.startswith("inputs.")}
        outputs = {name: it for name, it in self.outputs.items() if f"outputs.{name}" not in keys}
        voices = tuple(
            it if it.output in outputs else msgspec.structs.replace(it, output=None)
            for it in self.voices
        )
        clock = msgspec.structs.replace(self.clock, source="internal")
        return msgspec.structs.replace(
            self,
            clock=clock if "clock" in keys else self.clock,
            inputs=msgspec.structs.replace(self.inputs, **inputs),
            outputs=outputs,
            voices=voices,
        )

    def engine_settings(self, **more: Any) -> EngineSettings:
        """What the engine needs to know of it."""
        clocks = any(isinstance(it, MidiOutput) and it.clock for it in self.outputs.values())
        return EngineSettings(
            metre=metre_of(self.clock.metre),
            pulses=clocks,
            change=self.harmony.change,
            release=self.harmony.release,
            seed=self.seed,
            **more,
        )


def host_port(text: str) -> tuple[str, int]:
    """The two halves of "host:port", this machine as 127.0.0.1: a system may take "localhost" for ::1, where hardly
    any program listens. RigError when they are not.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise RigError(f"{text!r} is no address; write host:port, like 127.0.0.1:9000")
    return LOOPBACK if host.lower() == "localhost" else host.strip("[]"), int(port)


def pitch_of(where: str, text: str) -> int:
    """The MIDI note that a text like "F#5" names; RigError, with where it stands, for what is none."""
    try:
        pitch = parse_pitch(text)
    except ValueError:
        raise RigError(f"{where}: {text!r} is no note; write it like C3 or F#5") from None
    if not 0 <= pitch <= 127:
        raise RigError(f"{where}: {text!r} is outside MIDI's notes, C-1 to G9")
    return pitch


def metre_of(text: str, where: str = "[clock] metre") -> Metre:
    """The metre that a text like "3/4" spells; RigError, beginning with `where`, for what is none."""
    try:
        return parse_metre(text)
    except ValueError as fault:
        raise RigError(f"{where}: {fault}") from None


def nearest(word: str, known: Any) -> str:
    """The end of an error's sentence: the known name that is likest to a word, or all of them."""
    match = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {match[0]!r}?" if match else f"; known are {', '.join(sorted(known))}"

"""The rig: one TOML file that describes a whole instrument. The only home of defaults."""

import difflib
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from perform.engine.engine import Change, EngineSettings, Release
from perform.engine.fitness import WEIGHTS
from perform.engine.voice import Fit, VoiceSettings
from perform.engine.wishes import Aim, Share, Target
from perform.errors import RigError
from perform.music.pitch import parse_pitch

Channel = Annotated[int, Meta(ge=1, le=16)]
Velocity = Annotated[int, Meta(ge=1, le=127)]
MidiSystem = Literal["auto", "alsa", "jack", "coremidi", "winmm"]
DEFAULT_MODEL = "blues"


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the rig: unknown keys are faults."""


class ClockConfig(_Table, frozen=True):
    """Where time comes from, and how fast it goes (quarter notes a minute) until that is heard of.

    "midi": the clock at `port` (part of a name, or a number) or at a port opened as `virtual`;
    "link": Ableton Link.
    """

    source: Literal["internal", "midi", "link"] = "internal"
    port: str | None = None
    virtual: str | None = None
    tempo: Annotated[float, Meta(ge=20, le=400)] = 120.0


class HarmonyConfig(_Table, frozen=True):
    """What a chord change does to sounding notes, and what releasing the keys means."""

    change: Change = "hold"
    release: Release = "keep"


class OscInput(_Table, frozen=True):
    """Where OSC is heard."""

    listen: str = "127.0.0.1:9000"
    prefix: str = "/sideman"


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


class Inputs(_Table, frozen=True):
    """What Sideman listens to."""

    osc: OscInput | None = None
    midi: MidiInput | None = None


class MidiOutput(_Table, frozen=True, tag_field="kind", tag="midi"):
    """A MIDI port: `port` is part of a name, or a number; `virtual` opens one of that name.

    `clock`: send MIDI clock, start, stop and continue.
    """

    port: str | None = None
    virtual: str | None = None
    clock: bool = False


class OscOutput(_Table, frozen=True, tag_field="kind", tag="osc"):
    """OSC messages to `to` (host:port)."""

    to: str
    prefix: str = "/sideman"


class MidiFileOutput(_Table, frozen=True, tag_field="kind", tag="midifile"):
    """Everything that was played, as a Standard MIDI File, written at the end."""

    path: str


OutputConfig = MidiOutput | OscOutput | MidiFileOutput


class VoiceConfig(_Table, frozen=True):
    """One melodic line; see `perform.engine.voice.VoiceSettings`."""

    name: str
    model: str = DEFAULT_MODEL
    output: str | None = None
    channel: Channel = 1
    range: tuple[str, str] = ("A3", "C6")
    velocity: tuple[Velocity, Velocity] = (64, 112)
    density: Annotated[int, Meta(ge=1, le=64)] | None = None
    fit: Fit = "scale"
    form: Annotated[str, Meta(min_length=1, max_length=16)] = "ABAC"
    single: bool = True
    tight: bool = True
    target: Target = Target()
    weights: dict[str, Share] = {}

    def settings(self) -> VoiceSettings:
        """What the engine needs of it; RigError where range or velocity is upside down."""
        low, high = (_pitch(self.name, text) for text in self.range)
        if low > high:
            raise RigError(f"voice {self.name!r}: range {list(self.range)} goes from high to low")
        for weight in self.weights:
            if weight not in WEIGHTS:
                near = _nearest(weight, WEIGHTS)
                raise RigError(f"voice {self.name!r}: no weight {weight!r}{near}")
        if self.velocity[0] > self.velocity[1]:
            raise RigError(f"voice {self.name!r}: velocity {list(self.velocity)} goes down")
        return VoiceSettings(
            name=self.name,
            model=self.model,
            low=low,
            high=high,
            softest=self.velocity[0],
            loudest=self.velocity[1],
            density=self.density,
            fit=self.fit,
            form=self.form,
            single=self.single,
            tight=self.tight,
            aim=Aim(self.weights, self.target),
        )


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
    start: Literal["chord", "stopped"] = "chord"
    seed: int = 0

    def engine_settings(self, **more: Any) -> EngineSettings:
        """What the engine needs to know of it."""
        clocks = any(isinstance(it, MidiOutput) and it.clock for it in self.outputs.values())
        return EngineSettings(
            pulses=clocks,
            change=self.harmony.change,
            release=self.harmony.release,
            seed=self.seed,
            **more,
        )


def default_rig() -> Rig:
    """What `perform run` plays without a rig: OSC, virtual MIDI ports, the default bundle."""
    return Rig(
        inputs=Inputs(osc=OscInput(), midi=MidiInput(virtual="Sideman chords")),
        outputs={"synth": MidiOutput(virtual="Sideman")},
        voices=(VoiceConfig(name="lead"),),
    )


def load_rig(path: Path) -> Rig:
    """The rig in a TOML file, checked and completed. RigError names what is wrong and the mend."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise RigError(
            f"{path}: cannot be read ({fault}); `perform init {path}` writes one"
        ) from None
    return parse_rig(text, str(path))


def parse_rig(text: str, name: str = "rig") -> Rig:
    """The rig that TOML text describes; see `load_rig`."""
    try:
        rig = msgspec.toml.decode(text, type=Rig)
    except msgspec.ValidationError as fault:
        raise RigError(f"{name}: {_explain(str(fault))}") from None
    except msgspec.DecodeError as fault:
        raise RigError(f"{name}: not TOML: {fault}") from None
    return _complete(rig, name)


def host_port(text: str) -> tuple[str, int]:
    """The two halves of "host:port"; RigError when they are not."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise RigError(f"{text!r} is no address; write host:port, like 127.0.0.1:9000")
    return host.strip("[]"), int(port)


def _complete(rig: Rig, name: str) -> Rig:
    """The rig with what was left out filled in, and what refers to nothing refused."""
    outputs = rig.outputs or {"synth": MidiOutput(virtual="Sideman")}
    inputs = rig.inputs if rig.inputs.osc or rig.inputs.midi else Inputs(osc=OscInput())
    voices = rig.voices or (VoiceConfig(name="lead"),)
    first = next(iter(outputs))
    seen: set[str] = set()
    for voice in voices:
        if voice.name in seen:
            raise RigError(f"{name}: two voices are called {voice.name!r}; give each its own name")
        seen.add(voice.name)
        if voice.output is not None and voice.output not in outputs:
            near = _nearest(voice.output, outputs)
            raise RigError(
                f"{name}: voice {voice.name!r} plays to {voice.output!r}, no such output{near}"
            )
        voice.settings()
    for output in outputs.values():
        _check_output(output, name)
    clock = rig.clock
    if clock.source == "midi" and (clock.port is None) == (clock.virtual is None):
        raise RigError(f'{name}: a midi clock takes either port = "..." or virtual = "..."')
    if inputs.midi is not None and inputs.midi.split is not None:
        _pitch("inputs.midi", inputs.midi.split)
    if inputs.osc is not None:
        host_port(inputs.osc.listen)
    placed = tuple(msgspec.structs.replace(voice, output=voice.output or first) for voice in voices)
    return msgspec.structs.replace(rig, inputs=inputs, outputs=outputs, voices=placed)


def _check_output(output: OutputConfig, name: str) -> None:
    if isinstance(output, OscOutput):
        host_port(output.to)
    if isinstance(output, MidiOutput) and (output.port is None) == (output.virtual is None):
        raise RigError(f'{name}: a midi output takes either port = "..." or virtual = "..."')


def _pitch(where: str, text: str) -> int:
    try:
        pitch = parse_pitch(text)
    except ValueError:
        raise RigError(f"{where}: {text!r} is no note; write it like C3 or F#5") from None
    if not 0 <= pitch <= 127:
        raise RigError(f"{where}: {text!r} is outside MIDI's notes, C-1 to G9")
    return pitch


def _explain(fault: str) -> str:
    """Msgspec's sentence, with the nearest known key where one was unknown."""
    unknown = re.search(r"unknown field `([^`]+)`(?: - at `\$([^`]*)`)?", fault)
    if not unknown:
        return fault.replace("$.", "")
    key, place = unknown.group(1), (unknown.group(2) or "").lstrip(".")
    where = f" in [{place}]" if place else ""
    return f"unknown key {key!r}{where}{_nearest(key, _known_keys())}"


def _known_keys() -> set[str]:
    tables: list[type[msgspec.Struct]] = [
        Rig,
        ClockConfig,
        HarmonyConfig,
        MidiConfig,
        Inputs,
        OscInput,
        MidiInput,
        MidiOutput,
        OscOutput,
        MidiFileOutput,
        VoiceConfig,
        Target,
    ]
    return {field.encode_name for table in tables for field in msgspec.structs.fields(table)}


def _nearest(word: str, known: Any) -> str:
    match = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {match[0]!r}?" if match else f"; known are {', '.join(sorted(known))}"

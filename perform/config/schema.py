"""The rig: the tables that describe a whole instrument. Inputs and outputs define their own."""

from collections.abc import Set as AbstractSet
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from perform.config.click import ClickConfig
from perform.config.mqtt import MqttConfig
from perform.config.voices import VoiceConfig
from perform.engine.click import CLICK
from perform.engine.key import parse_key
from perform.engine.metre import parse_metre
from perform.engine.settings import (
    DEFAULT_CHART,
    DEFAULT_KEY,
    Change,
    EngineSettings,
    Release,
)
from perform.events import ChartChanged, KeyChanged
from perform.inputs.clock_source import ClockConfig
from perform.inputs.kinds import InputsConfig
from perform.midi.settings import MidiConfig
from perform.music.chart import parse_chart
from perform.music.spelling import spelling_of
from perform.outputs.kinds import OutputConfig
from perform.outputs.sounds import VoiceSound
from perform.tables import RigTable, rig_errors


class HarmonyConfig(RigTable, frozen=True):
    """What a chord change does to sounding notes, and what a release of the keys does.

    `chart`: chords to follow, see `perform.music.chart`. `spelling`: how its symbols are spelled
    where it does not say so, see `perform.music.spelling`. `key`: where scales come from, see /key.
    """

    change: Change = "hold"
    release: Release = "keep"
    chart: str = DEFAULT_CHART
    key: str = DEFAULT_KEY
    spelling: str = ""

    def events(self) -> tuple[ChartChanged | KeyChanged, ...]:
        """The first events for the engine: the key, and the chart if there is one.

        RigError for a key or a chart that cannot be parsed.
        """
        with rig_errors("[harmony]"):
            key = KeyChanged(parse_key(self.key), self.key)
            text = self.chart.strip()
            chart = parse_chart(text, spelling=spelling_of(self.spelling)) if text else None
        return (key,) if chart is None else (key, ChartChanged(chart, text))


class RecordConfig(RigTable, frozen=True):
    """The folder for recordings: a .jsonl, which `perform render` replays, and a .mid of each."""

    folder: str


class PanelConfig(RigTable, frozen=True):
    """The web panel, at `listen` (host:port).

    The panel asks for `token`. Without one, it asks other machines for a token that is kept for
    this user, and this machine for none. Behind a reverse proxy, `names`: the host names that
    browsers use there, for which the token is asked in any case; `path`: where the panel is.
    """

    listen: str = "127.0.0.1:8137"
    token: Annotated[str, Meta(min_length=8)] | None = None
    names: tuple[str, ...] = ()
    path: str = "/"


class SetConfig(RigTable, frozen=True):
    """The set: `file` is a set file (see `perform.config.set_file`), beside the rig."""

    file: str


class Rig(RigTable, frozen=True):
    """A whole instrument.

    `start`: "chord": the first chord starts the music; "stopped": /transport.
    """

    clock: ClockConfig = ClockConfig()
    harmony: HarmonyConfig = HarmonyConfig()
    midi: MidiConfig = MidiConfig()
    inputs: InputsConfig = InputsConfig()
    outputs: dict[str, OutputConfig] = msgspec.field(default_factory=dict)
    voices: tuple[VoiceConfig, ...] = ()
    click: ClickConfig | None = None
    set: SetConfig | None = None
    record: RecordConfig | None = None
    mqtt: MqttConfig | None = None
    panel: PanelConfig | None = None
    start: Literal["chord", "stopped"] = "chord"
    seed: int = 0

    @property
    def has_midi_ports(self) -> bool:
        """Whether an input, an output or the clock is a MIDI port."""
        tables = (*self.inputs.tables(), *self.outputs.values())
        return self.clock.source == "midi" or any(it.is_midi_port for it in tables)

    @property
    def ahead(self) -> float:
        """The largest latency of an output, in seconds: all events are sent this much earlier."""
        return max((it.ahead for it in self.outputs.values() if it.ahead is not None), default=0.0)

    def delay_of(self, output: OutputConfig) -> float:
        """The delay of an output's events, in seconds, so that all outputs sound together."""
        return 0.0 if output.ahead is None else self.ahead - output.ahead

    def channels(self, output: str | None = None) -> dict[str, int]:
        """The MIDI channel (1 to 16) of each voice, or of those that play to one output."""
        voices = [voice for voice in self.voices if output in (None, voice.output)]
        return {voice.name: voice.channel for voice in voices}

    def channels_at(self, output: str) -> dict[str, int]:
        """The MIDI channel of each voice whose notes an output gets, and of a click at it."""
        channels = self.channels(None if self.outputs[output].every_voice else output)
        if self.click is not None and self.click.output == output:
            channels[CLICK] = self.click.channel
        return channels

    def sounds(self, output: str) -> dict[str, VoiceSound]:
        """What the synthesizer of an output is told of each voice that plays to it."""
        return {voice.name: voice.sound for voice in self.voices if voice.output == output}

    def sound_values(self) -> dict[str, int]:
        """What the synthesizer of each voice is told, by address; see `SoundChanged`."""
        values: dict[str, int] = {}
        for voice in self.voices:
            program, bank, volume = voice.sound
            at = f"/voice/{voice.name}"
            values[f"{at}/program"] = program or 0
            values[f"{at}/bank"] = -1 if bank is None else bank
            values[f"{at}/volume"] = -1 if volume is None else volume
        return values

    def without_traces(self) -> "Rig":
        """The rig without what `perform check` must not touch: recordings, files, the broker.

        On the broker a second daemon of the same name would disconnect the first.
        """
        files = {name for name, it in self.outputs.items() if it.writes_files}
        rest = self.without({f"outputs.{name}" for name in files})
        return msgspec.structs.replace(rest, record=None, mqtt=None)

    def without(self, keys: AbstractSet[str]) -> "Rig":
        """The rig without these tables, as "outputs.synth"; "clock" becomes our own clock."""
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
        """The engine's settings."""
        return EngineSettings(
            metre=parse_metre(self.clock.metre),
            sends_clock=any(it.sends_clock for it in self.outputs.values()),
            change=self.harmony.change,
            release=self.harmony.release,
            seed=self.seed,
            count_in=self.clock.count_in,
            **more,
        )

"""Rig files: reading, checking, and completing what a rig leaves out."""

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from perform.config.click import ClickConfig
from perform.config.explain import explain
from perform.config.mqtt_checks import check_mqtt
from perform.config.schema import Rig
from perform.config.set_file import SongSet, read_set
from perform.config.voices import VoiceConfig
from perform.engine.click import CLICK
from perform.errors import RigError, did_you_mean
from perform.inputs.osc import OscInputConfig
from perform.net.address import host_port
from perform.outputs.kinds import OutputConfig
from perform.outputs.midi import MidiOutputConfig
from perform.outputs.tape import PLAYER

MAX_VOICES = 16


def load_rig(path: Path) -> Rig:
    """The rig in a TOML file, checked and completed. RigError names what is wrong and the mend."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RigError(
            f"{path}: cannot be read ({error}); `perform init {path}` writes one"
        ) from None
    return parse_rig(text, str(path))


def parse_rig(text: str, name: str = "rig") -> Rig:
    """The rig that TOML text describes; see `load_rig`."""
    if re.search(r"^\s*\[\[songs]]", text, re.MULTILINE):
        raise RigError(f"{name}: a set, and no rig; play it by perform run RIG.toml --set {name}")
    try:
        rig = msgspec.toml.decode(text, type=Rig)
    except msgspec.ValidationError as error:
        raise RigError(f"{name}: {explain(str(error), Rig)}") from None
    except msgspec.DecodeError as error:
        raise RigError(f"{name}: not TOML: {error}") from None
    rig = _complete(rig, name)
    _check(rig, name)
    return rig


def load_set(rig: Rig, folder: Path, path: Path | None = None) -> SongSet | None:
    """The set at `path`, or the one that the rig names, from its own folder; None for no set.

    SetError names what is wrong and the mend.
    """
    if path is None and rig.set is not None:
        path = folder / rig.set.file
    return None if path is None else read_set(path, [voice.name for voice in rig.voices])


def _complete(rig: Rig, name: str) -> Rig:
    """The rig with defaults for the inputs, outputs and voices that it leaves out."""
    outputs = rig.outputs or {"synth": MidiOutputConfig(virtual="Sideman")}
    inputs = rig.inputs
    if not inputs.osc and not inputs.midi:
        inputs = msgspec.structs.replace(inputs, osc=OscInputConfig())
    voices = rig.voices or (VoiceConfig(name="lead"),)
    first = next(iter(outputs))
    for voice in voices:
        if voice.output is not None and voice.output not in outputs:
            near = did_you_mean(voice.output, outputs)
            raise RigError(
                f"{name}: voice {voice.name!r} plays to {voice.output!r}, no such output{near}"
            )
    click = _complete_click(rig, outputs, name)
    placed = tuple(msgspec.structs.replace(voice, output=voice.output or first) for voice in voices)
    return msgspec.structs.replace(rig, inputs=inputs, outputs=outputs, voices=placed, click=click)


def _complete_click(rig: Rig, outputs: Mapping[str, OutputConfig], name: str) -> ClickConfig | None:
    """The click with its output, the first where none is named.

    A rig that does not say [click] has one that is off, unless a voice has its name.
    """
    click = rig.click
    if click is None:
        if any(voice.name == CLICK for voice in rig.voices):
            return None
        click = ClickConfig(when="off")
    if click.output is not None and click.output not in outputs:
        near = did_you_mean(click.output, outputs)
        raise RigError(f"{name}: [click] plays to {click.output!r}, no such output{near}")
    return msgspec.structs.replace(click, output=click.output or next(iter(outputs)))


def _check(rig: Rig, name: str) -> None:
    """RigError for values that have the right type and cannot be right."""
    voices = [voice.name for voice in rig.voices]
    _check_names(voices, name)
    if rig.click is not None and CLICK in voices:
        raise RigError(f"{name}: a voice cannot be called {CLICK!r} beside [click]; rename it")
    for voice in rig.voices:
        voice.settings()
    for output in rig.outputs.values():
        output.check(name)
    rig.harmony.events()
    rig.clock.check(name)
    for table in rig.inputs.tables():
        table.check(voices)
    if rig.mqtt is not None:
        check_mqtt(rig.mqtt, voices)
    if rig.panel is not None:
        host_port(rig.panel.listen)
        if not (rig.panel.path.startswith("/") and rig.panel.path.endswith("/")):
            raise RigError(f'[panel] path {rig.panel.path!r}: begin and end it with /, as "/jam/"')


def _check_names(voices: list[str], name: str) -> None:
    if len(voices) > MAX_VOICES:
        raise RigError(f"{name}: {len(voices)} voices; a rig has at most {MAX_VOICES}")
    for voice in voices:
        if not voice or not voice.isprintable() or "/" in voice:
            raise RigError(
                f"{name}: a voice cannot be called {voice!r}; its name is part of addresses: "
                "write one line, without /"
            )
        if voices.count(voice) > 1:
            raise RigError(f"{name}: two voices are called {voice!r}; give each its own name")
        if voice == PLAYER:
            raise RigError(
                f"{name}: a voice cannot be called {PLAYER!r}, the player's track; rename it"
            )

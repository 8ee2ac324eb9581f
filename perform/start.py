"""What `perform run` begins with: a rig for what there is, its panel, the line that says ready."""

import asyncio
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from perform import config, ports
from perform.allow import is_loopback, who
from perform.errors import RigError, SidemanError
from perform.panel.door import Door, is_installed
from perform.rig import PanelConfig, Rig, host_port
from perform.steps import first_steps

log = logging.getLogger(__name__)
VIEW = "perform.terminal"


def run(path: Path | None, panel: str | None, *, view: bool | None) -> None:
    """Play the rig at `path`, or the one for this machine, until a signal ends it.

    `panel`: where the page is served, "" for where the rig says.
    `view`: whether the terminal shows it, None for whether there is one.
    """
    from perform import app  # noqa: PLC0415 - half a second, and few commands play
    from perform.stage import Stage  # noqa: PLC0415 - as above

    rig = config.load_rig(path) if path is not None else what_is_there()
    if panel is not None:
        rig = msgspec.structs.replace(rig, panel=panel_at(panel, rig.panel))
    strict = path is not None and panel is None  # with a panel there is something to play on

    def say(running: Stage) -> None:
        print(welcome(running.rig, running.door), flush=True)
        if path is None:
            print(f"next: {first_steps(running.rig, running.door)[0]}", flush=True)

    def note(running: Stage) -> None:
        log.info(welcome(running.rig))

    scanned = rig.panel is not None and not is_loopback(host_port(rig.panel.listen)[0])
    viewed = sys.stdout.isatty() and not scanned if view is None else view
    ready, windows = (note, [VIEW]) if viewed else (say, [])
    asyncio.run(app.run(rig, ready, windows, strict=strict))


def rig_text() -> str:
    """The rig for what this machine has, as commented TOML: what `perform run` plays without one.

    `perform init` writes it.
    """
    text = Path(__file__).with_name("rig.toml").read_text(encoding="utf-8")
    for table in _unused():
        text = _commented_out(text, table)
    return text


def _unused() -> Iterator[str]:
    """The tables of rig.toml for what is not there, or not needed as something better is."""
    try:
        ports.names()
        yield "outputs.max"
    except SidemanError as fault:
        log.warning("%s", fault)
        yield from ("inputs.midi", "outputs.synth")
    if not is_installed():
        yield "panel"


def _commented_out(text: str, table: str) -> str:
    """Text of a rig with every line of a table, which ends at an empty line, made a comment."""
    begun, ended, rest = text.partition(f"[{table}]")
    lines, blank, rest = rest.partition("\n\n")
    return begun + re.sub("^", "# ", ended + lines, flags=re.MULTILINE) + blank + rest


def what_is_there() -> Rig:
    """The rig for what this machine has."""
    return config.parse_rig(rig_text())


def panel_at(listen: str, table: PanelConfig | None) -> PanelConfig:
    """The rig's panel, or one where it has none, at HOST:PORT; "" leaves it where it is. RigError for half an
    address.
    """
    table = table or PanelConfig()
    try:
        host_port(listen or table.listen)
    except RigError:
        raise RigError(f"--panel {listen}: write host and port, like 0.0.0.0:8137") from None
    return msgspec.structs.replace(table, listen=listen or table.listen)


def welcome(rig: Rig, door: Door | None = None) -> str:
    """What is heard where and from whom, and what is played, in one line.

    Before it where the panel is, and how a phone gets there.
    """
    heard = ", ".join(_heard(rig)) or "nothing"
    voices = ", ".join(f"{voice.name} ({voice.model})" for voice in rig.voices)
    others = "OSC subscribers" if rig.panel is None else "the panel and OSC subscribers"
    outputs = ", ".join(rig.outputs) or others
    panel = f"{_drawable(door.picture())}panel: {door.url}\n" if door is not None else ""
    return f"{panel}ready: hears {heard}; {voices} to {outputs}"


def _drawable(picture: str) -> str:
    """The picture, or "" where standard output has no letters for it."""
    try:
        picture.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return ""
    return picture


def _heard(rig: Rig) -> Iterator[str]:
    osc, inputs, clock = rig.inputs.osc, rig.inputs, rig.clock
    if osc is not None:
        yield f"OSC {osc.listen} ({who(host_port(osc.listen)[0], osc.allow)})"
        if osc.tcp is not None:
            yield f"OSC over TCP {osc.tcp} ({who(host_port(osc.tcp)[0], osc.allow)})"
    ports = {"MIDI": inputs.midi, "MIDI melody": inputs.lead, "MIDI controller": inputs.surface}
    for what, port in ports.items():
        if port is not None:
            yield f"{what} {port.virtual or port.port}"
    if clock.source == "midi":
        yield f"MIDI clock {clock.virtual or clock.port}"
    elif clock.source == "link":
        yield "Ableton Link (everybody on the network)"
    if rig.mqtt is not None:
        yield f"MQTT {rig.mqtt.prefix}/{rig.mqtt.name} at {rig.mqtt.broker}"
    if rig.panel is not None:
        near = is_loopback(host_port(rig.panel.listen)[0]) and rig.panel.token is None
        yield f"panel {rig.panel.listen} ({'this machine' if near else 'whoever has the token'})"

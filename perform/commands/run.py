"""What `perform run` begins with: a rig for what there is, its panel, the line that says ready."""

import logging
import sys
from collections.abc import Iterator

import msgspec

from perform.config import load
from perform.config.schema import PanelConfig, Rig
from perform.errors import RigError, SidemanError
from perform.inputs.kinds import InputsConfig
from perform.midi import ports
from perform.net.access import is_loopback
from perform.net.address import host_port
from perform.panel.listener import PanelListener

log = logging.getLogger(__name__)


def what_is_there() -> Rig:
    """The default rig, without MIDI ports where the system has none."""
    rig = load.default_rig()
    try:
        ports.names(rig.midi.system)
    except SidemanError as fault:
        log.warning("%s", fault)
        osc_only = InputsConfig(osc=rig.inputs.osc)
        return msgspec.structs.replace(rig, inputs=osc_only, outputs={})
    return rig


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


def welcome(rig: Rig, door: PanelListener | None = None) -> str:
    """What is heard where and from whom, and what is played, in one line; before it where the panel is, and how a
    phone gets there.
    """
    heard = ", ".join(_heard(rig)) or "nothing"
    voices = ", ".join(f"{voice.name} ({voice.model})" for voice in rig.voices)
    outputs = ", ".join(rig.outputs) or "OSC subscribers"
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
    for table in rig.inputs.tables():
        yield from table.describe()
    yield from rig.clock.describe()
    if rig.mqtt is not None:
        yield f"MQTT {rig.mqtt.prefix}/{rig.mqtt.name} at {rig.mqtt.broker}"
    if rig.panel is not None:
        near = is_loopback(host_port(rig.panel.listen)[0]) and rig.panel.token is None
        yield f"panel {rig.panel.listen} ({'this machine' if near else 'whoever has the token'})"

"""What `perform run` begins with: a rig for what there is, its panel, who has the terminal, the line that says ready."""

import contextlib
import logging
import logging.handlers
from collections.abc import Iterator

import msgspec

from perform import config, ports
from perform.errors import SidemanError
from perform.panel.door import Door
from perform.rig import Inputs, PanelConfig, Rig, host_port

log = logging.getLogger(__name__)


def what_is_there() -> Rig:
    """The default rig, without MIDI ports where the system has none."""
    rig = config.default_rig()
    try:
        ports.names(rig.midi.system)
    except SidemanError as fault:
        log.warning("%s", fault)
        osc_only = Inputs(osc=rig.inputs.osc)
        return msgspec.structs.replace(rig, inputs=osc_only, outputs={})
    return rig


def panel_at(listen: str, table: PanelConfig | None) -> PanelConfig:
    """The rig's panel, or one where it has none, at HOST:PORT; "" leaves it where it is."""
    table = table or PanelConfig()
    host_port(listen or table.listen)
    return msgspec.structs.replace(table, listen=listen or table.listen)


def welcome(rig: Rig, door: Door | None = None) -> str:
    """What is heard and played, in one line; before it where the panel is, and how a phone gets there."""
    heard = []
    if rig.inputs.osc:
        heard.append(f"OSC {rig.inputs.osc.listen}")
    if rig.inputs.midi:
        heard.append(f"MIDI {rig.inputs.midi.virtual or rig.inputs.midi.port}")
    voices = ", ".join(f"{voice.name} ({voice.model})" for voice in rig.voices)
    outputs = ", ".join(rig.outputs) or "OSC subscribers"
    panel = f"{door.picture()}panel: {door.url}\n" if door is not None else ""
    return f"{panel}ready: hears {' and '.join(heard) or 'nothing'}; {voices} to {outputs}"


@contextlib.contextmanager
def quiet_terminal() -> Iterator[None]:
    """While the view has the terminal the log is seen in it; what comes before and after is printed."""
    root, kept = logging.getLogger(), list(logging.getLogger().handlers)
    memory = logging.handlers.MemoryHandler(1000, flushLevel=logging.CRITICAL + 1)
    for handler in kept:
        root.removeHandler(handler)
        memory.setTarget(handler)
    root.addHandler(memory)
    try:
        yield
    finally:
        root.removeHandler(memory)
        for handler in kept:
            root.addHandler(handler)
        memory.close()

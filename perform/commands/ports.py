"""`perform ports` and `perform panic`: the MIDI ports of this machine."""

import json

from perform.config.load import parse_rig
from perform.errors import StartError
from perform.events import AllNotesOff
from perform.midi import ports
from perform.midi.settings import MidiConfig
from perform.outputs.midi import MidiOutput, MidiOutputConfig


def settings(system: str, binding: str) -> MidiConfig:
    """The MIDI system and library of two options. RigError for an unknown name."""
    return parse_rig(
        f"[midi]\nsystem = {json.dumps(system)}\nbinding = {json.dumps(binding)}",
        "--system or --binding",
    ).midi


def list_ports(midi: MidiConfig) -> None:
    """Print the library in use, and the input and output ports by number."""
    try:
        inputs, outputs, library = ports.names(midi)
    except StartError as error:
        raise StartError(f"{error}, or a browser: perform run --panel") from None
    print(f"through {library}")
    for title, names in (("inputs", inputs), ("outputs", outputs)):
        print(f"{title}:" + ("" if names else " none"))
        for number, name in enumerate(names):
            print(f"  {number}  {name}")
    if not inputs + outputs:
        print("plug something in, or play in a browser: perform run --panel")


def silence(port: str | None, midi: MidiConfig) -> None:
    """Send all notes off to one output port, or to every one, and print which."""
    names = [port] if port is not None else ports.names(midi).outputs
    if not names:
        print("there is no MIDI output")
    for name in names:
        output = MidiOutput(MidiOutputConfig(port=name), {}, midi)
        if output.port.fault is not None:
            raise output.port.fault
        output.send(AllNotesOff(0))
        output.close()
        print(f"{output.port.name}: silent")

"""What to do next, while nothing has been played yet."""

from collections.abc import Iterator

from perform import extras
from perform.panel.door import Door, is_installed
from perform.rig import MidiOutput, Rig, host_port


def first_steps(rig: Rig, door: Door | None) -> list[str]:
    """How to play a first chord, and how to hear what answers; a line each, the easiest first."""
    return [*_in_the_browser(door), *_by_hand(rig), *_to_hear(rig)]


def _in_the_browser(door: Door | None) -> Iterator[str]:
    if door is not None:
        yield f"open {door.url} in a browser, press Listen here and a chord"
    elif is_installed():
        yield "to play in a browser, add --panel"
    else:
        yield f"to play in a browser: {extras.install('panel')}, then start again with --panel"


def _by_hand(rig: Rig) -> Iterator[str]:
    midi, osc = rig.inputs.midi, rig.inputs.osc
    if midi is not None and midi.virtual is not None:
        yield f"connect a keyboard to the MIDI port {midi.virtual!r}, and play a chord"
    elif midi is not None:
        yield f"play a chord on {midi.port!r}"
    if osc is not None:
        host, port = host_port(osc.listen)
        says = '"start" to /transport' if rig.start == "stopped" else '"Cm7" to /chord'
        address = says.replace("to /", f"to {osc.prefix}/")
        yield f"send {address} by OSC, to {host}:{port}"


def _to_hear(rig: Rig) -> Iterator[str]:
    for output in rig.outputs.values():
        if isinstance(output, MidiOutput) and output.virtual is not None:
            yield f"to hear it, connect a synthesizer to the MIDI port {output.virtual!r}"

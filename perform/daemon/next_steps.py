"""The next steps for a user, shown until something has been played."""

from collections.abc import Iterator

from perform import extras
from perform.config.schema import Rig
from perform.net.address import host_port
from perform.outputs.midi import MidiOutputConfig
from perform.panel.listener import PanelListener, is_installed


def first_steps(rig: Rig, panel: PanelListener | None) -> list[str]:
    """How to play a first chord, and how to hear the answer; a line each, the easiest first."""
    return [*_in_the_browser(panel), *_by_hand(rig), *_to_hear(rig)]


def _in_the_browser(panel: PanelListener | None) -> Iterator[str]:
    if panel is not None:
        yield f"open {panel.url} in a browser, press Listen here and a chord"
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
        message = '"start" to /transport' if rig.start == "stopped" else '"Cm7" to /chord'
        message = message.replace("to /", f"to {osc.prefix}/")
        yield f"send {message} by OSC, to {host}:{port}"


def _to_hear(rig: Rig) -> Iterator[str]:
    for output in rig.outputs.values():
        if isinstance(output, MidiOutputConfig) and output.virtual is not None:
            yield f"to hear it, connect a synthesizer to the MIDI port {output.virtual!r}"

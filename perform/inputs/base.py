"""What every kind of input has: its table in the rig, its checks, how it is opened.

A kind of input is one module with a subclass of `InputTable` and a line in `perform.inputs.kinds`.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar, NamedTuple, Protocol

from perform.control.absences import Absences
from perform.control.midi_mapping import MidiMapping
from perform.control.set_commands import SetCommand
from perform.events import Event, InputName
from perform.inputs.bass_line import Surroundings
from perform.midi.hotplug import HotplugMonitor, HotplugPort
from perform.midi.settings import MidiConfig
from perform.net.access import AccessList
from perform.net.client import MessageHandler
from perform.tables import RigTable


class MidiInput(HotplugPort, Protocol):
    """An open MIDI input."""

    def clear_keys(self) -> None:
        """Forget every key that is down."""
        ...

    def close(self) -> None:
        """Close the port."""
        ...


class InputContext(NamedTuple):
    """Where inputs deliver to, and what they need to know when they open.

    `handler`: handles OSC messages. `deliver`: takes what is played. `apply`: takes what a
    controller sets; it raises MessageError where that cannot be. `mapping`: the mapping of the
    controller. `parts`: closes in reverse order what was opened. `monitor`: checks every MIDI
    port. `absences`: gets what is not there. `keyboards`: gets every MIDI input, whose held keys a
    panic clears. `around`: what is known around a chord that is played. `transpositions`: the
    semitones of each input at this moment.
    """

    handler: MessageHandler
    deliver: Callable[[Event], None]
    apply: Callable[[Event | SetCommand], None]
    mapping: MidiMapping
    access: AccessList
    midi: MidiConfig
    parts: contextlib.AsyncExitStack
    monitor: HotplugMonitor
    absences: Absences
    keyboards: list[MidiInput]
    around: Surroundings
    transpositions: Mapping[InputName, int]

    def add(self, port: MidiInput) -> None:
        """Take charge of an open MIDI input."""
        self.parts.callback(port.close)
        self.keyboards.append(port)
        self.monitor.add(port)


class InputTable(RigTable, frozen=True):
    """What the rig says of one input. `is_midi_port`: it is a MIDI port, which may be missing."""

    is_midi_port: ClassVar[bool] = True

    def check(self, voices: Sequence[str]) -> None:
        """RigError for a value that cannot be right in a rig with these voices."""

    def describe(self) -> Iterator[str]:
        """What the input listens to, for the line that `perform run` begins with."""
        yield from ()

    async def open(self, context: InputContext) -> None:
        """Open the input. InputError where its port cannot be opened."""
        raise NotImplementedError

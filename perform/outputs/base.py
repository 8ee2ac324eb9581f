"""What every kind of output has: its table in the rig, its checks, how it is opened, its latency.

A kind of output is one module with a subclass of `OutputTable` and a line in
`perform.outputs.kinds`.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, NamedTuple

from perform.control.absences import Absences
from perform.control.feedback import Feedback
from perform.events import Event
from perform.interfaces import Output
from perform.midi.hotplug import HotplugPort
from perform.midi.settings import MidiConfig
from perform.outputs.shared_keys import SharedKeys
from perform.outputs.sounds import NO_SOUNDS, VoiceSound
from perform.tables import RigTable


class OutputContext(NamedTuple):
    """What an output needs to know of the rig when it opens.

    `channels`: the MIDI channel (1 to 16) of each voice whose notes the output gets. `tempo`:
    quarter notes a minute, at the start. `absences`: gets what is not there. `reached`: called with
    the host and port of an output that follows values by address, once they are known. `keys`:
    see `MidiOutput`. `sounds`: of each voice that plays to this output.
    """

    name: str
    channels: Mapping[str, int]
    midi: MidiConfig
    tempo: float
    absences: Absences
    reached: Callable[[tuple[str, int], Feedback], None]
    keys: dict[str, SharedKeys] | None = None
    sounds: Mapping[str, VoiceSound] = NO_SOUNDS


class OpenedOutput(NamedTuple):
    """An open output, and what the daemon has to connect it to.

    `port`: its MIDI port, which may be unplugged. `record`: called with every event that the engine
    is fed, and the event's tick in the session.
    """

    output: Output
    port: HotplugPort | None = None
    record: Callable[[int, Event], None] | None = None


class OutputTable(RigTable, frozen=True):
    """What the rig says of one output.

    `every_voice`: the output gets the notes of every voice; otherwise of the voices that name it.
    `is_midi_port`: it is a MIDI port. `writes_files`: it leaves files behind, so that `perform
    check` does not open it. `spin`: for how many seconds before a delayed event it waits awake, see
    `Alarm`.
    """

    every_voice: ClassVar[bool] = True
    is_midi_port: ClassVar[bool] = False
    writes_files: ClassVar[bool] = False
    spin: ClassVar[float] = 0.0

    @property
    def ahead(self) -> float | None:
        """The latency of what is connected, in seconds; None where nothing sounds."""
        return None

    @property
    def sends_clock(self) -> bool:
        """Whether MIDI clock is sent."""
        return False

    @property
    def sends_idle_clock(self) -> bool:
        """Whether MIDI clock is sent also while the music is stopped."""
        return False

    def check(self, where: str) -> None:
        """RigError, beginning with `where`, for a value that cannot be right."""

    def check_files(self) -> None:
        """OutputError where a file that the output would write cannot be written."""

    def open(self, context: OutputContext) -> OpenedOutput:
        """The open output. StartError where it cannot be opened, and cannot be waited for."""
        raise NotImplementedError

"""What a MIDI library has to do for us, and which of them is there: python-rtmidi or pylibremidi."""

import importlib
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Protocol, cast

from perform.errors import StartError
from perform.midi.settings import MidiConfig, MidiSystem

CLIENT = "Sideman"
PACKAGES = {"rtmidi": "python-rtmidi", "libremidi": "pylibremidi"}
Received = Callable[[Sequence[int], float], None]
NO_LIBRARY = (
    "MIDI ports need a library that is missing ({}); on Debian: apt install libasound2 (libasound2t64 "
    "from Debian 13 on). OSC, files and rendering work without"
)
NO_SYSTEM = "no MIDI system answers ({}); start JACK or load ALSA's sequencer (modprobe snd-seq), or use OSC"
NOT_HERE = "this system has no {} MIDI; leave [midi] system out of the rig"


class Device(Protocol):
    """A client of the MIDI system that has at most one port."""

    @property
    def system(self) -> str:
        """The MIDI system that it belongs to: "alsa", "jack", "coremidi" or "winmm"."""
        ...

    def names(self) -> list[str]:
        """Names of the ports that it can be connected to."""
        ...

    def connect(self, place: int) -> None:
        """Be connected to the port at this place of `names`, and to no other."""
        ...

    def open_virtual(self, name: str) -> None:
        """Have a port of its own, for others to connect to."""
        ...

    def changes(self) -> int | None:
        """How many ports have come and gone, which costs nothing to ask; None when only `names` can tell."""
        ...

    def close(self) -> None:
        """The port closed, and the client gone from the MIDI system."""
        ...


class InputDevice(Device, Protocol):
    """A device that is played to."""

    def listen(self, received: Received, *, timing: bool, sensing: bool) -> None:
        """Call `received` on a thread of the library's with the bytes that came and their moment (monotonic seconds).
        What is not wanted may come as well.
        """
        ...


class OutputDevice(Device, Protocol):
    """A device that plays."""

    def send(self, message: Sequence[int], /) -> None:
        """A message to whatever is connected. Raises what the library raises."""
        ...


class Binding(Protocol):
    """A MIDI library. StartError where the MIDI system is not there, ImportError where the library is not."""

    def open_input(self, system: MidiSystem) -> InputDevice:
        """An input without a port."""
        ...

    def open_output(self, system: MidiSystem) -> OutputDevice:
        """An output without a port."""
        ...


def find(midi: MidiConfig) -> tuple[str, Binding]:
    """The package's name and the library: the one that is asked for, or python-rtmidi before pylibremidi. StartError
    where it cannot be loaded.
    """
    wanted = tuple(PACKAGES) if midi.binding == "auto" else (midi.binding,)
    faults: list[ImportError] = []
    for binding in wanted:
        try:
            return PACKAGES[binding], cast("Binding", _load(binding))
        except ImportError as fault:  # python-rtmidi also where libasound is not there
            faults.append(fault)
    raise _refusal(midi, faults)


def _load(binding: str) -> ModuleType:
    return importlib.import_module(f"perform.midi.{binding}_binding")


def _refusal(midi: MidiConfig, faults: list[ImportError]) -> StartError:
    broken = [fault for fault in faults if not isinstance(fault, ModuleNotFoundError)]
    if broken:
        return StartError(NO_LIBRARY.format(broken[0]))
    if midi.binding == "auto":
        packages = " or ".join(PACKAGES.values())
        return StartError(f"MIDI ports need {packages}: pip install pylibremidi")
    package = PACKAGES[midi.binding]
    return StartError(
        f"[midi] binding {midi.binding!r} is not installed: pip install {package}, or leave it out of the rig"
    )

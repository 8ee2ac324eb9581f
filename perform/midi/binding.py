"""The interface of a MIDI library, and the libraries that have it: python-rtmidi, supriya-midi."""

import importlib
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Protocol, cast

from perform.errors import StartError
from perform.midi import systems
from perform.midi.settings import MidiConfig, MidiSystem

PACKAGES = {"rtmidi": "python-rtmidi", "supriya": "supriya-midi"}
INSTALL = {
    "rtmidi": "python-rtmidi",
    "supriya": "'supriya-midi>=26.10b4'",  # pip takes no pre-release that is not named
}
HandleBytes = Callable[[Sequence[int], float], None]
NO_LIBRARY = (
    "MIDI ports need a library that is missing ({}); on Debian: apt install libasound2 "
    "(libasound2t64 from Debian 13 on). OSC, files and rendering work without it"
)


class Device(Protocol):
    """A client of the MIDI system. It has at most one port."""

    @property
    def system(self) -> str:
        """The MIDI system of the client: "alsa", "jack", "coremidi" or "winmm"."""
        ...

    def port_names(self) -> list[str]:
        """Names of the ports that it can connect to."""
        ...

    def connect(self, index: int) -> None:
        """Connect to the port at this index of `port_names`, and to no other."""
        ...

    def open_virtual(self, name: str) -> None:
        """Open a port that other programs connect to."""
        ...

    def close(self) -> None:
        """Close the port, and leave the MIDI system."""
        ...


class InputDevice(Device, Protocol):
    """A device that receives."""

    def listen(self, handle: HandleBytes, *, timing: bool, sensing: bool) -> None:
        """Call `handle` with the bytes that arrive and their time (monotonic seconds).

        The call is made on another thread. Messages that are not asked for may arrive too.
        """
        ...


class OutputDevice(Device, Protocol):
    """A device that sends."""

    def send(self, message: Sequence[int], /) -> None:
        """Send a message to what is connected. The library's own errors pass through."""
        ...


class Binding(Protocol):
    """A MIDI library. Both functions raise StartError if the MIDI system does not answer."""

    def open_input(self, system: MidiSystem) -> InputDevice:
        """An input without a port."""
        ...

    def open_output(self, system: MidiSystem) -> OutputDevice:
        """An output without a port."""
        ...


def load(midi: MidiConfig) -> tuple[str, Binding]:
    """The package's name and the library: the one of the rig, or the first that can be imported.

    StartError if there is none.
    """
    candidates = tuple(PACKAGES) if midi.binding == "auto" else (midi.binding,)
    faults: list[ImportError] = []
    for binding in candidates:
        try:
            return PACKAGES[binding], cast("Binding", _import(binding))
        except ImportError as fault:  # also where libasound is missing
            faults.append(fault)
    raise _error(midi, faults)


def _import(binding: str) -> ModuleType:
    systems.load_jack()
    return importlib.import_module(f"perform.midi.{binding}_binding")


def _error(midi: MidiConfig, faults: list[ImportError]) -> StartError:
    broken = [fault for fault in faults if not isinstance(fault, ModuleNotFoundError)]
    if broken:
        return StartError(NO_LIBRARY.format(broken[0]))
    if midi.binding == "auto":
        packages = " or ".join(PACKAGES.values())
        install = INSTALL["rtmidi" if sys.version_info < (3, 13) else "supriya"]
        return StartError(f"MIDI ports need {packages}: pip install {install}")
    return StartError(
        f"[midi] binding {midi.binding!r} is not installed: pip install {INSTALL[midi.binding]}, "
        "or leave it out of the rig"
    )

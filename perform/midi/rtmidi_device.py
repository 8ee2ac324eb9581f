"""A client of RtMidi, the C++ library under python-rtmidi and supriya-midi.

RtMidi has no event for ports that come and go, so callers compare `port_names`.
"""

import contextlib
import time
from collections.abc import Container, Mapping, Sequence
from typing import Any, ClassVar

from perform.errors import StartError
from perform.midi import systems
from perform.midi.binding import HandleBytes
from perform.midi.poller import poller
from perform.midi.settings import MidiSystem

CLIENT = "Sideman"
QUEUED_MESSAGES = 4096  # more than a second of a flood
ATTEMPTS = 3
NO_SYSTEM = "no MIDI system answers ({}); {}, or use OSC"
START = {
    "auto": "start JACK or load ALSA's sequencer (modprobe snd-seq)",
    "jack": "start JACK, or leave [midi] system out of the rig",
    "alsa": "load ALSA's sequencer (modprobe snd-seq), or leave [midi] system out of the rig",
}
NOT_HERE = "this system has no {} MIDI; leave [midi] system out of the rig"


def available(apis: Mapping[str, Any], compiled: Container[Any]) -> dict[str, Any]:
    """The MIDI systems whose number is among those that the library is compiled for."""
    return {system: api for system, api in apis.items() if api in compiled}


class RtMidiDevice:
    """A client of one MIDI system. StartError if it does not answer.

    "auto" takes the first system that has a port, or else the last that answers. `apis`: each MIDI
    system that the library reaches, in the order of "auto", and the library's own number for it.
    """

    apis: ClassVar[Mapping[str, Any]]

    def __init__(self, system: MidiSystem) -> None:
        self.system = ""
        self._client: Any = None
        if system != "auto" and system not in self.apis:
            raise StartError(NOT_HERE.format(system))
        faults: list[str] = []
        for candidate in self.apis if system == "auto" else (system,):
            try:
                if self._open(candidate):
                    break
            except Exception as fault:  # noqa: BLE001 - the library's kinds differ by system
                faults.append(str(fault))
        if self._client is None:
            start = START.get(system, START["auto"])
            raise StartError(NO_SYSTEM.format(", ".join(faults) or "none is known here", start))

    def port_names(self) -> list[str]:
        """Names of the ports that it can connect to."""
        for _ in range(ATTEMPTS - 1):
            with contextlib.suppress(Exception):  # a port that goes away meanwhile
                return self._port_names()
        return self._port_names()

    def connect(self, index: int) -> None:
        """Connect to the port at this index of `port_names`, and to no other."""
        self._client.close_port()
        self._client.open_port(index)
        self._check()

    def open_virtual(self, name: str) -> None:
        """Open a port that other programs connect to."""
        self._client.open_virtual_port(name)
        self._check()

    def close(self) -> None:
        """Close the port, and leave the MIDI system."""
        self._release(self._client)

    def _open(self, system: str) -> bool:
        """Whether this system has ports; its client takes the place of the one before."""
        fault = systems.fault(system)
        if fault is not None:
            raise StartError(fault)
        client = self._open_client(self.apis[system])
        if self._client is not None:
            self._release(self._client)
        self._client, self.system = client, system
        return bool(self.port_names())

    def _port_names(self) -> list[str]:
        names = list(self._client.get_ports())
        self._check()
        return names

    def _open_client(self, api: Any) -> Any:
        """A new client of the library."""
        raise NotImplementedError

    def _release(self, client: Any) -> None:
        client.close_port()
        client.delete()

    def _check(self) -> None:
        """Raise the error of the last call, if the library has not raised it itself."""


class RtMidiInput(RtMidiDevice):
    """A device that receives."""

    def __init__(self, system: MidiSystem) -> None:
        self._handle: HandleBytes | None = None
        super().__init__(system)

    def listen(self, handle: HandleBytes, *, timing: bool, sensing: bool) -> None:
        """Call `handle` on the poller's thread with each message and its time."""
        self._client.ignore_types(sysex=True, timing=not timing, active_sense=not sensing)
        self._handle = handle
        poller.add(self)

    def poll(self) -> None:
        """Handle what has arrived since the last poll."""
        while self._handle is not None and (arrived := self._client.get_message()) is not None:
            self._handle(arrived[0], time.monotonic())

    def close(self) -> None:
        """Close the port, and leave the MIDI system."""
        poller.remove(self)
        super().close()


class RtMidiOutput(RtMidiDevice):
    """A device that sends."""

    def send(self, message: Sequence[int], /) -> None:
        """Send a message to what is connected. The library's own errors pass through."""
        self._client.send_message(message)
        self._check()

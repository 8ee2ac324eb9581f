"""MIDI ports through pylibremidi.

Three of its ways shape this module. Its callbacks wait until they are polled for, so one thread polls for all inputs.
It cannot be told a client's name: on JACK and ALSA ours are "libremidi client". And its wheels for Linux bring a JACK
library of their own, which a newer JACK server (or PipeWire's) does not answer: the system's is put before it.
"""

import contextlib
import ctypes
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from perform.errors import StartError
from perform.midi.binding import CLIENT, NO_LIBRARY, NO_SYSTEM, NOT_HERE, Received
from perform.midi.settings import MidiSystem

if sys.platform == "linux":
    with contextlib.suppress(OSError):  # without one there is no JACK
        ctypes.CDLL("libjack.so.0", mode=ctypes.RTLD_GLOBAL)

import pylibremidi as lib

POLL_SECONDS = 0.0005
REALTIME_PRIORITY = 21  # one above what plays: that lets the interpreter go in between
TRIES = 3
_SYSTEMS = {
    "alsa": lib.API.ALSA_SEQ,
    "jack": lib.API.JACK_MIDI,
    "coremidi": lib.API.COREMIDI,
    "winmm": lib.API.WINDOWS_MM,
}
_TELLING = ("alsa", "jack")  # those that say when ports come and go, to a program without windows


class _Watch:
    """What ports a MIDI system has, and how many have come and gone. One serves all devices of a system."""

    def __init__(self, system: str) -> None:
        self._news: deque[Any] = deque()
        self._changes = 0
        wanted = lib.ObserverConfiguration()
        wanted.track_any = True
        for event in ("input_added", "input_removed", "output_added", "output_removed"):
            setattr(wanted, event, self._news.append)
        self._observer = self._observe(wanted, system)

    @staticmethod
    def _observe(wanted: Any, system: str) -> Any:
        for _ in range(TRIES - 1):
            with contextlib.suppress(RuntimeError):  # a port that goes away just then
                return lib.Observer(wanted, _SYSTEMS[system])
        return lib.Observer(wanted, _SYSTEMS[system])

    def ports(self, kind: type[Any]) -> list[Any]:
        if kind is lib.MidiIn:
            return list(self._observer.get_input_ports())
        return list(self._observer.get_output_ports())

    def changes(self) -> int:
        self._observer.poll()
        self._changes += len(self._news)
        self._news.clear()
        return self._changes


class _Watches:
    """The watch of each MIDI system, from its first device to its last."""

    def __init__(self) -> None:
        self._there: dict[str, tuple[_Watch, int]] = {}

    def take(self, system: str) -> _Watch:
        watch, users = self._there.get(system) or (_Watch(system), 0)
        self._there[system] = watch, users + 1
        return watch

    def give_back(self, system: str) -> None:
        watch, users = self._there.pop(system)
        if users > 1:
            self._there[system] = watch, users - 1


class _Reader:
    """A thread that polls for the inputs, from the first one that listens to the last one that is closed."""

    def __init__(self) -> None:
        self._inputs: tuple[_Input, ...] = ()
        self._polling = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, one: "_Input") -> None:
        with self._polling:
            self._inputs = (*self._inputs, one)
            if self._thread is None:
                self._thread = threading.Thread(target=self._read, name="MIDI", daemon=True)
                self._thread.start()

    def remove(self, one: "_Input") -> None:
        with self._polling:
            self._inputs = tuple(other for other in self._inputs if other is not one)

    def _read(self) -> None:
        with contextlib.suppress(AttributeError, OSError):  # not here, or not permitted
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REALTIME_PRIORITY))
        while True:
            with self._polling:
                if not self._inputs:
                    self._thread = None
                    return
                for one in self._inputs:
                    one.poll()
            time.sleep(POLL_SECONDS)


_watches, _reader = _Watches(), _Reader()


class _Device:
    def __init__(self, kind: type[Any], wanted: Any, system: MidiSystem) -> None:
        self._kind = kind
        self.system = self._choose(system)
        self._watch = _watches.take(self.system)
        self._there: list[Any] = []
        self._client = kind(wanted, _SYSTEMS[self.system])
        fault = self._client.close_port()
        if fault:
            self.close()
            raise StartError(NO_SYSTEM.format(fault))

    def names(self) -> list[str]:
        self._there = self._watch.ports(self._kind)
        return [self._name(port) for port in self._there]

    def connect(self, place: int) -> None:
        if (
            self.system != "jack"
        ):  # there what was pulled out is connected to nothing, and the port stays
            self._client.close_port()
        self._try(self._client.open_port(self._there[place], CLIENT))

    def open_virtual(self, name: str) -> None:
        self._try(self._client.open_virtual_port(name))

    def changes(self) -> int | None:
        return self._watch.changes() if self.system in _TELLING else None

    def close(self) -> None:
        self._client.close_port()
        self._there.clear()
        del self._client, self._watch
        _watches.give_back(self.system)

    @staticmethod
    def _try(fault: Any) -> None:
        if fault:
            raise OSError(str(fault))

    def _name(self, port: Any) -> str:
        """As python-rtmidi would call it, so that a rig fits both."""
        if self.system == "jack":
            return str(port.port_name)
        if self.system == "alsa":
            number, client = divmod(port.port, 2**32)
            return f"{port.device_name}:{port.port_name} {client}:{number}"
        return str(port.display_name)

    def _choose(self, system: MidiSystem) -> str:
        """The system that is asked for; of all, the first that has a port, or else the last that there is."""
        there = [name for name, api in _SYSTEMS.items() if api in lib.available_apis()]
        if system != "auto":
            there = [system] if system in there else []
        if not there:
            self._refuse(system)
        for name in there[:-1]:
            found = _watches.take(name).ports(self._kind)
            _watches.give_back(name)
            if found:
                return name
        return there[-1]

    @staticmethod
    def _refuse(system: MidiSystem) -> None:
        if sys.platform == "linux" and system in {"auto", "alsa"}:
            try:
                ctypes.CDLL("libasound.so.2")
            except OSError as cause:
                raise StartError(NO_LIBRARY.format(cause)) from None
            raise StartError(NO_SYSTEM.format("no ALSA sequencer"))
        raise StartError(NOT_HERE.format("known" if system == "auto" else system))


class _Input(_Device):
    def __init__(self, system: MidiSystem) -> None:
        self._received: Received | None = None
        self._arrived: deque[list[int]] = deque()
        wanted = lib.InputConfiguration()
        # never anything of ours that may raise: it would end the process
        wanted.on_raw_data = lambda data, _, keep=self._arrived.append: keep(data)
        super().__init__(lib.MidiIn, wanted, system)

    def listen(self, received: Received, *, timing: bool, sensing: bool) -> None:
        del timing, sensing  # what is asked for raw comes as it is
        self._received = received
        _reader.add(self)

    def poll(self) -> None:
        """Pass on what has arrived."""
        self._client.poll()
        while self._arrived and self._received is not None:
            self._received(self._arrived.popleft(), time.monotonic())

    def close(self) -> None:
        _reader.remove(self)
        super().close()


class _Output(_Device):
    def __init__(self, system: MidiSystem) -> None:
        super().__init__(lib.MidiOut, lib.OutputConfiguration(), system)

    def send(self, message: Sequence[int], /) -> None:
        self._try(self._client.send_message(message))


def open_input(system: MidiSystem) -> _Input:
    """An input without a port."""
    return _Input(system)


def open_output(system: MidiSystem) -> _Output:
    """An output without a port."""
    return _Output(system)

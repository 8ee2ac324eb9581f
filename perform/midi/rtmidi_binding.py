"""MIDI ports through python-rtmidi. The import fails where the system has no libasound."""

import contextlib
import gc
import time
from collections.abc import Callable, Sequence
from typing import Any

import rtmidi

from perform.errors import StartError
from perform.midi.binding import CLIENT, NO_SYSTEM, NOT_HERE, Received
from perform.midi.settings import MidiSystem

TRIES = 3
_SYSTEMS = {
    "alsa": rtmidi.API_LINUX_ALSA,
    "jack": rtmidi.API_UNIX_JACK,
    "coremidi": rtmidi.API_MACOSX_CORE,
    "winmm": rtmidi.API_WINDOWS_MM,
}


class _Device:
    def __init__(self, kind: type[Any], system: MidiSystem) -> None:
        api = _SYSTEMS.get(system, rtmidi.API_UNSPECIFIED)
        if system != "auto" and api not in rtmidi.get_compiled_api():
            raise StartError(NOT_HERE.format(system))
        try:
            self._client = kind(api, name=CLIENT)
        except Exception as cause:  # noqa: BLE001 - its kinds differ by system
            raise StartError(NO_SYSTEM.format(cause)) from None

    @property
    def system(self) -> str:
        api = self._client.get_current_api()
        return next((name for name, number in _SYSTEMS.items() if number == api), "no")

    def names(self) -> list[str]:
        for _ in range(TRIES - 1):
            with contextlib.suppress(
                Exception
            ):  # of its own kinds, for a port that goes away just then
                return list(self._client.get_ports())
        return list(self._client.get_ports())

    def connect(self, place: int) -> None:
        self._client.close_port()
        self._client.open_port(place)

    def open_virtual(self, name: str) -> None:
        self._client.open_virtual_port(name)

    def changes(self) -> int | None:
        return None

    def close(self) -> None:
        self._client.close_port()
        self._client.delete()
        gc.collect()


class _Input(_Device):
    def __init__(self, system: MidiSystem) -> None:
        super().__init__(rtmidi.MidiIn, system)
        self._callback: Callable[..., None] | None = None

    def listen(self, received: Received, *, timing: bool, sensing: bool) -> None:
        def callback(timed: tuple[list[int], float], _: object = None) -> None:
            received(timed[0], time.monotonic())

        self._callback = callback
        self._client.ignore_types(sysex=True, timing=not timing, active_sense=not sensing)
        self._client.set_callback(callback)

    def connect(self, place: int) -> None:
        super().connect(place)
        if self._callback is not None:  # a port that is closed has forgotten it
            self._client.set_callback(self._callback)

    def close(self) -> None:
        if self._callback is not None:
            self._client.cancel_callback()
        super().close()


class _Output(_Device):
    def __init__(self, system: MidiSystem) -> None:
        super().__init__(rtmidi.MidiOut, system)
        self.send: Callable[[Sequence[int]], None] = self._client.send_message


def open_input(system: MidiSystem) -> _Input:
    """An input without a port."""
    return _Input(system)


def open_output(system: MidiSystem) -> _Output:
    """An output without a port."""
    return _Output(system)

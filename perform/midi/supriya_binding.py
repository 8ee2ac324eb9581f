"""MIDI ports through supriya-midi. The import fails where the system has no libasound.

The library calls an error callback no more after one call has raised. So errors are kept in a list,
and raised after the call that caused them.
"""

from typing import Any

import supriya_midi

from perform.midi.rtmidi_device import (
    CLIENT,
    QUEUED_MESSAGES,
    RtMidiDevice,
    RtMidiInput,
    RtMidiOutput,
    available,
)
from perform.midi.settings import MidiSystem

_APIS = {
    "alsa": supriya_midi.RtMidiAPI.LINUX_ALSA,
    "jack": supriya_midi.RtMidiAPI.UNIX_JACK,
    "coremidi": supriya_midi.RtMidiAPI.MACOSX_CORE,
    "winmm": supriya_midi.RtMidiAPI.WINDOWS_MM,
}


class _Device(RtMidiDevice):
    apis = available(_APIS, supriya_midi.get_compiled_apis())

    def __init__(self, system: MidiSystem) -> None:
        self._errors: list[str] = []
        super().__init__(system)

    def _keep_errors(self, client: Any) -> Any:
        errors = self._errors  # a callback that refers to the client would keep it alive

        def keep(kind: object, text: str, _: object) -> None:
            if kind != supriya_midi.RtMidiErrorType.DEBUG_WARNING:
                errors.append(text)

        client.set_error_callback(keep)
        return client

    def _check(self) -> None:
        if self._errors:
            text = self._errors[0]
            self._errors.clear()
            raise OSError(text)


class _Input(_Device, RtMidiInput):
    def _open_client(self, api: Any) -> Any:
        return self._keep_errors(supriya_midi.MidiIn(api, CLIENT, QUEUED_MESSAGES))


class _Output(_Device, RtMidiOutput):
    def _open_client(self, api: Any) -> Any:
        return self._keep_errors(supriya_midi.MidiOut(api, CLIENT))


def open_input(system: MidiSystem) -> RtMidiInput:
    """An input without a port."""
    return _Input(system)


def open_output(system: MidiSystem) -> RtMidiOutput:
    """An output without a port."""
    return _Output(system)

"""MIDI ports through python-rtmidi. The import fails where the system has no libasound."""

import gc
from typing import Any

import rtmidi

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
    "alsa": rtmidi.API_LINUX_ALSA,
    "jack": rtmidi.API_UNIX_JACK,
    "coremidi": rtmidi.API_MACOSX_CORE,
    "winmm": rtmidi.API_WINDOWS_MM,
}


class _Device(RtMidiDevice):
    apis = available(_APIS, rtmidi.get_compiled_api())

    def _release(self, client: Any) -> None:
        super()._release(client)
        gc.collect()  # the client is in a reference cycle


class _Input(_Device, RtMidiInput):
    def _open_client(self, api: Any) -> Any:
        return rtmidi.MidiIn(api, CLIENT, QUEUED_MESSAGES)


class _Output(_Device, RtMidiOutput):
    def _open_client(self, api: Any) -> Any:
        return rtmidi.MidiOut(api, CLIENT)


def open_input(system: MidiSystem) -> RtMidiInput:
    """An input without a port."""
    return _Input(system)


def open_output(system: MidiSystem) -> RtMidiOutput:
    """An output without a port."""
    return _Output(system)

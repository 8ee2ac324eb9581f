"""MIDI ports: what is plugged in, and opening one by number, part of a name, or as a virtual port."""

import gc
from typing import Any

from perform.errors import InputError, OutputError, StartError
from perform.rig import MidiSystem

_CLIENT = "Sideman"


def names(system: MidiSystem = "auto") -> tuple[list[str], list[str]]:
    """Names of the input and output ports; StartError where there is no MIDI system."""
    found: list[list[str]] = []
    for device in (_device("MidiIn", system), _device("MidiOut", system)):
        found.append(list(device.get_ports()))
        device.delete()
    return found[0], found[1]


def open_input(port: str | None, virtual: str | None, system: MidiSystem = "auto") -> Any:
    """An open rtmidi input. InputError says which ports there are."""
    return _open(_device("MidiIn", system), port, virtual, InputError)


def open_output(port: str | None, virtual: str | None, system: MidiSystem = "auto") -> Any:
    """An open rtmidi output. OutputError says which ports there are."""
    return _open(_device("MidiOut", system), port, virtual, OutputError)


def close(device: Any) -> None:
    """The port closed and its client gone from the MIDI system."""
    device.close_port()
    device.delete()
    gc.collect()


def _open(device: Any, port: str | None, virtual: str | None, fault: type[StartError]) -> Any:
    try:
        if virtual is not None:
            device.open_virtual_port(virtual)
        else:
            device.open_port(_find(device.get_ports(), port or "", fault))
    except (StartError, KeyboardInterrupt):
        device.delete()
        raise
    except Exception as cause:  # noqa: BLE001 - rtmidi: NotImplementedError, SystemError, RtMidiError, ...
        device.delete()
        raise fault(
            f"MIDI port {virtual or port!r} cannot be opened ({cause}); "
            "`perform ports` lists what there is"
        ) from None
    return device


def _find(there: list[str], wanted: str, fault: type[StartError]) -> int:
    if wanted.isdecimal() and int(wanted) < len(there):
        return int(wanted)
    for index, name in enumerate(there):
        if wanted.lower() in name.lower():
            return index
    listing = ", ".join(repr(name) for name in there) or "none"
    raise fault(f"no MIDI port is called {wanted!r}; there are: {listing}")


def _device(kind: str, system: MidiSystem) -> Any:
    try:
        import rtmidi  # noqa: PLC0415 - fails without the system's libasound, and then only here
    except ImportError as cause:
        raise StartError(
            f"MIDI ports need a library that is missing ({cause}); "
            "on Debian: apt install libasound2. OSC, files and rendering work without"
        ) from None
    api = {
        "auto": rtmidi.API_UNSPECIFIED,
        "alsa": rtmidi.API_LINUX_ALSA,
        "jack": rtmidi.API_UNIX_JACK,
        "coremidi": rtmidi.API_MACOSX_CORE,
        "winmm": rtmidi.API_WINDOWS_MM,
    }[system]
    if system != "auto" and api not in rtmidi.get_compiled_api():
        raise StartError(f"this system has no {system} MIDI; leave [midi] system out of the rig")
    try:
        return getattr(rtmidi, kind)(api, name=_CLIENT)
    except Exception as cause:  # noqa: BLE001 - its kinds differ by system
        raise StartError(
            f"no MIDI system answers ({cause}); start JACK or load ALSA's sequencer "
            "(modprobe snd-seq), or use OSC"
        ) from None

"""MIDI ports: what is plugged in, and opening one by number, part of a name, or as a virtual port."""

import gc
import time
from collections.abc import Callable
from typing import Any, Literal

from perform.errors import InputError, OutputError, StartError
from perform.midi.system import MidiSystem

_CLIENT = "Sideman"
CONNECTED_SECONDS = 0.05  # after it is opened, a JACK port reaches nobody for a period or two
Heard = Callable[[tuple[list[int], float], Any], None]


class Port:
    """An open port: rtmidi's `device`, and `name`, that of what it is connected to; a virtual port has none.

    What is pulled out of the socket says nothing: neither JACK nor ALSA fails to send to nobody. So somebody has
    to `look`.
    """

    def __init__(
        self, device: Any, port: str | None, virtual: str | None, fault: type[StartError]
    ) -> None:
        self.device = device
        self.name: str | None = None
        self._heard: Heard | None = None
        self._gone = False
        self._beside: list[str] = []
        self._wanted = port or ""
        if virtual is not None:
            device.open_virtual_port(virtual)
            return
        self._beside = device.get_ports()
        place = _find(self._beside, self._wanted)
        if place is None:
            listing = ", ".join(repr(name) for name in self._beside) or "none"
            raise fault(f"no MIDI port is called {self._wanted!r}; there are: {listing}")
        device.open_port(place)
        self.name = self._beside[place]
        if self._wanted.isdecimal():
            self._wanted = self.name

    def listen(self, heard: Heard, *, timing: bool = False, sensing: bool = False) -> None:
        """Pass every message of an input on, on rtmidi's own thread. `timing`: those of a clock too; `sensing`: also
        those that only say that somebody is there.
        """
        self.device.ignore_types(sysex=True, timing=not timing, active_sense=not sensing)
        self.device.set_callback(heard)
        self._heard = heard

    def look(self) -> Literal["gone", "back"] | None:
        """What has become of what was plugged in since the last look; what is back is connected again. For a thread
        of its own, and a moment at which no note is near: rtmidi keeps the interpreter to itself meanwhile, for some
        tenths of a millisecond, and where something is back for some periods of JACK's.
        """
        try:
            return self._look()
        except Exception:  # noqa: BLE001 - rtmidi has kinds of its own; the next look may do better
            return None

    def close(self) -> None:
        """The port closed and its client gone from the MIDI system."""
        if self._heard is not None:
            self.device.cancel_callback()
        self.device.close_port()
        self.device.delete()
        gc.collect()

    def _look(self) -> Literal["gone", "back"] | None:
        there = self.device.get_ports()
        if not self._gone:
            self._gone = self.name not in there
            if self._gone:
                return "gone"
            self._beside = there
            return None
        # its name may bear another number now, but who was beside it before is somebody else
        come = [name for name in there if name == self.name or name not in self._beside]
        place = _find(come, self._wanted)
        if place is None:
            return None
        self._reconnect(there.index(come[place]))
        self.name, self._gone = come[place], False
        return "back"

    def _reconnect(self, place: int) -> None:
        self.device.close_port()
        self.device.open_port(place)
        if self._heard is not None:
            self.device.set_callback(self._heard)
        time.sleep(CONNECTED_SECONDS)


def names(system: MidiSystem = "auto") -> tuple[list[str], list[str]]:
    """Names of the input and output ports; StartError where there is no MIDI system."""
    found: list[list[str]] = []
    for device in (_device("MidiIn", system), _device("MidiOut", system)):
        found.append(list(device.get_ports()))
        device.delete()
    return found[0], found[1]


def open_input(port: str | None, virtual: str | None, system: MidiSystem = "auto") -> Port:
    """An open input. InputError says which ports there are."""
    return _open(_device("MidiIn", system), port, virtual, InputError)


def open_output(port: str | None, virtual: str | None, system: MidiSystem = "auto") -> Port:
    """An open output. OutputError says which ports there are."""
    return _open(_device("MidiOut", system), port, virtual, OutputError)


def _open(device: Any, port: str | None, virtual: str | None, fault: type[StartError]) -> Port:
    try:
        return Port(device, port, virtual, fault)
    except (StartError, KeyboardInterrupt):
        device.delete()
        raise
    except Exception as cause:  # noqa: BLE001 - rtmidi: NotImplementedError, SystemError, RtMidiError, ...
        device.delete()
        raise fault(
            f"MIDI port {virtual or port!r} cannot be opened ({cause}); "
            "`perform ports` lists what there is"
        ) from None


def _find(there: list[str], wanted: str) -> int | None:
    """Where the port is that is wanted: by its number, its name (or its client's, before a colon), the beginning of
    its name, or a part of it, in this order; None when there is none.
    """
    if wanted.isdecimal() and int(wanted) < len(there):
        return int(wanted)
    wanted, known = wanted.lower(), [name.lower() for name in there]
    ranked: tuple[Callable[[str], bool], ...] = (
        lambda name: wanted == name,
        lambda name: wanted == name.partition(":")[0],
        lambda name: name.startswith(wanted),
        lambda name: wanted in name,
    )
    return next((known.index(name) for fits in ranked for name in known if fits(name)), None)


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

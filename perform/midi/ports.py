"""MIDI ports: what is plugged in, and opening one by number, part of a name, or as a virtual port."""

import time
from collections.abc import Callable
from importlib import metadata
from typing import Literal, NamedTuple, TypeVar

from perform.errors import InputError, OutputError, StartError
from perform.midi import binding
from perform.midi.binding import Device, InputDevice, OutputDevice
from perform.midi.messages import Heard, Splitter
from perform.midi.settings import MidiConfig

CONNECTED_SECONDS = 0.05  # after it is opened, a JACK port reaches nobody for a period or two
AUTO = MidiConfig()
_P = TypeVar("_P", bound="Port")


class Port:
    """An open port: its device, and `name`, that of what it is connected to; a virtual port has none.

    What is pulled out of the socket says nothing: neither JACK nor ALSA fails to send to nobody. So somebody has
    to `look`.
    """

    def __init__(
        self, device: Device, port: str | None, virtual: str | None, fault: type[StartError]
    ) -> None:
        self._device = device
        self.name: str | None = None
        self._gone = False
        self._beside: list[str] = []
        self._wanted = port or ""
        self._changes = device.changes()
        if virtual is not None:
            device.open_virtual(virtual)
            return
        self._beside = device.names()
        place = _find(self._beside, self._wanted)
        if place is None:
            listing = ", ".join(repr(name) for name in self._beside) or "none"
            raise fault(f"no MIDI port is called {self._wanted!r}; there are: {listing}")
        device.connect(place)
        self.name = self._beside[place]
        if self._wanted.isdecimal():
            self._wanted = self.name

    def look(self) -> Literal["gone", "back"] | None:
        """What has become of what was plugged in since the last look; what is back is connected again. For a thread
        of its own, and a moment at which no note is near: the interpreter is kept from others meanwhile, for some
        tenths of a millisecond, and where something is back for some periods of JACK's.
        """
        try:
            changes = self._device.changes()
            news = self._look()
            self._changes = changes
            return news
        except Exception:  # noqa: BLE001 - of the libraries' own kinds; the next look may do better
            return None

    @property
    def unsettled(self) -> bool:
        """Whether ports may have come or gone since the last look that found out; asking costs nothing."""
        changes = self._device.changes()
        return changes is None or changes != self._changes

    def close(self) -> None:
        """The port closed and its client gone from the MIDI system."""
        self._device.close()

    def _look(self) -> Literal["gone", "back"] | None:
        there = self._device.names()
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
        self._device.connect(there.index(come[place]))
        time.sleep(CONNECTED_SECONDS)
        self.name, self._gone = come[place], False
        return "back"


class InputPort(Port):
    """A port that is listened to."""

    def __init__(self, device: InputDevice, port: str | None, virtual: str | None) -> None:
        super().__init__(device, port, virtual, InputError)
        self._listen = device.listen

    def listen(self, heard: Heard, *, timing: bool = False, sensing: bool = False) -> None:
        """Pass every message on, with its moment (monotonic seconds), on a thread of the library's; no system exclusive.
        `timing`: those of a clock too; `sensing`: also those that only say that somebody is there.
        """
        splitter = Splitter(heard, timing=timing, sensing=sensing)
        self._listen(splitter.feed, timing=timing, sensing=sensing)


class OutputPort(Port):
    """A port that is played to. `send`: a message to it; raises what the library raises."""

    def __init__(self, device: OutputDevice, port: str | None, virtual: str | None) -> None:
        super().__init__(device, port, virtual, OutputError)
        self.send = device.send


class Ports(NamedTuple):
    """Names of the input and the output ports, and what they were found `through`."""

    inputs: list[str]
    outputs: list[str]
    through: str


def names(midi: MidiConfig = AUTO) -> Ports:
    """The ports that there are; StartError where there is no MIDI system."""
    package, library = binding.find(midi)
    found: list[list[str]] = []
    through = ""
    for open_one in (library.open_input, library.open_output):
        device: Device = open_one(midi.system)
        found.append(device.names())
        through = f"{package} {metadata.version(package)}, {device.system}"
        device.close()
    return Ports(found[0], found[1], through)


def open_input(port: str | None, virtual: str | None, midi: MidiConfig = AUTO) -> InputPort:
    """An open input. InputError says which ports there are."""
    device = binding.find(midi)[1].open_input(midi.system)
    return _opened(device, lambda: InputPort(device, port, virtual), virtual or port, InputError)


def open_output(port: str | None, virtual: str | None, midi: MidiConfig = AUTO) -> OutputPort:
    """An open output. OutputError says which ports there are."""
    device = binding.find(midi)[1].open_output(midi.system)
    return _opened(device, lambda: OutputPort(device, port, virtual), virtual or port, OutputError)


def _opened(
    device: Device, make: Callable[[], _P], name: str | None, fault: type[StartError]
) -> _P:
    try:
        return make()
    except (StartError, KeyboardInterrupt):
        device.close()
        raise
    except Exception as cause:  # noqa: BLE001 - of the libraries' own kinds
        device.close()
        raise fault(
            f"MIDI port {name!r} cannot be opened ({cause}); `perform ports` lists what there is"
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

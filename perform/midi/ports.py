"""MIDI ports: which there are, and opening one by number, by part of its name, or as virtual."""

import time
from collections.abc import Callable
from importlib import metadata
from typing import Literal, NamedTuple, TypeVar

from perform.errors import InputError, OutputError, StartError
from perform.midi import binding
from perform.midi.binding import Device, InputDevice, OutputDevice
from perform.midi.messages import HandleMessage, MessageParser
from perform.midi.settings import MidiConfig

CONNECT_SECONDS = 0.05  # a new JACK port reaches no other for a period or two
AUTO = MidiConfig()
_P = TypeVar("_P", bound="Port")


class Port:
    """An open port. `name`: the port that it is connected to, or None for a virtual port.

    A device that is unplugged causes no error: JACK and ALSA send to no port without complaint.
    So `check` has to be called from time to time.
    """

    def __init__(
        self, device: Device, port: str | None, virtual: str | None, error: type[StartError]
    ) -> None:
        self._device = device
        self.name: str | None = None
        self._is_gone = False
        self._others: list[str] = []
        self._wanted = port or ""
        if virtual is not None:
            device.open_virtual(virtual)
            return
        self._others = device.port_names()
        index = _find(self._others, self._wanted)
        if index is None:
            listing = ", ".join(repr(name) for name in self._others) or "none"
            raise error(f"no MIDI port is called {self._wanted!r}; there are: {listing}")
        device.connect(index)
        self.name = self._others[index]
        if self._wanted.isdecimal():
            self._wanted = self.name

    def check(self) -> Literal["gone", "back"] | None:
        """Whether the device is gone or back since the last check. If it is back, it is connected.

        Call it in a thread of its own when no note is due: it holds the interpreter for some tenths
        of a millisecond, and for some JACK periods when it connects.
        """
        try:
            return self._check()
        except Exception:  # noqa: BLE001 - the library's own kinds; the next check may succeed
            return None

    def close(self) -> None:
        """Close the port, and leave the MIDI system."""
        self._device.close()

    def _check(self) -> Literal["gone", "back"] | None:
        names = self._device.port_names()
        if not self._is_gone:
            self._is_gone = self.name not in names
            if self._is_gone:
                return "gone"
            self._others = names
            return None
        # the device may have another number in its name now; a port that was there before is not it
        new = [name for name in names if name == self.name or name not in self._others]
        index = _find(new, self._wanted)
        if index is None:
            return None
        self._device.connect(names.index(new[index]))
        time.sleep(CONNECT_SECONDS)
        self.name, self._is_gone = new[index], False
        return "back"


class InputPort(Port):
    """A port that receives."""

    def __init__(self, device: InputDevice, port: str | None, virtual: str | None) -> None:
        super().__init__(device, port, virtual, InputError)
        self._listen = device.listen

    def listen(self, handle: HandleMessage, *, timing: bool = False, sensing: bool = False) -> None:
        """Call `handle` with each message and its time (monotonic seconds), on another thread.

        System exclusive is left out. `timing`: clock and time code too; `sensing`: active sensing
        too.
        """
        parser = MessageParser(handle, timing=timing, sensing=sensing)
        self._listen(parser.feed, timing=timing, sensing=sensing)


class OutputPort(Port):
    """A port that sends. `send` sends one message; the library's own errors pass through."""

    def __init__(self, device: OutputDevice, port: str | None, virtual: str | None) -> None:
        super().__init__(device, port, virtual, OutputError)
        self.send = device.send


class Ports(NamedTuple):
    """Names of the input and output ports. `library`: package, version and MIDI system."""

    inputs: list[str]
    outputs: list[str]
    library: str


def names(midi: MidiConfig = AUTO) -> Ports:
    """The ports that there are. StartError if no MIDI system answers."""
    package, library = binding.load(midi)
    found: list[list[str]] = []
    description = ""
    for open_device in (library.open_input, library.open_output):
        device: Device = open_device(midi.system)
        found.append(device.port_names())
        description = f"{package} {metadata.version(package)}, {device.system}"
        device.close()
    return Ports(found[0], found[1], description)


def open_input(port: str | None, virtual: str | None, midi: MidiConfig = AUTO) -> InputPort:
    """An open input. InputError names the ports that there are."""
    device = binding.load(midi)[1].open_input(midi.system)
    return _opened(device, lambda: InputPort(device, port, virtual), virtual or port, InputError)


def open_output(port: str | None, virtual: str | None, midi: MidiConfig = AUTO) -> OutputPort:
    """An open output. OutputError names the ports that there are."""
    device = binding.load(midi)[1].open_output(midi.system)
    return _opened(device, lambda: OutputPort(device, port, virtual), virtual or port, OutputError)


def _opened(
    device: Device, make: Callable[[], _P], name: str | None, error: type[StartError]
) -> _P:
    try:
        return make()
    except (StartError, KeyboardInterrupt):
        device.close()
        raise
    except Exception as cause:  # noqa: BLE001 - the library's own kinds
        device.close()
        raise error(
            f"MIDI port {name!r} cannot be opened ({cause}); `perform ports` lists the ports"
        ) from None


def _find(names: list[str], wanted: str) -> int | None:
    """The index of the wanted port, or None.

    In this order: by number, by name, by its client's name (before the colon), by the beginning of
    its name, by a part of it.
    """
    if wanted.isdecimal() and int(wanted) < len(names):
        return int(wanted)
    wanted, known = wanted.lower(), [name.lower() for name in names]
    tests: tuple[Callable[[str], bool], ...] = (
        lambda name: wanted == name,
        lambda name: wanted == name.partition(":")[0],
        lambda name: name.startswith(wanted),
        lambda name: wanted in name,
    )
    return next((known.index(name) for fits in tests for name in known if fits(name)), None)

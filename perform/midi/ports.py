"""MIDI ports: which there are, and opening one by number, by part of its name, or as virtual."""

import re
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from perform.errors import InputError, OutputError, StartError
from perform.midi import binding
from perform.midi.binding import Device, InputDevice, OutputDevice
from perform.midi.messages import HandleMessage, MessageParser
from perform.midi.settings import MidiConfig

ATTEMPTS = 3  # to connect, while ports come and go
CONNECT_SECONDS = 0.05  # a new JACK port reaches no other for a period or two
AUTO = MidiConfig()
_D = TypeVar("_D", bound=Device)
_P = TypeVar("_P", bound="Port[Any]")


class Port(Generic[_D]):
    """A port of a device, or a virtual port; `open_device` opens a client of the MIDI system.

    `name`: the port that it is connected to; None for a virtual port, and until it was there.
    `fault`: why it is not there; None while it is.

    A device that is unplugged causes no error: JACK and ALSA send to no port without complaint.
    So `check` has to be called from time to time.
    """

    def __init__(
        self,
        open_device: Callable[[], _D],
        port: str | None,
        virtual: str | None,
        error: type[StartError],
    ) -> None:
        self._open_device = open_device
        self._device: _D | None = None
        self._wanted = port or ""
        self._virtual = virtual
        self._error = error
        self._others: list[str] = []  # the ports that were there with ours
        self.name: str | None = None
        self.fault = self._try_to_connect()

    @property
    def label(self) -> str:
        """What the port is called before it is there."""
        return f"MIDI port {self._virtual or self.name or self._wanted!r}"

    def check(self) -> Literal["gone", "back"] | None:
        """Whether the device is gone or back since the last check. If it is back, it is connected.

        Call it in a thread of its own when no note is due: it holds the interpreter for some tenths
        of a millisecond, and for some JACK periods when it connects.
        """
        if self.fault is not None:
            self.fault = self._try_to_connect()
            return "back" if self.fault is None else None
        if self._device is None or self.name is None:
            return None
        try:
            names = self._device.port_names()
        except Exception:  # noqa: BLE001 - the library's own kinds; the next check may succeed
            return None
        if self.name in names:
            self._others = names
            return None
        self.fault = self._error(f"{self.label} is gone; plug it in again, and it plays on")
        return "gone"

    def close(self) -> None:
        """Close the port, and leave the MIDI system."""
        device, self._device = self._device, None
        if device is not None:
            device.close()

    def _try_to_connect(self) -> StartError | None:
        """Why the port is not there; None after it is connected."""
        try:
            if self._device is None:
                self._device = self._opened()
            if self._virtual is None:
                self._connect(self._device)
        except StartError as fault:
            return fault
        except Exception as cause:  # noqa: BLE001 - the library's own kinds
            self.close()
            return self._error(
                f"{self.label} cannot be opened ({cause}); `perform ports` lists the ports"
            )
        return None

    def _opened(self) -> _D:
        """A client of the MIDI system, with the virtual port where there is one."""
        device = self._open_device()
        try:
            if self._virtual is not None:
                device.open_virtual(self._virtual)
            self._prepare(device)
        except BaseException:
            device.close()
            raise
        return device

    def _prepare(self, device: _D) -> None:
        """Prepare a device that was just opened."""

    def _connect(self, device: _D) -> None:
        """Connect to the wanted port. StartError if it is not there, or the ports keep changing."""
        for _ in range(ATTEMPTS):
            names = device.port_names()
            found = _found(names, self._wanted) if self.name is None else self._found_again(names)
            if found is None:
                listing = ", ".join(repr(name) for name in names) or "none"
                raise self._error(f"no MIDI port is called {self._wanted!r}; there are: {listing}")
            index = names.index(found)
            device.connect(index)
            if device.port_names()[index : index + 1] == [found]:
                break
            # ports came or went meanwhile: the index may have been that of another device
        else:
            self.close()
            raise self._error(f"{self.label} comes and goes; it is tried again")
        if self.name is not None:
            time.sleep(CONNECT_SECONDS)
        self.name, self._others = found, names
        if self._wanted.isdecimal():
            self._wanted = found

    def _found_again(self, names: Sequence[str]) -> str | None:
        """The port of a device that was gone; it may have another number in its name now.

        A port that was there before is not it.
        """
        new = [name for name in names if name == self.name or name not in self._others]
        return _same(new, self.name or "") or _found(new, self._wanted)


class InputPort(Port[InputDevice]):
    """A port that receives."""

    _listen: Callable[[InputDevice], None] | None = None

    def listen(self, handle: HandleMessage, *, timing: bool = False, sensing: bool = False) -> None:
        """Call `handle` with each message and its time (monotonic seconds), on another thread.

        System exclusive is left out. `timing`: clock and time code too; `sensing`: active sensing
        too.
        """

        def listen(device: InputDevice) -> None:
            parser = MessageParser(handle, timing=timing, sensing=sensing)
            device.listen(parser.feed, timing=timing, sensing=sensing)

        self._listen = listen
        if self._device is not None:
            listen(self._device)

    def _prepare(self, device: InputDevice) -> None:
        if self._listen is not None:
            self._listen(device)


class OutputPort(Port[OutputDevice]):
    """A port that sends."""

    def send(self, message: Sequence[int], /) -> None:
        """Send a message; it is dropped while there is no device. The library's errors pass."""
        if self._device is not None:
            self._device.send(message)


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


def has_library(midi: MidiConfig = AUTO) -> bool:
    """Whether there is a MIDI library, so that ports can be waited for."""
    try:
        binding.load(midi)
    except StartError:
        return False
    return True


def open_input(port: str | None, virtual: str | None, midi: MidiConfig = AUTO) -> InputPort:
    """An open input. InputError names the ports that there are."""
    return _there(wait_for_input(port, virtual, midi))


def open_output(port: str | None, virtual: str | None, midi: MidiConfig = AUTO) -> OutputPort:
    """An open output. OutputError names the ports that there are."""
    return _there(wait_for_output(port, virtual, midi))


def wait_for_input(port: str | None, virtual: str | None, midi: MidiConfig = AUTO) -> InputPort:
    """An input that is open, or opens at a later `check`. StartError without a library."""
    library = binding.load(midi)[1]
    return InputPort(lambda: library.open_input(midi.system), port, virtual, InputError)


def wait_for_output(port: str | None, virtual: str | None, midi: MidiConfig = AUTO) -> OutputPort:
    """An output that is open, or opens at a later `check`. StartError without a library."""
    library = binding.load(midi)[1]
    return OutputPort(lambda: library.open_output(midi.system), port, virtual, OutputError)


def _there(port: _P) -> _P:
    if port.fault is not None:
        port.close()
        raise port.fault
    return port


def _found(names: Sequence[str], wanted: str) -> str | None:
    """The name of the wanted port, or None.

    In this order: by number, by name, by its name without the numbers of the MIDI system, by its
    client's name (before the colon), by the beginning of its name, by a part of it.
    """
    if wanted.isdecimal() and int(wanted) < len(names):
        return names[int(wanted)]
    same = _same(names, wanted)
    if same is not None:
        return same
    wanted = wanted.lower()
    tests: tuple[Callable[[str], bool], ...] = (
        lambda name: _plain(wanted) == _plain(name.partition(":")[0]),
        lambda name: name.lower().startswith(wanted),
        lambda name: wanted in name.lower(),
    )
    return next((name for fits in tests for name in names if fits(name)), None)


def _same(names: Sequence[str], wanted: str) -> str | None:
    """The name that is the wanted one, or else the first that differs by numbers only."""
    equal = [name for name in names if name.lower() == wanted.lower()]
    return next(iter(equal or [it for it in names if _plain(it) == _plain(wanted)]), None)


def _plain(name: str) -> str:
    """A port's name without the numbers that change when the device is plugged in again.

    RtMidi ends it with those of ALSA's client and port: "Keys:Keys MIDI 1 24:0". The JACK ports of
    a2jmidid and PipeWire have the client's in brackets: "a2j:Keys [24] (capture): Keys MIDI 1".
    """
    return re.sub(r"\s*\[\d+\]|\s+\d+:\d+$", "", name).lower()

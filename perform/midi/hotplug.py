"""MIDI devices that are unplugged, and plugged in again, while the music plays."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Protocol, Self

from perform.midi.ports import Port

log = logging.getLogger(__name__)
CHECK_SECONDS = 0.5
YIELD_SECONDS = 0.003


class HotplugPort(Protocol):
    """An input or output that uses a port."""

    @property
    def port(self) -> Port:
        """The port."""
        ...

    def handle_unplugged(self) -> None:
        """Handle that the device at the port is gone."""
        ...

    def handle_plugged(self) -> None:
        """Handle that the device is back and connected."""
        ...


class HotplugMonitor:
    """Checks twice a second, inside `async with`, whether the device at each port is still there.

    It logs what is gone and what is back, and notifies the input or output. Virtual ports are not
    checked: other programs connect to them.

    It polls because RtMidi, which both libraries use, has no event for this. A check runs in
    another thread, and a little later when `is_busy` says that a note is due.
    """

    def __init__(self, ports: Iterable[HotplugPort], is_busy: Callable[[], bool]) -> None:
        self._ports = [each for each in ports if each.port.name is not None]
        self._is_busy = is_busy
        self._ended = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._ports:
            self._task = asyncio.create_task(self._monitor(), name="hotplug")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ended.set()
        if self._task is not None:
            # it is not cancelled: a port must not be closed while it is being opened
            await self._task

    async def _monitor(self) -> None:
        while not await self._ends_within(CHECK_SECONDS):
            changes = [await self._check(each) for each in self._ports]
            for line in dict.fromkeys(filter(None, changes)):  # several may share a port
                log.warning("%s", line)

    async def _check(self, user: HotplugPort) -> str:
        """The line to log about a port, or "". Its user is notified."""
        if self._is_busy():
            await asyncio.sleep(YIELD_SECONDS)
        match await asyncio.to_thread(user.port.check):
            case "gone":
                user.handle_unplugged()
                return f"MIDI port {user.port.name!r} is gone; plug it in again, and it plays on"
            case "back":
                user.handle_plugged()
                return f"MIDI port {user.port.name!r} is back"
        return ""

    async def _ends_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._ended.wait(), seconds)
        except TimeoutError:
            return False
        return True

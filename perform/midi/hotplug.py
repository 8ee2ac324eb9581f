"""MIDI devices that are plugged in late, are unplugged, and come back, while the music plays."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

from perform.control.absences import Absences
from perform.midi.ports import Port

CHECK_SECONDS = 0.2  # less than a USB device needs to come back: its going is noticed
YIELD_SECONDS = 0.003


class HotplugPort(Protocol):
    """An input or output that uses a port."""

    @property
    def port(self) -> Port[Any]:
        """The port."""
        ...

    def handle_unplugged(self) -> None:
        """Handle that the device at the port is gone."""
        ...

    def handle_plugged(self) -> None:
        """Handle that the device is there and connected."""
        ...


class HotplugMonitor:
    """Checks five times a second whether the device at each port is there.

    It reports what is absent, and notifies the input or output. Virtual ports that are open are not
    checked: other programs connect to them.

    It polls because RtMidi, which both libraries use, has no event for this. A port that is away
    for less than the time between two checks is not missed, and stays unconnected. A check runs in
    another thread, and a little later when `is_busy` says that a note is due.
    """

    def __init__(self, absences: Absences) -> None:
        self._absences = absences
        self._ports: list[HotplugPort] = []
        self._ended = asyncio.Event()

    def add(self, user: HotplugPort) -> None:
        """Check a port from now on. Its error where it is absent and must not be."""
        self._ports.append(user)
        self._report(user)

    @contextlib.asynccontextmanager
    async def running(self, is_busy: Callable[[], bool]) -> AsyncIterator[None]:
        """Check all ports that have been added, inside `async with`."""
        if not self._ports:  # an idle daemon without MIDI wakes for nothing
            yield
            return
        task = asyncio.create_task(self._monitor(is_busy), name="hotplug")
        try:
            yield
        finally:
            self._ended.set()
            # it is not cancelled: a port must not be closed while it is being opened
            await task

    async def _monitor(self, is_busy: Callable[[], bool]) -> None:
        while not await self._ends_within(CHECK_SECONDS):
            for user in self._ports:
                if user.port.name is None and user.port.fault is None:
                    continue  # a virtual port
                if is_busy():
                    await asyncio.sleep(YIELD_SECONDS)
                await self._check(user)

    async def _check(self, user: HotplugPort) -> None:
        match await asyncio.to_thread(user.port.check):
            case "gone":
                user.handle_unplugged()
                self._report(user)
            case "back":
                user.handle_plugged()
                self._report(user)

    def _report(self, user: HotplugPort) -> None:
        if user.port.fault is None:
            self._absences.end(id(user))
        else:
            self._absences.begin(id(user), user.port.label, user.port.fault)

    async def _ends_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._ended.wait(), seconds)
        except TimeoutError:
            return False
        return True

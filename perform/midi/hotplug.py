"""MIDI devices that are pulled out, and plugged in again, while the music plays."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Protocol, Self

from perform.midi.ports import Port

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.5  # a loose cable is back no sooner
MAKE_WAY_SECONDS = 0.003


class HotplugPort(Protocol):
    """Whoever sends to a port, or hears one."""

    @property
    def port(self) -> Port:
        """The port."""
        ...

    def unplugged(self) -> None:
        """What was connected to the port is gone."""
        ...

    def plugged(self) -> None:
        """It is back, and connected."""
        ...


class HotplugMonitor:
    """While inside `async with`: sees twice a second whether what the ports are connected to is still there, says what
    is gone and what is back, and tells those whose port it is. Who connects to a virtual port is their own affair.

    It looks only where the MIDI library has told of a change, or cannot tell; in another thread, and not while `busy`
    says that a note is near.
    """

    def __init__(self, plugged: Iterable[HotplugPort], busy: Callable[[], bool]) -> None:
        self._plugged = [each for each in plugged if each.port.name is not None]
        self._busy = busy
        self._ended = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._plugged:
            self._watching = asyncio.create_task(self._watch(), name="hotplug")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ended.set()
        if self._watching is not None:
            # it is not cancelled: a port that is being opened just now must not be closed meanwhile
            await self._watching

    async def _watch(self) -> None:
        while not await self._ends_within(LOOK_SECONDS):
            news = [await self._look_at(each) for each in self._plugged]
            for line in dict.fromkeys(filter(None, news)):  # several may have the same port
                log.warning("%s", line)

    async def _look_at(self, one: HotplugPort) -> str:
        """What there is to say of a port, if anything; its owner is told."""
        if not one.port.unsettled:
            return ""
        if self._busy():
            await asyncio.sleep(MAKE_WAY_SECONDS)
        match await asyncio.to_thread(one.port.look):
            case "gone":
                one.unplugged()
                return f"MIDI port {one.port.name!r} is gone; plug it in again, and the music is there again"
            case "back":
                one.plugged()
                return f"MIDI port {one.port.name!r} is back"
        return ""

    async def _ends_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._ended.wait(), seconds)
        except TimeoutError:
            return False
        return True

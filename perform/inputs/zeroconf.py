"""Tells the network where OSC is heard (DNS-SD, RFC 6763: `_osc._udp`), so that TouchOSC and others find us."""

import asyncio
import contextlib
import ipaddress
import logging
import socket
from collections.abc import Sequence
from typing import Any, Self

log = logging.getLogger(__name__)
Service = tuple[str, tuple[Any, ...]]
AGAIN_SECONDS = 10.0
LONGEST_LABEL = 60  # bytes, of 63 (RFC 1035): who shares a name is told apart by -2 behind it


class Announcement:
    """While inside `async with`, each service (type, (host, port)) is announced where this machine is reached, and
    again when that changes or the network comes up; nothing waits for it.
    """

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = services
        self._announcing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._announcing = asyncio.create_task(self._announce(), name="announcement")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._announcing is not None:
            self._announcing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._announcing

    async def _announce(self) -> None:
        from zeroconf import Error  # noqa: PLC0415 - takes a tenth of a second

        logging.getLogger("zeroconf").addFilter(_in_one_line)
        said = ""
        while True:
            try:
                await self._announce_until_moved()
                said = ""
            except (OSError, RuntimeError, Error) as fault:  # RuntimeError: no interface at all
                why = str(fault) or type(fault).__name__
                if why != said:
                    log.warning("OSC is not announced (%s); surfaces need our address by hand", why)
                said = why
                await asyncio.sleep(AGAIN_SECONDS)

    async def _announce_until_moved(self) -> None:
        """Announce every service at its addresses of now, until they are others."""
        from zeroconf import Error, InterfaceChoice  # noqa: PLC0415 - see above
        from zeroconf.asyncio import AsyncZeroconf  # noqa: PLC0415

        hosts = {str(address[0]) for _, address in self._services}
        anywhere = any(ipaddress.ip_address(host).is_unspecified for host in hosts)
        places = await self._places()
        if not all(places):
            raise OSError("this machine has no address in a network yet")
        network = AsyncZeroconf(
            interfaces=InterfaceChoice.All if anywhere else [h for h in hosts if "." in h]
        )
        try:
            for (kind, (_, port, *_)), addresses in zip(self._services, places, strict=True):
                info = _described(kind, port, addresses)
                await (await network.async_register_service(info, allow_name_change=True))
            while await self._places() == places:  # noqa: ASYNC110 - each system tells of it otherwise, or not
                await asyncio.sleep(AGAIN_SECONDS)
        finally:
            # a network that has gone hears no goodbye
            with contextlib.suppress(OSError, RuntimeError, Error):
                await network.async_close()

    async def _places(self) -> list[list[str]]:
        """The addresses of each service; looked up beside the loop, which has notes to play."""
        hosts = [str(address[0]) for _, address in self._services]
        return await asyncio.to_thread(lambda: [_addresses(host) for host in hosts])


def _in_one_line(record: logging.LogRecord) -> bool:
    """A goodbye to a network that has gone is no fault of the program: no traceback."""
    record.exc_info = None
    return True


def _described(kind: str, port: int, addresses: list[str]) -> Any:
    """A service as zeroconf takes it, under the name of this machine."""
    from zeroconf.asyncio import AsyncServiceInfo  # noqa: PLC0415 - see above

    host = socket.gethostname().partition(".")[0]
    return AsyncServiceInfo(
        f"{kind}.local.",
        f"{_label(f'Sideman on {host}')}.{kind}.local.",
        port=port,
        parsed_addresses=addresses,
        server=f"{_label(host)}.local.",
        properties={"txtvers": "1"},
    )


def _label(text: str) -> str:
    return text.encode()[:LONGEST_LABEL].decode(errors="ignore")


def _addresses(host: str) -> list[str]:
    """Where a listener at a host can be reached: it, or every address of this machine, sorted."""
    if not ipaddress.ip_address(host).is_unspecified:
        return [host]
    import ifaddr  # noqa: PLC0415 - see above

    own = {
        str(each.ip) for adapter in ifaddr.get_adapters() for each in adapter.ips if each.is_IPv4
    }
    return sorted(address for address in own if not address.startswith("127."))

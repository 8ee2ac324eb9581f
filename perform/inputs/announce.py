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


class Announcement:
    """While inside `async with`, each service (type, (host, port)) is announced; nothing waits for the network."""

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
        from zeroconf import InterfaceChoice, NonUniqueNameException  # noqa: PLC0415 - takes a tenth of a second
        from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf  # noqa: PLC0415

        hosts = {str(address[0]) for _, address in self._services}
        anywhere = any(ipaddress.ip_address(host).is_unspecified for host in hosts)
        try:
            network = AsyncZeroconf(
                interfaces=InterfaceChoice.All if anywhere else [h for h in hosts if "." in h]
            )
        except OSError as fault:
            log.warning("OSC is not announced (%s); surfaces need our address by hand", fault)
            return
        try:
            for kind, (host, port, *_) in self._services:
                info = AsyncServiceInfo(
                    f"{kind}.local.",
                    f"Sideman on {socket.gethostname()}.{kind}.local.",
                    port=port,
                    parsed_addresses=_addresses(host),
                    server=f"{socket.gethostname()}.local.",
                    properties={"txtvers": "1"},
                )
                await network.async_register_service(info, allow_name_change=True)
            await asyncio.Event().wait()
        except (OSError, NonUniqueNameException) as fault:
            log.warning("OSC is not announced (%s); surfaces need our address by hand", fault)
        finally:
            await network.async_close()


def _addresses(host: str) -> list[str]:
    """Where a listener at a host can be reached: it, or every address of this machine."""
    if not ipaddress.ip_address(host).is_unspecified:
        return [host]
    from zeroconf import get_all_addresses  # noqa: PLC0415 - see above

    return [address for address in get_all_addresses() if not address.startswith("127.")]

"""Zeroconf: announces the OSC ports on the network (DNS-SD, RFC 6763)."""

import asyncio
import contextlib
import ipaddress
import logging
import socket
from collections.abc import Sequence
from typing import Any, Self

from perform.ipc.tasks import end_tasks

log = logging.getLogger(__name__)
Service = tuple[str, tuple[Any, ...]]
RETRY_SECONDS = 10.0
MAX_LABEL_BYTES = 60  # of 63 (RFC 1035): a name that is taken gets -2 at its end


class Announcement:
    """Inside `async with`, announces each service (type, (host, port)) at this machine's addresses.

    It announces them again when the addresses change, or when the network comes up. Nothing waits
    for it.
    """

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = services
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._announce(), name="announcement")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            await end_tasks(self._task)

    async def _announce(self) -> None:
        from zeroconf import Error  # noqa: PLC0415 - takes a tenth of a second

        logging.getLogger("zeroconf").addFilter(_without_traceback)
        logged = ""
        while True:
            try:
                await self._announce_until_moved()
                logged = ""
            except (OSError, RuntimeError, Error) as error:  # RuntimeError: no interface at all
                reason = str(error) or type(error).__name__
                if reason != logged:
                    log.warning(
                        "OSC is not announced (%s); surfaces need our address by hand", reason
                    )
                logged = reason
                await asyncio.sleep(RETRY_SECONDS)

    async def _announce_until_moved(self) -> None:
        """Announce every service at its present addresses, until they change."""
        from zeroconf import Error, InterfaceChoice  # noqa: PLC0415 - see above
        from zeroconf.asyncio import AsyncZeroconf  # noqa: PLC0415

        hosts = {str(address[0]) for _, address in self._services}
        anywhere = any(ipaddress.ip_address(host).is_unspecified for host in hosts)
        reached_at = await self._addresses()
        if not all(reached_at):
            raise OSError("this machine has no address in a network yet")
        network = AsyncZeroconf(
            interfaces=InterfaceChoice.All if anywhere else [h for h in hosts if "." in h]
        )
        try:
            for (kind, (_, port, *_)), addresses in zip(self._services, reached_at, strict=True):
                info = _service_info(kind, port, addresses)
                await (await network.async_register_service(info, allow_name_change=True))
            # systems tell of new addresses in many ways, or not at all
            while await self._addresses() == reached_at:  # noqa: ASYNC110
                await asyncio.sleep(RETRY_SECONDS)
        finally:
            # a network that is gone gets no goodbye
            with contextlib.suppress(OSError, RuntimeError, Error):
                await network.async_close()

    async def _addresses(self) -> list[list[str]]:
        """The addresses of each service, looked up in a thread so that no note waits."""
        hosts = [str(address[0]) for _, address in self._services]
        return await asyncio.to_thread(lambda: [_addresses(host) for host in hosts])


def _without_traceback(record: logging.LogRecord) -> bool:
    """Drop the traceback of a failed goodbye: the network is gone, and nothing is wrong."""
    record.exc_info = None
    return True


def _service_info(kind: str, port: int, addresses: list[str]) -> Any:
    """A service under the name of this machine, as zeroconf takes it."""
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
    return text.encode()[:MAX_LABEL_BYTES].decode(errors="ignore")


def _addresses(host: str) -> list[str]:
    """The addresses of a listener at `host`: itself, or all of this machine, sorted."""
    if not ipaddress.ip_address(host).is_unspecified:
        return [host]
    import ifaddr  # noqa: PLC0415 - see above

    own = {
        str(each.ip) for adapter in ifaddr.get_adapters() for each in adapter.ips if each.is_IPv4
    }
    return sorted(address for address in own if not address.startswith("127."))

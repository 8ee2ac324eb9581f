"""OSC as an input: its table in the rig, and its UDP and TCP ports."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from perform.errors import InputError, PortTakenError, RigError
from perform.inputs.base import InputContext, InputTable
from perform.inputs.osc_receiver import TimeTags
from perform.inputs.osc_tcp import TcpConnection
from perform.inputs.osc_udp import UdpInput
from perform.inputs.zeroconf import Announcement
from perform.ipc.tasks import end_tasks
from perform.net.access import (
    describe_access,
    is_loopback,
    parse_network,
)
from perform.net.address import host_port, listen_errors

log = logging.getLogger(__name__)
RETRY_SECONDS = 2.0
SocketAddress = tuple[Any, ...]  # of IPv4 (host, port), or of IPv6 (host, port, flow, scope)


class OscInputConfig(InputTable, frozen=True):
    """OSC over UDP at `listen`, and over TCP at `tcp`, framed by SLIP or by lengths.

    `allow`: the addresses and networks of other machines that may send; empty: every machine may.
    `time_tags`: "ignore" applies bundles at once, for senders whose clock is wrong.
    `announce`: announce both by zeroconf, so that TouchOSC and other programs find them.
    """

    is_midi_port: ClassVar[bool] = False

    listen: str = "127.0.0.1:9000"
    tcp: str | None = None
    prefix: str = "/sideman"
    allow: tuple[str, ...] = ()
    announce: bool = False
    time_tags: TimeTags = "follow"

    def check(self, voices: Sequence[str]) -> None:  # noqa: ARG002 - the same for every rig
        """RigError for an address, a prefix or a network that cannot be right."""
        host_port(self.listen)
        if self.tcp is not None:
            host_port(self.tcp)
        if not self.prefix.startswith("/") or self.prefix.endswith("/"):
            raise RigError(
                f"[inputs.osc] prefix {self.prefix!r}: begin it with / and end it without one"
            )
        for text in self.allow:
            parse_network(text)

    def describe(self) -> Iterator[str]:
        """The addresses, each with the machines that may send to it."""
        yield f"OSC {self.listen} ({describe_access(host_port(self.listen)[0], self.allow)})"
        if self.tcp is not None:
            yield f"OSC over TCP {self.tcp} ({describe_access(host_port(self.tcp)[0], self.allow)})"

    async def open(self, context: InputContext) -> None:
        """Listen, and wait for an address that this machine does not have yet.

        PortTakenError where a port cannot be opened.
        """
        async with contextlib.AsyncExitStack() as parts:
            try:
                await self._listen(context._replace(parts=parts))
                context.parts.push_async_callback(parts.pop_all().aclose)
            except PortTakenError:
                raise
            except InputError as error:  # the network is not up
                context.absences.begin(id(self), f"address {self.listen}", error)
                waiting = asyncio.create_task(self._wait(context), name="OSC address")
                context.parts.push_async_callback(end_tasks, waiting)

    async def _wait(self, context: InputContext) -> None:
        """Listen as soon as that is possible, until cancelled."""
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            async with contextlib.AsyncExitStack() as parts:
                with contextlib.suppress(InputError):
                    await self._listen(context._replace(parts=parts))
                    context.absences.end(id(self))
                    await asyncio.Event().wait()

    async def _listen(self, context: InputContext) -> None:
        """Listen over UDP, and over TCP where the rig says so, and announce both if it says so.

        InputError where a port cannot be opened.
        """
        services = [("_osc._udp", await self._open_udp(context))]
        if self.tcp is not None:
            services.append(("_osc._tcp", await self._open_tcp(self.tcp, context)))
        for address in filter(None, (self.listen, self.tcp)):
            self._warn_of_strangers(address)
        if self.announce:
            await context.parts.enter_async_context(Announcement(services))

    async def _open_udp(self, context: InputContext) -> SocketAddress:
        loop, local = asyncio.get_running_loop(), host_port(self.listen)
        with listen_errors("OSC input", self.listen, "[inputs.osc] listen"):
            transport, _ = await loop.create_datagram_endpoint(
                lambda: UdpInput(self.prefix, context.handler, context.access, self.time_tags),
                local_addr=local,
            )
        context.parts.callback(transport.close)
        address: SocketAddress = transport.get_extra_info("sockname")
        return address

    async def _open_tcp(self, listen: str, context: InputContext) -> SocketAddress:
        loop, (host, port) = asyncio.get_running_loop(), host_port(listen)
        connections: set[TcpConnection] = set()
        with listen_errors("OSC input", listen, "[inputs.osc] tcp"):
            server = await loop.create_server(
                lambda: TcpConnection(
                    self.prefix, context.handler, context.access, connections, self.time_tags
                ),
                host,
                port,
            )
        context.parts.callback(server.close)
        context.parts.callback(_close_all, connections)
        address: SocketAddress = server.sockets[0].getsockname()
        return address

    def _warn_of_strangers(self, address: str) -> None:
        if is_loopback(host_port(address)[0]):
            return
        if self.allow:
            log.warning("OSC %s is open to the network: to %s", address, ", ".join(self.allow))
            return
        log.warning(
            "OSC %s: every machine on the network can play; name who may in [inputs.osc] "
            'allow = ["192.168.1.0/24"]',
            address,
        )


def _close_all(connections: set[TcpConnection]) -> None:
    for connection in list(connections):
        connection.close()

"""The addresses of hosts that are named, also of those that are not there yet."""

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from perform.errors import OutputError

RETRY_SECONDS = 2.0


class Target(NamedTuple):
    """Where datagrams go: the family of addresses, and an address of it with its port."""

    family: socket.AddressFamily
    address: Any


def is_numeric(host: str) -> bool:
    """Whether a host is written as an address, which takes no time to look up."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def look_up(host: str, port: int) -> Target:
    """The target of a host and port. OutputError for an unknown host, perhaps after seconds."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    except (OSError, UnicodeError):
        raise OutputError(
            f"there is no way to host {host!r}; write its name or address, like 192.168.1.20"
        ) from None
    return Target(family, address)


class HostLookup:
    """Looks a host up on a thread of its own, again and again until it is known.

    On the event loop: `found` is called with its target, and before that `failed` once, if the
    host is not known at first.
    """

    def __init__(
        self,
        host: str,
        port: int,
        found: Callable[[Target], None],
        failed: Callable[[OutputError], None],
    ) -> None:
        self._host, self._port = host, port
        self._found, self._failed = found, failed
        self._loop = asyncio.get_running_loop()
        self._closed = threading.Event()
        # the end of the program does not wait for a resolver that hangs
        threading.Thread(target=self._run, name=f"look up {host}", daemon=True).start()

    def close(self) -> None:
        """Give up; neither function is called from now on."""
        self._closed.set()

    def _run(self) -> None:
        has_failed = False
        while not self._closed.is_set():
            try:
                target = look_up(self._host, self._port)
            except OutputError as error:
                if not has_failed:
                    self._call(self._failed, error)
                has_failed = True
                self._closed.wait(RETRY_SECONDS)
            else:
                self._call(self._found, target)
                return

    def _call(self, function: Callable[..., None], *values: Any) -> None:
        def call() -> None:
            if not self._closed.is_set():
                function(*values)

        with contextlib.suppress(RuntimeError):  # the loop is closed: the performance is over
            self._loop.call_soon_threadsafe(call)

"""Messages as OSC to one address."""

import socket
from typing import Any

from perform.errors import OutputError
from perform.net.osc import encode


class OscSender:
    """OSC over UDP under a prefix; a deaf peer costs nothing. A name is looked up once, here, since that may
    take seconds; OutputError where there is no such host.
    """

    def __init__(self, host: str, port: int, prefix: str = "/sideman") -> None:
        try:
            family, _, _, _, peer = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
            self._socket = socket.socket(family, socket.SOCK_DGRAM)
        except (OSError, UnicodeError):
            raise OutputError(
                f"there is no way to host {host!r}; write its name or address, like 192.168.1.20"
            ) from None
        self._peer: Any = peer
        self._socket.setblocking(False)
        self._prefix = prefix

    @property
    def place(self) -> tuple[str, int]:
        """The host, in figures, and the port that it goes to."""
        return self._peer[0], self._peer[1]

    def message(self, address: str, *values: Any) -> None:
        """Any message under the prefix; lost when the network refuses it, as UDP may."""
        try:
            self._socket.sendto(encode(self._prefix + address, *values), self._peer)
        except OSError:
            pass  # unreachable or full: the music goes on, UDP promised nothing

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()

"""Messages as OSC to one address."""

import socket
from typing import Any

from perform.osc import encode


class OscOutlet:
    """OSC over UDP under a prefix; a deaf peer costs nothing."""

    def __init__(self, host: str, port: int, prefix: str = "/sideman") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._peer = (host, port)
        self._prefix = prefix

    def message(self, address: str, *values: Any) -> None:
        """Any message under the prefix; lost when the network refuses it, as UDP may."""
        try:
            self._socket.sendto(encode(self._prefix + address, *values), self._peer)
        except OSError:
            pass  # unreachable or full: the music goes on, UDP promised nothing

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()

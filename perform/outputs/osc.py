"""Messages as OSC to one address."""

import socket
from typing import Annotated, Any

from msgspec import Meta

from perform.control.feedback import Feedback
from perform.errors import OutputError
from perform.net.address import host_port
from perform.net.osc import encode
from perform.outputs.base import OpenedOutput, OutputContext, OutputTable


class OscOutputConfig(OutputTable, frozen=True, tag_field="kind", tag="osc"):
    """OSC messages to `to` (host:port). `ahead_ms`: send this much earlier, as for a MIDI output."""

    to: str
    prefix: str = "/sideman"
    ahead_ms: Annotated[float, Meta(ge=0, le=500)] = 0.0

    @property
    def ahead(self) -> float:
        """The latency of the program that receives the messages, in seconds."""
        return self.ahead_ms / 1000

    def check(self, where: str) -> None:  # noqa: ARG002 - the error quotes the address
        """RigError unless `to` is a host and a port."""
        host_port(self.to)

    def open(self, context: OutputContext) -> OpenedOutput:  # noqa: ARG002 - voices go by name
        """The open output. OutputError where the host is unknown."""
        sender = OscSender(*host_port(self.to), self.prefix)
        feedback = Feedback(sender)
        return OpenedOutput(feedback, feedback=(sender.place, feedback))


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

    def send_message(self, address: str, *values: Any) -> None:
        """Any message under the prefix; lost when the network refuses it, as UDP may."""
        try:
            self._socket.sendto(encode(self._prefix + address, *values), self._peer)
        except OSError:
            pass  # unreachable or full: the music goes on, UDP promised nothing

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()

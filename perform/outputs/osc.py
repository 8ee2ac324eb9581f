"""An output that sends OSC messages to one host and port."""

import socket
from typing import Annotated, Any

from msgspec import Meta

from perform.control.feedback import Feedback
from perform.errors import OutputError
from perform.net.address import host_port
from perform.net.osc import encode
from perform.outputs.base import OpenedOutput, OutputContext, OutputTable


class OscOutputConfig(OutputTable, frozen=True, tag_field="kind", tag="osc"):
    """OSC messages to `to` (host:port).

    `ahead_ms`: send this much earlier, as for a MIDI output.
    """

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
        return OpenedOutput(feedback, feedback=(sender.target, feedback))


class OscSender:
    """Sends OSC over UDP under a prefix; it never waits.

    The name of the host is looked up once, here, because that may take seconds. OutputError for an
    unknown host.
    """

    def __init__(self, host: str, port: int, prefix: str = "/sideman") -> None:
        try:
            family, _, _, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
            self._socket = socket.socket(family, socket.SOCK_DGRAM)
        except (OSError, UnicodeError):
            raise OutputError(
                f"there is no way to host {host!r}; write its name or address, like 192.168.1.20"
            ) from None
        self._target: Any = target
        self._socket.setblocking(False)
        self._prefix = prefix

    @property
    def target(self) -> tuple[str, int]:
        """The address of the host, as numbers, and the port."""
        return self._target[0], self._target[1]

    def send_message(self, address: str, *values: Any) -> None:
        """Send one message under the prefix; it is lost where the network does not take it."""
        try:
            self._socket.sendto(encode(self._prefix + address, *values), self._target)
        except OSError:
            pass  # the host cannot be reached, or a buffer is full: UDP may lose messages

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

"""An output that sends OSC messages to one host and port."""

import socket
from typing import Annotated, Any, Self

from msgspec import Meta

from perform.control.feedback import Feedback
from perform.errors import OutputError
from perform.net.address import host_port
from perform.net.host_lookup import HostLookup, Target, is_numeric, look_up
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

    def open(self, context: OutputContext) -> OpenedOutput:
        """The output, whose host may not be known yet."""
        host, port = host_port(self.to)
        sender = OscSender(self.prefix)
        feedback = Feedback(sender)
        absence = (id(feedback), f"host {host!r}")

        def reach(target: Target) -> None:
            context.absences.end(absence[0])
            sender.reach(target)
            context.reached(sender.target, feedback)
            feedback.resend()

        if context.absences.waits and not is_numeric(host):
            where = f"[outputs.{context.name}]"
            sender.lookup = HostLookup(
                host,
                port,
                reach,
                lambda error: context.absences.begin(*absence, OutputError(f"{where} {error}")),
            )
            return OpenedOutput(feedback)
        try:
            reach(look_up(host, port))
        except OutputError as error:
            context.absences.begin(*absence, error)
        return OpenedOutput(feedback)


class OscSender:
    """Sends OSC over UDP under a prefix; it never waits.

    What is sent before `reach` is lost. `lookup`: the search for the host, which ends with it.
    """

    def __init__(self, prefix: str = "/sideman") -> None:
        self._prefix = prefix
        self._socket: socket.socket | None = None
        self._target: Any = None
        self.lookup: HostLookup | None = None

    @classmethod
    def to(cls, host: str, port: int, prefix: str = "/sideman") -> Self:
        """A sender to a host. OutputError where it is unknown, for a name perhaps after seconds."""
        sender = cls(prefix)
        sender.reach(look_up(host, port))
        return sender

    @property
    def target(self) -> tuple[str, int]:
        """The address of the host, as numbers, and the port."""
        return self._target[0], self._target[1]

    def reach(self, target: Target) -> None:
        """Send to a target from now on."""
        family, self._target = target
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def send_message(self, address: str, *values: Any) -> None:
        """Send one message under the prefix; it is lost where the network does not take it."""
        if self._socket is None:
            return
        try:
            self._socket.sendto(encode(self._prefix + address, *values), self._target)
        except OSError:
            pass  # the host cannot be reached, or a buffer is full: UDP may lose messages

    def close(self) -> None:
        """Close the socket."""
        if self.lookup is not None:
            self.lookup.close()
        if self._socket is not None:
            self._socket.close()

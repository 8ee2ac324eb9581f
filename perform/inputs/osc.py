"""OSC as an input: what the rig says of it."""

from collections.abc import Iterator, Sequence

from perform.errors import RigError
from perform.inputs.base import InputTable
from perform.net.access import network, who
from perform.net.address import host_port


class OscInputConfig(InputTable, frozen=True):
    """OSC over UDP at `listen`, and over TCP (framed by SLIP) at `tcp`.

    `allow`: the addresses and networks of other machines that may send; empty: every machine may.
    `announce`: announce both by zeroconf, so that TouchOSC and other programs find them.
    """

    listen: str = "127.0.0.1:9000"
    tcp: str | None = None
    prefix: str = "/sideman"
    allow: tuple[str, ...] = ()
    announce: bool = False

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
            network(text)

    def describe(self) -> Iterator[str]:
        """The addresses, each with the machines that may send to it."""
        yield f"OSC {self.listen} ({who(host_port(self.listen)[0], self.allow)})"
        if self.tcp is not None:
            yield f"OSC over TCP {self.tcp} ({who(host_port(self.tcp)[0], self.allow)})"

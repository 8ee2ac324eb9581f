"""Who may speak to us over the network."""

import errno
import ipaddress
import socket
from collections.abc import Iterable, Sequence

from perform.errors import RigError

MOST_KNOWN = 256
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class AccessList:
    """A set of hosts: addresses ("192.168.1.20") and networks ("192.168.1.0/24"); without any, everybody.

    Programs on this machine are always in it. RigError for what is neither.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._networks = [network(text) for text in allowed]
        self._known: dict[str, bool] = {}

    def __contains__(self, host: str) -> bool:
        answer = self._known.get(host)
        if answer is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            answer = self._known[host] = self._look_up(host)
        return answer

    def names(self, host: str) -> bool:
        """Whether the host is in it by what was written, and not for being on this machine or one of everybody."""
        plain = _plain(host)
        return plain is not None and any(plain in one for one in self._networks)

    def _look_up(self, host: str) -> bool:
        if not self._networks:
            return True
        plain = _plain(host)
        return plain is not None and (plain.is_loopback or self.names(host))


def _plain(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host spells, without scope, and as IPv4 where it means that; None for what is none."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def network(text: str) -> Network:
    """The network, of one address or many, that a text spells; RigError where it does not."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise RigError(
            f"allow: {text!r} is no address; write 192.168.1.20, or 192.168.1.0/24 for all of a network"
        ) from None


def who(host: str, allow: Sequence[str]) -> str:
    """Who may send to what listens at a host, in words."""
    if is_loopback(host):
        return "this machine"
    return f"this machine, {', '.join(allow)}" if allow else "everybody on the network"


def is_elsewhere(fault: OSError) -> bool:
    """Whether a port could not be had because its host is none of this machine's, or of nobody."""
    return fault.errno in (errno.EADDRNOTAVAIL, socket.EAI_NONAME)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens at a host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

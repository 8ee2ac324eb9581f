"""Which hosts may send to the daemon over the network."""

import ipaddress
from collections.abc import Iterable, Sequence

from perform.errors import RigError

MAX_CACHED = 256
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class AccessList:
    """The hosts that may send: addresses ("192.168.1.20") and networks ("192.168.1.0/24").

    An empty list lets every host in. Programs on this machine are always let in. RigError for a
    text that is neither an address nor a network.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._networks = [parse_network(text) for text in allowed]
        self._cache: dict[str, bool] = {}

    def __contains__(self, host: str) -> bool:
        allowed = self._cache.get(host)
        if allowed is None:
            if len(self._cache) >= MAX_CACHED:
                self._cache.clear()
            allowed = self._cache[host] = self._look_up(host)
        return allowed

    def lists(self, host: str) -> bool:
        """Whether the list itself names the host; False for an empty list."""
        address = _parse_address(host)
        return address is not None and any(address in one for one in self._networks)

    def _look_up(self, host: str) -> bool:
        if not self._networks:
            return True
        address = _parse_address(host)
        return address is not None and (address.is_loopback or self.lists(host))


def _parse_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """A host's address without its scope, as IPv4 if it maps one; None for any other text."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def parse_network(text: str) -> Network:
    """The network of a text; one address is a network of one. RigError for any other text."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise RigError(
            f"allow: {text!r} is no address; write 192.168.1.20, "
            "or 192.168.1.0/24 for all of a network"
        ) from None


def describe_access(host: str, allow: Sequence[str]) -> str:
    """Who may send to a port of `host` with the access list `allow`, as a text for the user."""
    if is_loopback(host):
        return "this machine"
    return f"this machine, {', '.join(allow)}" if allow else "every machine on the network"


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine can reach a port of `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

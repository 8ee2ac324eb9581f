"""Ports of this machine that no test shares."""

import random
import socket

# Below what systems hand to clients (Linux from 32768, IANA from 49152): a port from there may be another program's
# by the time that it is listened on.
FIRST, COUNT = 20_000, 6_000

_draw = random.Random()  # the generator of a test would begin alike in every process
_guards = []


def free_port():
    """A port of 127.0.0.1 that is free for TCP and for UDP, and given to nobody else while this process lives."""
    for _ in range(1000):
        port = _draw.randrange(FIRST, FIRST + COUNT)
        # whoever is given a port holds another in its stead, so that it is nobody else's before it is listened on
        guard = _bound(socket.SOCK_DGRAM, port + COUNT)
        if guard is None:
            continue
        _guards.append(guard)
        probes = [_bound(kind, port) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)]
        for probe in filter(None, probes):
            probe.close()
        if all(probes):
            return port
    raise OSError(f"no port from {FIRST} to {FIRST + COUNT} is free")


def _bound(kind, port):
    """A socket at a port, None where it is taken."""
    made = socket.socket(socket.AF_INET, kind)
    try:
        made.bind(("127.0.0.1", port))
    except OSError:
        made.close()
        return None
    return made

"""Ports of this machine that no other test uses."""

import random
import socket

# Below the ports that systems give to clients (Linux from 32768, IANA from 49152): another program
# could get such a port before the test listens on it.
FIRST, COUNT = 20_000, 6_000

# a seeded generator would give every test process the same ports
_random = random.Random()
_reservations = []


def free_port():
    """A port of 127.0.0.1 that is free for TCP and UDP; no other test process gets it."""
    for _ in range(1000):
        port = _random.randrange(FIRST, FIRST + COUNT)
        # a second port stands for the first, which has to stay free until the test listens on it
        reservation = _bind(socket.SOCK_DGRAM, port + COUNT)
        if reservation is None:
            continue
        _reservations.append(reservation)
        probes = [_bind(kind, port) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)]
        for probe in filter(None, probes):
            probe.close()
        if all(probes):
            return port
    raise OSError(f"no port from {FIRST} to {FIRST + COUNT} is free")


def _bind(kind, port):
    """A socket at a port; None if the port is used."""
    bound = socket.socket(socket.AF_INET, kind)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        return None
    return bound

"""Ports of this machine that no test shares."""

import os
import random
import socket

# Below what systems hand to clients (Linux from 32768, IANA from 49152): a port from there may be another program's
# by the time that it is listened on.
FIRST, LAST = 20_000, 32_000
WORKERS = 16

_given = set()
_draw = random.Random(os.urandom(8))  # the generator of a test begins alike in every process


def free_port():
    """A port of 127.0.0.1 that is free for TCP and for UDP; never the same twice, nor another test process's."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    for _ in range(1000):
        port = _draw.randrange(FIRST + worker % WORKERS, LAST, WORKERS)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port
    raise OSError(f"no port between {FIRST} and {LAST} is free")


def _is_free(port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True

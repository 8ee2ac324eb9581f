"""A question to a running daemon, over OSC."""

import socket

from perform.errors import InputError
from perform.net.osc import decode, encode

PATIENCE_SECONDS = 2.0


def ask(daemon: tuple[str, int], prefix: str) -> dict[str, float]:
    """What the daemon counted, by name, in its order. InputError when nobody answers in two seconds."""
    told: dict[str, float] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        mouth.settimeout(PATIENCE_SECONDS)
        try:
            mouth.connect(daemon)
            mouth.send(encode(f"{prefix}/stats"))
            while "done" not in told:
                for address, values in decode(mouth.recv(4096)):
                    name = address.removeprefix(f"{prefix}/stats/")
                    if name != address and values:
                        told[name] = float(values[0])
        except OSError:
            raise InputError(
                f"no daemon answers at {daemon[0]}:{daemon[1]}; start it with perform run"
            ) from None
    del told["done"]
    return told

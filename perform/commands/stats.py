"""`perform stats`: requests the statistics of a running daemon over OSC."""

import socket

from perform.errors import InputError, OutputError
from perform.net.address import host_port
from perform.net.host_lookup import look_up
from perform.net.osc import decode, encode

TIMEOUT_SECONDS = 2.0
LONGEST_DATAGRAM = 4096


def run(address: str, prefix: str) -> None:
    """Print the statistics of the daemon at host:port, a line each."""
    for name, value in request(host_port(address), prefix).items():
        print(f"{name:<14} {value:g}")


def request(daemon: tuple[str, int], prefix: str) -> dict[str, float]:
    """The daemon's statistics by name, in its order.

    InputError when it does not answer in two seconds.
    """
    statistics: dict[str, float] = {}
    try:
        family, place = look_up(*daemon)
        with socket.socket(family, socket.SOCK_DGRAM) as connection:
            connection.settimeout(TIMEOUT_SECONDS)
            connection.connect(place)
            connection.send(encode(f"{prefix}/stats"))
            while "done" not in statistics:
                for address, values in decode(connection.recv(LONGEST_DATAGRAM)):
                    name = address.removeprefix(f"{prefix}/stats/")
                    if name != address and values:
                        statistics[name] = float(values[0])
    except (OSError, OutputError):
        raise InputError(
            f"no daemon answers at {daemon[0]}:{daemon[1]}; start it with perform run"
        ) from None
    del statistics["done"]
    return statistics

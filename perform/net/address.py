"""Addresses as the rig and the command line write them: host:port."""

from perform.errors import RigError

LOOPBACK = "127.0.0.1"


def host_port(text: str) -> tuple[str, int]:
    """The host and the port of "host:port"; RigError for any other text.

    "localhost" becomes 127.0.0.1: some systems resolve it to ::1, where few programs listen.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise RigError(f"{text!r} is no address; write host:port, like 127.0.0.1:9000")
    return LOOPBACK if host.lower() == "localhost" else host.strip("[]"), int(port)

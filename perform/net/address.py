"""Addresses as the rig and the command line write them: host:port."""

import contextlib
import errno
import os
import socket
from collections.abc import Iterator

from perform.errors import InputError, PortTakenError, RigError

LOOPBACK = "127.0.0.1"


def host_port(text: str) -> tuple[str, int]:
    """The host and the port of "host:port"; RigError for any other text.

    "localhost" becomes 127.0.0.1: some systems resolve it to ::1, where few programs listen.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise RigError(f"{text!r} is no address; write host:port, like 127.0.0.1:9000")
    return LOOPBACK if host.lower() == "localhost" else host.strip("[]"), int(port)


@contextlib.contextmanager
def listen_errors(what: str, address: str, key: str) -> Iterator[None]:
    """Inside `with`, an OSError of a port that listens becomes an InputError; a PortTakenError
    where the address is one of this machine.

    The message names `what` listens, its address, and the key of the rig where to change it.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EADDRNOTAVAIL, socket.EAI_NONAME):
            raise InputError(
                f"{what} {address} cannot be opened; that is no address of this machine, "
                f"choose one, or 0.0.0.0 for all that it has, in {key}"
            ) from None
        number = error.errno or 0  # of a name that is not known it is negative
        reason = os.strerror(number) if number > 0 else error.strerror or error
        raise PortTakenError(
            f"{what} {address} cannot be opened ({reason}); "
            f"another program may have it, choose another port in {key}"
        ) from None

"""Where the panel is reached: its socket, its address, and who may come in. The daemon opens it, the panel keeps it."""

import importlib.util
import ipaddress
import socket
from typing import NamedTuple
from urllib.parse import quote

from perform import extras
from perform.allow import is_elsewhere, is_loopback
from perform.errors import ElsewhereError, InputError, StartError
from perform.panel.token import kept

MODULE = "perform.panel"
NEEDED = ("starlette", "uvicorn", "websockets", "segno")
BACKLOG = 64
NOWHERE = ("192.0.2.1", 9)  # RFC 5737: for documentation alone; nothing is sent to it


class Door(NamedTuple):
    """A socket that listens, the address to open in a browser, and the rules: the token that is asked for
    ("" for none), the host names by which we may be called (none named: any address in figures), and whether
    only this machine reaches it.
    """

    listening: socket.socket
    url: str
    token: str
    names: tuple[str, ...]
    near: bool

    def rules(self) -> dict[str, object]:
        """What the process that serves the page has to know; no business of browsers."""
        return {"token": self.token, "names": self.names, "loopback": self.near}

    def picture(self) -> str:
        """The address as a QR code for a terminal, where somebody else's telephone is to find it; or ""."""
        if self.near:
            return ""
        import io  # noqa: PLC0415 - only where one is shown

        import segno  # noqa: PLC0415

        drawn = io.StringIO()
        segno.make(self.url, error="l").terminal(drawn, border=2, compact=True)
        return drawn.getvalue()


def is_installed() -> bool:
    """Whether the packages for the panel are there."""
    return not _missing()


def _missing() -> list[str]:
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def open_door(host: str, port: int, token: str | None = None) -> Door:
    """A door at a host and port. It asks for the token that is given; beyond this machine, where none is, for the one
    that is kept.

    StartError when the packages for the panel are missing, InputError when the port cannot be had.
    """
    if missing := _missing():
        raise StartError(
            f"the panel needs {' and '.join(missing)}; install them with {extras.install('panel')}"
        )
    try:
        listening = _listen(host, port)
    except OSError as fault:
        if is_elsewhere(fault):
            raise ElsewhereError(
                "panel", f"{host}:{port}", "[panel] listen or --panel HOST:PORT"
            ) from None
        raise InputError(
            f"panel {host}:{port} cannot be opened ({_why(fault)}); "
            "another program may have it, choose another port in [panel] listen or --panel HOST:PORT"
        ) from None
    listening.setblocking(False)
    port = listening.getsockname()[1]
    near = is_loopback(host)
    token = token or ("" if near else kept())
    asked = f"?token={quote(token)}" if token else ""
    url = f"http://{_written(_seen_at(host))}:{port}/{asked}"
    return Door(listening, url, token, _names(host, near), near)


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens: at :: also to IPv4, where the system can."""
    sixth = ":" in host
    return socket.create_server(
        (host, port),
        family=socket.AF_INET6 if sixth else socket.AF_INET,
        backlog=BACKLOG,
        reuse_port=False,
        dualstack_ipv6=sixth and socket.has_dualstack_ipv6(),
    )


def _names(host: str, near: bool) -> tuple[str, ...]:
    """What browsers may call us, beside addresses."""
    if near:
        return (host, "localhost")
    own = socket.gethostname().lower()
    return (host, "localhost", own, f"{own.partition('.')[0]}.local")


def _why(fault: OSError) -> str:
    return (fault.strerror or str(fault)).split(" (")[0]


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _seen_at(host: str) -> str:
    """The address by which others reach a host that may be "all of them"."""
    try:
        if not ipaddress.ip_address(host).is_unspecified:
            return host
    except ValueError:
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(NOWHERE)  # chooses the interface; UDP sends nothing yet
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()

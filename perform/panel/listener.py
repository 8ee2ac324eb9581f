"""Where browsers reach the panel: its socket, its address, and its access rules.

The daemon opens the socket, and the panel's process serves it.
"""

import importlib.util
import io
import ipaddress
import socket as sockets
from typing import NamedTuple
from urllib.parse import quote

from perform import extras
from perform.errors import StartError
from perform.net.access import is_loopback
from perform.net.address import listen_errors
from perform.panel.token import stored_token

MODULE = "perform.panel"
NEEDED = ("starlette", "uvicorn", "websockets", "segno")
BACKLOG = 64
DOCUMENTATION_HOST = ("192.0.2.1", 9)  # RFC 5737: reserved; nothing is sent to it


class PanelListener(NamedTuple):
    """The panel's open socket, and who may use it.

    `url`: the address to open in a browser. `token`: what a browser has to send; "" for nothing.
    `names`: the host names that the panel answers to, besides IP addresses. `is_local`: whether
    only this machine reaches the panel. `proxied`: the names at a reverse proxy; `path`: where the
    panel is there.
    """

    socket: sockets.socket
    url: str
    token: str
    names: tuple[str, ...]
    is_local: bool
    proxied: tuple[str, ...] = ()
    path: str = "/"

    def access_rules(self) -> dict[str, object]:
        """The rules for the panel's process, as JSON; browsers do not get them."""
        return {
            "token": self.token,
            "names": self.names,
            "proxied": self.proxied,
            "loopback": self.is_local,
            "path": self.path,
        }

    def qr_code(self) -> str:
        """The address as a QR code of text; "" for a panel that no phone reaches."""
        if self.is_local:
            return ""
        import segno  # noqa: PLC0415 - an extra

        drawn = io.StringIO()
        segno.make(self.url, error="l").terminal(drawn, border=2, compact=True)
        return drawn.getvalue()


def is_installed() -> bool:
    """Whether the packages for the panel are installed."""
    return not _missing_packages()


def _missing_packages() -> list[str]:
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def open_listener(
    host: str,
    port: int,
    token: str | None = None,
    proxied: tuple[str, ...] = (),
    path: str = "/",
) -> PanelListener:
    """An open panel socket. Without a `token`, the network needs the one that is stored.

    `proxied`: the names of the panel at a reverse proxy, through which all of the network comes.

    StartError when packages are missing, InputError when the port cannot be opened.
    """
    if missing := _missing_packages():
        raise StartError(
            f"the panel needs {' and '.join(missing)}; install them with {extras.install('panel')}"
        )
    with listen_errors("panel", f"{host}:{port}", "[panel] listen or --panel HOST:PORT"):
        socket = _listen(host, port)
    socket.setblocking(False)
    port = socket.getsockname()[1]
    is_local = is_loopback(host)
    token = token or ("" if is_local and not proxied else stored_token())
    query = f"?token={quote(token)}" if token else ""
    url = f"http://{_in_url(_reachable_host(host))}:{port}/{query}"
    names = _names(host, is_local=is_local)
    return PanelListener(socket, url, token, names, is_local, proxied, path)


def _listen(host: str, port: int) -> sockets.socket:
    """A listening socket; at :: it also takes IPv4, if the system can do that."""
    ipv6 = ":" in host
    return sockets.create_server(
        (host, port),
        family=sockets.AF_INET6 if ipv6 else sockets.AF_INET,
        backlog=BACKLOG,
        reuse_port=False,
        dualstack_ipv6=ipv6 and sockets.has_dualstack_ipv6(),
    )


def _names(host: str, *, is_local: bool) -> tuple[str, ...]:
    """The host names that browsers may use, besides IP addresses."""
    if is_local:
        return (host, "localhost")
    own = sockets.gethostname().lower()
    return (host, "localhost", own, f"{own.partition('.')[0]}.local")


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _reachable_host(host: str) -> str:
    """The address at which other machines reach a host that may be "all addresses"."""
    try:
        if not ipaddress.ip_address(host).is_unspecified:
            return host
    except ValueError:
        return host
    with sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM) as probe:
        try:
            probe.connect(DOCUMENTATION_HOST)  # chooses the interface; UDP sends nothing yet
            return str(probe.getsockname()[0])
        except OSError:
            return sockets.gethostname()

"""What the panel lets in: whom, by host, origin and token; and what, by shape, size and rate."""

import ipaddress
import secrets
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from perform.errors import MessageError
from perform.net.access import is_loopback

COOKIE = "sideman"
LONGEST_MESSAGE = 32768  # bytes: a chart of 4000 characters, however they are written
MOST_VALUES = 32
A_SECOND, AT_ONCE = 300, 600  # messages of one browser; ten fingers on ten faders send fewer
A_MESSAGE = 100  # characters; what is longer counts as several, for it takes as long to read
# who looks through the panel is told everything already
OURS = ("/subscribe", "/subscribe/again", "/unsubscribe")


class Guard:
    """Decides by the headers of a request whether it may come in.

    `names`: by which we may be called. `token`: asked for where it is not "". `loopback`: only this machine
    reaches us, so only its names are ours; else any address in figures is, for a page elsewhere that has its own
    name point at us (DNS rebinding) is called by that name.
    """

    def __init__(self, names: Iterable[str], token: str, *, loopback: bool) -> None:
        self._names = frozenset(name.lower() for name in names)
        self._token = token.encode()
        self._loopback = loopback

    def refuses(self, host: str, origin: str | None, token: str) -> str:
        """Why a request may not come in, in a line for whoever sent it; "" when it may.

        `origin`: of the page that asks, as browsers say it; None where no page does.
        """
        if not self._ours(host):
            return "this panel is not called by that name; open the address that Sideman printed"
        if origin is not None and not _same(origin, host):
            return "a page from elsewhere may not speak to the panel"
        if self._token and not secrets.compare_digest(token.encode(), self._token):
            return "the token is missing or wrong; open the address that Sideman printed, or scan its code"
        return ""

    def _ours(self, host: str) -> bool:
        name = _name(host)
        if name in self._names:
            return True
        if self._loopback:
            return is_loopback(name)
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _same(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def token_of(query: bytes, cookie: str) -> str:
    """The token in a query string, or else in a Cookie header, percent-encoded in both; "" where there is none."""
    asked = parse_qs(query.decode("latin-1")).get("token")
    if asked:
        return asked[0]
    for part in cookie.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return unquote(value)
    return ""


def read(text: str) -> tuple[str, list[Any]]:
    """The address and values that a browser's `["/address", ...values]` says; WireError for anything else."""
    try:
        said = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise MessageError("not JSON") from None
    match said:
        case [str(address), *values] if address.startswith("/") and len(values) <= MOST_VALUES:
            if all(isinstance(value, str | int | float) for value in values):
                if address in OURS:
                    raise MessageError("the panel is told everything already")
                return address, values
    raise MessageError('takes ["/address", ...values], the values texts and numbers')

"""What the panel lets in: requests by host, origin and token; messages by shape, size and rate."""

import ipaddress
import secrets
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from perform.errors import MessageError
from perform.net.access import is_loopback

COOKIE = "sideman"
MAX_MESSAGE = 32768  # bytes: a chart of 4000 characters, in any spelling
MAX_VALUES = 32
# messages of one browser a second, and at once; ten fingers on ten faders send fewer
MAX_RATE, MAX_BURST = 300, 600
MESSAGE_UNIT = 100  # characters; a longer message counts as several, since it takes longer to read
# a browser of the panel gets everything anyway
SUBSCRIPTION_ADDRESSES = ("/subscribe", "/subscribe/again", "/unsubscribe")


class Guard:
    """Decides by the headers of a request whether it may come in.

    `names`: the host names of the panel; `proxied`: those at a reverse proxy. `token`: what a
    request has to bring; "" for nothing. `loopback`: only this machine reaches the panel, and no
    other address is its name. Otherwise every IP address is. A page on another site, whose name
    points to the panel (DNS rebinding), comes with that other name.
    """

    def __init__(
        self, names: Iterable[str], token: str, *, proxied: Iterable[str] = (), loopback: bool
    ) -> None:
        self._proxied = frozenset(name.lower() for name in proxied)
        self._names = self._proxied.union(name.lower() for name in names)
        self._token = token.encode()
        self._loopback = loopback

    def refusal(self, host: str, origin: str | None, token: str) -> str:
        """Why a request may not come in, as a line for its sender; "" when it may.

        `origin`: of the page that sends it, as browsers write it; None without a page.
        """
        if not self._is_own_name(host):
            return "this panel does not have that name; open the address that Sideman printed"
        if origin is not None and not self._is_own_origin(origin, host):
            return "a page of another site may not use the panel"
        if self._token and not secrets.compare_digest(token.encode(), self._token):
            return (
                "the token is missing or wrong; "
                "open the address that Sideman printed, or scan its code"
            )
        return ""

    def _is_own_origin(self, origin: str, host: str) -> bool:
        """Whether a page is our own; a proxy may replace the host."""
        scheme, _, name = origin.partition("//")
        listed = scheme in ("http:", "https:") and _host_name(name) in self._proxied
        return listed or _same_origin(origin, host)

    def _is_own_name(self, host: str) -> bool:
        name = _host_name(host)
        if name in self._names:
            return True
        if self._loopback:
            return is_loopback(name)
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _host_name(host: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _same_origin(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def token_of(query: bytes, cookie: str) -> str:
    """The token in a query string, or in a Cookie header; "" if there is none.

    It is percent-encoded in both.
    """
    in_query = parse_qs(query.decode("latin-1")).get("token")
    if in_query:
        return in_query[0]
    for part in cookie.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return unquote(value)
    return ""


def parse_message(text: str) -> tuple[str, list[Any]]:
    """The address and values of a browser's `["/address", ...values]`.

    MessageError for any other text.
    """
    try:
        message = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise MessageError("not JSON") from None
    match message:
        case [str(address), *values] if address.startswith("/") and len(values) <= MAX_VALUES:
            if all(isinstance(value, str | int | float) for value in values):
                if address in SUBSCRIPTION_ADDRESSES:
                    raise MessageError("the panel gets everything already")
                return address, values
    raise MessageError('takes ["/address", ...values], the values texts and numbers')

"""The panel's server: its page out of a fixed table of files, and a WebSocket each way, behind a guard."""

import asyncio
import time
from collections.abc import MutableMapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from perform.errors import MessageError
from perform.net.rate_limit import RateLimit
from perform.panel import guard as checks
from perform.panel.hub import Browser, Hub

PAGE = Path(__file__).with_name("page")
TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
A_YEAR = 365 * 86400  # seconds; a phone that scanned the code need not do so again
SLOW_SECONDS = 5.0  # that a browser may take to take one frame
TRY_LATER, WENT_WRONG, TOO_LONG = 1013, 1008, 1009  # RFC 6455, 7.4 and IANA's registry
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


class Daemon(Protocol):
    """Where what browsers say goes; see `perform.ipc.child`."""

    def forward(self, client: int, address: str, *values: Any) -> None:
        """A message of a browser, by its number."""

    def reject(self, client: int, address: str, why: str) -> None:
        """Something that a browser said and that means nothing; answered from there."""

    def log_rejection(self, reason: str) -> None:
        """Somebody who is not let in."""

    async def drain(self) -> None:
        """Wait while it has much to read already."""


class Guarded:
    """An application that answers only whom the guard lets in."""

    def __init__(self, app: ASGIApp, guard: checks.Guard, daemon: Daemon) -> None:
        self._app = app
        self._guard = guard
        self._daemon = daemon
        self._pace = RateLimit(checks.A_SECOND, checks.AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with HTTP 403."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        token = checks.token_of(scope["query_string"], headers.get("cookie", ""))
        why = self._guard.refuses(headers.get("host", ""), headers.get("origin"), token)
        if not why:
            await self._app(scope, receive, send)
            return
        if self._pace.allows():  # a flood of strangers is not to keep notes waiting
            self._daemon.log_rejection(f"panel: {(scope.get('client') or ['?'])[0]}: {why}")
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": WENT_WRONG})  # not open yet: HTTP 403
        else:
            refusal = PlainTextResponse(f"{why}\n", HTTPStatus.FORBIDDEN, HEADERS)
            await refusal(scope, receive, send)


def application(hub: Hub, daemon: Daemon, guard: checks.Guard) -> ASGIApp:
    """The whole panel."""

    async def speak(socket: WebSocket) -> None:
        await _speak(socket, hub, daemon)

    files: list[Any] = [_route(path) for path in sorted(PAGE.iterdir()) if path.suffix in TYPES]
    return Guarded(Starlette(routes=[*files, WebSocketRoute("/ws", speak)]), guard, daemon)


def _route(path: Path) -> Route:
    """One file, read now, under its own name; the page itself also at /."""
    content, kind = path.read_bytes(), TYPES[path.suffix]

    def give(request: Request) -> Response:
        response = Response(content, media_type=kind, headers=HEADERS)
        token = request.query_params.get("token")  # the guard has seen that it is right
        if token:
            response.set_cookie(
                checks.COOKIE, quote(token), max_age=A_YEAR, httponly=True, samesite="strict"
            )
        return response

    return Route("/" if path.name == "index.html" else f"/{path.name}", give)


async def _speak(socket: WebSocket, hub: Hub, daemon: Daemon) -> None:
    await socket.accept()
    if hub.full:
        await socket.close(TRY_LATER, "too many browsers look already; close one")
        return
    browser = hub.join()
    sending = asyncio.create_task(_send(socket, browser))
    hearing = asyncio.create_task(_hear(socket, browser, hub, daemon))
    try:
        await asyncio.wait((sending, hearing), return_when=asyncio.FIRST_COMPLETED)
    finally:
        hub.leave(browser)
        for task in (sending, hearing):
            task.cancel()
        await asyncio.gather(sending, hearing, return_exceptions=True)


async def _send(socket: WebSocket, browser: Browser) -> None:
    """Tell a browser all that comes; ends when it is gone, or too slow to be waited for."""
    while not browser.slow:
        frame = await browser.frame()
        try:
            await asyncio.wait_for(socket.send_text(frame), SLOW_SECONDS)
        except (TimeoutError, WebSocketDisconnect, RuntimeError, OSError):
            return


async def _hear(socket: WebSocket, browser: Browser, hub: Hub, daemon: Daemon) -> None:
    """Pass on what a browser says; what it cannot mean is answered, a flood is let be and said once a second."""
    pace, told = RateLimit(checks.A_SECOND, checks.AT_ONCE), 0.0
    while True:
        await daemon.drain()  # and meanwhile the browser waits
        try:
            message: MutableMapping[str, Any] = await socket.receive()
        except RuntimeError:
            return
        if message["type"] == "websocket.disconnect":
            if message.get("code") == TOO_LONG:
                why = f"a message has at most {checks.LONGEST_MESSAGE} bytes"
                daemon.reject(browser.number, "", why)
            return
        text = message.get("text")
        if not pace.allows(1 + len(text or "") // checks.A_MESSAGE):
            if time.monotonic() - told > 1:
                told = time.monotonic()
                why = f"more than {checks.A_SECOND} messages a second; long ones count as several"
                daemon.reject(browser.number, "", why)
            continue
        try:
            if text is None:
                raise MessageError("not text")
            address, values = checks.read(text)
        except MessageError as fault:
            daemon.reject(browser.number, "", str(fault))
            continue
        if address == "/ping":
            hub.answer(browser, "/pong", *values)
            continue
        daemon.forward(browser.number, address, *values)

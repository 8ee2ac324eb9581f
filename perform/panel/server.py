"""The panel's server: the files of its page, and a WebSocket, behind a guard."""

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
from perform.ipc.tasks import end_tasks
from perform.net.rate_limit import RateLimit
from perform.panel.guard import (
    COOKIE,
    MAX_BURST,
    MAX_MESSAGE,
    MAX_RATE,
    MESSAGE_UNIT,
    Guard,
    parse_message,
    token_of,
)
from perform.panel.hub import Browser, Hub

PAGE = Path(__file__).with_name("page")
MEDIA_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
YEAR_SECONDS = 365 * 86400  # so long a phone that has scanned the code need not scan it again
SLOW_SECONDS = 5.0  # for a browser to take one frame
TRY_LATER, POLICY_VIOLATION, TOO_LONG = 1013, 1008, 1009  # RFC 6455, 7.4 and IANA's registry
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


class DaemonConnection(Protocol):
    """The daemon, as browsers need it; see `perform.ipc.child.ParentConnection`."""

    def forward(self, client: int, address: str, *values: Any) -> None:
        """Forward a browser's message, with the browser's number."""

    def reject(self, client: int, address: str, reason: str) -> None:
        """Reject a browser's message; the daemon replies to the browser."""

    def log_rejection(self, reason: str) -> None:
        """Reject a request without a reply."""

    async def drain(self) -> None:
        """Wait until the daemon has read most messages."""


class GuardedApplication:
    """An application that gets only the requests that the guard lets in.

    `path`: of the panel at a reverse proxy.
    """

    def __init__(
        self, app: ASGIApp, guard: Guard, daemon: DaemonConnection, path: str = "/"
    ) -> None:
        self._app = app
        self._path = path
        self._guard = guard
        self._daemon = daemon
        self._limit = RateLimit(MAX_RATE, MAX_BURST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with HTTP 403."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["path"].startswith(self._path):  # some proxies pass it on, some remove it
            scope = {**scope, "path": "/" + scope["path"].removeprefix(self._path)}
        headers = Headers(scope=scope)
        token = token_of(scope["query_string"], headers.get("cookie", ""))
        refusal = self._guard.refusal(headers.get("host", ""), headers.get("origin"), token)
        if not refusal:
            await self._app(scope, receive, send)
            return
        if self._limit.allows():  # a flood must not make notes late
            host = (scope.get("client") or ["?"])[0]
            self._daemon.log_rejection(f"panel: {host}: {refusal}")
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})  # becomes HTTP 403
        else:
            response = PlainTextResponse(f"{refusal}\n", HTTPStatus.FORBIDDEN, HEADERS)
            await response(scope, receive, send)


def application(hub: Hub, daemon: DaemonConnection, guard: Guard, path: str = "/") -> ASGIApp:
    """The whole panel as an application. `path`: where a reverse proxy has it."""

    async def serve(socket: WebSocket) -> None:
        await _serve_browser(socket, hub, daemon)

    paths = [path for path in sorted(PAGE.iterdir()) if path.suffix in MEDIA_TYPES]
    routes: list[Any] = [*map(_route, paths), WebSocketRoute("/ws", serve)]
    return GuardedApplication(Starlette(routes=routes), guard, daemon, path)


def _route(path: Path) -> Route:
    """The route of one file, which is read now: under its name, and index.html at /."""
    content, media_type = path.read_bytes(), MEDIA_TYPES[path.suffix]

    def respond(request: Request) -> Response:
        response = Response(content, media_type=media_type, headers=HEADERS)
        token = request.query_params.get("token")  # the guard has checked it
        if token:
            response.set_cookie(
                COOKIE, quote(token), max_age=YEAR_SECONDS, httponly=True, samesite="strict"
            )
        return response

    return Route("/" if path.name == "index.html" else f"/{path.name}", respond)


async def _serve_browser(socket: WebSocket, hub: Hub, daemon: DaemonConnection) -> None:
    await socket.accept()
    if hub.full:
        await socket.close(TRY_LATER, "too many browsers have the panel open; close one")
        return
    browser = hub.join()
    sending = asyncio.create_task(_send_frames(socket, browser))
    receiving = asyncio.create_task(receive_messages(socket, browser, hub, daemon))
    try:
        await asyncio.wait((sending, receiving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        hub.leave(browser)
        await end_tasks(sending, receiving)


async def _send_frames(socket: WebSocket, browser: Browser) -> None:
    """Send a browser all its messages, until it is gone or too slow."""
    while not browser.slow:
        frame = await browser.next_frame()
        try:
            await asyncio.wait_for(socket.send_text(frame), SLOW_SECONDS)
        except (TimeoutError, WebSocketDisconnect, RuntimeError, OSError):
            return


async def receive_messages(
    socket: WebSocket, browser: Browser, hub: Hub, daemon: DaemonConnection
) -> None:
    """Forward a browser's messages until it is gone.

    A message without meaning is rejected. A flood is dropped, and rejected once a second.
    """
    limit, last_rejection = RateLimit(MAX_RATE, MAX_BURST), 0.0
    while True:
        await daemon.drain()  # meanwhile the browser waits
        try:
            message: MutableMapping[str, Any] = await socket.receive()
        except RuntimeError:
            return
        if message["type"] == "websocket.disconnect":
            if message.get("code") == TOO_LONG:
                daemon.reject(browser.number, "", f"a message has at most {MAX_MESSAGE} bytes")
            return
        text = message.get("text")
        if not limit.allows(1 + len(text or "") // MESSAGE_UNIT):
            if time.monotonic() - last_rejection > 1:
                last_rejection = time.monotonic()
                reason = f"more than {MAX_RATE} messages a second; long ones count as several"
                daemon.reject(browser.number, "", reason)
            continue
        _forward(text, browser, hub, daemon)


def _forward(text: str | None, browser: Browser, hub: Hub, daemon: DaemonConnection) -> None:
    try:
        if text is None:
            raise MessageError("not text")
        address, values = parse_message(text)
    except MessageError as error:
        daemon.reject(browser.number, "", str(error))
        return
    if address == "/ping":
        hub.send_to(browser, "/pong", *values)
    else:
        daemon.forward(browser.number, address, *values)

"""OSC packets of any transport: decoded, and applied at the time of their tags."""

import asyncio
import logging
import time
from collections.abc import Iterator
from typing import Any, Literal

from perform.errors import MessageError
from perform.net.client import Client, MessageHandler
from perform.net.osc import decode_timed
from perform.net.osc_patterns import below_prefix

log = logging.getLogger(__name__)
TimeTags = Literal["follow", "ignore"]
MAX_WAIT_SECONDS = 60.0  # a time tag that is further ahead comes from a clock that is wrong
WRONG_SECONDS = 2.0  # by so much no program schedules, and no network delays
MAX_WAITING_MESSAGES = 1000  # for the moment of their time tags
MAX_TOLD = 64  # hosts with a wrong clock
MOTION = ("/accxyz", "/accelerometer", "/gyroscope")
KEEPALIVE = "/ping"


class OscReceiver:
    """Decodes OSC packets of any transport; applies bundles at the time of their tags.

    `time_tags`: "ignore" applies them at once.
    """

    def __init__(
        self, prefix: str, handler: MessageHandler, time_tags: TimeTags = "follow"
    ) -> None:
        self._prefix = prefix
        self._handler = handler
        self._ignores_tags = time_tags == "ignore"
        self._waiting = 0
        self._told: set[str | None] = set()
        self._logged_touches = False

    def receive(self, packet: bytes, client: Client) -> Iterator[None]:
        """Handle every message in a packet, one for each step: a bundle may hold thousands.

        A message that cannot be decoded, or is too far ahead, is rejected, and the rest of the
        packet with it.
        """
        try:
            for tag, address, values in decode_timed(packet, time.time()):
                wait = 0.0 if self._ignores_tags else tag
                if wait < -WRONG_SECONDS or WRONG_SECONDS < wait <= MAX_WAIT_SECONDS:
                    self._report_clock(wait, client)
                if wait <= 0:
                    self._handle(address, values, client)
                elif wait > MAX_WAIT_SECONDS:
                    raise MessageError(
                        f"a bundle is more than {MAX_WAIT_SECONDS:g} s ahead; is a clock wrong?"
                    )
                elif self._waiting >= MAX_WAITING_MESSAGES:
                    raise MessageError(
                        f"{MAX_WAITING_MESSAGES} messages wait for their time already"
                    )
                else:
                    self._waiting += 1
                    loop = asyncio.get_running_loop()
                    loop.call_later(wait, self._handle_waiting, address, values, client)
                yield
        except MessageError as error:
            self._handler.reject("", str(error), client)

    def _report_clock(self, wait: float, client: Client) -> None:
        """Tell a sender once that its clock and ours differ by seconds."""
        if client.host in self._told or len(self._told) >= MAX_TOLD:
            return
        self._told.add(client.host)
        way = "ahead of" if wait > 0 else "behind"
        self._handler.reject(
            "",
            f"the time tags of {client.host} are {abs(wait):.0f} s {way} the clock here; set both "
            'by NTP, or write time_tags = "ignore" in [inputs.osc]',
            client,
        )

    def _handle_waiting(self, address: str, values: tuple[Any, ...], client: Client) -> None:
        self._waiting -= 1
        self._handle(address, values, client)

    def _handle(self, address: str, values: tuple[Any, ...], client: Client) -> None:
        if address.endswith("/z") or address in MOTION or address == KEEPALIVE:
            self._ignore_touch(address)
            return
        try:
            own = below_prefix(address, self._prefix)
        except MessageError as error:
            self._handler.reject(address, str(error), client)
            return
        if own:
            self._handler.handle_message(own, values, client)
        else:
            reason = f"no such address; ours begin with {self._prefix}/"
            self._handler.reject(address, reason, client)

    def _ignore_touch(self, address: str) -> None:
        if not self._logged_touches:
            self._logged_touches = True
            log.info(
                "touches, motion and pings are ignored (%r); TouchOSC need not send them", address
            )

"""Clients that send control messages, and the handler of their messages."""

from collections.abc import Hashable
from typing import Any, Protocol


class Client(Protocol):
    """A sender of control messages that can be answered: a UDP address, a connection, a browser."""

    @property
    def key(self) -> Hashable:
        """The client's identity: the same for each of its messages."""
        ...

    @property
    def host(self) -> str | None:
        """The address of the client's machine; None when the client has no address of its own."""
        ...

    def send_message(self, address: str, *values: Any) -> None:
        """Send the client one message; the address is below the prefix."""
        ...


class MessageHandler(Protocol):
    """Takes the messages of every client. No message can raise an error or stop the music."""

    def handle_message(self, address: str, values: tuple[Any, ...], client: Client) -> None:
        """Apply one message now; the address is below the prefix."""
        ...

    def reject(self, address: str, reason: str, client: Client) -> None:
        """Count and log a message without meaning, and send its client an error reply."""
        ...

    def log_rejection(self, reason: str) -> None:
        """Count and log a message or client that gets no reply."""
        ...

    def refresh(self, client: Client) -> None:
        """Send a client every value again, because it missed some."""
        ...

    def unsubscribe(self, client: Client) -> None:
        """End all subscriptions of a client that has disconnected."""
        ...

    def stats(self) -> dict[str, float]:
        """The counters and figures that `/stats` reports, by name."""
        ...

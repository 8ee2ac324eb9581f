"""What an output, a sender and a phrase source are."""

from typing import Any, Protocol

from perform.events import OutputEvent, Steering
from perform.music.condition import UNCONDITIONAL, Conditions
from perform.music.note import Phrase


class Output(Protocol):
    """Takes what the engine puts out. An output ignores the events that it has no use for."""

    def send(self, output: OutputEvent) -> None:
        """Send one event now. OutputError when the device is gone."""
        ...

    def close(self) -> None:
        """End every note and release the device; may be called twice."""
        ...


class Sender(Protocol):
    """A way to send messages by address to one client. A message that cannot go is lost: nothing waits."""

    def send_message(self, address: str, *values: Any) -> None:
        """Send one message; the address is below the prefix."""
        ...

    def close(self) -> None:
        """Release the connection; may be called twice."""
        ...


class PhraseSource(Protocol):
    """Invents bars. The same seed, conditions and steering give the same phrase, whatever came before."""

    def phrase(
        self, seed: int, conditions: Conditions = UNCONDITIONAL, steering: Steering | None = None
    ) -> Phrase:
        """One bar for a seed (0 to 2**48 - 1), as near to the conditions and steering as possible."""
        ...

"""What an output, a sender and a phrase source are."""

from typing import Any, NamedTuple, Protocol

from perform.events import OutputEvent
from perform.music.condition import UNCONDITIONAL, Conditions
from perform.music.line_context import LineContext
from perform.music.note import Phrase
from perform.music.steering import Steering


class Output(Protocol):
    """Takes the events that come out of the engine; it ignores those that it does not need."""

    def send(self, event: OutputEvent) -> None:
        """Send one event now. OutputError when the device is gone."""
        ...

    def close(self) -> None:
        """End every note and release the device; may be called twice."""
        ...


class Sender(Protocol):
    """Sends messages by address to one client. It never waits: a message that cannot go is lost."""

    def send_message(self, address: str, *values: Any) -> None:
        """Send one message; the address is below the prefix."""
        ...

    def close(self) -> None:
        """Release the connection; may be called twice."""
        ...


class GeneratedBar(NamedTuple):
    """One bar of a phrase source, over C. `placed`, `tied`: see `PhraseReady`."""

    phrase: Phrase
    placed: bool = False
    tied: bool = False


class PhraseSource(Protocol):
    """Makes phrases of one bar. The same arguments give the same phrase, whatever came before."""

    def phrase(
        self,
        seed: int,
        conditions: Conditions = UNCONDITIONAL,
        steering: Steering | None = None,
        context: LineContext | None = None,
    ) -> GeneratedBar:
        """One bar for a seed (0 to 2**48 - 1), near to the conditions and the steering.

        A source that follows the context moves its line so that the root of the context's first
        chord is C, and answers with a placed bar.
        """
        ...

"""What a sink is, and what an outlet is."""

from typing import Any, Protocol

from perform.events import Output


class Sink(Protocol):
    """Takes what the engine puts out. Sinks ignore what they have no use for."""

    def send(self, output: Output) -> None:
        """One output, now. OutputError when the device is gone."""
        ...

    def close(self) -> None:
        """Leave everything silent, and let go; may be called twice."""
        ...


class Outlet(Protocol):
    """A way to somebody who is told things by address. A message that cannot go is lost: nobody waits."""

    def message(self, address: str, *values: Any) -> None:
        """One message; the address is below the prefix."""
        ...

    def close(self) -> None:
        """Let go; may be called twice."""
        ...

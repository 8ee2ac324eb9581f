"""What a sink is."""

from typing import Protocol

from perform.events import Output


class Sink(Protocol):
    """Takes what the engine puts out. Sinks ignore what they have no use for."""

    def send(self, output: Output) -> None:
        """One output, now. OutputError when the device is gone."""
        ...

    def close(self) -> None:
        """Leave everything silent, and let go; may be called twice."""
        ...

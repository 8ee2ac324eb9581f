"""A sink that remembers: for rendering, and for asserting a whole performance as a list."""

from perform.events import Output, Sound


class MemorySink:
    """Keeps everything that was sent, in order."""

    def __init__(self) -> None:
        self.outputs: list[Output] = []

    def send(self, output: Output) -> None:
        """Remember an output."""
        self.outputs.append(output)

    def close(self) -> None:
        """Nothing to let go of."""

    @property
    def sounds(self) -> list[Sound]:
        """The note-ons and note-offs alone."""
        return [output for output in self.outputs if isinstance(output, Sound)]

"""A sink that remembers: for rendering, and for asserting a whole performance as a list."""

from perform.events import NoteMessage, OutputEvent


class MemoryOutput:
    """Keeps everything that was sent, in order."""

    def __init__(self) -> None:
        self.outputs: list[OutputEvent] = []

    def send(self, output: OutputEvent) -> None:
        """Remember an output."""
        self.outputs.append(output)

    def close(self) -> None:
        """Nothing to let go of."""

    @property
    def sounds(self) -> list[NoteMessage]:
        """The note-ons and note-offs alone."""
        return [output for output in self.outputs if isinstance(output, NoteMessage)]

"""An output that keeps the events: for rendering, and for tests of a whole performance."""

from perform.events import NoteMessage, OutputEvent


class MemoryOutput:
    """Keeps every event, in order."""

    def __init__(self) -> None:
        self.events: list[OutputEvent] = []

    def send(self, event: OutputEvent) -> None:
        """Keep an event."""
        self.events.append(event)

    def close(self) -> None:
        """Nothing to release."""

    @property
    def notes(self) -> list[NoteMessage]:
        """The note messages alone."""
        return [event for event in self.events if isinstance(event, NoteMessage)]

"""A performance on one timeline, however often its transport starts at 0 again."""

from collections.abc import Sequence

from perform.events import (
    Event,
    NoteMessage,
    OutputEvent,
    PlayerNoteOff,
    PlayerNoteOn,
    SongPositionChanged,
    TempoBegins,
    TempoChanged,
    TransportChanged,
)
from perform.interfaces import Output

PLAYER = "player"  # the name of the player's track; no voice has it


class SessionTimeline:
    """Converts transport ticks to session ticks, which never go back.

    Session time stands still while the transport is stopped. A start continues where the music
    ended, with its count-in; the first start is at session tick 0. Events between a start and its
    first tick are at the session tick before.
    """

    def __init__(self) -> None:
        self._zero = -1  # the session tick of the transport's tick 0
        self._first = 0  # the transport's first tick after its start
        self._latest = -1
        self._started = False

    def in_session(self, tick: int) -> int:
        """The session tick of a transport tick."""
        return max(self._zero + max(tick, self._first - 1), self._latest)

    def in_transport(self, tick: int) -> int:
        """The transport tick of a session tick."""
        return tick - self._zero

    def follow(self, tick: int, event: Event) -> None:
        """Apply an event at a session tick: it may move the transport to another tick."""
        self._latest = max(self._latest, tick)
        match event:
            case SongPositionChanged(position):
                self._locate(position, tick)
            case TransportChanged("start", count_in):
                self._locate(0, tick, count_in or 0)
            case TransportChanged("continue") if not self._started:
                self._locate(0, tick)

    def _locate(self, position: int, tick: int, count_in: int = 0) -> None:
        self._zero, self._started = tick + 1 - position + count_in, True
        self._first = -count_in


class Tape:
    """Sends a performance to outputs at session ticks, with the tempo and the player's notes.

    The tape gets the engine's output events first, and then the event that caused them. Only an
    event can move the transport, so the tape holds output events until the next event comes. No
    note at the other outputs waits for this.
    """

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._outputs = outputs
        self._timeline = SessionTimeline()
        self._last = 0
        self._waiting: list[OutputEvent] = []
        self._pressed: set[int] = set()

    def send(self, event: OutputEvent) -> None:
        """Take one output event of the engine."""
        self._waiting.append(event)

    def handle(self, tick: int, event: Event) -> None:
        """Take one event that the engine got, at a session tick."""
        self._send_waiting()
        at = self._last = max(self._last, tick)
        match event:
            case PlayerNoteOn(pitch, velocity):
                self._note_off(at, pitch)
                self._pressed.add(pitch)
                self._send(NoteMessage(at, PLAYER, pitch, velocity))
            case PlayerNoteOff(pitch):
                self._note_off(at, pitch)
            case TempoChanged(bpm):
                self._send(TempoBegins(at, bpm))
        self._timeline.follow(tick, event)

    def end(self) -> None:
        """End the player's notes that still sound."""
        self._send_waiting()
        for pitch in sorted(self._pressed):
            self._note_off(self._last, pitch)

    def close(self) -> None:
        """End, and close the outputs; may be called twice."""
        self.end()
        for output in self._outputs:
            output.close()

    def _note_off(self, at: int, pitch: int) -> None:
        if pitch in self._pressed:
            self._pressed.remove(pitch)
            self._send(NoteMessage(at, PLAYER, pitch, 0))

    def _send_waiting(self) -> None:
        for event in self._waiting:
            tick = getattr(event, "tick", None)
            if tick is None:
                self._send(event)
            else:
                self._last = max(self._last, self._timeline.in_session(tick))
                self._send(event._replace(tick=self._last))  # type: ignore[call-arg]
        self._waiting.clear()

    def _send(self, event: OutputEvent) -> None:
        for output in self._outputs:
            output.send(event)

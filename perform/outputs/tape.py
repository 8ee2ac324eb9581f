"""A performance on one line of time, however often its transport begins at 0 again."""

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
    """Where ticks of the transport lie in a session, which never goes back.

    While nothing rolls no time passes; a start goes on where the music was left, and the first one is at 0. What
    happens between a start and the tick 0 that it counts in to is at the tick before.
    """

    def __init__(self) -> None:
        self._zero = -1  # the session's tick at which the transport's 0 lies
        self._latest = -1
        self._begun = False

    def in_session(self, tick: int) -> int:
        """The tick of the session at a tick of the transport."""
        return max(self._zero + max(tick, -1), self._latest)

    def in_transport(self, tick: int) -> int:
        """The tick of the transport at one of the session."""
        return tick - self._zero

    def follow(self, tick: int, event: Event) -> None:
        """An event at a tick of the session may move the transport elsewhere."""
        self._latest = max(self._latest, tick)
        match event:
            case SongPositionChanged(there):
                self._go_to(there, tick)
            case TransportChanged("start"):
                self._go_to(0, tick)
            case TransportChanged("continue") if not self._begun:
                self._go_to(0, tick)

    def _go_to(self, there: int, tick: int) -> None:
        self._zero, self._begun = tick + 1 - there, True


class Tape:
    """Passes a performance on to sinks at ticks of its session, with the tempo and what the player played.

    It is told what the engine put out, and then what the engine was told: only that moves its place in the session,
    so what was put out is passed on no sooner, and notes wait for none of it.
    """

    def __init__(self, sinks: Sequence[Output]) -> None:
        self._sinks = sinks
        self._timeline = SessionTimeline()
        self._last = 0
        self._waiting: list[OutputEvent] = []
        self._pressed: set[int] = set()

    def send(self, output: OutputEvent) -> None:
        """What the engine put out."""
        self._waiting.append(output)

    def hear(self, tick: int, event: Event) -> None:
        """What the engine was told, at a tick of the session."""
        self._pass_on_waiting()
        at = self._last = max(self._last, tick)
        match event:
            case PlayerNoteOn(pitch, velocity):
                self._lift(at, pitch)
                self._pressed.add(pitch)
                self._pass_on(NoteMessage(at, PLAYER, pitch, velocity))
            case PlayerNoteOff(pitch):
                self._lift(at, pitch)
            case TempoChanged(bpm):
                self._pass_on(TempoBegins(at, bpm))
        self._timeline.follow(tick, event)

    def end(self) -> None:
        """Nobody plays any more: keys that are still down come up."""
        self._pass_on_waiting()
        for pitch in sorted(self._pressed):
            self._lift(self._last, pitch)

    def close(self) -> None:
        """End, and close the sinks; may be called twice."""
        self.end()
        for sink in self._sinks:
            sink.close()

    def _lift(self, at: int, pitch: int) -> None:
        if pitch in self._pressed:
            self._pressed.remove(pitch)
            self._pass_on(NoteMessage(at, PLAYER, pitch, 0))

    def _pass_on_waiting(self) -> None:
        for output in self._waiting:
            tick = getattr(output, "tick", None)
            if tick is None:
                self._pass_on(output)
            else:
                self._last = max(self._last, self._timeline.in_session(tick))
                self._pass_on(output._replace(tick=self._last))  # type: ignore[call-arg]
        self._waiting.clear()

    def _pass_on(self, output: OutputEvent) -> None:
        for sink in self._sinks:
            sink.send(output)

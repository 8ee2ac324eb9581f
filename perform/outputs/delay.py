"""Delays an output that sounds sooner than others, so that all of them sound together."""

import asyncio
import math
import time
from collections import deque

from perform.clock.realtime import SPIN_SECONDS, TOO_LATE_SECONDS, Alarm, spin_until
from perform.engine.settings import Counts
from perform.errors import OutputError
from perform.events import AllNotesOff, ClockPulse, NoteMessage, OutputEvent, StateChanged
from perform.interfaces import Output
from perform.outputs.sounds import is_sound


def delayed(
    output: Output, seconds: float, spin: float = SPIN_SECONDS, counts: Counts | None = None
) -> Output:
    """The output, delayed by `seconds` if that is more than 0."""
    return DelayedOutput(output, seconds, spin, counts) if seconds > 0 else output


class DelayedOutput:
    """Sends events to an output `seconds` later, in order; on close at once.

    Values go out without delay, but for the sounds of voices, which come between notes. So does a
    panic: notes that wait never begin. After a stall of
    the program, nothing is made up for: `counts` counts what is left out. `spin`: see `Alarm`.
    """

    def __init__(
        self,
        output: Output,
        seconds: float,
        spin: float = SPIN_SECONDS,
        counts: Counts | None = None,
    ) -> None:
        self._output = output
        self._seconds = seconds
        self._counts = counts or Counts()
        self._waiting: deque[tuple[float, OutputEvent]] = deque()
        self._error: OutputError | None = None
        self._alarm = Alarm(asyncio.get_running_loop(), self._ring, spin)

    def send(self, event: OutputEvent) -> None:
        """Send an event later. OutputError when an earlier one found the output gone."""
        if self._error is not None:
            raise self._error
        if isinstance(event, StateChanged) and not is_sound(event):
            self._output.send(event)
            return
        if isinstance(event, AllNotesOff):
            self._silence(event)
            return
        self._waiting.append((time.monotonic() + self._seconds, event))
        if len(self._waiting) == 1:
            self._alarm.set(self._waiting[0][0])

    def close(self) -> None:
        """Send the events that wait, and close the output."""
        self._alarm.close()
        self._send_until(math.inf, time.monotonic() - TOO_LATE_SECONDS)
        self._output.close()

    def _silence(self, event: AllNotesOff) -> None:
        notes = [it for _, it in self._waiting if isinstance(it, NoteMessage)]
        self._waiting = deque(it for it in self._waiting if not isinstance(it[1], NoteMessage))
        self._alarm.set(self._waiting[0][0] if self._waiting else None)
        for note in notes:
            if not note.velocity:
                self._output.send(note)
        self._output.send(event)

    def _ring(self) -> None:
        if self._waiting:
            spin_until(self._waiting[0][0])
        now = time.monotonic()
        self._send_until(now, now - TOO_LATE_SECONDS)
        self._alarm.set(self._waiting[0][0] if self._waiting else None)

    def _send_until(self, moment: float, earliest: float) -> None:
        """Send what is due by `moment`; what was due before `earliest` comes too late.

        After a stall no clock pulse of the past is sent: a bunch of them is another tempo.
        """
        stalled = bool(self._waiting) and self._waiting[0][0] < earliest
        try:
            while self._waiting and self._waiting[0][0] <= moment:
                due, event = self._waiting.popleft()
                late = due < earliest or (stalled and isinstance(event, ClockPulse))
                if not (late and self._counts.skip(event)):
                    self._output.send(event)
        except OutputError as error:  # the next call of `send` raises it
            self._error = error
            self._waiting.clear()

"""The click: a short note on each beat, for players who cannot see the beat."""

from typing import Literal, NamedTuple

from perform.engine.schedule import EventKind, Schedule
from perform.events import NoteMessage

CLICK = "click"  # whose notes they are; no voice of a rig with a click has this name
CLICK_TICKS = 60  # shorter than every beat
ClickTimes = Literal["count-in", "always", "off"]
CLICK_TIMES: tuple[ClickTimes, ...] = ("count-in", "always", "off")


class ClickNote(NamedTuple):
    """A note of the click: MIDI number and velocity."""

    pitch: int
    velocity: int


class ClickNotes(NamedTuple):
    """The notes of the click on the first beat of a bar, and on the others."""

    bar: ClickNote
    beat: ClickNote


class Click:
    """Makes the notes of the click. `notes`: None: there is no click. `when`: on which beats.

    "count-in": those before the music begins; "always": all.
    """

    def __init__(self, schedule: Schedule, notes: ClickNotes | None, when: ClickTimes) -> None:
        self._schedule = schedule
        self._notes = notes
        self.when = when
        self._sounding: int | None = None  # the pitch
        self._token = 0

    def begin(self, tick: int, bar: int, beat: int) -> list[NoteMessage]:
        """The click on a beat, if it has one. `bar`: negative in a count-in."""
        if self._notes is None or self.when == "off" or (self.when == "count-in" and bar >= 0):
            return []
        done = self.end(tick)
        note = self._notes.beat if beat else self._notes.bar
        self._sounding = note.pitch
        self._schedule.add(tick + CLICK_TICKS, EventKind.CLICK_OFF, (self._token,))
        return [*done, NoteMessage(tick, CLICK, note.pitch, note.velocity)]

    def end(self, tick: int, token: int | None = None) -> list[NoteMessage]:
        """The end of the click that sounds; with a `token`, only of the click that it is for."""
        pitch = self._sounding
        if pitch is None or token not in (None, self._token):
            return []
        self.forget()
        return [NoteMessage(tick, CLICK, pitch, 0)]

    def forget(self) -> None:
        """Take the click for ended: it was not sent."""
        self._sounding = None
        self._token += 1

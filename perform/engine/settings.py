"""The settings that hold for all voices of an engine, and its counters."""

from typing import Literal

import msgspec

from perform.engine.click import ClickNotes, ClickTimes
from perform.engine.metre import COMMON, Metre
from perform.events import Beat, ClockPulse, NoteMessage, OutputEvent
from perform.music.note import Note

Change = Literal["hold", "cut", "slide"]
Release = Literal["keep", "rest"]
DEFAULT_TEMPO = 120.0  # quarter notes a minute
DEFAULT_METRE = "4/4"
DEFAULT_KEY = "auto"  # see `perform.engine.key.parse_key`
DEFAULT_CHART = ""
DEFAULT_COUNT_IN = 0  # bars


class EngineSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The settings that hold for all voices.

    `change`: what sounding notes do when the chord changes. `release`: what the voices do when the
    player releases the chord. `seed`: the same seed, events and sources give the same notes.
    `fallback`: the bar that a voice plays when it has no material at all. `sends_clock`: whether to
    produce MIDI clock pulses. `count_in`: bars before a start. `click`, `click_when`: see `Click`.
    """

    change: Change = "hold"
    release: Release = "keep"
    seed: int = 0
    fallback: tuple[Note, ...] = ()
    sends_clock: bool = False
    metre: Metre = COMMON
    count_in: int = DEFAULT_COUNT_IN
    click: ClickNotes | None = None
    click_when: ClickTimes = "count-in"


class Counts(msgspec.Struct):
    """The engine's counters.

    `late`: phrases that arrived after their bar had begun. `missed`: bars of a voice that began
    without their phrase. `substituted`: missed bars in which the voice's previous phrase played.
    `stalls`: how often the program stood still; `skipped_notes`, `skipped_beats`, `skipped_pulses`:
    what was left out then.
    """

    bars: int = 0
    chords: int = 0
    late: int = 0
    missed: int = 0
    substituted: int = 0
    stalls: int = 0
    skipped_notes: int = 0
    skipped_beats: int = 0
    skipped_pulses: int = 0

    def skip(self, event: OutputEvent) -> bool:
        """Count an event that comes too late. Whether it is left out: note-offs never are."""
        match event:
            case NoteMessage() if event.velocity:
                self.skipped_notes += 1
            case Beat():
                self.skipped_beats += 1
            case ClockPulse():
                self.skipped_pulses += 1
            case _:
                return False
        return True

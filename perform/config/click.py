"""The rig's [click]: a metronome for those who play."""

from typing import Annotated

from msgspec import Meta

from perform.engine.click import ClickNote, ClickNotes, ClickTimes
from perform.tables import RigTable

MidiNumber = Annotated[int, Meta(ge=0, le=127)]
Velocity = Annotated[int, Meta(ge=1, le=127)]


class ClickConfig(RigTable, frozen=True):
    """A short note on each beat, at one output: its own, or one that voices play to.

    A rig without this table has a click that is off. `output`: its name; by default the first.
    `bar`, `beat`: the MIDI notes of the first beat of a bar, and of the others. `velocity`: of a
    beat, and of the first of a bar. `when`: which beats have a click, see
    `perform.engine.click.Click`; `/click` changes it.
    """

    output: str | None = None
    channel: Annotated[int, Meta(ge=1, le=16)] = 10
    bar: MidiNumber = 76  # the high wood block of General MIDI's drums
    beat: MidiNumber = 77  # the low one
    velocity: tuple[Velocity, Velocity] = (90, 120)
    when: ClickTimes = "count-in"

    @property
    def notes(self) -> ClickNotes:
        """The notes that the engine plays."""
        soft, loud = self.velocity
        return ClickNotes(ClickNote(self.bar, loud), ClickNote(self.beat, soft))

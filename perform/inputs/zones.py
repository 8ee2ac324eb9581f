"""The zones of a keyboard: which keys are chords, which are a bass or a melody."""

from typing import Literal, NamedTuple

Zone = Literal["chords", "bass", "melody", "off"]
DRUMS = 9  # channel 10, as General MIDI has it


class KeyZones(NamedTuple):
    """What each key is. `channel`, `bass_channel`: from 0; None for every channel, and for none.

    Drums are nothing here, unless `channel` is theirs.
    """

    channel: int | None = None
    bass_channel: int | None = None
    split: int | None = None
    below: Zone = "chords"
    above: Zone = "off"

    def zone(self, channel: int, note: int) -> Zone:
        """The zone of a key."""
        if channel == self.bass_channel:
            return "bass"
        if channel != (self.channel if self.channel is not None else channel):
            return "off"
        if channel == DRUMS and self.channel is None:
            return "off"
        if self.split is None:
            return "chords"
        return self.below if note < self.split else self.above

"""The table [midi] of the rig: which MIDI system ports belong to, and which library reaches them."""

from typing import Literal

from perform.tables import RigTable

MidiSystem = Literal["auto", "alsa", "jack", "coremidi", "winmm"]
MidiBinding = Literal["auto", "rtmidi", "libremidi"]


class MidiConfig(RigTable, frozen=True):
    """The MIDI system that ports belong to, and the library through which they are opened."""

    system: MidiSystem = "auto"
    binding: MidiBinding = "auto"

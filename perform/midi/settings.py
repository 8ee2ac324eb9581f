"""The rig's table [midi]: the MIDI system of its ports, and the library that opens them."""

from typing import Literal

from perform.tables import RigTable

MidiSystem = Literal["auto", "alsa", "jack", "coremidi", "winmm"]
MidiBinding = Literal["auto", "rtmidi", "supriya"]


class MidiConfig(RigTable, frozen=True):
    """The MIDI system of the ports, and the library that opens them. "auto" takes what is there."""

    system: MidiSystem = "auto"
    binding: MidiBinding = "auto"

"""The MIDI systems that a port can belong to."""

from typing import Literal

MidiSystem = Literal["auto", "alsa", "jack", "coremidi", "winmm"]

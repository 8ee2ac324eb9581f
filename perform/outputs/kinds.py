"""The kinds of output that a rig can name, one line each."""

from perform.outputs.midi import MidiOutputConfig
from perform.outputs.midi_file import MidiFileOutputConfig
from perform.outputs.osc import OscOutputConfig

OutputConfig = MidiOutputConfig | OscOutputConfig | MidiFileOutputConfig

"""MIDI ports: two libraries behind one interface, and devices that are unplugged and plugged in."""

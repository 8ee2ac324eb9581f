"""MIDI ports: two libraries behind one interface, devices that come and go."""

"""The rig: one TOML file that describes a whole instrument, its tables, and how it is read."""

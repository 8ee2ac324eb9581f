"""The rig: its tables, its defaults, its checks."""

"""The two shells around the engine: live and offline."""

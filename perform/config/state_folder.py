"""The folder of what is kept from one start to the next."""

import os
from pathlib import Path


def state_folder() -> Path:
    """The state folder of the XDG Base Directory Specification: data that needs no backup."""
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (state if state.is_absolute() else Path.home() / ".local/state") / "sideman"

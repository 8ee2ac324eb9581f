"""Versions of what results are made with."""

import contextlib
import platform
from collections.abc import Mapping
from importlib import metadata

# tensorflow comes under several names
NAMES = ("sideman", "tensorflow", "tensorflow-cpu", "keras", "numpy", "ai-edge-litert")


def here() -> dict[str, str]:
    """The versions of this installation by name; what is not installed has none."""
    found = {"python": platform.python_version()}
    for name in NAMES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def others(there: Mapping[str, str], here: Mapping[str, str]) -> str:
    """Where versions differ, in words: each as it is or was there, and as it is here; nothing where they agree."""
    return ", ".join(
        f"{name} {there.get(name, 'none')} (here {here.get(name, 'none')})"
        for name in sorted(there.keys() | here.keys())
        if there.get(name) != here.get(name)
    )

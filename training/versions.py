"""Versions of what results are made with."""

import platform
from collections.abc import Mapping
from importlib import metadata

# tensorflow comes under several names
NAMES = ("sideman", "tensorflow", "tensorflow-cpu", "keras", "numpy", "ai-edge-litert")


def here() -> dict[str, str]:
    """The versions of this installation by name; what is not installed has none."""
    there = {it.name.lower().replace("_", "-"): it.version for it in metadata.distributions()}
    return {
        "python": platform.python_version(),
        **{name: there[name] for name in NAMES if name in there},
    }


def others(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Where versions differ, in words: each as it was before, and as it is now; nothing where they agree."""
    return ", ".join(
        f"{name} {before.get(name, 'none')} (now {now.get(name, 'none')})"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    )

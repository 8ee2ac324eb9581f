"""The versions of Python and of the packages that results depend on."""

import contextlib
import platform
from collections.abc import Mapping
from importlib import metadata

# tensorflow is published under several names
VERSIONED_PACKAGES = ("sideman", "tensorflow", "tensorflow-cpu", "keras", "numpy", "ai-edge-litert")


def installed_versions() -> dict[str, str]:
    """The versions on this machine by name. A package that is not installed has no entry."""
    found = {"python": platform.python_version()}
    for name in VERSIONED_PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def describe_differences(other: Mapping[str, str], here: Mapping[str, str]) -> str:
    """The versions that differ, as text: `numpy 1.26 (here 2.1), ...`; empty where all agree."""
    return ", ".join(
        f"{name} {other.get(name, 'none')} (here {here.get(name, 'none')})"
        for name in sorted(other.keys() | here.keys())
        if other.get(name) != here.get(name)
    )

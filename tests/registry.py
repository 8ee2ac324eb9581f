"""The package registry of this machine, from pip's settings, for tests that run other tools."""

import ast
import functools
import subprocess
import sys


@functools.cache
def pip_settings():
    """The {name: value} settings that `pip config list` prints."""
    asked = [sys.executable, "-m", "pip", "config", "list"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    lines = (line.partition("=") for line in said.splitlines())
    return {name: ast.literal_eval(value) for name, _, value in lines}


def pip_setting(option):
    """The words of an option; the environment wins over configuration files, as in pip."""
    settings = pip_settings()
    names = (f":env:.{option}", f"install.{option}", f"global.{option}")
    return next((settings[name].split() for name in names if name in settings), [])

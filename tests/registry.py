"""The package registry of this machine: pip's settings, for tests that install by other ways."""

import ast
import functools
import subprocess
import sys


@functools.cache
def pip_settings():
    """{name: value} of pip's configuration files and environment, named as by `pip config list`."""
    asked = [sys.executable, "-m", "pip", "config", "list"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    lines = (line.partition("=") for line in said.splitlines())
    return {name: ast.literal_eval(value) for name, _, value in lines}


def pip_setting(option):
    """The words of one option, however it was set; the environment's come first, as pip does."""
    settings = pip_settings()
    names = (f":env:.{option}", f"install.{option}", f"global.{option}")
    return next((settings[name].split() for name in names if name in settings), [])

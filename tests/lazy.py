"""Modules that a test loads on first use.

Every process that runs tests collects all of them. What takes seconds to load, as tensorflow
does, is loaded only by the processes that use it.
"""

import importlib
import warnings


class LazyModule:
    """A module by name; the first attribute that is read loads it."""

    def __init__(self, name):
        self._name = name

    def __getattr__(self, attribute):
        if attribute.startswith(("_", "pytest")):  # pytest looks for its own marks
            raise AttributeError(attribute)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its own imports
            return getattr(importlib.import_module(self._name), attribute)

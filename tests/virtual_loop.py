"""An event loop whose time passes as fast as it is slept, so that what waits is tested in no time and the same always."""

import asyncio
import selectors
from types import SimpleNamespace

import pytest


class _Selector(selectors.SelectSelector):
    """Waits for nobody: the loop's time passes instead."""

    loop = None

    def select(self, timeout=None):
        self.loop.passed += timeout or 0.0
        return super().select(0)


class Passing(asyncio.SelectorEventLoop):
    """Time goes on where everybody waits, and only there."""

    def __init__(self):
        self.passed = 1000.0
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self):
        return self.passed


def run(scene, *modules):
    """What a coroutine returns, run in passing time, by which these modules look at `time.monotonic` too."""
    loop, patched = Passing(), pytest.MonkeyPatch()
    for module in modules:
        patched.setattr(module, "time", SimpleNamespace(monotonic=loop.time))
    try:
        return loop.run_until_complete(scene)
    finally:
        loop.close()
        patched.undo()

"""An event loop in virtual time: a sleep takes no real time, and a test is always the same."""

import asyncio
import selectors
from types import SimpleNamespace

import pytest


class _Selector(selectors.SelectSelector):
    """Advances the loop's time instead of waiting."""

    loop = None

    def select(self, timeout=None):
        self.loop.now += timeout or 0.0
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its time advances only while everything waits."""

    def __init__(self):
        self.now = 1000.0
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self):
        return self.now


def run(coroutine, *modules):
    """What a coroutine returns, in virtual time; these modules see it as `time.monotonic`."""
    loop, patched = VirtualLoop(), pytest.MonkeyPatch()
    for module in modules:
        patched.setattr(module, "time", SimpleNamespace(monotonic=loop.time))
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()
        patched.undo()

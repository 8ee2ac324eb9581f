"""Latency is measured with notes; no note stays on."""

import time
from types import SimpleNamespace

import pytest

from perform.commands import latency


def test_a_note_that_is_interrupted_is_ended(monkeypatch):
    sent = []

    def interrupted(_):
        if len(sent) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        latency._trip(SimpleNamespace(send=sent.append), {}, 60)
    assert sent == [[0x90, 60, 1], [0x80, 60, 0]]

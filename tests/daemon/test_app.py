"""The daemon's startup and shutdown."""

import asyncio
import logging
import os

from perform.config.load import parse_rig
from perform.daemon import app
from perform.events import PlayerNoteOn
from perform.recording import session


def test_the_terminal_has_the_log_again_before_a_long_recording_is_written(monkeypatch, tmp_path):
    """So that the user sees the line which says what takes so long."""
    (tmp_path / "silent_view.py").write_text(
        "import socket, sys\n"
        "link = socket.socket(fileno=int(sys.argv[1]))\n"
        "while link.recv(9999): pass\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    rig = parse_rig(
        "[inputs.osc]\nlisten='127.0.0.1:0'\n[outputs.o]\nkind='osc'\nto='127.0.0.1:9'\n"
        f"[record]\nfolder='{tmp_path}'"
    )
    root, printed = logging.getLogger(), []
    first, *_ = root.handlers
    monkeypatch.setattr(
        session, "write_midi_file", lambda *_: printed.append(first in root.handlers)
    )

    async def play():
        async with app.Daemon(rig, views=["silent_view"]) as performance:
            performance.live.conductor.handle_event(PlayerNoteOn(60))
            printed.append(first in root.handlers)

    asyncio.run(play())
    assert printed == [False, True]

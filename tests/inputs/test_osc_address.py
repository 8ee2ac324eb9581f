"""An OSC input at an address that this machine does not have yet."""

import asyncio
import errno

from perform.config.load import parse_rig
from perform.daemon import app
from perform.inputs import osc


def test_the_address_is_waited_for(monkeypatch):
    rig = parse_rig(
        "[inputs.osc]\nlisten = '127.0.0.1:0'\n[outputs.o]\nkind = 'osc'\nto = '127.0.0.1:9'"
    )
    tries, is_open = [], osc.OscInputConfig._open_udp

    async def open_udp(table, context):
        tries.append(context)
        if len(tries) < 3:
            with osc.listen_errors("OSC input", table.listen, "[inputs.osc] listen"):
                raise OSError(errno.EADDRNOTAVAIL, "no such address")
        return await is_open(table, context)

    monkeypatch.setattr(osc.OscInputConfig, "_open_udp", open_udp)
    monkeypatch.setattr(osc, "RETRY_SECONDS", 0.001)

    async def play():
        async with app.Daemon(rig, on_absence="wait") as performance:
            absences, published = performance.absences, performance.live.state.values
            async with asyncio.timeout(10):
                while len(tries) < 3 or absences.names:  # noqa: ASYNC110 - nothing tells it
                    await asyncio.sleep(0.001)
            return published["/absent"], performance.rig

    absent, opened = asyncio.run(play())
    assert absent == ""
    assert opened == rig
    assert len(tries) == 3

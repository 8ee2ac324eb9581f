"""The far end of a window: what it hears, and that being hung up on is an end and no fault."""

import asyncio
import socket

from perform.ipc.child import connect


def test_lines_are_messages_until_the_daemon_hangs_up():
    async def hear():
        ours, theirs = socket.socketpair()
        link = await connect(theirs.detach())
        ours.sendall(b'[1.5, "/state/tempo", 120.0]\n[2, "/chord", "C7"]\n')
        ours.close()
        heard = [message async for message in link.messages()]
        link.close()
        return heard

    assert asyncio.run(hear()) == [(1.5, "/state/tempo", [120.0]), (2, "/chord", ["C7"])]


def test_the_first_is_what_there_is_and_may_never_come():
    async def hear(said):
        ours, theirs = socket.socketpair()
        link = await connect(theirs.detach())
        ours.sendall(said)
        ours.close()
        heard = await link.greeting(), [message async for message in link.messages()]
        link.close()
        return heard

    said = b'[1, "/hello", {"voices": []}]\n[2, "/chord", "C7"]\n'
    assert asyncio.run(hear(said)) == ({"voices": []}, [(2, "/chord", ["C7"])])
    assert asyncio.run(hear(b"")) == (None, [])


def test_to_be_hung_up_on_while_speaking_is_the_end():
    async def speak():
        ours, theirs = socket.socketpair()
        link = await connect(theirs.detach())
        listening = asyncio.create_task(anext(link.messages(), "the end"))
        await asyncio.sleep(0)
        ours.close()
        for number in range(100):  # into a line that is dead
            link.say(1, "/number", number)
            await asyncio.sleep(0)
        ended = await asyncio.wait_for(listening, 5)
        link.close()
        return ended

    assert asyncio.run(speak()) == "the end"

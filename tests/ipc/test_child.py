"""The child's end of the connection: its messages, and its end when the daemon ends."""

import asyncio
import socket

from perform.ipc.child import connect


def test_each_line_is_a_message_until_the_daemon_ends():
    async def read():
        daemon, child = socket.socketpair()
        link = await connect(child.detach())
        daemon.sendall(b'[1.5, "/state/tempo", 120.0]\n[2, "/chord", "C7"]\n')
        daemon.close()
        messages = [message async for message in link.read_messages()]
        link.close()
        return messages

    assert asyncio.run(read()) == [(1.5, "/state/tempo", [120.0]), (2, "/chord", ["C7"])]


def test_the_greeting_comes_first_and_is_none_when_the_daemon_has_ended():
    async def read(data):
        daemon, child = socket.socketpair()
        link = await connect(child.detach())
        daemon.sendall(data)
        daemon.close()
        read = await link.read_greeting(), [message async for message in link.read_messages()]
        link.close()
        return read

    data = b'[1, "/hello", {"voices": []}]\n[2, "/chord", "C7"]\n'
    assert asyncio.run(read(data)) == ({"voices": []}, [(2, "/chord", ["C7"])])
    assert asyncio.run(read(b"")) == (None, [])


def test_a_daemon_that_ends_while_the_child_writes_ends_the_messages():
    async def write():
        daemon, child = socket.socketpair()
        link = await connect(child.detach())
        reading = asyncio.create_task(anext(link.read_messages(), "the end"))
        await asyncio.sleep(0)
        daemon.close()
        for number in range(100):  # to a closed connection
            link.forward(1, "/number", number)
            await asyncio.sleep(0)
        ended = await asyncio.wait_for(reading, 5)
        link.close()
        return ended

    assert asyncio.run(write()) == "the end"

"""`perform stats`: the figures of a daemon at any address."""

import asyncio
import socket
import threading

import pytest
from handlers import RecordingHandler

from perform.commands import stats
from perform.inputs.osc_udp import UdpInput
from perform.net.access import AccessList


class Answering(RecordingHandler):
    """Answers every message with two statistics."""

    def handle_message(self, address, _, client):
        for name, value in (("bars", 12), ("done", 1)):
            client.send_message(f"{address}/{name}", value)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_the_statistics_come_over_both_families_of_addresses(host, capsys):
    try:
        socket.create_server((host.strip("[]"), 0), family=socket.AF_INET6).close()
    except OSError:
        if host != "127.0.0.1":
            pytest.skip("this machine has no IPv6")
    loop, listening, port = asyncio.new_event_loop(), threading.Event(), []

    async def listen():
        transport, _ = await loop.create_datagram_endpoint(
            lambda: UdpInput("/sideman", Answering(), AccessList()),
            local_addr=(host.strip("[]"), 0),
        )
        port.append(transport.get_extra_info("sockname")[1])
        listening.set()
        await ended.wait()
        transport.close()

    ended = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(listen()))
    thread.start()
    assert listening.wait(10)
    try:
        stats.run(f"{host}:{port[0]}", "/sideman")
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
    assert capsys.readouterr().out.split() == ["bars", "12"]

"""What is announced on the network, and when; the network is a queue here."""

import asyncio
import itertools

import pytest
from zeroconf import service_type_name

from perform.inputs import zeroconf
from perform.inputs.zeroconf import Announcement


@pytest.fixture
def announced(monkeypatch):
    """Name and addresses of every service that is announced, and None for every goodbye."""
    queue = asyncio.Queue()

    class Network:
        def __init__(self, **_):
            pass

        async def async_register_service(self, info, **_):
            service_type_name(info.name)  # raises for a name that cannot be sent
            queue.put_nowait((info.name, info.parsed_addresses()))
            return asyncio.sleep(0)

        async def async_close(self):
            queue.put_nowait(None)
            raise OSError("Network is unreachable")

    monkeypatch.setattr("zeroconf.asyncio.AsyncZeroconf", Network)
    monkeypatch.setattr(zeroconf, "RETRY_SECONDS", 0.0)
    return queue


def test_services_are_announced_when_there_is_an_address_and_again_when_it_changes(
    announced, monkeypatch, caplog
):
    addresses = itertools.chain(2 * [[]], 4 * [["10.0.0.7"]], itertools.repeat(["10.0.0.8"]))
    monkeypatch.setattr(zeroconf, "_addresses", lambda _: next(addresses))
    monkeypatch.setattr("socket.gethostname", lambda: "ż" * 30)
    name = f"Sideman on {'ż' * 24}._osc._udp.local."

    async def announce():
        async with Announcement([("_osc._udp", ("0.0.0.0", 9000))]):
            assert await announced.get() == (name, ["10.0.0.7"])
            assert await announced.get() is None
            assert await announced.get() == (name, ["10.0.0.8"])

    asyncio.run(asyncio.wait_for(announce(), 20))
    assert len(caplog.records) == 1
    assert "OSC is not announced (this machine has no address" in caplog.text

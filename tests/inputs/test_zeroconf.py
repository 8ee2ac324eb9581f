"""What the network is told of us, and when; the network is a list here."""

import asyncio
import itertools

import pytest
from zeroconf import service_type_name

from perform.inputs import zeroconf as announce
from perform.inputs.zeroconf import Announcement


@pytest.fixture
def told(monkeypatch):
    """Name and addresses of every service that the network is told, and None for every goodbye."""
    heard = asyncio.Queue()

    class Network:
        def __init__(self, **_):
            pass

        async def async_register_service(self, info, **_):
            service_type_name(info.name)  # raises what cannot be sent
            heard.put_nowait((info.name, info.parsed_addresses()))
            return asyncio.sleep(0)

        async def async_close(self):
            heard.put_nowait(None)
            raise OSError("Network is unreachable")

    monkeypatch.setattr("zeroconf.asyncio.AsyncZeroconf", Network)
    monkeypatch.setattr(announce, "AGAIN_SECONDS", 0.0)
    return heard


def test_whoever_has_no_address_yet_or_another_is_announced_again(told, monkeypatch, caplog):
    there = itertools.chain(2 * [[]], 4 * [["10.0.0.7"]], itertools.repeat(["10.0.0.8"]))
    monkeypatch.setattr(announce, "_addresses", lambda _: next(there))
    monkeypatch.setattr("socket.gethostname", lambda: "ż" * 30)
    name = f"Sideman on {'ż' * 24}._osc._udp.local."

    async def hear():
        async with Announcement([("_osc._udp", ("0.0.0.0", 9000))]):
            assert await told.get() == (name, ["10.0.0.7"])
            assert await told.get() is None
            assert await told.get() == (name, ["10.0.0.8"])

    asyncio.run(asyncio.wait_for(hear(), 20))
    assert len(caplog.records) == 1
    assert "OSC is not announced (this machine has no address" in caplog.text

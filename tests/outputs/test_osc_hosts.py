"""OSC outputs to hosts that are named, and that may not be there yet."""

import asyncio
import socket

from perform.control.absences import Absences
from perform.events import StateChanged
from perform.midi.settings import MidiConfig
from perform.net import host_lookup
from perform.net.osc import decode
from perform.outputs.base import OutputContext
from perform.outputs.osc import OscOutputConfig

NAME = "mac.invalid"


def test_a_host_is_waited_for_and_gets_every_value_when_it_is_there(monkeypatch):
    answers = [OSError(), OSError(), None]
    look_up = socket.getaddrinfo

    def answer(host, *rest, **more):
        assert host == NAME
        error = answers.pop(0)
        if error is not None:
            raise error
        return look_up("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    monkeypatch.setattr(host_lookup, "RETRY_SECONDS", 0.001)

    async def play():
        published, reached, there = [], [], asyncio.Event()
        absences = Absences()
        absences.publish_by(lambda changed: published.append(changed.value))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
            listener.bind(("127.0.0.1", 0))
            listener.setblocking(False)
            port = listener.getsockname()[1]

            def reach(place, _):
                reached.append(place)
                there.set()

            context = OutputContext("mac", {}, MidiConfig(), 120.0, absences, reach)
            output = OscOutputConfig(to=f"{NAME}:{port}").open(context).output
            output.send(StateChanged("/swing", 0.25))
            async with asyncio.timeout(10):
                await there.wait()
                packet = await asyncio.get_running_loop().sock_recv(listener, 65536)
            output.close()
        return published, reached == [("127.0.0.1", port)], list(decode(packet))

    published, was_reached, messages = asyncio.run(play())
    assert published == [f"host '{NAME}'", ""]
    assert was_reached
    assert messages == [("/sideman/state/swing", (0.25,))]

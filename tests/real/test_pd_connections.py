"""Other ways to the daemon than a datagram on this machine: TCP, a name on the network, an allow-list."""

import asyncio
import socket

import pytest
from loopback import free_port
from parts import eventually, perform
from pythonosc.tcp_client import SimpleTCPClient

from perform.inputs.osc_tcp import Frames, frame
from perform.net.osc import decode, encode


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    """A daemon with TCP that is announced, on loopback alone."""
    port, tcp = free_port(), free_port()
    rig = tmp_path_factory.mktemp("wires") / "rig.toml"
    rig.write_text(
        f'[clock]\ntempo = 300.0\n[inputs.osc]\nlisten = "127.0.0.1:{port}"\n'
        f'tcp = "127.0.0.1:{tcp}"\nannounce = true\nallow = ["10.1.2.0/24"]\n'
        f'[outputs.nobody]\nkind = "osc"\nto = "127.0.0.1:{free_port()}"\n'
    )
    program = perform("run", str(rig))
    program.wait_for("ready")
    program.port, program.tcp = port, tcp
    yield program
    assert program.end() == 0, "\n".join(program.lines)
    assert not program.saw("Traceback")


class Line:
    """A TCP connection that frames what it sends and keeps what it hears."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.socket.settimeout(0.05)
        self.frames, self.heard = Frames(), []

    def say(self, address, *values):
        self.socket.sendall(frame(encode(f"/sideman{address}", *values)))

    def hears(self, address, *values):
        def look():
            try:
                packets = self.frames.feed(self.socket.recv(65536))
            except TimeoutError:
                packets = []
            self.heard += [message for packet in packets for message in decode(packet)]
            return any(
                there == f"/sideman{address}" and told[: len(values)] == values
                for there, told in self.heard
            )

        eventually(look)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def test_a_connection_is_answered_and_told_and_may_be_cut_up_anyhow(daemon):
    with Line(daemon.tcp) as line:
        line.say("/subscribe")
        line.hears("/state/tempo", 300.0)
        packet = frame(encode("/sideman/chord", "Ebm7"))
        for at in range(len(packet)):
            line.socket.sendall(packet[at : at + 1])
        line.hears("/chord", "Ebm7")
        line.hears("/note", "lead")
        line.say("/nothing")
        line.hears("/error", "/nothing", "no such address")
        line.say("/unsubscribe")
        line.say("/stats")  # who is told no more is still on the line
        line.hears("/stats/done")
        line.say("/subscribe")
        line.say("/stats")
        line.hears("/stats/subscribers", 1)
    with Line(daemon.tcp) as again:

        def forgotten():
            again.heard.clear()
            again.say("/stats")
            again.hears("/stats/done")
            return ("/sideman/stats/subscribers", (0,)) in again.heard

        eventually(forgotten)


def test_what_is_no_frame_is_hung_up_on_and_others_play_on(daemon):
    with Line(daemon.tcp) as rude, Line(daemon.tcp) as other:
        with pytest.raises(OSError):  # noqa: PT012 - when it comes is the network's business
            for _ in range(1000):
                rude.socket.sendall(b"x" * 65536)
        other.say("/stats")
        other.hears("/stats/done")
        assert ("/sideman/stats/refused", (0,)) not in other.heard


def test_a_client_that_is_not_ours_speaks_slip_too(daemon):
    """python-osc's own client, OSC 1.1 framing."""
    with Line(daemon.tcp) as listener, SimpleTCPClient("127.0.0.1", daemon.tcp) as client:
        listener.say("/subscribe")
        client.send_message("/sideman/key", "Bb")
        listener.hears("/state/key", "Bb")


def test_a_client_with_the_framing_of_osc_1_0_is_told_which_to_choose_and_cut_off(daemon):
    client = SimpleTCPClient("127.0.0.1", daemon.tcp, mode="1.0")
    client.send_message("/sideman/key", "Bb")
    heard = Frames().feed(client.socket.recv(4096))
    (about, why) = next(decode(heard[0]))
    assert about == "/sideman/error"
    assert "choose SLIP" in why[1]
    assert client.socket.recv(4096) == b""
    client.close()
    eventually(lambda: sum("choose SLIP" in line for line in daemon.lines) == 1)


def test_the_network_is_told_where_we_listen(daemon):
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

    async def look():
        found = asyncio.Queue()
        network = AsyncZeroconf(interfaces=["127.0.0.1"])
        places = set()

        def changed(zeroconf, service_type, name, state_change):
            found.put_nowait((service_type, name))

        kinds = ["_osc._udp.local.", "_osc._tcp.local."]
        browser = AsyncServiceBrowser(network.zeroconf, kinds, handlers=[changed])
        async with asyncio.timeout(15):
            while (
                not {("_osc._udp.local.", daemon.port), ("_osc._tcp.local.", daemon.tcp)} <= places
            ):
                service = AsyncServiceInfo(*await found.get())
                if await service.async_request(network.zeroconf, 3000):
                    places.add((service.type, service.port))
                    assert service.parsed_addresses() == ["127.0.0.1"]
        await browser.async_cancel()
        await network.async_close()

    asyncio.run(look())


def test_open_to_the_network_warns_and_says_to_whom(tmp_path):
    """One with an allow-list lets this machine in all the same."""
    warned = {}
    for name, allow in (("open", ""), ("named", 'allow = ["10.1.2.0/24"]')):
        port = free_port()
        rig = tmp_path / f"{name}.toml"
        rig.write_text(
            f'[inputs.osc]\nlisten = "0.0.0.0:{port}"\n{allow}\n'
            '[outputs.nobody]\nkind = "osc"\nto = "127.0.0.1:9"\n'
        )
        program = perform("run", str(rig))
        program.wait_for("ready")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(10)
            client.sendto(encode("/sideman/stats"), ("127.0.0.1", port))
            assert client.recv(4096)
        assert program.end() == 0
        warned[name] = [line for line in program.lines if line.startswith("WARNING: OSC 0.0.0.0")]
    assert len(warned["open"]) == len(warned["named"]) == 1
    assert "everybody on the network can play" in warned["open"][0]
    assert "open to the network: to 10.1.2.0/24" in warned["named"][0]

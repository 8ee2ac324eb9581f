"""OSC beyond UDP on loopback: TCP, announcement by zeroconf, and the access list."""

import asyncio
import socket

import pytest
from loopback import free_port
from parts import START_SECONDS, eventually, perform
from pythonosc.tcp_client import SimpleTCPClient

from perform.net.osc import decode, encode
from perform.net.osc_framing import LengthFraming, SlipFraming


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    """A daemon that announces its UDP and TCP ports, on loopback only."""
    port, tcp = free_port(), free_port()
    rig = tmp_path_factory.mktemp("wires") / "rig.toml"
    rig.write_text(
        f'[clock]\ntempo = 300.0\n[inputs.osc]\nlisten = "127.0.0.1:{port}"\n'
        f'tcp = "127.0.0.1:{tcp}"\nannounce = true\nallow = ["10.1.2.0/24"]\n'
        f'[outputs.discard]\nkind = "osc"\nto = "127.0.0.1:{free_port()}"\n'
    )
    program = perform("run", str(rig)).started("ready")
    program.port, program.tcp = port, tcp
    yield program
    assert program.end() == 0, "\n".join(program.lines)
    assert not program.saw("Traceback")


class Connection:
    """A TCP connection that frames its packets; `received`: the messages that arrived."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), START_SECONDS)
        self.socket.settimeout(0.05)
        self.frames, self.received = SlipFraming(), []

    def send(self, address, *values):
        self.socket.sendall(SlipFraming().frame(encode(f"/sideman{address}", *values)))

    def wait_for(self, address, *values):
        def look():
            try:
                packets = self.frames.feed(self.socket.recv(65536))
            except TimeoutError:
                packets = []
            self.received += [message for packet in packets for message in decode(packet)]
            return any(
                there == f"/sideman{address}" and sent[: len(values)] == values
                for there, sent in self.received
            )

        eventually(look)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def test_a_tcp_client_gets_replies_and_feedback_even_if_packets_arrive_in_parts(daemon):
    with Connection(daemon.tcp) as connection:
        connection.send("/subscribe")
        connection.wait_for("/state/tempo", 300.0)
        packet = SlipFraming().frame(encode("/sideman/chord", "Ebm7"))
        for at in range(len(packet)):
            connection.socket.sendall(packet[at : at + 1])
        connection.wait_for("/chord", "Ebm7")
        connection.wait_for("/note", "lead")
        connection.send("/nothing")
        connection.wait_for("/error", "/nothing", "no such address")
        connection.send("/unsubscribe")
        connection.send("/stats")  # a client without a subscription is still connected
        connection.wait_for("/stats/done")
        connection.send("/subscribe")
        connection.send("/stats")
        connection.wait_for("/stats/subscribers", 1)
    with Connection(daemon.tcp) as again:

        def subscription_ended():
            again.received.clear()
            again.send("/stats")
            again.wait_for("/stats/done")
            return ("/sideman/stats/subscribers", (0,)) in again.received

        eventually(subscription_ended)


def test_the_daemon_closes_only_the_connection_that_sends_no_frames(daemon):
    with Connection(daemon.tcp) as rude, Connection(daemon.tcp) as other:
        with pytest.raises(OSError):  # noqa: PT012 - any of the calls may fail
            for _ in range(1000):
                rude.socket.sendall(b"x" * 65536)
        other.send("/stats")
        other.wait_for("/stats/done")
        assert ("/sideman/stats/refused", (0,)) not in other.received


def test_the_daemon_accepts_slip_frames_of_python_osc(daemon):
    """SLIP is the framing of OSC 1.1."""
    with Connection(daemon.tcp) as listener, SimpleTCPClient("127.0.0.1", daemon.tcp) as client:
        listener.send("/subscribe")
        client.send_message("/sideman/key", "Bb")
        listener.wait_for("/state/key", "Bb")


def test_the_daemon_accepts_and_sends_packets_with_their_length_to_python_osc(daemon):
    """The framing of OSC 1.0."""
    client = SimpleTCPClient("127.0.0.1", daemon.tcp, mode="1.0")
    client.send_message("/sideman/key", "no key")
    received = LengthFraming().feed(client.socket.recv(4096))
    address, values = next(decode(received[0]))
    assert (address, values[0]) == ("/sideman/error", "/key")
    client.close()


def test_zeroconf_announces_both_ports(daemon):
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

    async def look():
        found = asyncio.Queue()
        network = AsyncZeroconf(interfaces=["127.0.0.1"])
        places = set()

        def changed(zeroconf, service_type, name, state_change):
            found.put_nowait((service_type, name))

        kinds = ["_osc._udp.local.", "_osc._tcp.local."]
        browser = AsyncServiceBrowser(network.zeroconf, kinds, handlers=[changed])
        async with asyncio.timeout(START_SECONDS):
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


def test_the_daemon_warns_which_machines_may_send_to_an_open_port(tmp_path):
    """This machine may send even if the access list does not name it."""
    warned = {}
    for name, allow in (("open", ""), ("named", 'allow = ["10.1.2.0/24"]')):
        port = free_port()
        rig = tmp_path / f"{name}.toml"
        rig.write_text(
            f'[inputs.osc]\nlisten = "0.0.0.0:{port}"\n{allow}\n'
            '[outputs.discard]\nkind = "osc"\nto = "127.0.0.1:9"\n'
        )
        with (
            perform("run", str(rig)) as program,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
        ):
            program.wait_for("ready")
            client.settimeout(START_SECONDS)
            client.sendto(encode("/sideman/stats"), ("127.0.0.1", port))
            assert client.recv(4096)
        assert program.process.returncode == 0
        warned[name] = [line for line in program.lines if line.startswith("WARNING: OSC 0.0.0.0")]
    assert len(warned["open"]) == len(warned["named"]) == 1
    assert "every machine on the network can play" in warned["open"][0]
    assert "open to the network: to 10.1.2.0/24" in warned["named"][0]

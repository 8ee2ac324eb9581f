"""OSC clients of the daemon: liblo's tools, Pure Data, and a socket that sends bad packets."""

import signal
import socket
import subprocess

import pytest
from loopback import free_port
from parts import START_SECONDS, Program, eventually, need, perform

from perform.engine.harmony import chord_scale
from perform.music.chord import parse_chord
from perform.net.osc import decode, encode


@pytest.fixture
def daemon(tmp_path):
    port, back = free_port(), free_port()
    (tmp_path / "rig.toml").write_text(
        f"""
        [clock]
        tempo = 300.0
        [inputs.osc]
        listen = "127.0.0.1:{port}"
        [outputs.max]
        kind = "osc"
        to = "127.0.0.1:{back}"
        [[voices]]
        name = "lead"
        model = "blues-bars"
        """
    )
    program = perform("run", str(tmp_path / "rig.toml")).started("ready")
    program.port, program.back = port, back
    yield program
    if program.process.poll() is None:
        program.end()


def notes(lines):
    """The (pitch, velocity) pairs of the /note lines that oscdump printed."""
    found = []
    for line in lines:
        words = line.split()
        if "/sideman/note" in words:
            at = words.index("/sideman/note")
            found.append((int(words[at + 3]), int(words[at + 4])))
    return found


def test_oscsend_sends_chords_and_oscdump_prints_their_notes(daemon):
    need("oscsend")
    dump = Program("oscdump", "-L", str(daemon.back))
    try:
        eventually(lambda: dump_receives_feedback(daemon, dump))
        for symbol in ("C7", "Ebm7"):
            before = len(dump.lines)
            subprocess.run(
                ["oscsend", "127.0.0.1", str(daemon.port), "/sideman/chord", "s", symbol],
                check=True,
            )
            eventually(lambda b=before, s=symbol: any(s in line for line in dump.lines[b:]))
            start = next(i for i, line in enumerate(dump.lines) if i >= before and symbol in line)
            eventually(lambda s=start: sum(v > 0 for _, v in notes(dump.lines[s:])) >= 8)
            allowed = chord_scale(parse_chord(symbol))
            assert all(p % 12 in allowed for p, v in notes(dump.lines[start:]) if v)
        assert daemon.end(signal.SIGTERM) == 0
        eventually(lambda: not still_sounding(notes(dump.lines)))
    finally:
        dump.end()


def dump_receives_feedback(daemon, dump):
    """Whether oscdump listens: a change of chord makes the daemon send feedback."""
    subprocess.run(
        ["oscsend", "127.0.0.1", str(daemon.port), "/sideman/chord", "s", "N.C."], check=True
    )
    subprocess.run(
        ["oscsend", "127.0.0.1", str(daemon.port), "/sideman/chord", "iii", "60", "64", "67"],
        check=True,
    )
    return dump.saw("/sideman/chord")


def still_sounding(played):
    """The pitches that started and did not end."""
    sounding = set()
    for pitch, velocity in played:
        if velocity:
            sounding.add(pitch)
        else:
            sounding.discard(pitch)
    return sounding


def test_pure_data_sends_a_chord_and_receives_notes(daemon, tmp_path):
    need("pd")
    patch = tmp_path / "play.pd"
    patch.write_text(
        f"""#N canvas 0 0 450 300 12;
#X obj 10 10 loadbang;
#X obj 10 30 t b b b;
#X msg 200 60 connect 127.0.0.1 {daemon.port};
#X msg 10 60 list Bbm7;
#X obj 10 90 list prepend sideman chord;
#X obj 10 110 list trim;
#X obj 10 130 oscformat -f s sideman chord;
#X obj 10 160 netsend -u -b;
#X obj 10 200 netreceive -u -b {daemon.back};
#X obj 10 220 oscparse;
#X obj 10 240 list trim;
#X obj 10 260 print heard;
#X obj 10 80 list;
#X connect 0 0 1 0;
#X connect 1 0 3 0;
#X connect 1 2 2 0;
#X connect 2 0 7 0;
#X connect 3 0 12 0;
#X connect 12 0 6 0;
#X connect 6 0 7 0;
#X connect 8 0 9 0;
#X connect 9 0 10 0;
#X connect 10 0 11 0;
"""
    )
    pd = Program("pd", "-nogui", "-noaudio", "-nomidi", "-stderr", str(patch))
    try:
        pd.wait_for("heard: sideman note lead")
        assert pd.saw("heard: sideman chord Bbm7"), "\n".join(pd.lines)
    finally:
        pd.end(signal.SIGKILL)


def test_a_bad_packet_gets_an_error_reply_and_the_music_continues(daemon):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.settimeout(START_SECONDS)
        for packet in (
            b"",
            b"\xff" * 3000,
            b"#bundle\0" + b"\0" * 8 + b"\0\0\xff\xff",
            encode("/sideman/nothing", 1),
            encode("/elsewhere", 1),
            encode("/sideman/tempo", "fast"),
            encode("/sideman/tempo", 9000.0),
            encode("/sideman/chord", 400, -1),
            encode("/sideman/chord", "Hm7"),
            encode("/sideman/model", "../../etc"),
            encode("/sideman/voice/unknown/mute", 1),
        ):
            stranger.sendto(packet, ("127.0.0.1", daemon.port))
            address, values = next(decode(stranger.recv(4096)))
            assert address == "/sideman/error"
            assert values[-1]
        stranger.sendto(encode("/sideman/subscribe"), ("127.0.0.1", daemon.port))
        stranger.sendto(encode("/sideman/chord", "C7"), ("127.0.0.1", daemon.port))
        addresses = set()

        def hears_notes():
            addresses.update(a for a, _ in decode(stranger.recv(4096)))
            return "/sideman/note" in addresses

        eventually(hears_notes)
    assert not any("Traceback" in line for line in daemon.lines)


def test_every_message_of_a_bundle_is_applied(daemon):
    inner = [
        encode("/sideman/subscribe"),
        encode("/sideman/tempo", 200.0),
        encode("/sideman/chord", "G7"),
    ]
    bundle = b"#bundle\0" + b"\0" * 7 + b"\x01"
    bundle += b"".join(len(part).to_bytes(4, "big") + part for part in inner)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(START_SECONDS)
        client.sendto(bundle, ("127.0.0.1", daemon.port))
        heard = []

        def hears_chord():
            heard.extend(decode(client.recv(4096)))
            return {("/sideman/chord", ("G7",)), ("/sideman/state/tempo", (200.0,))} <= set(heard)

        eventually(hears_chord)


def test_a_killed_generator_restarts_while_the_music_continues(daemon):
    psutil = pytest.importorskip("psutil")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(START_SECONDS)
        client.sendto(encode("/sideman/subscribe"), ("127.0.0.1", daemon.port))
        client.sendto(encode("/sideman/chord", "C7"), ("127.0.0.1", daemon.port))
        worker = eventually(lambda: psutil.Process(daemon.process.pid).children())[0]
        worker.kill()
        daemon.wait_for("starting it again")
        bars = set()

        def four_more_bars():
            for address, values in decode(client.recv(4096)):
                if address == "/sideman/beat":
                    bars.add(values[0])
            return len(bars) >= 4

        eventually(four_more_bars)
    eventually(lambda: psutil.Process(daemon.process.pid).children())


def test_a_port_in_use_gives_a_one_line_error(daemon):
    rig = daemon.process.args[-1]
    with perform("run", rig) as second:
        second.process.wait(START_SECONDS)
    assert second.process.returncode == 3
    assert any("cannot be opened" in line and "listen" in line for line in second.lines)
    assert not second.saw("Traceback")


def received(client):
    """The next datagram, or no bytes if none arrives in time."""
    try:
        return client.recv(4096)
    except TimeoutError:
        return b""


def test_two_surfaces_show_the_same_values_until_one_unsubscribes(daemon):
    """A new subscriber receives all values, then every change that another client makes."""

    def surface():
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.bind(("127.0.0.1", 0))
        client.settimeout(0.02)
        client.sendto(encode("/sideman/subscribe"), ("127.0.0.1", daemon.port))
        return client, {}

    def hears(client, told, address, value):
        def look():
            try:
                told.update(
                    (where, values[0]) for where, values in decode(client.recv(4096)) if values
                )
            except TimeoutError:
                pass
            return address in told and told[address] == pytest.approx(value)

        eventually(look)

    (one, first), (other, second) = surface(), surface()
    place = ("127.0.0.1", daemon.port)
    try:
        hears(one, first, "/sideman/state/tempo", 300.0)
        hears(other, second, "/sideman/state/voice/lead/swing", 0.0)
        assert second["/sideman/state/voice/lead/model"] == "blues-bars"
        one.sendto(encode("/sideman/swing", 0.25), place)
        hears(other, second, "/sideman/state/swing", 0.25)
        hears(other, second, "/sideman/state/voice/lead/swing", 0.25)
        one.sendto(encode("/sideman/snapshot/store", "a"), place)
        one.sendto(encode("/sideman/voice/lead/swing", 0.75), place)
        hears(other, second, "/sideman/state/voice/lead/swing", 0.75)
        other.sendto(encode("/sideman/snapshot/recall", "a"), place)
        hears(one, first, "/sideman/state/voice/lead/swing", 0.25)
        other.sendto(encode("/sideman/unsubscribe"), place)
        one.sendto(encode("/sideman/swing", 1.0), place)
        hears(one, first, "/sideman/state/swing", 1.0)
        for data in iter(lambda: received(other), b""):
            assert dict(decode(data)).get("/sideman/state/swing") != (1.0,)
    finally:
        one.close()
        other.close()

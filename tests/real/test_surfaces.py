"""Surfaces with a running daemon: it accepts their messages, and its feedback reaches them."""

import json
import re
import socket
import threading
import time

import pytest
import surface_messages
from browser import Browser
from loopback import free_port
from parts import START_SECONDS, Program, eventually, need, perform

from perform.config import load
from perform.net.osc import decode, encode
from perform.surfaces import formats, pages

RIG = """
[inputs.osc]
listen = "127.0.0.1:{port}"
[outputs.max]
kind = "osc"
to = "127.0.0.1:{nowhere}"
[set]
file = "gig.toml"
[[voices]]
name = "lead"
[[voices]]
name = "bass"
role = "bass"
[[voices]]
name = "2"  # Pure Data may read this name as a number
"""
MESSAGES = {
    "touchosc": (".tosc", surface_messages.of_touchosc),
    "max": (".maxpat", surface_messages.of_max),
    "max help": (".maxhelp", surface_messages.of_max),
    "open-stage-control": (".json", surface_messages.of_open_stage_control),
}


def write_rig(folder, port):
    """A rig that listens at the port, with its set beside it."""
    (folder / "rig.toml").write_text(RIG.format(port=port, nowhere=free_port()))
    songs = (f"[[songs]]\nname = '{name}'\n" for name in ("first", "second", "third"))
    (folder / "gig.toml").write_text("".join(songs))


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    folder = tmp_path_factory.mktemp("surfaces")
    port = free_port()
    write_rig(folder, port)
    program = perform("run", str(folder / "rig.toml")).started("ready")
    program.port = port
    program.rig = load.load_rig(folder / "rig.toml")
    yield program
    assert program.end() == 0
    assert not program.saw("Traceback")


@pytest.fixture
def client(daemon):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.bind(("127.0.0.1", 0))
        ours.settimeout(START_SECONDS)
        ours.connect(("127.0.0.1", daemon.port))
        ours.send(encode("/sideman/song", 2))  # there is one before it and one after it
        yield ours


def figures(client):
    """The daemon's statistics, and the other messages that arrived before their end."""
    threading.Event().wait(0.05)  # more than 20 requests a second are rejected
    client.send(encode("/sideman/stats"))
    found, others = {}, []
    while "/sideman/stats/done" not in found:
        for address, values in decode(client.recv(65536)):
            if address.startswith("/sideman/stats/"):
                found[address] = values[0]
            else:
                others.append((address, values))
    return found, others


@pytest.mark.parametrize("name", MESSAGES)
def test_the_daemon_accepts_every_message_of_a_surface(daemon, client, name):
    suffix, read = MESSAGES[name]
    made = formats.render_files(
        name.split()[0], pages.build_surface(daemon.rig, ("blues", "reels"))
    )
    everything = list(dict.fromkeys(read(made[suffix])))
    before, _ = figures(client)
    for number, (address, values) in enumerate(everything):
        if "subscribe" not in address:
            client.send(encode(address, *values))
        if number % 50 == 49:
            figures(client)  # waits, so that no buffer overflows
    after, others = figures(client)
    assert [it for it in others if it[0] == "/sideman/error"] == []
    assert after["/sideman/stats/refused"] == before["/sideman/stats/refused"]
    received = after["/sideman/stats/received"] - before["/sideman/stats/received"]
    assert received >= len(everything) - 3 > (30 if name == "max help" else 300)


def wait_for_value(client, address, value):
    """Wait until the daemon publishes a value."""
    eventually(lambda: any(each == (address, (value,)) for each in decode(client.recv(65536))))


TOUCHED = """
const sent = [], locals = {}, send = (address) => sent.push(address), get = () => 0; // no latch
const touch = (event) => { %s };
const events = [["start", 1], ["start", 2], ["move", 2], ["stop", 1], ["move", 2]];
for (const [type, pointerId] of events) touch({ type, pointerId });
const early = sent.length;
touch({ type: "stop", pointerId: 2 });
return [early, sent];
"""


def test_an_open_stage_control_chord_ends_with_the_last_touch():
    made = formats.render_files(
        "open-stage-control", pages.build_surface(pages.shipped_rig(), ("blues",))
    )
    session = made[".json"].decode()
    (script,) = re.findall(r'"onTouch": ("(?:[^"\\]|\\.)*")', session)
    browser = Browser()
    try:
        assert browser.run(TOUCHED % json.loads(script)) == [0, ["/sideman/chord/release"]]
    finally:
        browser.close()


# A second patch in the same Pure Data: it sends each message of its port to the receiver that the
# first word names.
DRIVER = """#N canvas 0 0 450 300 12;
#X obj 10 10 netreceive {port};
#X obj 10 40 list split 1;
#X obj 10 70 t b a;
#X obj 10 100 list;
#X obj 10 130 send;
#X obj 200 10 r {hear};
#X obj 200 40 print heard;
#X obj 300 10 r {label};
#X obj 300 40 print label;
#X obj 300 70 r /error:hear;
#X connect 0 0 1 0;
#X connect 1 0 2 0;
#X connect 1 1 3 1;
#X connect 2 0 3 0;
#X connect 2 1 4 1;
#X connect 3 0 4 0;
#X connect 5 0 6 0;
#X connect 7 0 8 0;
#X connect 9 0 8 0;
"""


@pytest.mark.long
def test_an_open_patch_subscribes_again_after_a_restart_of_the_daemon(tmp_path):
    need("pd")
    rig, port = tmp_path / "rig.toml", free_port()
    write_rig(tmp_path, port)
    made = formats.render_files(
        "pd", pages.build_surface(load.load_rig(rig), ("blues",), feedback_port=free_port())
    )
    (tmp_path / "sideman.pd").write_bytes(made[".pd"])
    patch = str(tmp_path / "sideman.pd")
    with Program("pd", "-nogui", "-noaudio", "-nomidi", "-stderr", patch):
        for _ in range(2):
            with (
                perform("run", str(rig)) as daemon,
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking,
            ):
                daemon.wait_for("ready")
                asking.settimeout(START_SECONDS)
                asking.connect(("127.0.0.1", port))
                eventually(lambda: figures(asking)[0]["/sideman/stats/subscribers"] == 1)


@pytest.fixture
def pd(daemon, tmp_path):
    need("pd")
    back, steering = free_port(), free_port()
    surface = pages.build_surface(daemon.rig, ("blues", "reels"), feedback_port=back)
    made = formats.render_files("pd", surface)
    (tmp_path / "sideman.pd").write_bytes(made[".pd"])
    driver = DRIVER.format(port=steering, hear="/voice/2/swing:hear", label="/chord:hear")
    (tmp_path / "driver.pd").write_text(driver)
    program = Program(
        "pd", "-nogui", "-noaudio", "-nomidi", "-stderr",
        str(tmp_path / "driver.pd"), str(tmp_path / "sideman.pd"),
    )  # fmt: skip
    program.patch = made[".pd"]

    def connected():
        try:
            return socket.create_connection(("127.0.0.1", steering), timeout=1.0)
        except OSError:
            return None

    with program, eventually(connected) as line:
        program.send = lambda text: line.sendall(text.encode())
        yield program


def test_pure_data_sends_valid_messages_and_shows_feedback_without_echoes(daemon, client, pd):
    eventually(lambda: figures(client)[0]["/sideman/stats/subscribers"] >= 1)
    assert not [
        line
        for line in pd.lines
        if "error" in line or "couldn't create" in line or "no such" in line
    ]
    # the fader receives its first value, then all values of the subscription
    eventually(lambda: sum("heard: set" in line for line in list(pd.lines)) >= 2)
    before, _ = figures(client)
    everything = list(dict.fromkeys(surface_messages.of_pure_data(pd.patch)))
    for start in range(0, len(everything), 40):
        pd.send("".join(f"{name} {value};\n" for name, value in everything[start : start + 40]))
        time.sleep(0.05)
    expected = before["/sideman/stats/received"] + len(everything)
    eventually(lambda: figures(client)[0]["/sideman/stats/received"] >= expected)
    after, _ = figures(client)
    assert after["/sideman/stats/refused"] == before["/sideman/stats/refused"], "\n".join(
        daemon.lines
    )
    assert len(everything) > 300

    client.send(encode("/sideman/chart", ""))  # ends the chart that the messages above started
    client.send(encode("/sideman/subscribe"))
    pd.send("/voice/2/accent:hear 0.625;\n")  # a moved slider sends; a set one does not
    wait_for_value(client, "/sideman/state/voice/2/accent", 0.625)
    pd.send("/chord=F#m7b5:hear bang;\n")
    wait_for_value(client, "/sideman/state/chord", "F#m7b5")
    client.send(encode("/sideman/unsubscribe"))

    client.send(encode("/sideman/voice/2/swing", 0.375))
    eventually(lambda: pd.saw("heard: set 0.375"))
    pd.send("/tempo:say 9999;\n")  # the patch and Pd's window show the error reply
    eventually(
        lambda: any(re.search(r"^label: label /tempo:\\? takes\\? 20", it) for it in list(pd.lines))
    )
    eventually(lambda: pd.saw("sideman: /tempo: takes 20 to 400 quarter notes a minute"))
    came = []
    for chord in ("Ab9", "Db9"):
        client.send(encode("/sideman/chord", chord))
        eventually(lambda chord=chord: pd.saw(f"label: label {chord}"))
        quiet, _ = figures(client)
        # an echo would arrive within 0.25 s, the delay of feedback
        time.sleep(0.5)
        after, _ = figures(client)
        came.append(after["/sideman/stats/received"] - quiet["/sideman/stats/received"])
    # the patch renews its subscription every five seconds, so during one chord at most
    assert min(came) <= 1
    assert not [line for line in pd.lines if re.search(r"error|no method", line)]

"""The daemon at a real Mosquitto: mosquitto_pub controls it, mosquitto_sub checks it."""

import asyncio
import contextlib
import json
import logging
import signal
import socket
import subprocess
import time

import pytest
from brokers import Broker
from certificates import authority, certificate
from handlers import RecordingHandler
from loopback import free_port
from parts import eventually, is_quiet, need, perform

from perform.config.mqtt import MqttConfig
from perform.control import registry
from perform.engine.harmony import chord_scale
from perform.events import StateChanged
from perform.ipc.parent import ChildProcess
from perform.music.chord import parse_chord
from perform.net.osc import encode

TOPICS = [f"museum/foyer/{it}" for it in ("state/#", "notes/#", "error", "availability")]
SECRET = "not for the log"


@pytest.fixture
def broker(tmp_path):
    one = Broker(tmp_path)
    yield one
    one.end()


def test_an_installation_plays_on_through_all_broker_trouble(broker, tmp_path):
    rig, osc = tmp_path / "rig.toml", free_port()
    rig.write_text(
        f"""
        [clock]
        tempo = 300.0
        [inputs.osc]
        listen = "127.0.0.1:{osc}"
        [outputs.unused]
        kind = "osc"
        to = "127.0.0.1:{free_port()}"
        [[voices]]
        name = "lead"
        model = "blues-bars"
        [record]
        folder = "{tmp_path}"
        [mqtt]
        broker = "127.0.0.1:{broker.port}"
        name = "foyer"
        prefix = "museum"
        groups = ["east"]
        user = "foyer"
        password = "{SECRET}"
        notes = true
        stats_seconds = 1
        discovery = "homeassistant"
        qos = {{ notes = 1 }}
        """
    )
    broker.start()
    # The daemon takes a retained chord at its start, but ignores a retained button press.
    broker.publish("museum/all/chord", "C7", "-r")
    broker.publish("museum/all/snapshot/recall", "A", "-r")
    broker.publish("museum/foyer/state/voice/trombone/mute", "1", "-r")
    broker.publish("museum/all/panic", "1", "-r")
    broker.end()
    daemon = perform("run", str(rig))
    listener = None
    try:
        # The daemon becomes ready without a broker.
        daemon.wait_for("ready")
        daemon.wait_for("no broker listens there; start it")
        broker.start()
        daemon.wait_for("connected, as museum/foyer")
        listener = broker.listen(*TOPICS)
        plays(listener, "C7")
        assert broker.kept("museum/foyer/availability") == "online"
        assert eventually(lambda: broker.kept("museum/foyer/state/chord")) == "C7"
        assert broker.kept("museum/foyer/state/transport") == "start"
        # The daemon clears the state of a voice that the rig no longer has.
        eventually(lambda: broker.kept("museum/foyer/state/voice/trombone/mute") is None)
        discovery = json.loads(broker.kept("homeassistant/device/sideman_museum_foyer/config"))
        assert "tempo" in discovery["components"]
        # Messages to one installation, to a group, and to all.
        broker.publish("museum/foyer/chord", "57 60 64 67", "-q", "1")
        plays(listener, "Am7")
        broker.publish("museum/group/east/voice/lead/weight/steps", "0.75", "-q", "2")
        broker.publish("museum/group/west/tempo", "100")
        broker.publish("museum/all/tempo", "280")
        listener.wait_for("museum/foyer/state/voice/lead/weight/steps 0.75")
        listener.wait_for("museum/foyer/state/tempo 280")
        assert not listener.saw("state/tempo 100")

        check_retained_state(broker, osc)
        check_invalid_messages(broker, listener, daemon)

        broker.end()
        broker.forget()
        daemon.wait_for("the connection is lost")
        before = len(daemon.lines)
        broker.start()
        eventually(lambda: any("connected again" in line for line in daemon.lines[before:]))
        listener.end()
        listener = broker.listen(*TOPICS)
        # The broker has lost its retained messages: the daemon publishes everything again.
        listener.wait_for("museum/foyer/state/voice/lead/weight/steps 0.75")
        listener.wait_for("museum/foyer/availability online")
        broker.publish("museum/all/chord", "Ebm7")
        plays(listener, "Ebm7")
        assert sum("the connection is lost" in line for line in daemon.lines) == 1

        daemon.end(signal.SIGKILL)
        # The will arrives at once, long before the keepalive timeout.
        listener.wait_for("museum/foyer/availability offline", 10.0)
        assert broker.kept("museum/foyer/availability") == "offline"
    finally:
        daemon.end(signal.SIGKILL)
        if listener is not None:
            listener.end()
    written = "\n".join(daemon.lines) + "".join(
        path.read_text() for path in tmp_path.glob("*.jsonl")
    )
    assert "ChordChanged" in written
    assert SECRET not in written


def plays(listener, symbol):
    """Wait for a chord and then eight notes, and check that each note fits the chord."""
    chord = f"museum/foyer/state/chord {symbol}"
    allowed = chord_scale(parse_chord(symbol))
    eventually(lambda: listener.saw(chord))

    def struck():
        lines = list(listener.lines)
        start = max(at for at, line in enumerate(lines) if line.endswith(chord))
        notes = [line.split()[-2:] for line in lines[start:] if "/notes/lead " in line]
        pitches = [int(pitch) for pitch, velocity in notes if int(velocity)]
        return len(pitches) >= 8 and pitches

    pitches = eventually(struck)
    assert all(pitch % 12 in allowed for pitch in pitches), (symbol, pitches)


def check_retained_state(broker, osc):
    """Retained state follows the transport and the changes of another client."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for address, *values in (
            ("/sideman/voice/lead/swing", 0.25),
            ("/sideman/mode", "trade", 8),
            ("/sideman/transport", "stop"),
        ):
            client.sendto(encode(address, *values), ("127.0.0.1", osc))
    for topic, value in (
        ("voice/lead/swing", "0.25"),
        ("voice/lead/mode", "trade"),
        ("transport", "stop"),
    ):
        eventually(lambda t=topic, v=value: broker.kept(f"museum/foyer/state/{t}") == v)
    broker.publish("museum/all/mode", "flow")
    broker.publish("museum/all/transport", "continue")
    eventually(lambda: broker.kept("museum/foyer/state/transport") == "continue")


def check_invalid_messages(broker, listener, daemon):
    """The daemon replies at .../error, logs each error once, and plays on."""
    for topic, payload, why in (
        ("museum/foyer/chrod", "C7", "no such address"),
        ("museum/group/east/wieght/steps", "1", '"/wieght/steps","why":"no such address"'),
        ("museum/chord", "C7", "no installation has this topic; publish at museum/foyer/..."),
        ("museum/foyer/voice/unknown/mute", "1", "no voice"),
        ("museum/all/tempo", "fast", "takes one number"),
        ("museum/foyer/tempo", "nan", "takes one number"),
        ("museum/foyer/chord", "Hm7", "is not known"),
        ("museum/foyer/model", "../../etc", "not a path"),
        ("museum/foyer/chart", "C7 | " * 5000, "at most 16384 bytes"),
        ("museum/foyer/subscribe", "9000", "museum/foyer/state/#"),
    ):
        broker.publish(topic, payload)
        listener.wait_for(why)
    subprocess.run(
        ["mosquitto_pub", *broker.where(), "-t", "museum/foyer/key", "-s"],
        input=b"\xff\x00\xfe", check=True,
    )  # fmt: skip
    eventually(lambda: listener.saw("a payload is text (UTF-8)"))
    before = substituted(broker)
    flood = b"".join(b"%d\n" % (100 + number % 100) for number in range(20_000))
    broker.flood("museum/foyer/tempo", flood + b"263\n")
    eventually(lambda: listener.saw("museum/foyer/state/tempo 263") or daemon.saw("is lost"))
    assert not daemon.saw("is lost"), "\n".join(daemon.lines)
    broker.flood("museum/foyer/chrod", b"x\n" * 5000)
    broker.publish("museum/foyer/chord", "F7")
    plays(listener, "F7")
    assert sum("/chrod: no such address" in line for line in daemon.lines) == 1
    # On an idle machine the flood delays no bar.
    assert substituted(broker) == before or not is_quiet()


def substituted(broker):
    """The number of substituted bars so far."""
    broker.publish("museum/foyer/stats", "please")
    return json.loads(eventually(lambda: broker.kept("museum/foyer/state/stats")))["substituted"]


def test_an_orderly_stop_publishes_offline(broker, tmp_path, caplog):
    broker.start("-v")

    async def scene():
        async with mqtt_process(MqttConfig(broker=f"127.0.0.1:{broker.port}")) as child:
            await wait_for_log(caplog, "connected, as sideman/sideman")
            assert broker.kept("sideman/sideman/availability") == "online"
            child.send(StateChanged("/transport", "stop"))  # just before the stop

    play(scene, caplog)
    assert broker.kept("sideman/sideman/state/transport") == "stop"
    assert broker.kept("sideman/sideman/availability") == "offline"
    # The client disconnected in order; the broker did not need its will.
    assert any("Received DISCONNECT" in line for line in broker.program.lines)


@pytest.mark.long
def test_each_login_or_certificate_fault_is_logged_once_with_its_remedy(tmp_path, caplog):
    ca, other = authority(tmp_path, "ca"), authority(tmp_path, "other")
    ours, client = certificate(tmp_path, "ours", ca), certificate(tmp_path, "client", ca)
    expired = certificate(tmp_path, "expired", ca, "-days", "0")
    elsewhere = certificate(tmp_path, "elsewhere", ca, names="DNS:elsewhere.example")
    stranger = certificate(tmp_path, "stranger", other)
    passwords = tmp_path / "passwords"
    passwords.write_text("")
    need("mosquitto_passwd")
    subprocess.run(
        ["mosquitto_passwd", "-b", str(passwords), "anna", SECRET], check=True, capture_output=True
    )
    ports = {name: free_port() for name in ("plain", "tls", "mutual", "expired", "elsewhere")}
    lines = ["per_listener_settings true"]
    lines += [f"listener {ports['plain']} 127.0.0.1", f"password_file {passwords}"]
    for name, (pem, key) in {
        "tls": ours, "mutual": ours, "expired": expired, "elsewhere": elsewhere,
    }.items():  # fmt: skip
        lines += [f"listener {ports[name]} 127.0.0.1", "allow_anonymous true"]
        lines += [f"certfile {pem}", f"keyfile {key}"]
        if name == "mutual":
            lines += [f"cafile {ca[0]}", "require_certificate true"]
    broker = Broker(tmp_path, *lines).start()

    def mqtt(name, listener, **more):
        return MqttConfig(broker=f"127.0.0.1:{ports[listener]}", name=name, **more)

    tls = {"tls": True, "ca": str(ca[0])}
    cases = {
        "connected, as sideman/user": mqtt("user", "plain", user="anna", password=SECRET),
        "correct user and password": mqtt("thief", "plain", user="anna", password="guess"),
        "connected, as sideman/secure": mqtt("secure", "tls", **tls),
        "connected, as sideman/known": mqtt(
            "known", "mutual", cert=str(client[0]), key=str(client[1]), **tls
        ),
        "has expired; renew it": mqtt("late", "expired", **tls),
        "certificate has another name": mqtt("lost", "elsewhere", **tls),
        "from an unknown authority": mqtt("wary", "tls", tls=True, ca=str(other[0])),
        "needs a certificate of ours": mqtt("unknown", "mutual", **tls),
        "needs a certificate of ours that it trusts": mqtt(
            "stranger", "mutual", cert=str(stranger[0]), key=str(stranger[1]), **tls
        ),
        "it speaks no TLS there": mqtt("muffled", "plain", **tls),
        "does not answer; is it an MQTT broker": mqtt("open", "tls"),
        "there is no host": MqttConfig(broker="no.such.host.invalid:1883"),
        "ca nowhere.pem: cannot be used": mqtt("careless", "tls", tls=True, ca="nowhere.pem"),
    }

    async def scene():
        async with contextlib.AsyncExitStack() as ends:
            for config in cases.values():
                await ends.enter_async_context(mqtt_process(config))
            await asyncio.to_thread(eventually, lambda: len(caplog.records) >= len(cases))

    try:
        play(scene, caplog)
    finally:
        broker.end()
    said = [record.getMessage() for record in caplog.records]
    # Each client has tried again since, and logged no line twice.
    assert len(said) == len(cases), said
    for line in cases:
        assert any(line in one for one in said), (line, said)
    assert SECRET not in "".join(said)


def mqtt_process(mqtt):
    """The MQTT child process, without a performance."""
    table = [
        control.as_json() | {"address": address}
        for address, control in registry.addresses(["lead"])
    ]
    start = {"controls": table, "models": ["blues"], "mqtt": settings_of(mqtt)}
    return ChildProcess(
        "perform.mqtt",
        RecordingHandler({"notes": 0}),
        start,
        {"/tempo": 120.0},
        lambda _: time.time(),
    )


def settings_of(mqtt):
    return {name: getattr(mqtt, name) for name in mqtt.__struct_fields__}


async def wait_for_log(caplog, line):
    await asyncio.to_thread(
        eventually, lambda: any(line in record.getMessage() for record in caplog.records)
    )


def play(scene, caplog):
    with caplog.at_level(logging.INFO, "perform.ipc.parent"):
        asyncio.run(scene())

"""Each rig of the cookbook on real ports: `check` accepts it, and it plays as its page says."""

import os
import re
import socket
import subprocess
import threading
import tomllib

import pytest
from loopback import free_port
from parts import MidiRecorder, Program, connected, eventually, instrument, need, perform

from perform.net.osc import encode

SETTLED_SECONDS = 0.2  # JACK loses messages while it sets up a connection
BEAT_SECONDS = 0.5
C7 = (48, 52, 55, 58)
PASSWORD = "a quiet room"


class CookbookRig:
    """A rig of the cookbook on a free OSC port, with the ports and the broker that it names."""

    def __init__(self, root, folder, name):
        rig = (root / "patches" / "rigs" / f"{name}.toml").read_text()
        self.osc = free_port()
        self.broker = free_port()
        self.devices, self.programs, self.recorders = [], [], []
        rig = rig.replace('"alsa"', '"jack"')
        if "[midi]" not in rig:
            rig += '\n[midi]\nsystem = "jack"\n'
        rig = re.sub(r'listen = "[^"]+"', "", rig)
        rig = rig.replace("[inputs.osc]", f'[inputs.osc]\nlisten = "127.0.0.1:{self.osc}"')
        rig = re.sub(r'broker = "[^"]+"', f'broker = "127.0.0.1:{self.broker}"', rig)
        self.rig = tomllib.loads(rig)
        self.path = folder / f"{name}.toml"
        self.path.write_text(rig)
        self.folder = folder

    def plug_in(self):
        """Open the MIDI devices and the broker that the rig names."""
        port = self.rig["inputs"].get("midi", {}).get("port")
        self.keyboard = self._keep(instrument("output", port)) if port else None
        (out,) = self.rig["outputs"].values()
        if "port" in out:
            self._listen(instrument("input", f"{out['port']} synth"))
        if "mqtt" in self.rig:
            self._open_broker()

    def _keep(self, device):
        self.devices.append(device)
        return device

    def _listen(self, device):
        self.recorders.append(MidiRecorder(device, timing=True))

    @property
    def heard(self):
        """All messages so far, port by port."""
        return [message for recorder in self.recorders for _, message in list(recorder.heard)]

    def _open_broker(self):
        for program in ("mosquitto", "mosquitto_passwd", "mosquitto_pub"):
            need(program)
        passwords, file = self.folder / "passwords", self.folder / "mosquitto.conf"
        subprocess.run(
            ["mosquitto_passwd", "-b", "-c", passwords, self.rig["mqtt"]["user"], PASSWORD],
            check=True,
        )
        passwords.chmod(0o644)
        self.folder.chmod(0o755)
        account = "user root\n" if os.geteuid() == 0 else ""
        file.write_text(
            f"{account}listener {self.broker} 127.0.0.1\n"
            f"password_file {passwords}\npersistence false\n"
        )
        self.mosquitto = Program("mosquitto", "-c", str(file), "-v")
        self.programs.append(self.mosquitto)
        self.mosquitto.wait_for("running")

    def perform(self, word):
        program = perform(
            word, str(self.path), cwd=self.folder, env={"SIDEMAN_MQTT_PASSWORD": PASSWORD}
        )
        self.programs.append(program)
        return program

    def join(self, virtual):
        """A device connected to a virtual port of Sideman."""
        listens = virtual in str(self.rig["outputs"])
        device = connected("input" if listens else "output", f":{virtual}")
        if listens:
            self._listen(device)
        else:
            self._keep(device)
        threading.Event().wait(SETTLED_SECONDS)
        return device

    def note_ons(self, channel=None):
        return [
            m for m in list(self.heard)
            if m[0] & 0xF0 == 0x90 and m[2] and channel in (None, (m[0] & 0x0F) + 1)
        ]  # fmt: skip

    def send(self, address, *values):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(encode(f"/sideman{address}", *values), ("127.0.0.1", self.osc))

    def publish(self, topic, payload):
        subprocess.run(
            ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.broker), "-u", "sideman",
             "-P", PASSWORD, "-t", topic, "-m", payload],
            check=True,
        )  # fmt: skip

    def close(self):
        for program in reversed(self.programs):
            program.end()
        for recorder in self.recorders:
            recorder.close()
        for device in self.devices:
            device.close()


@pytest.fixture
def rig(request, jack, root, tmp_path):
    rig = CookbookRig(root, tmp_path, request.param)
    if rig.rig.get("clock", {}).get("source") == "link":
        request.getfixturevalue("link_session")
    try:
        rig.plug_in()
        check = rig.perform("check")
        check.process.wait(30)
        assert check.end() == 0, "\n".join(check.lines)
        assert check.saw(f"{rig.path}: ready: listens to "), check.lines
        rig.daemon = rig.perform("run")
        rig.daemon.wait_for("ready")
        yield rig
        assert rig.daemon.end() == 0, "\n".join(rig.daemon.lines)
        assert not rig.daemon.saw("Traceback"), "\n".join(rig.daemon.lines)
    finally:
        rig.close()


def press(keyboard, notes):
    for note in notes:
        keyboard.send([0x90, note, 90])


@pytest.mark.parametrize("rig", ["blues-jam"], indirect=True)
def test_the_blues_jam_plays_lead_and_bass(rig):
    rig.join("Sideman")
    press(rig.keyboard, (60, 64, 67))  # above the split, so a melody and no chord
    press(rig.keyboard, C7)
    eventually(lambda: rig.note_ons(1) and rig.note_ons(2))


@pytest.mark.parametrize("rig", ["ableton"], indirect=True)
def test_a_live_set_sends_chords_and_receives_notes_and_clock(rig):
    rig.join("Sideman")
    press(rig.join("Sideman chords"), C7)
    eventually(lambda: rig.note_ons(1) and rig.note_ons(2))
    eventually(lambda: [0xF8] in rig.heard)
    eventually(lambda: [0xFA] in rig.heard)


@pytest.mark.long
@pytest.mark.parametrize("rig", ["pi"], indirect=True)
def test_a_pi_plays_while_keys_are_held_and_records(rig):
    press(rig.keyboard, C7)
    eventually(rig.note_ons)
    for note in C7:
        rig.keyboard.send([0x80, note, 0])

    def silent():
        sounding = set()
        for status, note, velocity in (m for m in list(rig.heard) if m[0] & 0xE0 == 0x80):
            (sounding.add if status & 0x10 and velocity else sounding.discard)(note)
        return not sounding

    def ended():  # four beats without a note, so this is no rest
        before = len(rig.note_ons())
        threading.Event().wait(4 * BEAT_SECONDS)
        return len(rig.note_ons()) == before and silent()

    eventually(ended)
    rig.daemon.end()
    assert len(list((rig.folder / "sessions").glob("*.jsonl"))) >= 1


@pytest.mark.long
@pytest.mark.parametrize("rig", ["gallery"], indirect=True)
def test_a_gallery_plays_after_a_start_by_mqtt(rig):
    assert not rig.note_ons()
    rig.daemon.wait_for("connected, as sideman/hall")
    rig.publish("sideman/all/transport", "start")
    eventually(lambda: rig.note_ons(1) and rig.note_ons(2))
    rig.mosquitto.wait_for("'homeassistant/device/sideman_sideman_hall/config'")
    rig.publish("sideman/group/ground-floor/transport", "stop")
    rig.mosquitto.wait_for("'sideman/hall/state/transport', ... (4 bytes)")  # stop


@pytest.mark.parametrize(
    "rig", ["touchosc", pytest.param("band", marks=pytest.mark.long)], indirect=True
)
def test_a_control_surface_alone_makes_it_play(rig):
    rig.join("Sideman")
    rig.send("/chord", "Cm7")
    eventually(lambda: all(rig.note_ons(channel) for channel in (1, 2, 3, 4)))

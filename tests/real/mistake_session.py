"""Plays a script of mistakes against a daemon with real ports, and keeps what the outside heard."""

import contextlib
import os
import signal
import subprocess
import time
from typing import NamedTuple

import psutil
from brokers import Broker
from loopback import free_port
from mistake_parts import ClockLeader, Keyboard, LinkPeer, Listener, OscBand, Synth
from mistake_script import TEMPO, Script, Step
from parts import Stalls, alone, perform

PEER_BPM = 300.0
BARS = 4  # bar lines that must come when the mistakes are over
AGAIN_SECONDS = 15.0
CAUGHT_UP_SECONDS = 0.3  # after a flood that met a stall: the system drops what finds no room
RIG = """
[clock]
source = "{clock}"
tempo = {tempo}
{clock_more}
[harmony]
change = "{change}"
release = "{release}"
[midi]
system = "jack"
binding = "{binding}"
[inputs.osc]
listen = "127.0.0.1:{osc}"
tcp = "127.0.0.1:{tcp}"
[inputs.midi]
port = "Keys{seed}"
{zones}
[outputs.osc]
kind = "osc"
to = "127.0.0.1:{back}"
[outputs.synth]
kind = "midi"
port = "Synth{seed}"
[outputs.virtual]
kind = "midi"
virtual = "Sideman{seed}"
clock = {clock_out}
[[voices]]
name = "lead"
output = "synth"
model = "blues-bars"
[[voices]]
name = "pad"
role = "pad"
output = "synth"
model = "blues-bars"
[[voices]]
name = "bass"
role = "bass"
output = "virtual"
channel = 2
"""
ZONES = {
    "none": "",
    "bass": 'split = "D3"\nbelow = "bass"\nabove = "chords"',
    "melody": 'split = "B4"\nabove = "melody"',
}


class Heard(NamedTuple):
    """A session as the outside heard it; moments are monotonic seconds.

    `did`: (begun, ended, step) of all that was done, the last steps of the session included.
    `osc`: (moment, address, values). `synth`, `virtual`: see `Synth.plugs`. `link`: see
    `LinkPeer.seen`. `steady`: when the mistakes were over and music had to play; None for a session
    that ends early. `again`: what did not play then. `stopped`: when a stop was asked for at last.
    `signalled`: when the daemon was told to end; `took`: until it had. `worst`: how long threads
    of this machine had to wait. `lost`: whether JACK lost messages.
    """

    script: Script
    did: list
    osc: list
    synth: list
    virtual: list
    link: list
    steady: float | None
    again: list[str]
    stopped: float | None
    signalled: float
    took: float
    status: int | None
    lines: list[str]
    worst: float
    lost: bool


class Session:
    """A daemon, and those who play with it as a script says."""

    def __init__(self, script, folder, jack):
        self._script, self._folder, self._jack = script, folder, jack
        self._scene = script.scene
        self._ends = contextlib.ExitStack()
        self._actors = {}
        self._did, self._link, self._again = [], [], []
        self._broker = None

    def play(self):
        """What the outside heard."""
        lost = self._jack.lost()
        with self._ends, Stalls() as stalls:
            self._open()
            self._begin()
            self._make_mistakes()
            steady, stopped = None, None
            if self._scene.ends != "early":
                steady = time.monotonic()
                self._mend()
                if self._scene.ends == "stopped":
                    stopped = self._stop()
            signalled = time.monotonic()
            status = self._daemon.end(getattr(signal, self._scene.by), seconds=20.0)
            took = time.monotonic() - signalled
            self._look(0.1)
        band = self._actors["osc"]
        return Heard(
            self._script, self._did, band.heard, self._actors["synth"].plugs,
            self._listener.plugs, self._link, steady, self._again, stopped, signalled, took,
            status, list(self._daemon.lines), stalls.worst, self._jack.lost() > lost,
        )  # fmt: skip

    # --- the beginning ----------------------------------------------------------------------

    def _open(self):
        seed, scene = self._script.seed, self._scene
        band = self._enter("osc", OscBand(free_port(), free_port()))
        self._enter("keys", Keyboard(f"Keys{seed}"))
        self._enter("synth", Synth(f"Synth{seed}"))
        if scene.clock == "link":
            self._ends.enter_context(alone("link-session"))
            self._enter("link", LinkPeer(PEER_BPM, sync=scene.sync))
        if scene.mqtt:
            self._broker = self._actors["mqtt"] = BrokenBroker(self._folder)
            self._ends.callback(self._broker.end)
        more = {
            "internal": "",
            "midi": f'virtual = "Clock{seed}"',
            "link": f"start_stop_sync = {str(scene.sync).lower()}",
        }
        text = RIG.format(
            **scene._replace(zones=ZONES[scene.zones])._asdict(),
            seed=seed, osc=band.port, tcp=band.tcp, back=band.own_port, tempo=TEMPO,
            clock_more=more[scene.clock],
        )  # fmt: skip
        if self._broker is not None:
            text += f'[mqtt]\nbroker = "127.0.0.1:{self._broker.port}"\nnotes = true\n'
        rig = self._folder / "rig.toml"
        rig.write_text(text)
        state = {"XDG_STATE_HOME": str(self._folder)}
        self._daemon = self._ends.enter_context(perform("run", str(rig), env=state))
        self._ends.callback(self._go)  # a program that stands still ends for no signal
        self._daemon.wait_for("ready")
        self._listener = Listener(f":Sideman{seed}")
        self._ends.callback(self._listener.close)
        if scene.clock == "midi":
            self._enter("clock", ClockLeader(f"Clock{seed}", TEMPO))
        elif scene.clock == "link":
            self._daemon.wait_for("Link: in a session with others")

    def _enter(self, name, actor):
        self._actors[name] = self._ends.enter_context(contextlib.closing(actor))
        return actor

    def _begin(self):
        band = self._actors["osc"]
        self._do_now("osc", "send", "/chord", "C7")
        if self._scene.clock == "midi":
            self._do_now("clock", "start")
        else:
            self._do_now("osc", "send", "/transport", "start")
        self._until(lambda: band.of("/beat"), "no beat at the start")

    # --- the mistakes -----------------------------------------------------------------------

    def _make_mistakes(self):
        begun = time.monotonic()
        for step in self._script.steps:
            self._look(begun + step.at - time.monotonic())
            self._do(step)
        self._go()

    def _do(self, step):
        if step.does in {"plug", "unplug"}:
            self._do_now("daemon", "go")  # JACK lets no client in or out while one stands still
        begun = time.monotonic()
        if step.who == "daemon":
            {"stall": self._stall, "go": self._go, "kill_worker": self._kill_worker}[step.does]()
        else:
            does = "continue_" if step.does == "continue" else step.does
            getattr(self._actors[step.who], does)(*step.values)
        self._did.append((begun, time.monotonic(), step))

    def _do_now(self, who, does, *values):
        self._do(Step(-1.0, who, does, values))

    def _stall(self):
        os.kill(self._daemon.process.pid, signal.SIGSTOP)

    def _go(self):
        if self._daemon.process.poll() is None:
            os.kill(self._daemon.process.pid, signal.SIGCONT)

    def _kill_worker(self):
        """The process that makes phrases is killed, as where memory is short."""
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(self._daemon.process.pid).children():
                if any("generation.worker" in word for word in child.cmdline()):
                    child.kill()

    def _look(self, seconds):
        """Wait, and look at the Link session meanwhile."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if "link" in self._actors:
                self._actors["link"].look()
                self._link = self._actors["link"].seen
            time.sleep(min(left, 0.02))

    # --- the end ----------------------------------------------------------------------------

    def _mend(self):
        """All is plugged in and set as at first; the music must play for some bars."""
        band, synth = self._actors["osc"], self._actors["synth"]
        self._look(CAUGHT_UP_SECONDS)
        self._actors["keys"].plug()
        synth.plug()
        since = time.monotonic()
        for said in (
            ("/keys/clear",), ("/metre", "4/4"), ("/chart", ""), ("/voice/lead/mode", "flow"),
            ("/voice/lead/mute", 0), ("/voice/pad/mute", 0), ("/voice/bass/solo", 0),
            ("/voice/bass/model", "bass"), ("/model", "blues-bars"), ("/chord", "F7"),
        ):  # fmt: skip
            self._do_now("osc", "send", *said)
        if self._scene.clock == "midi":
            self._actors["clock"].steady(TEMPO)
            self._do_now("clock", "start")
        else:
            self._do_now("osc", "send", "/tempo", TEMPO)
            self._do_now("osc", "send", "/transport", "start")

        def bar_lines():
            return sum(m > since and v[1] == 0 for m, v in band.of("/beat")) >= BARS

        self._until(bar_lines, "no bars after the mistakes")
        for name, plugs in (("synth", synth.plugs), ("virtual", self._listener.plugs)):
            self._until(lambda plugs=plugs: _strikes(plugs[-1], since), f"no note at {name}")

    def _stop(self):
        moment = time.monotonic()
        if self._scene.clock == "midi":
            self._do_now("clock", "stop")
        else:
            self._do_now("osc", "send", "/transport", "stop")
        self._look(0.5)
        return moment

    def _until(self, there, otherwise):
        until = time.monotonic() + AGAIN_SECONDS
        while not there():
            if time.monotonic() > until or self._daemon.process.poll() is not None:
                self._again.append(otherwise)
                return
            self._look(0.02)


def _strikes(heard, since):
    return any(moment > since and it[0] & 0xF0 == 0x90 for moment, it in list(heard))


class BrokenBroker:
    """A broker that ends and comes back."""

    def __init__(self, folder):
        self._broker = Broker(folder).start()
        self.port = self._broker.port

    def end(self, *_):
        self._broker.end()

    def start(self, *_):
        if self._broker.program is None:
            self._broker.start()

    def flood(self, count):
        self._say("sideman/sideman/swing", "".join(f"{n % 9 / 9}\n" for n in range(count)))

    def garbage(self, count):
        self._say("sideman/all/chord", "".join(f"{'x' * n}\n" for n in range(count % 50)))

    def _say(self, topic, lines):
        if self._broker.program is not None:
            with contextlib.suppress(subprocess.SubprocessError):
                self._broker.flood(topic, lines.encode())

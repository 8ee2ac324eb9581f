import contextlib
import fcntl
import os
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from browser import Browser, Ears
from loopback import free_port
from panelled import CROWD, write_rig
from parts import Jack, eventually, need, perform


@contextlib.contextmanager
def alone(what):
    """While no other process of these tests on this machine has it."""
    with (Path(tempfile.gettempdir()) / f"sideman-{what}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture
def link_session():
    """The machine's Link session, which is everybody's, to oneself."""
    with alone("link-session"):
        yield


@pytest.fixture(scope="session")
def jack():
    """A JACK server without a sound card; MIDI libraries find it by the environment."""
    need("jackd")
    name = f"sideman{os.getpid()}"
    os.environ["JACK_DEFAULT_SERVER"] = name
    os.environ["JACK_NO_START_SERVER"] = "1"
    # a client's socket is named after the client alone: two of one name at two servers would meet
    with alone("jack"):
        server = Jack(name)
        try:
            eventually(server.is_up)
            yield server
        finally:
            server.end()


PARTNER = """
[clock]
tempo = 240.0
[inputs.osc]
listen = "127.0.0.1:{port}"
[outputs.nobody]
kind = "osc"
to = "127.0.0.1:{nobody}"
[[voices]]
name = "lead"
"""


@pytest.fixture
def partner(tmp_path):
    """A daemon for a program that steers it by OSC and plays what it is told; heard at `port`."""
    rig, port = tmp_path / "rig.toml", free_port()
    rig.write_text(PARTNER.format(port=port, nobody=free_port()))
    program = perform("run", str(rig))
    program.wait_for("ready")
    program.port = port
    yield program
    program.end()


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    yield from panelled(write_rig(tmp_path_factory.mktemp("panel")))


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """A stage of twelve voices whose names are long, or say nothing of their roles."""
    yield from panelled(write_rig(tmp_path_factory.mktemp("crowd"), voices=CROWD))


def panelled(rig):
    path, ports = rig
    daemon = perform("run", str(path))
    try:
        daemon.wait_for("ready")
        daemon.osc, daemon.url = ports["osc"], f"http://127.0.0.1:{ports['panel']}/"
        daemon.port = ports["panel"]
        assert daemon.saw(daemon.url)
        yield daemon
    finally:
        status = daemon.end()
    assert status == 0
    assert not daemon.saw("Traceback")


@pytest.fixture(scope="module")
def browser(stage):
    one = Browser()
    try:
        one.open(stage.url)
        yield one
    finally:
        one.close()


@pytest.fixture
def page(browser):
    browser.driver.get_log("browser")
    browser.press("[data-to=shape]")
    yield browser
    assert browser.complaints() == []


@pytest.fixture
def ears(stage):
    ears = Ears(stage.osc)
    ears.hears("/state/tempo")
    yield ears
    ears.close()

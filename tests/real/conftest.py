import contextlib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from browser import Browser, OscListener
from loopback import free_port
from panelled import CROWD, panelled, write_rig
from parts import alone, jack_server, perform


@pytest.fixture
def link_session():
    """Exclusive use of the Link session, which all programs on this machine share."""
    with alone("link-session"):
        yield


@pytest.fixture(scope="session")
def jack():
    """A JACK server without a sound card. MIDI libraries find it through the environment."""
    with jack_server() as server:
        yield server


PARTNER = """
[clock]
tempo = 240.0
[inputs.osc]
listen = "127.0.0.1:{port}"
[outputs.unused]
kind = "osc"
to = "127.0.0.1:{unused}"
[[voices]]
name = "lead"
"""


@pytest.fixture
def partner(tmp_path):
    """A daemon that another program steers over OSC, at `port`."""
    rig, port = tmp_path / "rig.toml", free_port()
    rig.write_text(PARTNER.format(port=port, unused=free_port()))
    program = perform("run", str(rig)).started("ready")
    program.port = port
    yield program
    program.end()


@pytest.fixture(scope="module")
def panel_daemon(tmp_path_factory):
    yield from panelled(write_rig(tmp_path_factory.mktemp("panel")))


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """A daemon with a panel and twelve voices, whose names are long or unlike their roles."""
    yield from panelled(write_rig(tmp_path_factory.mktemp("crowd"), voices=CROWD))


@pytest.fixture(scope="module")
def browser(panel_daemon):
    one = Browser()
    try:
        one.open(panel_daemon.url)
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
def listener(panel_daemon):
    with contextlib.closing(OscListener(panel_daemon.osc)) as listener:
        listener.expect("/state/tempo")
        yield listener

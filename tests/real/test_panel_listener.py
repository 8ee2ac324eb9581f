"""The panel's HTTP and WebSocket port: access, bad messages, limits and restarts."""

import asyncio
import contextlib
import json
import re
import signal

import pytest
from browser import OscListener
from loopback import free_port
from panelled import get, speaks, write_rig
from parts import START_SECONDS, Program, eventually, perform
from websockets import exceptions as wrong
from websockets.asyncio.client import connect


def test_the_panel_serves_only_the_page_and_its_files(panel_daemon):
    status, headers, body = get(panel_daemon.port)
    assert status == 200
    assert b"<title>Sideman</title>" in body
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert b"http" not in body.replace(b"http-equiv", b"")  # no resource of another server
    for path in ("/panel.js", "/panel.css", "/icon.svg", "/roll.js"):
        assert get(panel_daemon.port, path)[0] == 200
    for path in (
        "/../rig.py",
        "/%2e%2e/rig.py",
        "/..%2f__main__.py",
        "//etc/passwd",
        "/page/index.html",
        "/.",
    ):
        assert get(panel_daemon.port, path)[0] == 404
    assert get(panel_daemon.port, "/", "POST")[0] == 405


def test_without_its_synthesizer_a_rig_plays_in_the_browser(root, tmp_path):
    """The rig asks for winmm, which exists only on Windows, so that its output fails here."""
    band = (root / "patches/rigs/band.toml").read_text()
    nowhere = '[inputs.osc]\nlisten = "127.0.0.1:0"'
    (tmp_path / "band.toml").write_text(
        band.replace("[inputs.osc]", f'[midi]\nsystem = "winmm"\n{nowhere}', 1)
    )
    port = free_port()
    daemon = perform("run", str(tmp_path / "band.toml"), "--panel", f"127.0.0.1:{port}")
    try:
        daemon.wait_for("ready")
        assert daemon.saw("WARNING: [outputs.synth] ")
        eventually(lambda: any("[outputs.synth] " in str(values) for _, *values in speaks(port)))
    finally:
        assert daemon.end() == 0


def test_the_panel_rejects_foreign_hosts_and_origins(panel_daemon):
    own = f"127.0.0.1:{panel_daemon.port}"
    assert get(panel_daemon.port, Host="evil.example")[0] == 403
    assert get(panel_daemon.port, Origin="http://evil.example")[0] == 403
    assert speaks(panel_daemon.port, Origin="http://evil.example") == 403
    assert speaks(panel_daemon.port, Origin="null") == 403
    assert speaks(panel_daemon.port, Origin=f"http://{own}")[1][1] == "/hello"
    assert "token" not in json.dumps(speaks(panel_daemon.port)[1])
    assert speaks(panel_daemon.port, "/other") == 403
    for why in ("a page of another site may not use", "this panel does not have that name"):
        eventually(lambda: said_once(panel_daemon, f"panel: 127.0.0.1: {why}"))  # noqa: B023


def said_once(panel_daemon, line):
    """Whether exactly one line of the daemon's output contains `line`."""
    return sum(line in each for each in list(panel_daemon.lines)) == 1


async def everything_from(line):
    """Read all messages of a connection, then raise the reason of its end."""
    async for _ in line:
        pass
    await line.recv()


def test_a_bad_message_gets_an_error_reply_and_the_music_continues(panel_daemon, listener):
    listener.send("/chord", "C7")
    for said in (
        "not json",
        '["/no/such"]',
        '["/tempo", "fast"]',
        '["/subscribe", "10.1.2.3", 53]',
    ):
        assert any(message[1] == "/error" for message in speaks(panel_daemon.port, says=[said]))
    flood = [json.dumps(["/weight/steps", it / 3000]) for it in range(3000)]
    heard = speaks(panel_daemon.port, says=flood)
    assert any("a second" in message[-1] for message in heard if message[1] == "/error")
    with pytest.raises(wrong.ConnectionClosed):
        speaks(panel_daemon.port, says=["x" * 100_000])
    eventually(lambda: said_once(panel_daemon, "a message has at most 32768 bytes"))
    assert len(listener.pitches_of(8)) >= 8


def test_the_panel_closes_the_thirty_third_connection(panel_daemon):
    async def crowd():
        url = f"ws://127.0.0.1:{panel_daemon.port}/ws"
        there = [await connect(url, close_timeout=0.5) for _ in range(33)]
        try:
            with pytest.raises(wrong.ConnectionClosed) as closed:
                await asyncio.wait_for(everything_from(there[-1]), START_SECONDS)
        finally:
            await asyncio.gather(*(one.close() for one in there))
        return closed.value.rcvd.code

    assert asyncio.run(crowd()) == 1013


def test_a_port_in_use_gives_a_one_line_error(panel_daemon, tmp_path):
    path, _ = write_rig(tmp_path)
    with perform("run", str(path), "--panel", f"127.0.0.1:{panel_daemon.port}") as other:
        assert other.process.wait(START_SECONDS) == 3
    said = [line for line in other.lines if line.startswith("perform:")]
    assert len(said) == 1
    assert "another program" in said[0]


def test_a_panel_open_to_the_network_needs_a_token_and_shows_a_qr_code(tmp_path):
    rig, ports = write_rig(tmp_path)
    port = ports["panel"]
    home = {"XDG_STATE_HOME": str(tmp_path)}
    daemon = perform("run", "--panel", f"0.0.0.0:{port}", str(rig), env=home)
    try:
        daemon.wait_for("ready")
        assert daemon.saw("every machine on the network that has its address")
        url = next(line for line in daemon.lines if line.startswith("panel: "))
        token = re.search(r"\?token=([\w-]{16})$", url).group(1)
        assert any("▀" in line or "█" in line for line in daemon.lines)
        for path in ("/", "/panel.js", "/?token=wrong", f"/?token={token[:-1]}"):
            assert get(port, path)[0] == 403
        assert speaks(port) == 403
        assert speaks(port, "/ws?token=wrong") == 403
        status, headers, _ = get(port, f"/?token={token}")
        assert status == 200
        cookie, *rules = headers["set-cookie"].split("; ")
        assert {"HttpOnly", "Max-Age=31536000"} <= set(rules)
        assert get(port, "/panel.js", Cookie=cookie)[0] == 200
        assert speaks(port, Cookie=cookie)[1][1] == "/hello"
        assert speaks(port, f"/ws?token={token}")[1][1] == "/hello"
        assert get(port, f"/?token={token}", Host="evil.example")[0] == 403
        # a phone that scanned the code keeps its access after a restart of the daemon
        assert daemon.end(signal.SIGTERM) == 0
        daemon = perform("run", "--panel", f"0.0.0.0:{port}", str(rig), env=home)
        daemon.wait_for("ready")
        assert speaks(port, Cookie=cookie)[1][1] == "/hello"
    finally:
        assert daemon.end(signal.SIGTERM) == 0


@pytest.mark.long
def test_the_page_reconnects_after_a_restart_of_the_panel_or_the_daemon(tmp_path, browser):
    path, ports = write_rig(tmp_path)
    url = f"http://127.0.0.1:{ports['panel']}/"
    daemon = perform("run", str(path))
    try:
        daemon.wait_for("ready")
        browser.open(url)
        children = Program("pgrep", "-P", str(daemon.process.pid), "-f", "perform.panel")
        children.process.wait(START_SECONDS)
        children.end()
        killed = Program("kill", "-9", *children.lines)
        killed.process.wait(START_SECONDS)
        killed.end()
        browser.until(
            "return document.body.dataset.link === 'away'"
            " && !document.querySelector('#banner').hidden"
        )
        browser.live()
        assert daemon.end() == 0
        browser.until("return document.body.dataset.link === 'away'")
        daemon = perform("run", str(path))
        daemon.wait_for("ready")
        browser.live()
        assert "back" in browser.find("#banner").text
        browser.press("#slower")
        with contextlib.closing(OscListener(ports["osc"])) as listener:
            listener.expect("/state/tempo", 299.0)
        eventually(lambda: browser.value("/tempo") == 299.0)
    finally:
        daemon.end()
        browser.driver.get("about:blank")
        browser.driver.get_log("browser")

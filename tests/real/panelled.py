"""A rig with a panel, selectors for its page, and clients without a browser."""

import asyncio
import http.client
import json

from loopback import free_port
from parts import START_SECONDS, perform
from websockets import exceptions as wrong
from websockets.asyncio.client import connect

RIG = """
[clock]
tempo = 300.0
[inputs.osc]
listen = "127.0.0.1:{osc}"
[outputs.away]
kind = "osc"
to = "127.0.0.1:{away}"
[panel]
listen = "127.0.0.1:{panel}"
{token}
"""


QUARTET = {role: role for role in ("lead", "answer", "bass", "pad")}
CROWD = {
    "a very long name of a voice indeed": "lead",
    "tenor sax": "answer",
    "left-hand": "bass",
    "trumpet": "lead",
    **{f"v{number}": "lead" for number in range(8)},
}


def write_rig(folder, token="", voices=QUARTET):
    """Write a rig with a panel to a folder. `voices`: name to role. Returns (path, ports)."""
    ports = {"osc": free_port(), "away": free_port(), "panel": free_port()}
    path = folder / "rig.toml"
    band = "".join(
        f'[[voices]]\nname = "{name}"\nrole = "{role}"\nmodel = "blues-bars"\nchannel = {number}\n'
        for number, (name, role) in enumerate(voices.items(), 1)
    )
    path.write_text(RIG.format(**ports, token=token) + band)
    return path, ports


def pad(root, quality):
    return f'.pad[data-root="{root}"][data-quality="{quality}"]'


def fader(name):
    return f'input[data-address="{name}"]'


def get(port, path="/", method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    try:
        connection.request(
            method, path, headers={name.replace("_", "-"): it for name, it in headers.items()}
        )
        answer = connection.getresponse()
        return answer.status, {name.lower(): it for name, it in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def speaks(port, path="/ws", says=(), **headers):
    """The messages of a WebSocket until the error reply to `says`.

    Returns the HTTP status instead if the server rejects the handshake.
    """

    async def visit():
        url = f"ws://127.0.0.1:{port}{path}"
        try:
            async with connect(url, additional_headers=headers, max_size=2**24) as line:
                heard = json.loads(await line.recv())
                for text in says:
                    await line.send(text)
                while says and not any(message[1] == "/error" for message in heard):
                    heard += json.loads(await asyncio.wait_for(line.recv(), START_SECONDS))
                return heard
        except wrong.InvalidStatus as refused:
            return refused.response.status_code

    return asyncio.run(visit())


def panelled(rig):
    """A daemon with a panel, for a fixture that yields from it. `rig`: what `write_rig` returns."""
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

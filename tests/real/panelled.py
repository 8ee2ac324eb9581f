"""A rig with a panel, what is on its page, and visitors who come without a browser."""

import asyncio
import http.client
import json

from browser import free_tcp_port
from parts import free_port
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
[[voices]]
name = "lead"
[[voices]]
name = "answer"
role = "answer"
[[voices]]
name = "bass"
role = "bass"
[[voices]]
name = "pad"
role = "pad"
"""


def write_rig(folder, token=""):
    ports = {"osc": free_port(), "away": free_port(), "panel": free_tcp_port()}
    path = folder / "rig.toml"
    path.write_text(RIG.format(**ports, token=token))
    return path, ports


def pad(root, quality):
    return f'.pad[data-root="{root}"][data-quality="{quality}"]'


def fader(name):
    return f'input[data-address="{name}"]'


def get(port, path="/", method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(
            method, path, headers={name.replace("_", "-"): it for name, it in headers.items()}
        )
        answer = connection.getresponse()
        return answer.status, {name.lower(): it for name, it in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def speaks(port, path="/ws", says=(), **headers):
    """The HTTP status of a handshake that was refused, or the messages until an answer to `says` came."""

    async def visit():
        url = f"ws://127.0.0.1:{port}{path}"
        try:
            async with connect(url, additional_headers=headers, max_size=2**24) as line:
                heard = json.loads(await line.recv())
                for text in says:
                    await line.send(text)
                while says and not any(message[1] == "/error" for message in heard):
                    heard += json.loads(await asyncio.wait_for(line.recv(), 10))
                return heard
        except wrong.InvalidStatus as refused:
            return refused.response.status_code

    return asyncio.run(visit())

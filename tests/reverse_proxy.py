"""A small reverse proxy on a port of its own, in a thread: a path of it is another server."""

import asyncio
import contextlib
import threading

from loopback import free_port

HEAD = 65536


class ReverseProxy:
    """Passes what comes under `path` to a port of this machine, WebSockets too; else 404.

    As nginx by `location`: `strips`: without the path; `renames`: with the server's own host.
    """

    def __init__(self, path, port, *, strips, renames):
        self._path, self._to, self._strips, self._renames = path, port, strips, renames
        self.port = free_port()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait(10)

    def close(self):
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)

    def _run(self):
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self):
        self._ended, self._open = asyncio.Event(), set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self._ready.set()
        await self._ended.wait()
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader, writer):
        task = asyncio.current_task()
        self._open.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._forward(reader, writer)
        writer.close()
        self._open.discard(task)

    async def _forward(self, reader, writer):
        request, *fields = (await reader.readuntil(b"\r\n\r\n"))[:-4].decode().split("\r\n")
        method, target, version = request.split(" ")
        if not target.startswith(self._path):
            writer.write(
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            await writer.drain()
            return
        upgrades = any(field.lower() == "upgrade: websocket" for field in fields)
        dropped = ("host:",) if self._renames else ()
        dropped += () if upgrades else ("connection:",)
        fields = [field for field in fields if not field.lower().startswith(dropped)]
        fields += [f"Host: 127.0.0.1:{self._to}"] if self._renames else []
        fields += ["X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https"]
        fields += [] if upgrades else ["Connection: close"]
        target = target[len(self._path) - 1 :] if self._strips else target
        there, to = await asyncio.open_connection("127.0.0.1", self._to)
        try:
            to.write("\r\n".join([f"{method} {target} {version}", *fields, "", ""]).encode())
            ways = [asyncio.create_task(it) for it in (_pump(reader, to), _pump(there, writer))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if not upgrades:
                await ways[1]
            for way in ways:
                way.cancel()
        finally:
            to.close()


async def _pump(reader, writer):
    while data := await reader.read(HEAD):
        writer.write(data)
        await writer.drain()

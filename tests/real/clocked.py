"""A daemon whose beats a test hears with the moment of each."""

import contextlib
import socket
import threading
import time

from loopback import free_port
from parts import eventually, perform

from perform.net.osc import decode, encode


class Daemon:
    """A running daemon that the test controls and hears over OSC."""

    def __init__(self, folder, name, clock, more=""):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = free_port()
        rig = folder / f"{name}.toml"
        rig.write_text(
            f'[clock]\n{clock}\n[midi]\nsystem = "jack"\n'
            f'[inputs.osc]\nlisten = "127.0.0.1:{self.port}"\n'
            f'[outputs.osc]\nkind = "osc"\nto = "127.0.0.1:{self.socket.getsockname()[1]}"\n{more}'
            '[[voices]]\nname = "lead"\noutput = "osc"\n'
        )
        self.program = perform("run", str(rig))
        self.heard = []
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()
        try:
            self.program.wait_for("ready")
        except BaseException:
            self.end()
            raise

    def listen(self):
        with contextlib.suppress(OSError):
            while data := self.socket.recv(4096):
                self.heard += [(time.monotonic(), *m) for m in decode(data)]

    def send(self, address, *values):
        self.socket.sendto(encode(f"/sideman{address}", *values), ("127.0.0.1", self.port))

    def expect(self, address, wanted=lambda *_: True):
        """The moment of the first such message. Fails if none comes."""

        def look():
            there = list(self.heard)
            return next((t for t, a, v in there if a == f"/sideman{address}" and wanted(*v)), None)

        return eventually(look)

    def end(self):
        status = self.program.end()
        self.socket.sendto(b"", self.socket.getsockname())  # an empty datagram ends the listener
        self.listener.join(5)
        self.socket.close()
        return status

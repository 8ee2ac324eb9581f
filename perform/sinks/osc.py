"""Notes, chords and beats as OSC messages to one address."""

import socket
from typing import Any

from perform.events import Beat, ChordSounds, Output, Sound, StateChanged
from perform.osc import encode


class OscSink:
    """Sends `/note`, `/chord`, `/beat` and `/state/...` under a prefix; a deaf peer costs nothing."""

    def __init__(self, host: str, port: int, prefix: str = "/sideman") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._peer = (host, port)
        self._prefix = prefix

    def send(self, output: Output) -> None:
        """One message for what listeners outside can use."""
        match output:
            case Sound():
                self.message("/note", output.voice, output.pitch, output.velocity)
            case ChordSounds():
                self.message("/chord", output.symbol)
                self.message("/state/chord", output.symbol)
            case Beat():
                self.message("/beat", output.bar, output.beat)
            case StateChanged():
                self.message(f"/state{output.address}", output.value)
            case _:
                pass

    def message(self, address: str, *values: Any) -> None:
        """Any message under the prefix; lost when the network refuses it, as UDP may."""
        try:
            self._socket.sendto(encode(self._prefix + address, *values), self._peer)
        except OSError:
            pass  # unreachable or full: the music goes on, UDP promised nothing

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()

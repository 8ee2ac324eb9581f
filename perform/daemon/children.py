"""The child processes of the daemon: MQTT, the panel and the terminal view."""

import contextlib
import logging
import socket
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from perform.config.mqtt import MqttConfig
from perform.config.schema import PanelConfig, Rig
from perform.config.voices import VoiceConfig
from perform.control import registry
from perform.control.absences import Absences
from perform.daemon.next_steps import first_steps
from perform.engine.metre import beats_by_metre
from perform.ipc.parent import ChildProcess
from perform.music.quality import QUALITIES
from perform.net.address import host_port
from perform.net.client import MessageHandler
from perform.panel.listener import MODULE, PanelListener, open_listener
from perform.runtime.live_engine import LiveEngine

log = logging.getLogger(__name__)


class Children:
    """Starts child processes. Each gets a greeting with `facts`, and then every output event.

    `handler`: handles the messages of their clients. `absences`: gets what they miss. `parts`: ends
    the processes.
    """

    def __init__(
        self,
        live: LiveEngine,
        handler: MessageHandler,
        facts: dict[str, Any],
        absences: Absences,
        parts: contextlib.AsyncExitStack,
    ) -> None:
        self._live = live
        self._handler = handler
        self._facts = facts
        self._absences = absences
        self._parts = parts

    async def start_mqtt(self, mqtt: MqttConfig) -> None:
        """Start the process that connects to the MQTT broker, also when there is no broker yet."""
        await self._start("perform.mqtt", {"mqtt": msgspec.to_builtins(mqtt.with_password())})

    async def start_panel(self, config: PanelConfig) -> PanelListener:
        """Where browsers reach the panel, after its port is open and its process is started."""
        panel = open_listener(*host_port(config.listen), config.token, config.names, config.path)
        self._parts.callback(panel.socket.close)
        if not panel.is_local:
            log.warning(
                "panel %s: every machine on the network that has its address with the token can "
                "play; for this machine alone, listen at 127.0.0.1",
                config.listen,
            )
        await self._start(MODULE, {"access": panel.access_rules()}, [panel.socket])
        return panel

    async def start_view(self, module: str, rig: Rig, panel: PanelListener | None) -> None:
        """Start a view in the terminal; it also shows the panel's address and the first steps."""
        address = {"panel": panel.url, "code": panel.qr_code()} if panel is not None else {}
        await self._start(module, {**address, "steps": first_steps(rig, panel)})

    async def _start(
        self, module: str, facts: dict[str, Any], listening: Sequence[socket.socket] = ()
    ) -> None:
        live, greeting = self._live, self._facts | facts
        values = live.state.values
        child = ChildProcess(
            module, self._handler, greeting, values, self._moment, self._absences, listening
        )
        await self._parts.enter_async_context(child)
        live.conductor.add_listener(child)
        self._parts.callback(live.conductor.remove_listener, child)

    def _moment(self, tick: int) -> float:
        """The second since 1970 at which a tick sounds; now while the transport is stopped."""
        transport, now = self._live.transport, time.monotonic()
        due = transport.time_of(tick) if transport.running else now
        return time.time() + due - now


def facts_of(rig: Rig, models: Sequence[str]) -> dict[str, Any]:
    """What every child process needs to know about a rig, as JSON."""
    return {
        "voices": [_facts_of_voice(voice) for voice in rig.voices],
        "models": models,
        "clock": rig.clock.source,
        "click": rig.click is not None,
        "outputs": list(rig.outputs),
        "qualities": {it.name: it.intervals for it in QUALITIES},
        "beats": beats_by_metre(),
        "controls": [
            control.as_json() | {"address": address}
            for address, control in registry.addresses(it.name for it in rig.voices)
        ],
    }


def _facts_of_voice(voice: VoiceConfig) -> dict[str, Any]:
    """A voice's name, role, lowest and highest note, and the first values of its parameters."""
    settings = voice.settings()
    return {
        "name": voice.name,
        "role": voice.role,
        "low": settings.low,
        "high": settings.high,
        "knobs": settings.initial_parameters(),
    }

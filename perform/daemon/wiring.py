"""What a rig names, opened: outputs, whoever leads the time, inputs, windows. Each is closed with `parts`."""

import contextlib
import logging
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from perform.clients.dispatcher import Dispatcher
from perform.config.mqtt import MqttConfig
from perform.config.schema import PanelConfig, Rig
from perform.config.voices import VoiceConfig
from perform.control import registry
from perform.control.feedback import Feedback
from perform.daemon.missing import Missing
from perform.engine.metre import beats_by_metre
from perform.errors import SidemanError
from perform.events import Event
from perform.inputs.base import InputContext
from perform.inputs.clock_source import ClockContext
from perform.inputs.osc import OscInputConfig
from perform.interfaces import Output
from perform.ipc.parent import ChildProcess
from perform.midi.hotplug import HotplugPort
from perform.music.quality import QUALITIES
from perform.net.access import AccessList
from perform.net.address import host_port
from perform.outputs.base import OutputContext
from perform.outputs.delay import held_back
from perform.outputs.osc import OscSender
from perform.panel.listener import MODULE, open_door
from perform.runtime.performance import Performance

log = logging.getLogger(__name__)
Parts = contextlib.AsyncExitStack


class OpenedOutputs(NamedTuple):
    """The rig's outputs. `played`: for each voice the sinks that it plays to, its output and every OSC output.
    `voiceless`: those of no voice. `told`: those that follow by address, by host and port. `record`: called with
    every event that the engine is fed, and its tick in the session.
    """

    played: dict[str, list[Output]]
    voiceless: list[Output]
    told: dict[tuple[str, int], Feedback]
    record: list[Callable[[int, Event], None]]


def open_sinks(
    rig: Rig, parts: Parts, plugged: list[HotplugPort], missing: Missing
) -> OpenedOutputs:
    """Every output of the rig; those that sound sooner than others are held back.

    `plugged`: gets those with a MIDI port; `missing`: those that cannot be opened.
    """
    opened: dict[str, Output] = {}
    told: dict[tuple[str, int], Feedback] = {}
    record: list[Callable[[int, Event], None]] = []
    for name, table in rig.outputs.items():
        channels = rig.channels(None if table.every_voice else name)
        context = OutputContext(name, channels, rig.midi.system, rig.clock.tempo)
        with missing.expected(f"outputs.{name}"):
            output, port, feedback, tape = table.open(context)
            if port is not None:
                plugged.append(port)
            if feedback is not None:
                told[feedback[0]] = feedback[1]
            if tape is not None:
                record.append(tape)
            if not table.every_voice and (collision := rig.collision(name)):
                log.warning("output %r: %s", name, collision)
            opened[name] = held_back(output, rig.delay_of(table), table.spin)
            parts.callback(_close_quietly, opened[name])
    everywhere = [sink for name, sink in opened.items() if rig.outputs[name].every_voice]
    played = {
        voice.name: list(dict.fromkeys([*_own(opened, voice.output), *everywhere]))
        for voice in rig.voices
    }
    voiceless = [
        sink for sink in opened.values() if not any(sink in own for own in played.values())
    ]
    return OpenedOutputs(played, voiceless, told, record)


def _own(opened: dict[str, Output], output: str | None) -> list[Output]:
    """A voice's own output; none when that is missing, and the panel and subscribers listen."""
    return [opened[output]] if output in opened else []


def _close_quietly(sink: Output) -> None:
    """Close one sink so that a fault in it does not keep the others sounding."""
    try:
        sink.close()
    except SidemanError as fault:
        log.error("%s", fault)  # noqa: TRY400 - one line, no traceback


def _open_clock(running: Performance, parts: Parts, plugged: list[HotplugPort]) -> None:
    """The clock that the music follows, if it is not our own."""
    clock, conductor = running.rig.clock, running.conductor
    context = ClockContext(
        running.rig.midi.system,
        conductor.follow_clock,
        conductor.start_with_clock,
        conductor.handle_event,
    )
    opened = clock.open(context)
    if opened.port is not None:
        plugged.append(opened.port)
    if opened.listener is not None:
        conductor.add_listener(opened.listener)
    if opened.close is not None:
        parts.callback(opened.close)
    running.set_session_tempo = opened.set_tempo


async def open_inputs(
    running: Performance, parts: Parts, plugged: list[HotplugPort], missing: Missing
) -> Dispatcher:
    """Everything that the rig listens to, and the desk at which it arrives.

    `plugged` and `missing`: see `open_sinks`. Afterwards `running.rig` is without what is missing.
    """
    rig = running.rig
    with missing.expected("clock"):
        _open_clock(running, parts, plugged)
    osc = rig.inputs.osc or OscInputConfig()
    allowed = AccessList(osc.allow)
    desk = Dispatcher(running, lambda host, port: OscSender(host, port, osc.prefix), allowed.lists)
    parts.callback(running.subscribers.close)
    parts.callback(desk.close)
    context = InputContext(
        handler=desk,
        deliver=running.conductor.handle_event,
        apply=running.handle_event,
        mapping=running.midi_mapping,
        access=allowed,
        system=rig.midi.system,
        parts=parts,
        ports=plugged,
    )
    for key, table in rig.inputs.named_tables().items():
        with missing.expected(f"inputs.{key}"):
            await table.open(context)
    running.rig = rig.without(missing.keys)
    if rig.mqtt is not None:
        await _open_mqtt(rig.mqtt, running, desk, parts)
    return desk


async def open_window(
    module: str, running: Performance, desk: Dispatcher, parts: Parts, greeting: dict[str, Any],
    listening: Sequence[socket.socket] = (),
) -> ChildProcess:  # fmt: skip
    """A process that shows the performance; see `perform.ipc.parent`."""
    transport = running.transport

    def moment(tick: int) -> float:
        now = time.monotonic()
        due = transport.time_of(tick) if transport.running else now
        return time.time() + due - now

    window = ChildProcess(module, desk, greeting, running.state.values, moment, listening)
    await parts.enter_async_context(window)
    running.conductor.add_listener(window)
    parts.callback(running.conductor.remove_listener, window)
    return window


async def _open_mqtt(
    mqtt: MqttConfig, running: Performance, desk: Dispatcher, parts: Parts
) -> None:
    """The broker, spoken to by a process of its own; it may be there or not."""
    told = greeting(running) | {"mqtt": msgspec.to_builtins(mqtt.unlocked())}
    await open_window("perform.mqtt", running, desk, parts, told)


async def open_panel(
    panel: PanelConfig, running: Performance, desk: Dispatcher, parts: Parts
) -> None:
    """The page in the browser; its address is `running.door`'s."""
    door = open_door(*host_port(panel.listen), panel.token)
    parts.callback(door.listening.close)
    if not door.near:
        log.warning(
            "panel %s: whoever on the network knows its address, token and all, can play; "
            "for this machine alone, listen at 127.0.0.1", panel.listen,
        )  # fmt: skip
    told = greeting(running) | {"door": door.rules()}
    await open_window(MODULE, running, desk, parts, told, [door.listening])
    running.door = door


def greeting(running: Performance) -> dict[str, Any]:
    """What a window has to know before anything happens."""
    rig = running.rig
    return {
        "voices": [_introduced(it) for it in rig.voices],
        "models": running.models,
        "outputs": list(rig.outputs),
        "qualities": {it.name: it.intervals for it in QUALITIES},
        "beats": beats_by_metre(),
        "controls": [
            control.as_json() | {"address": address}
            for address, control in registry.addresses(it.name for it in rig.voices)
        ],
    }


def _introduced(voice: VoiceConfig) -> dict[str, Any]:
    """A voice by name and role, the lowest and highest note that it plays, and where its knobs begin."""
    settings = voice.settings()
    return {
        "name": voice.name, "role": voice.role, "low": settings.low, "high": settings.high,
        "knobs": settings.initial_parameters(),
    }  # fmt: skip

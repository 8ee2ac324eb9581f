"""What a rig names, opened: outputs, whoever leads the time, inputs, windows. Each is closed with `parts`."""

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from perform import controls
from perform.allow import Allowed, is_elsewhere, is_loopback
from perform.clock.realtime import SPIN_SECONDS
from perform.desk import Desk
from perform.engine.metre import beats_of_all
from perform.errors import ElsewhereError, InputError, SidemanError
from perform.hotplug import Plugged
from perform.inputs.announce import Announcement
from perform.inputs.link import LinkClock
from perform.inputs.midi import MidiChords, MidiMelody, MidiSurface
from perform.inputs.midiclock import MidiClock
from perform.inputs.osc import UdpInput
from perform.inputs.port import MidiPort
from perform.inputs.slip import SlipConnection
from perform.missing import Missing
from perform.mqtt.config import MqttConfig
from perform.music.chord import QUALITIES
from perform.panel.door import MODULE, open_door
from perform.rig import (
    MidiFileOutput,
    MidiOutput,
    OscInput,
    OscOutput,
    PanelConfig,
    Rig,
    SurfaceInput,
    VoiceConfig,
    host_port,
)
from perform.session import midi_sink
from perform.sinks.base import Sink
from perform.sinks.delayed import held_back
from perform.sinks.feedback import Feedback
from perform.sinks.midi import MidiSink
from perform.sinks.osc import OscOutlet
from perform.sinks.tape import Tape
from perform.stage import Stage
from perform.window import Window

log = logging.getLogger(__name__)
Parts = contextlib.AsyncExitStack


class Opened(NamedTuple):
    """The rig's outputs. `played`: for each voice the sinks that it plays to, its output and every OSC output.
    `voiceless`: those of no voice. `told`: those that follow by address, by host and port.
    """

    played: dict[str, list[Sink]]
    voiceless: list[Sink]
    told: dict[tuple[str, int], Feedback]


def open_sinks(rig: Rig, parts: Parts, plugged: list[Plugged], missing: Missing) -> Opened:
    """Every output of the rig; those that sound sooner than others are held back.

    `plugged`: gets those with a MIDI port; `missing`: those that cannot be opened.
    """
    opened: dict[str, Sink] = {}
    told: dict[tuple[str, int], Feedback] = {}
    for name, output in rig.outputs.items():
        with missing.expected(f"outputs.{name}"):
            sink: Sink
            match output:
                case MidiOutput():
                    sink = MidiSink(output, _channels(rig, name), rig.midi.system)
                    plugged.append(sink)
                    if collision := rig.collision(name):
                        log.warning("output %r: %s", name, collision)
                case OscOutput():
                    outlet = OscOutlet(*host_port(output.to), output.prefix)
                    sink = told[outlet.place] = Feedback(outlet)
                case MidiFileOutput():
                    sink = Tape([midi_sink(rig, Path(output.path), sparing=True)])
            spin = SPIN_SECONDS if isinstance(output, MidiOutput) else 0.0
            sink = opened[name] = held_back(sink, rig.held_back(output), spin)
            parts.callback(_close_quietly, sink)
    everywhere = [
        sink
        for name, sink in opened.items()
        if isinstance(rig.outputs[name], OscOutput | MidiFileOutput)
    ]
    played = {
        voice.name: list(dict.fromkeys([*_own(opened, voice.output), *everywhere]))
        for voice in rig.voices
    }
    voiceless = [
        sink for sink in opened.values() if not any(sink in own for own in played.values())
    ]
    return Opened(played, voiceless, told)


def _own(opened: dict[str, Sink], output: str | None) -> list[Sink]:
    """A voice's own output; none when that is missing, and the panel and subscribers listen."""
    return [opened[output]] if output in opened else []


def _channels(rig: Rig, output: str) -> dict[str, int]:
    """The MIDI channel of each voice that plays to an output."""
    return {voice.name: voice.channel for voice in rig.voices if voice.output == output}


def _close_quietly(sink: Sink) -> None:
    """Close one sink so that a fault in it does not keep the others sounding."""
    try:
        sink.close()
    except SidemanError as fault:
        log.error("%s", fault)  # noqa: TRY400 - one line, no traceback


def _open_clock(running: Stage, parts: Parts) -> MidiClock | None:
    """Whoever leads, where it is not we: the one that is a MIDI port."""
    clock, conductor = running.rig.clock, running.conductor
    if clock.source == "midi":
        system = running.rig.midi.system
        leader = MidiClock(clock, system, conductor.observe, conductor.begin, conductor.deliver)
        parts.callback(leader.close)
        return leader
    if clock.source == "link":
        running.link = LinkClock(clock.tempo, clock.metre, conductor.observe, conductor.deliver)
        conductor.listen(running.link)
        parts.callback(running.link.close)
    return None


async def open_inputs(
    running: Stage, parts: Parts, plugged: list[Plugged], missing: Missing
) -> Desk:
    """Everything that the rig listens to, and the desk at which it arrives.

    `plugged` and `missing`: see `open_sinks`. Afterwards `running.rig` is without what is missing.
    """
    rig = running.rig
    with missing.expected("clock"):
        leader = _open_clock(running, parts)
        plugged += [leader] if leader is not None else []
    osc = rig.inputs.osc or OscInput()
    allowed = Allowed(osc.allow)
    desk = Desk(running, lambda host, port: OscOutlet(host, port, osc.prefix), allowed.names)
    parts.callback(running.subscribers.close)
    parts.callback(desk.close)
    if rig.inputs.osc is not None:
        await _open_osc(osc, desk, allowed, parts)
    for key, opens in _midi_inputs(running, desk).items():
        with missing.expected(key):
            heard = opens()
            parts.callback(heard.close)
            plugged.append(heard)
    running.rig = rig.without(missing.keys)
    if rig.mqtt is not None:
        await _open_mqtt(rig.mqtt, running, desk, parts)
    return desk


def _midi_inputs(running: Stage, desk: Desk) -> dict[str, Callable[[], MidiPort]]:
    """What opens each MIDI input of the rig, by its table."""
    inputs, system = running.rig.inputs, running.rig.midi.system
    deliver = running.conductor.deliver
    opens: dict[str, Callable[[], MidiPort]] = {}
    if (chords := inputs.midi) is not None:
        opens["inputs.midi"] = lambda: MidiChords(chords, system, deliver)
    if (lead := inputs.lead) is not None:
        opens["inputs.lead"] = lambda: MidiMelody(lead, system, deliver)
    if (surface := inputs.surface) is not None:
        opens["inputs.surface"] = lambda: _open_surface(surface, running, desk)
    return opens


def _open_surface(surface: SurfaceInput, running: Stage, desk: Desk) -> MidiSurface:
    hands = MidiSurface(
        surface, running.rig.midi.system, running.deliver, desk.turn_away, running.state.values
    )
    running.surface = hands.surface
    return hands


async def _open_osc(osc: OscInput, desk: Desk, allowed: Allowed, parts: Parts) -> None:
    loop, services = asyncio.get_running_loop(), []
    with _named("OSC input", osc.listen, "[inputs.osc] listen"):
        listening, _ = await loop.create_datagram_endpoint(
            lambda: UdpInput(osc.prefix, desk, allowed), local_addr=host_port(osc.listen)
        )
    parts.callback(listening.close)
    services.append(("_osc._udp", listening.get_extra_info("sockname")))
    if osc.tcp is not None:
        connections: set[SlipConnection] = set()
        host, port = host_port(osc.tcp)
        with _named("OSC input", osc.tcp, "[inputs.osc] tcp"):
            server = await loop.create_server(
                lambda: SlipConnection(osc.prefix, desk, allowed, connections), host, port
            )
        parts.callback(server.close)
        parts.callback(_hang_up, connections)
        services.append(("_osc._tcp", server.sockets[0].getsockname()))
    for address in filter(None, (osc.listen, osc.tcp)):
        if is_loopback(host_port(address)[0]):
            continue
        if osc.allow:
            log.warning("OSC %s is open to the network: to %s", address, ", ".join(osc.allow))
        else:
            log.warning(
                "OSC %s: everybody on the network can play; name who may in [inputs.osc] "
                'allow = ["192.168.1.0/24"]', address,
            )  # fmt: skip
    if osc.announce:
        await parts.enter_async_context(Announcement(services))


def _hang_up(connections: set[SlipConnection]) -> None:
    for each in list(connections):
        each.close()


@contextlib.contextmanager
def _named(what: str, address: str, key: str) -> Iterator[None]:
    """A port that cannot be had becomes one line that names it and the key to change."""
    try:
        yield
    except OSError as fault:
        if is_elsewhere(fault):
            raise ElsewhereError(what, address, key) from None
        raise InputError(
            f"{what} {address} cannot be opened ({fault.strerror or fault}); "
            f"another program may have it, choose another port in {key}"
        ) from None


async def open_window(
    module: str, running: Stage, desk: Desk, parts: Parts, greeting: dict[str, Any],
    listening: Sequence[socket.socket] = (),
) -> Window:  # fmt: skip
    """A process that shows the performance; see `perform.window`."""
    transport = running.transport

    def moment(tick: int) -> float:
        now = time.monotonic()
        due = transport.time_of(tick) if transport.running else now
        return time.time() + due - now

    window = Window(module, desk, greeting, running.state.values, moment, listening)
    await parts.enter_async_context(window)
    running.conductor.listen(window)
    parts.callback(running.conductor.leave, window)
    return window


async def _open_mqtt(mqtt: MqttConfig, running: Stage, desk: Desk, parts: Parts) -> None:
    """The broker, spoken to by a process of its own; it may be there or not."""
    told = greeting(running) | {"mqtt": msgspec.to_builtins(mqtt.unlocked())}
    await open_window("perform.mqtt", running, desk, parts, told)


async def open_panel(panel: PanelConfig, running: Stage, desk: Desk, parts: Parts) -> None:
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


def greeting(running: Stage) -> dict[str, Any]:
    """What a window has to know before anything happens."""
    rig = running.rig
    return {
        "voices": [_introduced(it) for it in rig.voices],
        "models": running.models,
        "outputs": list(rig.outputs),
        "qualities": {it.name: it.intervals for it in QUALITIES},
        "beats": beats_of_all(),
        "controls": [
            control.plain() | {"address": address}
            for address, control in controls.of_rig(it.name for it in rig.voices)
        ],
    }


def _introduced(voice: VoiceConfig) -> dict[str, Any]:
    """A voice by name and role, the lowest and highest note that it plays, and where its knobs begin."""
    settings = voice.settings()
    return {
        "name": voice.name, "role": voice.role, "low": settings.low, "high": settings.high,
        "knobs": settings.turned(),
    }  # fmt: skip

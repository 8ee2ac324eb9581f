"""Builds a performance: opens what the rig names, and connects it. No other module builds parts.

`parts` closes in reverse order everything that is opened here.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from perform.bundles import bundle, catalog
from perform.clients.dispatcher import Dispatcher
from perform.clients.subscriptions import Subscriptions
from perform.clock.realtime import RealtimeClock
from perform.clock.transport import Transport
from perform.config.schema import Rig
from perform.config.set_file import SongSet
from perform.control.absences import Absences, OnAbsence
from perform.control.feedback import Feedback
from perform.control.midi_mapping import MidiMapping
from perform.control.state import State
from perform.daemon.children import Children, facts_of
from perform.daemon.models import with_usable_models
from perform.daemon.saved_state import SavedState, StateKeeper
from perform.daemon.terminal_log import log_held_back
from perform.engine.engine import Engine
from perform.engine.settings import Counts
from perform.errors import BundleError, SidemanError
from perform.events import Event
from perform.generation.canned import STOCK
from perform.generation.worker_client import WorkerClient
from perform.inputs.base import InputContext, MidiInput
from perform.inputs.bass_line import Surroundings
from perform.inputs.clock_source import ClockContext, OpenedClock
from perform.inputs.osc import OscInputConfig
from perform.interfaces import Output
from perform.midi.hotplug import HotplugMonitor
from perform.music import recognition
from perform.net.access import AccessList
from perform.outputs.base import OutputContext
from perform.outputs.delay import delayed
from perform.outputs.idle_clock import IdleClock
from perform.outputs.osc import OscSender
from perform.outputs.shared_keys import SharedKeys
from perform.recording.session import Recorder
from perform.runtime.client_events import ClientEvents
from perform.runtime.conductor import Conductor
from perform.runtime.live_engine import LiveEngine
from perform.runtime.performance import Performance

log = logging.getLogger(__name__)
Record = Callable[[int, Event], None]


class _Opening(NamedTuple):
    """What parts are opened with.

    `parts`: closes them. `absences`: gets those that are not there. `monitor`: checks MIDI ports.
    """

    rig: Rig
    parts: contextlib.AsyncExitStack
    absences: Absences
    monitor: HotplugMonitor


class _Outputs(NamedTuple):
    """The open outputs of a rig.

    `of_voice`: for each voice its own output and those that get every voice. `click`: that of the
    click, if there is one. `voiceless`: those of no voice. `feedback`: those that get values, by
    host and port. `record`: called with each event of the engine, at session ticks.
    """

    of_voice: dict[str, list[Output]]
    click: list[Output]
    voiceless: list[Output]
    feedback: dict[tuple[str, int], Feedback]
    record: list[Record]


async def build(
    rig: Rig,
    parts: contextlib.AsyncExitStack,
    listeners: Sequence[Output] = (),
    views: Sequence[str] = (),
    on_absence: OnAbsence = "fail",
    saved: tuple[Path, SavedState] | None = None,
    song_set: SongSet | None = None,
) -> Performance:
    """A performance that is ready to play. The arguments: see `Daemon`.

    SidemanError, before any note sounds, when a part cannot be opened.
    """
    absences = Absences(on_absence)
    rig = with_usable_models(rig, absences)
    opening = _Opening(rig, parts, absences, HotplugMonitor(absences))
    recorders = list(_open_recorder(opening))
    if views:
        parts.enter_context(log_held_back())
    counts = Counts()
    transport = Transport(rig.clock.tempo)
    outputs = _open_outputs(opening, counts, transport)
    record = _to_all([*recorders, *outputs.record])
    live = await _start_engine(rig, outputs, listeners, record, counts, transport, parts)
    clock = _open_clock(opening, live.conductor)
    models = _usable_models()
    keyboards: list[MidiInput] = []
    events = ClientEvents(
        [voice.name for voice in rig.voices],
        models,
        live,
        has_midi_clock=clock.gives_tempo,
        share_tempo=clock.set_tempo,
        keyboards=keyboards,
        transpositions=rig.inputs.transpositions(),
        song_set=song_set,
        has_click=rig.click is not None,
    )
    live.conductor.follow_starts(clock.gives_tempo)
    controller = rig.inputs.surface
    mapping = MidiMapping(
        controller.mapping() if controller else {},
        live.state.values,
        programs_select_songs=controller is not None and controller.programs == "songs",
    )
    dispatcher = await _open_inputs(opening, live, events, outputs, keyboards, mapping)
    await parts.enter_async_context(opening.monitor.running(live.conductor.is_busy))
    opened = rig.without(absences.tables)
    children = Children(live, dispatcher, facts_of(opened, models), absences, parts)
    if opened.mqtt is not None:
        await children.start_mqtt(opened.mqtt)
    panel = None
    if opened.panel is not None:
        with absences.expected("panel"):
            panel = await children.start_panel(opened.panel)
    for view in views:
        await children.start_view(view, opened, panel)
    for event in rig.harmony.events():
        live.conductor.handle_event(event)
    if saved is not None:
        path, state = saved
        follows = rig.clock.source != "internal"
        keeper = StateKeeper(path, live, events, mapping, follows_tempo=follows)
        events.songs.begin(state.song)
        keeper.restore(state)
        await parts.enter_async_context(keeper)
    else:
        events.songs.begin()
    live.conductor.prepare()
    live.conductor.publish_values(live.state.values)
    absences.publish_by(live.conductor.publish)
    return Performance(opened, absences, live, events, panel)


def _usable_models() -> list[str]:
    """The names of the bundles that are there and whole, sorted."""
    names = set()
    for path in catalog.bundle_folders():
        with contextlib.suppress(BundleError):
            names.add(bundle.load(path).manifest.name)
    return sorted(names)


def _open_recorder(opening: _Opening) -> Iterator[Record]:
    rig, parts = opening.rig, opening.parts
    if rig.record is not None:
        with opening.absences.expected("record"):
            recorder = Recorder(Path(rig.record.folder), rig)
            parts.push_async_callback(recorder.close)  # after all that sounds: it may take minutes
            yield recorder.record


async def _start_engine(
    rig: Rig,
    outputs: _Outputs,
    listeners: Sequence[Output],
    record: Record,
    counts: Counts,
    transport: Transport,
    parts: contextlib.AsyncExitStack,
) -> LiveEngine:
    """The engine with its conductor and its phrase source; the source's process is started."""
    for listener in listeners:
        parts.callback(listener.close)
    voices = [voice.settings() for voice in rig.voices]
    click = {"click": rig.click.notes, "click_when": rig.click.when} if rig.click else {}
    engine = Engine(voices, rig.engine_settings(fallback=STOCK[0], **click), counts)
    source = WorkerClient(lambda phrase: conductor.handle_event(phrase))  # noqa: PLW0108
    conductor = Conductor(
        engine,
        transport,
        RealtimeClock(rig.ahead),
        source.request,
        outputs.of_voice,
        voiceless=outputs.voiceless,
        click=outputs.click,
        ahead=rig.ahead,
        spin=rig.clock.spin_ms / 1000,
        record=record,
        starts_by_chord=rig.start == "chord",
        by_bar=rig.clock.source == "link",
    )
    state = State(
        voices,
        {
            "/tempo": rig.clock.tempo,
            "/metre": rig.clock.metre,
            "/sync": int(rig.clock.start_stop_sync),
            **rig.sound_values(),
            "/count-in": rig.clock.count_in,
            "/click": rig.click.when if rig.click else "off",
            **{f"/input/{name}/transpose": by for name, by in rig.inputs.transpositions().items()},
        },
    )
    for listener in (*listeners, state):
        conductor.add_listener(listener)
    await parts.enter_async_context(source)
    parts.callback(conductor.close)  # also when a later part cannot be opened
    return LiveEngine(engine, transport, source, conductor, state)


def _to_all(record: Sequence[Record]) -> Record:
    callbacks = tuple(dict.fromkeys(record))

    def record_event(tick: int, event: Event) -> None:
        for callback in callbacks:
            callback(tick, event)

    return record_event


def _open_outputs(opening: _Opening, counts: Counts, transport: Transport) -> _Outputs:
    """Every output of the rig, those of quick synthesizers behind a delay.

    `counts` counts what the delays leave out. `transport`: see `IdleClock`.
    """
    rig = opening.rig
    opened: dict[str, Output] = {}
    feedback: dict[tuple[str, int], Feedback] = {}
    record: list[Record] = []
    keys: dict[str, SharedKeys] = {}
    for name, table in rig.outputs.items():
        channels = rig.channels_at(name)
        context = OutputContext(
            name,
            channels,
            rig.midi,
            rig.clock.tempo,
            opening.absences,
            feedback.__setitem__,
            keys,
            rig.sounds(name),
        )
        with opening.absences.expected(f"outputs.{name}"):
            output = table.open(context)
            timed = output.output
            if table.sends_idle_clock:
                ahead = table.ahead or 0.0
                timed = IdleClock(timed, transport, RealtimeClock(ahead), ahead, table.spin)
            opened[name] = delayed(timed, rig.delay_of(table), table.spin, counts)
            opening.parts.callback(_close_quietly, opened[name])
            if output.port is not None:
                opening.monitor.add(output.port)
            if output.record is not None:
                record.append(output.record)
    of_voice = _outputs_of_voices(rig, opened)
    voiceless = [it for it in opened.values() if not any(it in its for its in of_voice.values())]
    click = [it for name, it in opened.items() if rig.click and rig.click.output == name]
    return _Outputs(of_voice, click, voiceless, feedback, record)


def _outputs_of_voices(rig: Rig, opened: dict[str, Output]) -> dict[str, list[Output]]:
    """For each voice the outputs that its notes go to; its own one may be missing."""
    shared = [output for name, output in opened.items() if rig.outputs[name].every_voice]
    own = {voice.name: opened.get(voice.output or "") for voice in rig.voices}
    return {
        voice: list(dict.fromkeys([*([output] if output is not None else []), *shared]))
        for voice, output in own.items()
    }


def _close_quietly(output: Output) -> None:
    """Close an output; an error is logged, so that the other outputs are closed too."""
    try:
        output.close()
    except SidemanError as error:
        log.error("%s", error)  # noqa: TRY400 - one line, no traceback


def _open_clock(opening: _Opening, conductor: Conductor) -> OpenedClock:
    """The clock that the music follows; our own clock when it is missing."""
    context = ClockContext(
        opening.rig.midi,
        conductor.follow_clock,
        conductor.start_with_clock,
        conductor.handle_event,
    )
    clock = OpenedClock()
    with opening.absences.expected("clock"):
        clock = opening.rig.clock.open(context)
        if clock.close is not None:
            opening.parts.callback(clock.close)
        if clock.leave is not None:
            conductor.leave_clock_by(clock.leave)
        if clock.listener is not None:
            conductor.add_listener(clock.listener)
        if clock.port is not None:
            opening.monitor.add(clock.port)
    return clock


async def _open_inputs(
    opening: _Opening,
    live: LiveEngine,
    events: ClientEvents,
    outputs: _Outputs,
    keyboards: list[MidiInput],
    mapping: MidiMapping,
) -> Dispatcher:
    """The dispatcher of client messages, after every input that the rig names is open.

    `keyboards` gets the MIDI inputs.
    """
    rig, parts = opening.rig, opening.parts
    subscriptions = Subscriptions(
        live.conductor, live.state, outputs.feedback, rig.ahead, live.engine.counts
    )
    osc = rig.inputs.osc or OscInputConfig()
    access = AccessList(osc.allow)
    dispatcher = Dispatcher(
        events,
        subscriptions,
        live.stats,
        mapping,
        lambda host, port: OscSender.to(host, port, osc.prefix),
        access.lists,
    )
    parts.callback(subscriptions.close)
    parts.callback(dispatcher.close)
    context = InputContext(
        handler=dispatcher,
        deliver=live.conductor.handle_event,
        apply=events.handle_event,
        mapping=mapping,
        access=access,
        midi=rig.midi,
        parts=parts,
        monitor=opening.monitor,
        absences=opening.absences,
        keyboards=keyboards,
        around=Surroundings(live.hints, live.bar_seconds),
        transpositions=events.transpositions,
    )
    recognition.prepare()
    for key, table in rig.inputs.named_tables().items():
        with opening.absences.expected(f"inputs.{key}"):
            await table.open(context)
    return dispatcher

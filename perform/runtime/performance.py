"""What somebody outside may look at and speak to while a performance runs."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

from perform.bundles import bundle, catalog
from perform.clients.subscriptions import HostPort, Subscriptions
from perform.clock.transport import Transport
from perform.config.schema import Rig
from perform.control import registry
from perform.control.feedback import Feedback
from perform.control.midi_mapping import MidiMapping
from perform.control.state import State
from perform.engine.engine import Engine
from perform.errors import BundleError, MessageError
from perform.events import (
    ChordChanged,
    ChordReleased,
    Event,
    ModelChanged,
    OtherModelChanged,
    SnapshotRecalled,
    TempoChanged,
    TempoTapped,
)
from perform.generation.worker_client import WorkerClient
from perform.music.chord import Chord
from perform.panel.listener import PanelListener
from perform.runtime.conductor import Conductor


class Performance:
    """Everything of a running performance that somebody outside may want to look at or speak to.

    `outputs`: those that follow by address, by the host and port at which they are.
    """

    def __init__(
        self,
        rig: Rig,
        engine: Engine,
        transport: Transport,
        conductor: Conductor,
        source: WorkerClient,
        outputs: Mapping[HostPort, Feedback],
    ) -> None:
        self.rig = rig
        self.source = source
        self.engine = engine
        self.transport = transport
        self.conductor = conductor
        self.stopped = asyncio.Event()
        self.set_session_tempo: Callable[[float], None] | None = None
        self.door: PanelListener | None = None
        self.missing: list[str] = []  # of the rig: a line for each part that could not be opened
        self._models = _sound_models()
        self._pressed: Chord | None = None
        self.state = State(
            [voice.settings() for voice in rig.voices],
            {"/tempo": rig.clock.tempo, "/metre": rig.clock.metre},
        )
        controller = rig.inputs.surface
        self.midi_mapping = MidiMapping(controller.cc if controller else {}, self.state.values)
        conductor.add_listener(self.state)
        self.subscribers = Subscriptions(conductor, self.state, outputs, rig.ahead)

    @property
    def models(self) -> list[str]:
        """The names of the bundles that can be asked for."""
        return sorted(self._models)

    def handle_event(self, event: Event) -> None:
        """An event from a control surface; WireError when it names a voice, model or snapshot not there."""
        self._check_voice(getattr(event, "voice", None))
        if isinstance(event, SnapshotRecalled):
            self._check_snapshot(event.name)
        if isinstance(event, ModelChanged | OtherModelChanged):
            self._check_model(event.model)
        if isinstance(event, TempoChanged | TempoTapped) and self.rig.clock.source == "midi":
            raise MessageError("the tempo is the MIDI clock's; set it where that comes from")
        if isinstance(event, ChordChanged | ChordReleased):
            event = self._pad(event)
        before = self.transport.bpm
        self.conductor.handle_event(event)
        if isinstance(event, TempoChanged | TempoTapped) and self.transport.bpm != before:
            self._tell_link()

    def _pad(self, event: ChordChanged | ChordReleased) -> Event:
        """A pad came down or up. Its chord, where that still sounds, ends with it, whatever the rig says of keys; what
        keys or a chart put in its place does not.
        """
        pressed = self._pressed
        self._pressed = event.chord if isinstance(event, ChordChanged) else None
        ends = isinstance(event, ChordReleased) and pressed is not None
        return ChordChanged(None) if ends and pressed == self.engine.chord else event

    def _check_voice(self, voice: str | None) -> None:
        names = [voice.name for voice in self.rig.voices]
        if voice is not None and voice not in names:
            raise MessageError(f"no voice {voice!r}; there are: {', '.join(names)}")

    def _check_snapshot(self, name: str) -> None:
        kept = self.engine.snapshots
        if name not in kept:
            there = f"there are: {', '.join(kept)}" if kept else "none is stored yet"
            raise MessageError(f"no snapshot {name!r}; {there}")

    def _check_model(self, model: str) -> None:
        if Path(model).name != model:
            raise MessageError("takes the name of a bundle, not a path")
        if model in self._models:  # checked before the music began: no file is read while it plays
            return
        try:
            bundle.load(catalog.find(model))
        except BundleError as fault:
            raise MessageError(str(fault)) from None
        self._models.add(model)

    def _tell_link(self) -> None:
        """A tempo that is set here is set for the whole session."""
        if self.set_session_tempo is not None:
            self.set_session_tempo(self.transport.bpm)

    def stats(self) -> dict[str, float]:
        """What was counted since the start; times in milliseconds."""
        counts, lateness = self.engine.counts, self.conductor.lateness
        return {
            "bars": counts.bars,
            "notes": self.engine.notes_played,
            "chords": counts.chords,
            "late_phrases": counts.late,
            "missed": counts.missed,
            "substituted": counts.substituted,
            "restarts": self.source.restarts,
            "late": lateness.audible,
            "late_p50": 1000 * lateness.percentile(0.5),
            "late_p95": 1000 * lateness.percentile(0.95),
            "late_p99": 1000 * lateness.percentile(0.99),
            "late_max": 1000 * lateness.worst,
            **{f"under/{1000 * edge:.3g}": n for edge, n in lateness.histogram()},
        }

    def learn(self, address: str) -> None:
        """What is touched next on the controller turns this address; WireError where there is none."""
        if self.rig.inputs.surface is None:
            raise MessageError("no controller to learn from; name one in [inputs.surface]")
        self._check_voice(registry.parse_mapping(address)[1] or None)
        self.midi_mapping.learn(address)


def _sound_models() -> set[str]:
    """The names of the bundles that are there and whole."""
    names = set()
    for path in catalog.bundle_folders():
        with contextlib.suppress(BundleError):
            names.add(bundle.load(path).manifest.name)
    return names

"""What somebody outside may look at and speak to while a performance runs."""

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path

from perform import bundle, controls, library
from perform.clock.transport import Transport
from perform.engine.engine import Engine
from perform.errors import BundleError, WireError
from perform.events import (
    ChordChanged,
    ChordReleased,
    Event,
    ModelChanged,
    OtherModelChanged,
    SnapshotRecalled,
    Tapped,
    TempoChanged,
)
from perform.inputs.cc import Surface
from perform.inputs.link import LinkClock
from perform.live import Conductor
from perform.music.chord import Chord
from perform.panel.door import Door
from perform.rig import Rig
from perform.sinks.feedback import Feedback
from perform.sinks.state import State
from perform.sources.remote import RemoteSource
from perform.subscribers import Place, Subscribers


class Stage:
    """Everything of a running performance that somebody outside may want to look at or speak to.

    `outputs`: those that follow by address, by the host and port at which they are.
    """

    def __init__(
        self,
        rig: Rig,
        engine: Engine,
        transport: Transport,
        conductor: Conductor,
        source: RemoteSource,
        outputs: Mapping[Place, Feedback],
    ) -> None:
        self.rig = rig
        self.source = source
        self.engine = engine
        self.transport = transport
        self.conductor = conductor
        self.stopped = asyncio.Event()
        self.link: LinkClock | None = None
        self.surface: Surface | None = None
        self.door: Door | None = None
        self.missing: list[str] = []  # of the rig: a line for each part that could not be opened
        self._models = _sound_models()
        self._pressed: Chord | None = None
        self.state = State(
            [voice.settings() for voice in rig.voices], rig.clock.tempo, rig.clock.metre
        )
        conductor.listen(self.state)
        self.subscribers = Subscribers(conductor, self.state, outputs, rig.ahead)

    @property
    def models(self) -> list[str]:
        """The names of the bundles that can be asked for."""
        return sorted(self._models)

    def deliver(self, event: Event) -> None:
        """An event from a control surface; WireError when it names a voice, model or snapshot not there."""
        self._check_voice(getattr(event, "voice", None))
        if isinstance(event, SnapshotRecalled):
            self._check_snapshot(event.name)
        if isinstance(event, ModelChanged | OtherModelChanged):
            self._check_model(event.model)
        if isinstance(event, TempoChanged | Tapped) and self.rig.clock.source == "midi":
            raise WireError("the tempo is the MIDI clock's; set it where that comes from")
        if isinstance(event, ChordChanged | ChordReleased):
            event = self._pad(event)
        before = self.transport.bpm
        self.conductor.deliver(event)
        if isinstance(event, TempoChanged | Tapped) and self.transport.bpm != before:
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
            raise WireError(f"no voice {voice!r}; there are: {', '.join(names)}")

    def _check_snapshot(self, name: str) -> None:
        kept = self.engine.snapshots
        if name not in kept:
            there = f"there are: {', '.join(kept)}" if kept else "none is stored yet"
            raise WireError(f"no snapshot {name!r}; {there}")

    def _check_model(self, model: str) -> None:
        if Path(model).name != model:
            raise WireError("takes the name of a bundle, not a path")
        if model in self._models:  # checked before the music began: no file is read while it plays
            return
        try:
            bundle.load(library.find(model))
        except BundleError as fault:
            raise WireError(str(fault)) from None
        self._models.add(model)

    def _tell_link(self) -> None:
        """A tempo that is set here is set for the whole session."""
        if self.link is not None:
            self.link.set_tempo(self.transport.bpm)

    def figures(self) -> dict[str, float]:
        """What was counted since the start; times in milliseconds."""
        counts, lateness = self.engine.counts, self.conductor.lateness
        return {
            "bars": counts.bars,
            "notes": self.engine.struck,
            "chords": counts.chords,
            "late_phrases": counts.late,
            "missed": counts.missed,
            "substituted": counts.substituted,
            "restarts": self.source.restarts,
            "late": lateness.late,
            "late_p50": 1000 * lateness.percentile(0.5),
            "late_p95": 1000 * lateness.percentile(0.95),
            "late_p99": 1000 * lateness.percentile(0.99),
            "late_max": 1000 * lateness.worst,
            **{f"under/{1000 * edge:.3g}": n for edge, n in lateness.histogram()},
        }

    def learn(self, address: str) -> None:
        """What is touched next on the controller turns this address; WireError where there is none."""
        if self.surface is None:
            raise WireError("no controller to learn from; name one in [inputs.surface]")
        self._check_voice(controls.mapped(address)[1] or None)
        self.surface.learn(address)


def _sound_models() -> set[str]:
    """The names of the bundles that are there and whole."""
    names = set()
    for path in library.listing():
        with contextlib.suppress(BundleError):
            names.add(bundle.load(path).manifest.name)
    return names

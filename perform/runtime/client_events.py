"""The events of clients: checked against the rig, then handled by the conductor."""

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from perform.bundles import bundle, catalog
from perform.config.set_file import SongSet
from perform.control import registry
from perform.control.set_commands import SetCommand
from perform.errors import BundleError, MessageError
from perform.events import (
    ChartChanged,
    ChordChanged,
    ChordNotesPlayed,
    ChordReleased,
    ClickChanged,
    Event,
    InputName,
    InputTransposed,
    KeysCleared,
    ModelChanged,
    OtherModelChanged,
    Panic,
    SnapshotRecalled,
    TempoChanged,
    TempoTapped,
    TransportChanged,
)
from perform.inputs.base import MidiInput
from perform.music.chord import Chord
from perform.music.hints import leaves_out_root
from perform.music.recognition import recognise
from perform.runtime.live_engine import LiveEngine
from perform.runtime.songs import Songs

log = logging.getLogger(__name__)

_NOTES_SAID = 8  # lines in the log for one chart


class ClientEvents:
    """Handles the events of OSC, MQTT, the panel and a MIDI controller.

    `voices`: their names. `models`: the names of the bundles that were checked at start-up.
    `has_midi_clock`: whether a MIDI clock gives the tempo, so that clients cannot. `share_tempo`:
    sets a new tempo for all programs that share the clock. `keyboards`: the inputs whose keys a
    panic clears. `transpositions`: the semitones of each input at this moment. `song_set`: the set,
    where there is one. `has_click`: whether the rig has a click.
    """

    def __init__(
        self,
        voices: Sequence[str],
        models: Iterable[str],
        live: LiveEngine,
        *,
        has_midi_clock: Callable[[], bool] = lambda: False,
        share_tempo: Callable[[float], None] | None = None,
        keyboards: Sequence[MidiInput] = (),
        transpositions: dict[InputName, int] | None = None,
        song_set: SongSet | None = None,
        has_click: bool = True,
    ) -> None:
        self._voices = voices
        self.addresses = [
            address for address, it in registry.addresses(voices) if it.kind != "request"
        ]
        self._models = set(models)
        self._live = live
        self._engine = live.engine
        self._transport = live.transport
        self._conductor = live.conductor
        self._has_midi_clock = has_midi_clock
        self._share_tempo = share_tempo
        self._keyboards = keyboards
        self._has_click = has_click
        self.transpositions = {} if transpositions is None else transpositions
        self.songs = Songs(live, self.handle_event, song_set)
        self._pressed: Chord | None = None
        # whether chords that are played as notes lack roots: not before a chart or key says so
        self._rootless: bool | None = False

    def handle_event(self, event: Event | SetCommand) -> None:
        """Check an event and let the conductor handle it.

        MessageError for an unknown voice, model, snapshot or song, for a tempo under a MIDI clock,
        and for a click that the rig does not have.
        """
        if isinstance(event, SetCommand):
            self.songs.handle(event)
            return
        self._check(event)
        _log_notes(event)
        if isinstance(event, TempoChanged | TempoTapped):
            self._change_tempo(event)
            return
        if isinstance(event, ChordNotesPlayed):
            event = self._release_pad(self._name_chord(event))
        elif isinstance(event, ChordChanged | ChordReleased):
            event = self._release_pad(event)
        elif isinstance(event, InputTransposed):
            self.transpositions[event.input] = event.semitones
        elif isinstance(event, Panic | KeysCleared):
            self.clear_keys()
        elif isinstance(event, TransportChanged) and event.action == "start":
            self.songs.settle()
        self._conductor.handle_event(event)
        if isinstance(event, Panic):
            log.info("panic: all notes are off, the music is stopped; /transport continue resumes")

    def clear_keys(self) -> None:
        """Forget the pad and every key that is held: a note-off may have been lost."""
        self._pressed = None
        for keyboard in self._keyboards:
            keyboard.clear_keys()

    def _check(self, event: Event) -> None:
        self.check_voice(getattr(event, "voice", None))
        if isinstance(event, SnapshotRecalled):
            self._check_snapshot(event.name)
        elif isinstance(event, ModelChanged | OtherModelChanged):
            self._check_model(event.model)
        elif isinstance(event, ClickChanged) and event.when != "off" and not self._has_click:
            raise MessageError("this rig has no click, because a voice has that name; rename it")

    def check_voice(self, voice: str | None) -> None:
        """MessageError for an unknown voice; None stands for every voice."""
        if voice is not None and voice not in self._voices:
            raise MessageError(f"no voice {voice!r}; there are: {', '.join(self._voices)}")

    def _check_snapshot(self, name: str) -> None:
        stored = self._engine.snapshots
        if name not in stored:
            there = f"there are: {', '.join(stored)}" if stored else "none is stored yet"
            raise MessageError(f"no snapshot {name!r}; {there}")

    def _check_model(self, model: str) -> None:
        if Path(model).name != model:
            raise MessageError("takes the name of a bundle, not a path")
        if model in self._models:  # no file is read while the music plays
            return
        try:
            bundle.load(catalog.find(model))
        except BundleError as error:
            raise MessageError(str(error)) from None
        self._models.add(model)

    def _change_tempo(self, event: TempoChanged | TempoTapped) -> None:
        if self._has_midi_clock():
            raise MessageError("the tempo is the MIDI clock's; set it where that comes from")
        before = self._transport.bpm
        self._conductor.handle_event(event)
        if self._share_tempo is not None and self._transport.bpm != before:
            self._share_tempo(self._transport.bpm)

    def _name_chord(self, event: ChordNotesPlayed) -> ChordChanged:
        """The chord of notes, by chart, key and the chord before."""
        hints = self._live.hints()._replace(previous=self._engine.chord, rootless=self._rootless)
        chord = recognise(event.notes, hints)
        if chord is not None:
            self._rootless = leaves_out_root(chord, event.notes, self._rootless)
        return ChordChanged(chord)

    def _release_pad(self, event: ChordChanged | ChordReleased) -> Event:
        """The event, or the end of the chord when the pad that plays it is released.

        A pad ends its chord whatever the rig says about released keys. It does not end a chord that
        a keyboard or a chart has played since.
        """
        pressed = self._pressed
        self._pressed = event.chord if isinstance(event, ChordChanged) else None
        ends = isinstance(event, ChordReleased) and pressed is not None
        return ChordChanged(None) if ends and pressed == self._engine.chord else event


def _log_notes(event: Event) -> None:
    """Say what of a chart is not played as it is written."""
    if isinstance(event, ChartChanged):
        for note in event.chart.notes[:_NOTES_SAID]:
            log.info("chart: %s", note)

"""The engine: events go in with their tick, outputs come out with theirs.

The engine is pure: it does not wait, read a clock or touch a device. The caller hands it events,
asks for its next deadline, and advances it to that tick: `perform.runtime.conductor` in concert,
`perform.runtime.offline` for rendering.
"""

from collections.abc import Callable, Sequence
from typing import Any

from perform.engine.active_notes import ActiveNotes
from perform.engine.bar_planner import BarPlanner
from perform.engine.click import Click
from perform.engine.count_in import CountIn
from perform.engine.harmony import Harmony
from perform.engine.metre import Metre
from perform.engine.parameters import PARAMETERS, PERFORMANCE_PARAMETERS
from perform.engine.phrase_requests import PhraseRequests
from perform.engine.playback import Playback
from perform.engine.player_buffer import PlayerBuffer
from perform.engine.published_chords import CURSOR_ADDRESS, PublishedChords
from perform.engine.published_turns import PublishedTurns
from perform.engine.schedule import EventKind, Schedule
from perform.engine.settings import Counts, EngineSettings
from perform.engine.snapshots import SnapshotHandlers
from perform.engine.song_position import SongPosition
from perform.engine.song_transport import SongTransport
from perform.engine.voice_arcs import VoiceArcs
from perform.engine.voice_state import VoiceState
from perform.engine.voices import Voices
from perform.engine.voicing import VoiceSettings
from perform.events import (
    AllNotesOff,
    ChartChanged,
    ChordChanged,
    ChordReleased,
    ChordSounds,
    ClickChanged,
    CountInChanged,
    Event,
    FeelChanged,
    KeyChanged,
    MetreChanged,
    ModeChanged,
    ModelChanged,
    OtherModelChanged,
    OutputEvent,
    Panic,
    ParameterChanged,
    PhraseJudged,
    PhraseReady,
    PlayerNoteOff,
    PlayerNoteOn,
    SongChanged,
    SongPositionChanged,
    StallEnded,
    StateChanged,
    TransportChanged,
    TurnLengthChanged,
    VampLeft,
    VoiceMuted,
    VoiceSnapshot,
    VoiceSoloed,
)
from perform.music.chord import Chord
from perform.music.hints import Hints


class Engine:
    """Plays voices over the chords that it receives. The module says how to drive it."""

    def __init__(
        self,
        voices: Sequence[VoiceSettings],
        settings: EngineSettings | None = None,
        counts: Counts | None = None,
    ) -> None:
        self._settings = settings = settings or EngineSettings()
        self._voices = Voices(voices)
        self._schedule = Schedule()
        self._harmony = Harmony()
        self._published = PublishedChords(self._harmony)
        self._turns = PublishedTurns(self._voices.all)
        self._player = PlayerBuffer()
        self._position = SongPosition(self._schedule, settings.metre, settings.sends_clock)
        states = self._voices.all
        arcs = VoiceArcs(self._harmony, settings.seed)
        self._requests = PhraseRequests(
            states,
            self._schedule,
            self._position,
            self._harmony,
            self._player,
            arcs,
            settings.seed,
        )
        self._notes = ActiveNotes(states, self._schedule, self._harmony)
        self._click = Click(self._schedule, settings.click, settings.click_when)
        count_in = CountIn(self._schedule, settings.count_in)
        self.counts = counts or Counts()
        self._playback = Playback(
            self._voices,
            self._schedule,
            self._position,
            self._harmony,
            self._notes,
            BarPlanner(
                states,
                self._schedule,
                self._requests,
                self._position,
                arcs,
                self._notes,
                settings.fallback,
            ),
            self._requests,
            self._published,
            self._turns,
            count_in,
            self._click,
            self.counts,
            self._change_chord,
        )
        self._transport = SongTransport(
            self._voices,
            self._position,
            self._harmony,
            self._player,
            self._playback,
            self._requests,
            self._published,
            self._turns,
            count_in,
            self.counts,
        )
        self._handlers = self._make_handlers()

    def _make_handlers(self) -> dict[type, Callable[[Any], list[OutputEvent]]]:
        """The handler of each kind of event; the caller handles tempo and taps itself."""
        return {
            PhraseReady: self._handle_phrase,
            ChordChanged: self._handle_chord,
            ChordReleased: self._release_chord,
            TransportChanged: self._transport.change,
            CountInChanged: self._transport.set_count_in,
            SongPositionChanged: self._transport.locate,
            ClickChanged: self._change_click,
            ModelChanged: self._change_model,
            OtherModelChanged: self._change_model,
            ModeChanged: self._change_mode,
            TurnLengthChanged: self._change_mode,
            FeelChanged: self._change_feel,
            VoiceMuted: self._change_silence,
            VoiceSoloed: self._change_silence,
            ParameterChanged: self._change_parameter,
            **SnapshotHandlers(self._voices, self._request_soon).by_event,
            PhraseJudged: self._judge,
            PlayerNoteOn: self._handle_player_note,
            PlayerNoteOff: self._handle_player_note,
            MetreChanged: self._change_metre,
            KeyChanged: self._change_key,
            ChartChanged: self._change_chart,
            VampLeft: self._leave_vamp,
            SongChanged: self._begin_song,
            StallEnded: self._transport.skip_stall,
            Panic: self._panic,
        }

    @property
    def running(self) -> bool:
        """Whether the transport runs."""
        return self._playback.running

    @property
    def _tick(self) -> int:
        return self._playback.tick

    @property
    def metre(self) -> Metre:
        """The metre of the current bar."""
        return self._position.metre

    @property
    def unopened_tick(self) -> int:
        """The tick of the next bar whose length can still change."""
        return self._position.unopened_tick

    @property
    def count_in_ticks(self) -> int:
        """The length of the next count-in."""
        return self._transport.count_in_ticks

    @property
    def chord(self) -> Chord | None:
        """The current chord."""
        return self._harmony.chord

    def hints(self, tick: int) -> Hints:
        """What chart and key say of a chord that is played at a tick."""
        position = self._position
        inside = max(tick - position.bar_tick, 0) if self.running else 0
        return Hints(chart=self._harmony.charted(inside, position.metre), key=self._harmony.key)

    @property
    def snapshots(self) -> dict[str, dict[str, VoiceSnapshot]]:
        """What each stored snapshot holds of each voice, the oldest first."""
        return self._voices.snapshots

    @property
    def notes_played(self) -> int:
        """How many notes have begun so far."""
        return self._notes.played

    def prepare(self) -> list[OutputEvent]:
        """The requests for the first bars, which need an answer before the music starts."""
        return [*self._requests.missing(0)]

    def next_deadline(self) -> int | None:
        """The tick of the next scheduled event; None while stopped."""
        return self._schedule.next_tick() if self.running else None

    def handle(self, event: Event, tick: int) -> list[OutputEvent]:
        """The outputs that an event causes at once. Call `advance(tick)` first."""
        self._playback.tick = tick
        handler = self._handlers.get(type(event))
        return handler(event) if handler is not None else []

    def advance(self, to_tick: int) -> list[OutputEvent]:
        """The outputs of all scheduled events up to and including `to_tick`, in order."""
        return self._playback.advance(to_tick, EventKind.REQUEST)

    def advance_notes(self, to_tick: int) -> list[OutputEvent]:
        """As `advance`, without the preparations that are due at `to_tick`: notes do not wait."""
        return self._playback.advance(to_tick, EventKind.ON)

    def end_notes(self, tick: int) -> list[OutputEvent]:
        """The ends of the sounding notes, before a start while running moves the ticks."""
        self._playback.tick = tick
        return self._playback.silence(tick)

    # --- phrases -------------------------------------------------------------------------------

    def _request_soon(self, voices: Sequence[VoiceState] | None = None) -> list[OutputEvent]:
        return [*self._requests.soon(self._tick, self.running, voices)]

    def _handle_phrase(self, event: PhraseReady) -> list[OutputEvent]:
        voice = self._voices.by_name.get(event.voice)
        if voice is None:
            return []
        if event.bar in voice.requested:
            self._requests.receive(voice, event)
            return [] if self.running else [*self._requests.outdated_received([voice])]
        self.counts.late += event.bar < self._position.first_unopened
        return []

    # --- harmony -------------------------------------------------------------------------------

    def _release_chord(self, _: ChordReleased) -> list[OutputEvent]:
        rest = self._settings.release == "rest" and self._harmony.chord is not None
        return self._change_chord(None) if rest else []

    def _handle_chord(self, event: ChordChanged) -> list[OutputEvent]:
        """Play a chord at once, and learn from it; a release is no chord of the changes."""
        place = self._position.place_at(self._tick) if self.running else None
        self._harmony.hear(event.chord, place)
        return self._change_chord(event.chord)

    def _change_chord(self, chord: Chord | None) -> list[OutputEvent]:
        if chord == self._harmony.chord and self._transport.started:
            return []
        self._harmony.set_chord(chord)
        self.counts.chords += 1
        done: list[OutputEvent] = [ChordSounds(self._tick, chord.symbol if chord else "N.C.")]
        if self._transport.started:  # the first chord may start the music: no time for new requests
            done.extend(self._request_soon())
        if chord is None or self._settings.change == "cut":
            done.extend(self._notes.silence(self._tick, self._voices.all))
        elif self._settings.change == "slide":
            for voice in self._voices.all:
                self._notes.slide(self._tick, voice, chord, done)
        return done

    def _change_key(self, event: KeyChanged) -> list[OutputEvent]:
        self._harmony.set_key(event.key)
        return self._request_soon()

    def _change_chart(self, event: ChartChanged) -> list[OutputEvent]:
        self._harmony.set_chart(event.chart)
        return [StateChanged(CURSOR_ADDRESS, self._harmony.cursor), *self._request_soon()]

    def _leave_vamp(self, _: VampLeft) -> list[OutputEvent]:
        self._harmony.leave_vamp()
        return []

    def _begin_song(self, _: SongChanged) -> list[OutputEvent]:
        self._harmony.begin_song()
        return self._notes.silence(self._tick, self._voices.all)

    def _change_metre(self, event: MetreChanged) -> list[OutputEvent]:
        self._transport.change_metre(event)
        return self._request_soon()

    def _change_click(self, event: ClickChanged) -> list[OutputEvent]:
        self._click.when = event.when
        return []

    # --- voices --------------------------------------------------------------------------------

    def _change_model(self, event: ModelChanged | OtherModelChanged) -> list[OutputEvent]:
        """Change a model and request its bars; received bars stay until they are replaced."""
        self._voices.set_model(event)
        return [*self._requests.outdated(self._voices.select(event.voice))]

    def _change_mode(self, event: ModeChanged | TurnLengthChanged) -> list[OutputEvent]:
        self._voices.set_mode(event, self._position.intended_bar_at(self._tick)[0])
        return [*self._turns.again(), *self._request_soon()]

    def _change_feel(self, event: FeelChanged) -> list[OutputEvent]:
        self._voices.set_feel(event)
        return self._request_soon(self._voices.select(event.voice))

    def _change_silence(self, event: VoiceMuted | VoiceSoloed) -> list[OutputEvent]:
        ended = self._notes.silence(self._tick, self._voices.set_silence(event))
        return [*ended, *self._turns.again()]

    def _change_parameter(self, event: ParameterChanged) -> list[OutputEvent]:
        if event.parameter not in PARAMETERS:
            return []
        self._voices.set_parameter(event)
        if event.parameter in PERFORMANCE_PARAMETERS:
            return []
        return self._request_soon(self._voices.select(event.voice))

    def _judge(self, event: PhraseJudged) -> list[OutputEvent]:
        self._voices.judge(event)
        return self._request_soon()

    def _handle_player_note(self, event: PlayerNoteOn | PlayerNoteOff) -> list[OutputEvent]:
        """Store the player's note over C; voices that follow the player get new requests."""
        position = self._position
        if not self.running or self._tick < position.bar_tick:
            return []
        if isinstance(event, PlayerNoteOff):
            self._player.note_off(event.pitch, *position.bar_at(self._tick), position.metre.bar)
        else:
            over_c = self._harmony.over_c(event.pitch)
            self._player.note_on(event.pitch, over_c, *position.intended_bar_at(self._tick))
            if any(voice.follows_player for voice in self._voices.all):
                return self._request_soon()
        return []

    def _panic(self, _: Panic) -> list[OutputEvent]:
        return [*self._playback.silence(self._tick), AllNotesOff(self._tick)]

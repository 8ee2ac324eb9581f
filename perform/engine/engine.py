"""The instrument itself, pure: events go in with their tick, outputs come out with theirs.

The engine never waits, never asks for the time and never touches a device. A shell feeds it events,
asks when it next has something to do, and advances it to that tick (see `perform.runtime.conductor` for
the concert and `perform.runtime.offline` for rendering).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from perform.engine.active_notes import ActiveNotes
from perform.engine.bar_planner import BarPlanner
from perform.engine.harmony import Harmony
from perform.engine.metre import Metre
from perform.engine.parameters import PARAMETERS, PLAYED
from perform.engine.phrase_requests import PhraseRequests
from perform.engine.player_buffer import PlayerBuffer
from perform.engine.schedule import EventKind, Schedule
from perform.engine.settings import Counts, EngineSettings
from perform.engine.song_position import TICKS_PER_PULSE, SongPosition
from perform.engine.voice_state import BARS_AHEAD, VoiceState
from perform.engine.voices import Voices
from perform.engine.voicing import VoiceSettings
from perform.events import (
    AllNotesOff,
    ChartChanged,
    ChordChanged,
    ChordReleased,
    ChordSounds,
    ClockPulse,
    Event,
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
    SnapshotRecalled,
    SnapshotStored,
    SongPositionChanged,
    StateChanged,
    TransportChanged,
    TransportMessage,
    TurnLengthChanged,
    VampLeft,
    VoiceMuted,
    VoiceSoloed,
)
from perform.music.chord import Chord

ASK_TICKS = 60
SNAPSHOTS = "/snapshot"  # where the names of those that are kept are told
CURSOR = "/chart/bar"  # where the bar of the chart that sounds is told; -1 before it begins


class Engine:
    """Plays voices over the chords it is told of. See the module for how it is driven."""

    def __init__(
        self, voices: Sequence[VoiceSettings], settings: EngineSettings | None = None
    ) -> None:
        self._settings = settings or EngineSettings()
        self._band = Voices(voices)
        self._lines = self._band.lines
        self._schedule = Schedule()
        self._harmony = Harmony()
        self._ear = PlayerBuffer()
        self._course = SongPosition(self._schedule, self._settings.metre, self._settings.pulses)
        self._orders = PhraseRequests(self._course, self._harmony, self._ear, self._settings.seed)
        self._notes = ActiveNotes(self._lines, self._schedule, self._harmony)
        self._bars = BarPlanner(self._lines, self._schedule, self._orders, self._settings.fallback)
        self._running = False
        self._begun = False
        self._tick = 0
        self._asking = False
        self.counts = Counts()
        # what is not here (tempo, taps) is the shell's: ticks are tempo-free
        self._handlers: dict[type, Callable[[Any], list[OutputEvent]]] = {
            PhraseReady: self._take,
            ChordChanged: lambda it: self._change_chord(it.chord),
            ChordReleased: self._hear_release,
            TransportChanged: self._change_transport,
            SongPositionChanged: self._locate,
            ModelChanged: self._change_model,
            OtherModelChanged: self._change_model,
            ModeChanged: self._change_mode,
            TurnLengthChanged: self._change_mode,
            VoiceMuted: self._quieten,
            VoiceSoloed: self._quieten,
            ParameterChanged: self._turn,
            SnapshotStored: self._store,
            SnapshotRecalled: self._recall,
            PhraseJudged: self._judge,
            PlayerNoteOn: self._hear_key,
            PlayerNoteOff: self._hear_key,
            MetreChanged: self._change_metre,
            KeyChanged: self._change_key,
            ChartChanged: self._follow,
            VampLeft: self._leave_vamp,
            Panic: self._panic,
        }

    @property
    def running(self) -> bool:
        """Whether the transport rolls."""
        return self._running

    @property
    def metre(self) -> Metre:
        """The metre of the bar that plays."""
        return self._course.metre

    @property
    def chord(self) -> Chord | None:
        """The harmony of the moment."""
        return self._harmony.chord

    @property
    def snapshots(self) -> list[str]:
        """The names under which knobs are kept."""
        return self._band.snapshots

    @property
    def notes_played(self) -> int:
        """How many notes were struck so far."""
        return self._notes.struck

    @property
    def bar(self) -> int:
        """The bar that plays, from 0."""
        return self._course.bar

    @property
    def sounding(self) -> int:
        """How many notes sound."""
        return self._notes.count

    def parameters(self, voice: str) -> dict[str, float]:
        """Where the knobs of a voice stand."""
        return dict(self._band.by_name[voice].parameters)

    def prepare(self) -> list[OutputEvent]:
        """The wishes for the first bars, to be met before the music starts."""
        return self._wants(0)

    def next_deadline(self) -> int | None:
        """The tick at which `advance` has something to do; None while stopped."""
        return self._schedule.next_tick() if self._running else None

    def handle(self, event: Event, tick: int) -> list[OutputEvent]:
        """What an event brings at once, at the tick at which it finds the music. Call `advance(tick)` first."""
        self._tick = tick
        handle = self._handlers.get(type(event))
        return handle(event) if handle is not None else []

    def advance(self, to_tick: int) -> list[OutputEvent]:
        """Everything due up to and including `to_tick`, in order."""
        return self._advance(to_tick, EventKind.WISH)

    def advance_notes(self, to_tick: int) -> list[OutputEvent]:
        """As `advance`, but what is only prepared at `to_tick` is left for later: notes do not wait for it."""
        return self._advance(to_tick, EventKind.ON)

    def _advance(self, to_tick: int, to_kind: EventKind) -> list[OutputEvent]:
        done: list[OutputEvent] = []
        while self._running:
            due = self._schedule.first()
            if due is None or (due.tick, due.kind) > (to_tick, to_kind):
                break
            self._schedule.pop()
            self._tick = due.tick
            if due.kind is EventKind.OFF:
                self._notes.end(due.tick, due.item, done)
            elif due.kind is EventKind.ON:
                self._notes.begin(due.tick, self._course.bar, due.item[0], done)
            elif due.kind is EventKind.BEAT:
                self._beat(due.item[0], due.item[1], done)
            elif due.kind is EventKind.CHORD:
                if self._harmony.chart.bars:  # else it was taken away meanwhile
                    done.extend(self._change_chord(due.item[0]))
            elif due.kind in (EventKind.OPEN, EventKind.FIRST):
                self._open(due.item[0], due.item[1], done)
            elif due.kind is EventKind.WISH:
                self._asking = False
                done.extend(self._wants(self._course.unopened))
                done.extend(self._outdated(self._lines, due.item[0]))
            else:
                done.append(ClockPulse(self._tick))
                self._course.pulse(self._tick + TICKS_PER_PULSE)
        return done

    # --- bars ----------------------------------------------------------------------------------

    def _beat(self, bar: int, beat: int, done: list[OutputEvent]) -> None:
        done.extend(self._course.beat(bar, beat, self._tick))
        if beat == 0:
            self.counts.bars += 1
            self._lay_chords(self._harmony.open_bar(), 0)
            done.extend(self._cursor())
        self._schedule.add(self._tick, EventKind.WISH, (BARS_AHEAD,))

    def _open(self, bar: int, start: int, done: list[OutputEvent]) -> None:
        """A bar is about to begin: its notes are put where they belong, so that nothing is left to do on
        its first beat but to play.
        """
        missed = self._bars.open(bar, start, self._course.open(bar), self._tick)
        self.counts.missed += len(missed)
        self.counts.substituted += sum(bool(self._band.by_name[it.voice].previous) for it in missed)
        done.extend(missed)

    def _lay_chords(self, chords: Sequence[tuple[float, Chord | None]], since: int) -> None:
        """The chart's chords of a bar where they belong; of those before `since` what has come of them."""
        ticks = self._course.metre.chord_ticks([share for share, _ in chords])
        for inside, (_, chord) in zip(ticks, chords, strict=True):
            self._schedule.add(self._course.tick + max(inside, since), EventKind.CHORD, (chord,))

    def _cursor(self) -> list[OutputEvent]:
        """Where a chart stands, if there is one."""
        return [StateChanged(CURSOR, self._harmony.cursor)] if self._harmony.chart.bars else []

    # --- wishes --------------------------------------------------------------------------------

    def _wants(self, bar: int) -> list[OutputEvent]:
        """Wishes for the bars from `bar` on that nobody was asked for."""
        return [it for line in self._lines for it in self._orders.missing(line, bar)]

    def _outdated(self, those: Iterable[VoiceState], most: int = BARS_AHEAD) -> list[OutputEvent]:
        """Wishes for the next bars, `most` of them, that would be others now."""
        return [it for line in those for it in self._orders.outdated(line, most)]

    def _ask_soon(self, those: Iterable[VoiceState] | None = None) -> list[OutputEvent]:
        """Something moved that wishes depend on: ask for the next bar in an eighth of a beat, for those after it with
        the next beat. A flood of chords or faders costs no more than that, and what is turned is still heard in
        the next bar. Where nothing rolls, ask at once: whatever bar comes first is to have it.
        """
        if not self._running:
            lines = self._lines if those is None else those
            return [it for line in lines for it in self._orders.settled(line)]
        if not self._asking:
            self._asking = True
            self._schedule.add(self._tick + ASK_TICKS, EventKind.WISH, (1,))
        return []

    def _take(self, event: PhraseReady) -> list[OutputEvent]:
        line = self._band.by_name.get(event.voice)
        if line is None:
            return []
        if event.bar in line.wished:
            line.take(event.bar, event.phrase)
            return [] if self._running else list(self._orders.settled(line))
        self.counts.late += event.bar < self._course.unopened
        return []

    # --- harmony -------------------------------------------------------------------------------

    def _hear_release(self, _: ChordReleased) -> list[OutputEvent]:
        rest = self._settings.release == "rest" and self._harmony.chord is not None
        return self._change_chord(None) if rest else []

    def _change_chord(self, chord: Chord | None) -> list[OutputEvent]:
        if chord == self._harmony.chord and self._begun:
            return []
        self._harmony.hear(chord)
        self.counts.chords += 1
        done: list[OutputEvent] = [ChordSounds(self._tick, chord.symbol if chord else "N.C.")]
        if self._begun:  # else it may be the one that starts the music: no time to ask anew
            done.extend(self._ask_soon())
        if chord is None or self._settings.change == "cut":
            done.extend(self._notes.silence(self._tick, self._lines))
        elif self._settings.change == "slide":
            for line in self._lines:
                self._notes.slide(self._tick, line, chord, done)
        return done

    def _change_key(self, event: KeyChanged) -> list[OutputEvent]:
        self._harmony.set_key(event.key)
        return self._ask_soon()

    def _follow(self, event: ChartChanged) -> list[OutputEvent]:
        self._harmony.follow(event.chart)
        return [StateChanged(CURSOR, self._harmony.cursor), *self._ask_soon()]

    def _leave_vamp(self, _: VampLeft) -> list[OutputEvent]:
        self._harmony.leave()
        return []

    # --- transport -----------------------------------------------------------------------------

    def _change_transport(self, event: TransportChanged) -> list[OutputEvent]:
        if event.action == "stop":
            return self._stop()
        anew = event.action == "start" or not self._begun
        if self._running and not anew:
            return []
        done = self._notes.silence(self._tick, self._lines)
        done.append(TransportMessage(self._tick, "start" if anew else "continue"))
        if anew:
            self._restart(0)
            done.extend(self._wants(0))
            if self._running:  # who stopped asked already
                done.extend(self._outdated(self._lines))
        for line in self._lines:
            line.go_on(self._course.unopened)
        self._running = True
        return done

    def _stop(self) -> list[OutputEvent]:
        """What sounds ends; the first bars are at hand, if it is a start that comes next."""
        done = self._notes.silence(self._tick, self._lines)
        if not self._running:
            return done
        self._running = False
        for line in self._lines:
            line.stand_by()
        return [
            *done,
            TransportMessage(self._tick, "stop"),
            *self._wants(0),
            *self._outdated(self._lines),
        ]

    def _locate(self, event: SongPositionChanged) -> list[OutputEvent]:
        """Stand at another place of the song; the bar that it lies in is played from there on."""
        if self._running:
            return []
        inside = self._restart(event.tick)
        self._harmony.locate(self._course.bar, inside > 0)
        if inside:
            self._lay_chords(self._harmony.sounding, inside)
        for line in self._lines:
            line.stand_by()
        return [*self._cursor(), *self._wants(self._course.unopened), *self._outdated(self._lines)]

    def _restart(self, tick: int) -> int:
        """Nothing stays of what was to come: it is counted anew from a tick; how far that is inside its bar."""
        inside = self._course.restart(tick)
        self._tick = tick
        self._asking = False
        self._ear.clear()
        self._harmony.rewind()
        for line in self._lines:
            line.since = self._course.bar
            if self._begun:  # else what was prepared is what comes
                line.begin_again(self._course.bar)
        self._begun = True
        return inside

    def _change_metre(self, event: MetreChanged) -> list[OutputEvent]:
        self._course.change(Metre(event.bar, event.beat), not self._begun)
        return self._ask_soon()

    # --- voices --------------------------------------------------------------------------------

    def _change_model(self, event: ModelChanged | OtherModelChanged) -> list[OutputEvent]:
        """The next beat, or where nothing rolls this moment, asks for bars of the new model."""
        self._band.change_model(event)
        # bars that are ready stay until their replacement comes
        return self._outdated(self._band.those(event.voice))

    def _change_mode(self, event: ModeChanged | TurnLengthChanged) -> list[OutputEvent]:
        self._band.change_mode(event, self._course.meant(self._tick)[0])
        return self._ask_soon()

    def _quieten(self, event: VoiceMuted | VoiceSoloed) -> list[OutputEvent]:
        return self._notes.silence(self._tick, self._band.quieten(event))

    def _turn(self, event: ParameterChanged) -> list[OutputEvent]:
        """A knob moves; what it means for bars ahead is asked for soon."""
        if event.parameter not in PARAMETERS:
            return []
        self._band.turn(event)
        return [] if event.parameter in PLAYED else self._ask_soon(self._band.those(event.voice))

    def _store(self, event: SnapshotStored) -> list[OutputEvent]:
        return [StateChanged(SNAPSHOTS, self._band.store(event.name))]

    def _recall(self, event: SnapshotRecalled) -> list[OutputEvent]:
        moved = [StateChanged(*each) for each in self._band.recall(event.name)]
        return [*moved, *self._ask_soon()]

    def _judge(self, event: PhraseJudged) -> list[OutputEvent]:
        self._band.judge(event)
        return self._ask_soon()

    def _hear_key(self, event: PlayerNoteOn | PlayerNoteOff) -> list[OutputEvent]:
        """The player's melody, moved over C by the chord that it is played on; who listens hears its last note too."""
        if not self._running or self._tick < self._course.tick:
            return []
        if isinstance(event, PlayerNoteOff):
            self._ear.lift(event.pitch, *self._course.at(self._tick), self._course.metre.bar)
        else:
            over_c = self._harmony.over_c(event.pitch)
            self._ear.press(event.pitch, over_c, *self._course.meant(self._tick))
            if any(line.listens for line in self._lines):
                return self._ask_soon()
        return []

    def _panic(self, _: Panic) -> list[OutputEvent]:
        return [*self._notes.silence(self._tick, self._lines), AllNotesOff(self._tick)]

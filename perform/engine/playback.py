"""Plays the schedule: notes, beats, chords of the chart, clock pulses and bars, as they are due."""

from collections.abc import Callable, Sequence

from perform.engine.active_notes import ActiveNotes
from perform.engine.bar_planner import BarPlanner
from perform.engine.click import Click
from perform.engine.count_in import CountIn
from perform.engine.harmony import Harmony
from perform.engine.metre import Metre
from perform.engine.phrase_requests import PhraseRequests
from perform.engine.published_chords import PublishedChords
from perform.engine.published_turns import PublishedTurns
from perform.engine.schedule import EventKind, Schedule, ScheduledEvent
from perform.engine.settings import Counts
from perform.engine.song_position import TICKS_PER_PULSE, SongPosition
from perform.engine.voice_state import BARS_AHEAD
from perform.engine.voices import Voices
from perform.events import (
    Beat,
    ChordSounds,
    ClockPulse,
    MetreBegins,
    NoteMessage,
    OutputEvent,
    StateChanged,
    TransportMessage,
)
from perform.music.chord import Chord


class Playback:
    """Takes the scheduled events in order. `running`: whether the transport runs.

    `tick`: of the event that is handled now. `change_chord`: called with each chord of the chart.
    """

    def __init__(
        self,
        voices: Voices,
        schedule: Schedule,
        position: SongPosition,
        harmony: Harmony,
        notes: ActiveNotes,
        planner: BarPlanner,
        requests: PhraseRequests,
        published: PublishedChords,
        turns: PublishedTurns,
        count_in: CountIn,
        click: Click,
        counts: Counts,
        change_chord: Callable[[Chord | None], list[OutputEvent]],
    ) -> None:
        self._voices = voices
        self._schedule = schedule
        self._position = position
        self._harmony = harmony
        self._notes = notes
        self._planner = planner
        self._requests = requests
        self._published = published
        self._turns = turns
        self._count_in = count_in
        self._click = click
        self._counts = counts
        self._change_chord = change_chord
        self.running = False
        self.tick = 0

    def advance(self, to_tick: int, to_kind: EventKind) -> list[OutputEvent]:
        """The outputs of all events up to and including those of `to_kind` at `to_tick`."""
        done: list[OutputEvent] = []
        while due := self._take(to_tick, to_kind):
            if due.kind is EventKind.OFF:
                self._notes.end(due.tick, due.item, done)
            elif due.kind is EventKind.ON:
                self._notes.begin(due.tick, self._position.bar, due.item[0], done)
            elif due.kind in (EventKind.OPEN, EventKind.FIRST):
                bar, start = due.item
                self._lay_out(bar, start, self._position.open_bar(bar), done)
            elif due.kind is EventKind.REQUEST:
                done += self._requests.update(due.tick, *due.item)
                done += self._published.expected()
            else:
                self._pass(due, done)
        return done

    def skip(self, until: int, now: int) -> list[OutputEvent]:
        """Pass over all events before tick `until`: no note or beat of them is made up for, and no
        clock pulse before tick `now`.

        The sounding notes end first. Chords, bars and the chart go on as if all had been played,
        and the rest of the bar at `until` is laid out.
        """
        done = self.silence(until)
        passed: list[OutputEvent] = []
        opened: tuple[int, int, Metre] | None = None
        while due := self._take(until - 1, EventKind.REQUEST):
            if due.kind is EventKind.ON:
                self._counts.skipped_notes += 1
            elif due.kind in (EventKind.OPEN, EventKind.FIRST):
                bar, start = due.item
                opened = bar, start, self._position.open_bar(bar)
            elif due.kind is EventKind.PULSE:
                pulses = max(-((due.tick - now) // TICKS_PER_PULSE), 1)
                self._counts.skipped_pulses += pulses
                self._position.add_pulse(due.tick + pulses * TICKS_PER_PULSE)
            elif due.kind not in (EventKind.OFF, EventKind.REQUEST):
                self._counts.skipped_beats += due.kind in (EventKind.COUNT, EventKind.BEAT)
                self._pass(due, passed)
        self.tick = until
        self._click.forget()
        self._counts.skipped_notes += sum(
            isinstance(each, NoteMessage) and each.velocity > 0 for each in passed
        )
        done += _latest(passed)
        if opened is not None:
            for voice in self._voices.all:
                voice.drop_before(opened[0])
            self._lay_out(*opened, done)
        self._requests.restart()
        self._schedule.add(until, EventKind.REQUEST, (BARS_AHEAD,))
        return done

    def silence(self, tick: int) -> list[OutputEvent]:
        """The ends of all notes that sound, and of the click."""
        return [*self._notes.silence(tick, self._voices.all), *self._click.end(tick)]

    def schedule_chords(self, chords: Sequence[tuple[float, Chord | None]], since: int) -> None:
        """Schedule the chart's chords of a bar; those before `since` ticks inside it at `since`."""
        ticks = self._position.metre.chord_ticks([share for share, _ in chords])
        for inside, (_, chord) in zip(ticks, chords, strict=True):
            tick = self._position.bar_tick + max(inside, since)
            self._schedule.add(tick, EventKind.CHORD, (chord,))

    def _take(self, to_tick: int, to_kind: EventKind) -> ScheduledEvent | None:
        """The next event, removed from the schedule; None while stopped, or where it is later."""
        due = self._schedule.peek() if self.running else None
        if due is None or (due.tick, due.kind) > (to_tick, to_kind):
            return None
        self.tick = due.tick
        return self._schedule.pop()

    def _pass(self, due: ScheduledEvent, done: list[OutputEvent]) -> None:
        """A beat, a chord of the chart, a clock pulse, or what ends a click or a count-in."""
        if due.kind is EventKind.BEAT:
            self._begin_beat(due.item[0], due.item[1], done)
        elif due.kind is EventKind.COUNT:
            self._count(due.item[0], due.item[1], done)
        elif due.kind is EventKind.START:
            self._count_in.counting = False
            done.append(TransportMessage(due.tick, "start"))
        elif due.kind is EventKind.CLICK_OFF:
            done += self._click.end(due.tick, *due.item)
        elif due.kind is EventKind.CHORD:
            if self._harmony.chart.bars:  # else the chart was removed in the meantime
                done.extend(self._change_chord(due.item[0]))
        else:
            done.append(ClockPulse(due.tick))
            self._position.add_pulse(due.tick + TICKS_PER_PULSE)

    def _count(self, bar: int, beat: int, done: list[OutputEvent]) -> None:
        """A beat of a count-in: what plays after it is prepared meanwhile."""
        done += self._click.begin(self.tick, bar, beat)
        done += self._position.announce_metre(self.tick)
        done.append(Beat(self.tick, bar, beat))
        self._schedule.add(self.tick, EventKind.REQUEST, (BARS_AHEAD,))

    def _begin_beat(self, bar: int, beat: int, done: list[OutputEvent]) -> None:
        done += self._click.begin(self.tick, bar, beat)
        done.extend(self._position.begin_beat(bar, beat, self.tick))
        if beat == 0:
            self._counts.bars += 1
            self.schedule_chords(self._harmony.begin_bar(), 0)
            done.extend(self._published.cursor())
            done.extend(self._turns.at(bar))
        self._harmony.begin_beat(self._position.place_at(self.tick))
        self._schedule.add(self.tick, EventKind.REQUEST, (BARS_AHEAD,))

    def _lay_out(self, bar: int, start: int, metre: Metre, done: list[OutputEvent]) -> None:
        """Schedule the notes of a bar just before it begins, so that its first beat only plays."""
        missed = self._planner.open(bar, start, metre, self.tick)
        self._counts.missed += len(missed)
        self._counts.substituted += sum(
            bool(self._voices.by_name[each.voice].previous) for each in missed
        )
        done.extend(missed)


def _latest(passed: Sequence[OutputEvent]) -> list[OutputEvent]:
    """The last chord, metre, start and value of each address; what had only its moment is left
    out.
    """
    kept: dict[object, OutputEvent] = {}
    for event in passed:
        if isinstance(event, ChordSounds | MetreBegins | TransportMessage):
            kept[type(event)] = event
        elif isinstance(event, StateChanged):
            kept[event.address] = event
    return list(kept.values())

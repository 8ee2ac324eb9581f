"""The instrument itself, pure: events go in with their tick, outputs come out with theirs.

The engine never waits, never asks for the time and never touches a device. A shell feeds it events,
asks when it next has something to do, and advances it to that tick (see `perform.live` for
the concert and `perform.offline` for rendering).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import msgspec

from perform.engine import voice as lines
from perform.engine.schedule import Kind, Schedule
from perform.engine.voice import VoiceSettings
from perform.engine.wishes import Aim, steering_of, wish_of
from perform.events import (
    Beat,
    ChordChanged,
    ChordReleased,
    ChordSounds,
    Event,
    Located,
    ModelChanged,
    Output,
    Panic,
    PhraseMissed,
    PhraseReady,
    PhraseWanted,
    Pulse,
    Rolled,
    Silenced,
    SnapshotRecalled,
    SnapshotStored,
    Sound,
    Steering,
    TargetChanged,
    TransportChanged,
    VoiceMuted,
    WeightChanged,
)
from perform.music.chord import Chord
from perform.music.condition import Wish
from perform.music.note import BEATS_PER_BAR, TICKS_PER_BAR, TICKS_PER_BEAT, Note, Phrase

Change = Literal["hold", "cut", "slide"]
Release = Literal["keep", "rest"]
BARS_AHEAD = 2
TICKS_PER_PULSE = TICKS_PER_BEAT // 24
SHORTEST_TICKS = 15  # after a range fold two notes may meet; what is left shorter is not struck


class EngineSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What holds for all voices.

    `change`: what sounding notes do when the chord changes. `release`: what hands off the keys
    mean. `seed`: same seed, same events, same sources, same notes. `fallback`: the bar that plays
    when a voice has no material at all. `pulses`: somebody follows our MIDI clock.
    """

    change: Change = "hold"
    release: Release = "keep"
    seed: int = 0
    fallback: tuple[Note, ...] = ()
    pulses: bool = False


class Counts(msgspec.Struct):
    """What happened so far."""

    bars: int = 0
    notes: int = 0
    chords: int = 0
    substituted: int = 0


class _Line:
    """A voice's state: what it has to play, and what sounds."""

    def __init__(self, index: int, settings: VoiceSettings) -> None:
        self.index = index
        self.settings = settings
        self.model = settings.model
        self.muted = False
        self.ready: dict[int, Phrase] = {}
        self.aim = settings.aim
        self.wished: dict[
            int, tuple[Wish, Steering | None]
        ] = {}  # what each bar ahead was asked for as
        self.previous: Phrase | None = None
        self.before: lines.Before | None = None
        self.sounding: dict[int, tuple[int, int]] = {}  # pitch -> (token, end tick)


class Engine:
    """Plays voices over the chords it is told of. See the module for how it is driven."""

    def __init__(
        self, voices: Sequence[VoiceSettings], settings: EngineSettings | None = None
    ) -> None:
        self._settings = settings or EngineSettings()
        self._lines = [_Line(index, voice) for index, voice in enumerate(voices)]
        self._by_name = {line.settings.name: line for line in self._lines}
        self._snapshots: dict[str, dict[str, Aim]] = {}
        self._schedule = Schedule()
        self._chord: Chord | None = None
        self._running = False
        self._begun = False
        self._tick = 0
        self._token = 0
        self.counts = Counts()
        # what is not here (tempo, taps) is the shell's: ticks are tempo-free
        self._handlers: dict[type, Callable[[Any], list[Output]]] = {
            PhraseReady: self._take,
            ChordChanged: self._hear_chord,
            ChordReleased: self._hear_release,
            TransportChanged: self._change_transport,
            Located: self._locate,
            ModelChanged: self._change_model,
            VoiceMuted: self._mute,
            TargetChanged: self._aim,
            WeightChanged: self._aim,
            SnapshotStored: self._aim,
            SnapshotRecalled: self._aim,
            Panic: self._panic,
        }

    @property
    def running(self) -> bool:
        """Whether the transport rolls."""
        return self._running

    @property
    def chord(self) -> Chord | None:
        """The harmony of the moment."""
        return self._chord

    @property
    def sounding(self) -> int:
        """How many notes sound."""
        return sum(len(line.sounding) for line in self._lines)

    def prepare(self) -> list[Output]:
        """The wishes for the first bars, to be met before the music starts."""
        return [want for line in self._lines for want in self._wants(line, 0)]

    def next_deadline(self) -> int | None:
        """The tick at which `advance` has something to do; None while stopped."""
        return self._schedule.next_tick() if self._running else None

    def feed(self, event: Event, tick: int) -> list[Output]:
        """What an event brings at once. Call `advance(tick)` first."""
        self._tick = tick
        handle = self._handlers.get(type(event))
        return handle(event) if handle is not None else []

    def advance(self, to_tick: int) -> list[Output]:
        """Everything due up to and including `to_tick`, in order."""
        done: list[Output] = []
        while self._running:
            due_tick = self._schedule.next_tick()
            if due_tick is None or due_tick > to_tick:
                break
            due = self._schedule.pop()
            self._tick = due.tick
            if due.kind is Kind.OFF:
                self._end(due.item, done)
            elif due.kind is Kind.PULSE:
                done.append(Pulse(self._tick))
                self._schedule.add(self._tick + TICKS_PER_PULSE, Kind.PULSE, ())
            elif due.kind is Kind.BEAT:
                self._beat(due.item[0], done)
            else:
                self._begin(due.item, done)
        return done

    def _begin(self, item: tuple[int, ...], done: list[Output]) -> None:
        """A note of a phrase becomes a sound, on the chord of this very moment."""
        index, start, duration, pitch = item
        line = self._lines[index]
        if self._chord is None or line.muted:
            return
        note = Note(start, duration, pitch)
        sounded = lines.pitch_over(note, self._chord, line.settings, line.before)
        line.before = lines.Before(pitch, sounded)
        self._strike(
            line,
            sounded,
            lines.velocity_of(note, line.settings),
            self._tick + duration,
            done,
        )

    def _strike(self, line: _Line, pitch: int, velocity: int, end: int, done: list[Output]) -> None:
        if pitch in line.sounding:
            _, other_end = line.sounding.pop(pitch)
            done.append(Sound(self._tick, line.settings.name, pitch, 0))
            end = max(end, other_end)
        self._token += 1
        line.sounding[pitch] = (self._token, end)
        self._schedule.add(end, Kind.OFF, (line.index, pitch, self._token))
        done.append(Sound(self._tick, line.settings.name, pitch, velocity))
        self.counts.notes += 1

    def _end(self, item: tuple[int, ...], done: list[Output]) -> None:
        index, pitch, token = item
        line = self._lines[index]
        if line.sounding.get(pitch, (0, 0))[0] == token:
            del line.sounding[pitch]
            done.append(Sound(self._tick, line.settings.name, pitch, 0))

    def _beat(self, count: int, done: list[Output]) -> None:
        bar, beat = divmod(count, BEATS_PER_BAR)
        done.append(Beat(self._tick, bar, beat))
        if beat == 0:
            self.counts.bars += 1
            for line in self._lines:
                self._open_bar(line, bar, done)
        for line in self._lines:
            done.extend(self._renew(line))
        self._schedule.add(self._tick + TICKS_PER_BEAT, Kind.BEAT, (count + 1,))

    def _open_bar(self, line: _Line, bar: int, done: list[Output]) -> None:
        phrase = line.ready.pop(bar, None)
        line.wished.pop(bar, None)
        if phrase is None:
            self.counts.substituted += 1
            kind: Literal["previous", "canned"] = "previous" if line.previous else "canned"
            done.append(PhraseMissed(self._tick, line.settings.name, bar, kind))
            phrase = line.previous or self._settings.fallback
        line.previous = phrase
        for note in phrase:
            item = (line.index, note.start, note.duration, note.pitch)
            self._schedule.add(self._tick + note.start, Kind.ON, item)
        done.extend(self._wants(line, bar + 1))

    def _wants(self, line: _Line, bar: int) -> Iterable[PhraseWanted]:
        """Wishes for what is neither there nor asked for among the next bars."""
        for ahead in range(bar, bar + BARS_AHEAD):
            if ahead not in line.wished:
                yield self._want(line, ahead)

    def _renew(self, line: _Line) -> Iterable[PhraseWanted]:
        """The wishes for bars ahead that would be others now. Asked on beats only, so that a flood of
        chords or faders costs no more than a few; what is ready stays until its better comes.
        """
        for bar, asked in list(line.wished.items()):
            if asked != self._wish(line, bar):
                yield self._want(line, bar)

    def _want(self, line: _Line, bar: int) -> PhraseWanted:
        line.wished[bar] = asked = self._wish(line, bar)
        seed, deadline = self._seed(line, bar), bar * TICKS_PER_BAR
        return PhraseWanted(line.settings.name, bar, seed, line.model, deadline, *asked)

    def _wish(self, line: _Line, bar: int) -> tuple[Wish, Steering | None]:
        """What a bar ahead is to be like, as far as that is known now."""
        settings, last = line.settings, line.ready.get(bar - 1) or line.previous or ()
        steering = steering_of(line.aim, settings.low, settings.high, self._chord, last, ())
        return wish_of(line.aim, self._chord), steering

    def _seed(self, line: _Line, bar: int) -> int:
        """Consecutive seeds for consecutive material, far apart for voices and performances."""
        performance = (self._settings.seed * 31 + line.index) % 2**24
        return performance * 2**24 + lines.material_index(bar, line.settings.form) % 2**24

    def _take(self, event: PhraseReady) -> list[Output]:
        line = self._by_name.get(event.voice)
        if line is not None and event.bar in line.wished:
            line.ready[event.bar] = lines.prepare(event.phrase, line.settings)
        return []

    def _hear_chord(self, event: ChordChanged) -> list[Output]:
        return self._change_chord(event.chord)

    def _hear_release(self, _: ChordReleased) -> list[Output]:
        rest = self._settings.release == "rest" and self._chord is not None
        return self._change_chord(None) if rest else []

    def _panic(self, _: Panic) -> list[Output]:
        return [*self._silence(self._lines), Silenced(self._tick)]

    def _change_chord(self, chord: Chord | None) -> list[Output]:
        if chord == self._chord and self._begun:
            return []
        self._chord = chord
        self.counts.chords += 1
        done: list[Output] = [ChordSounds(self._tick, chord.symbol if chord else "N.C.")]
        if chord is None or self._settings.change == "cut":
            done.extend(self._silence(self._lines))
        elif self._settings.change == "slide":
            for line in self._lines:
                self._slide(line, chord, done)
        return done

    def _slide(self, line: _Line, chord: Chord, done: list[Output]) -> None:
        for pitch, (_, end) in list(line.sounding.items()):
            target = lines.slide(pitch, chord, line.settings)
            if target == pitch or pitch not in line.sounding:
                continue
            del line.sounding[pitch]
            done.append(Sound(self._tick, line.settings.name, pitch, 0))
            if end - self._tick >= SHORTEST_TICKS:
                self._strike(line, target, line.settings.softest, end, done)

    def _change_transport(self, event: TransportChanged) -> list[Output]:
        action = event.action
        done = self._silence(self._lines)
        if action == "stop":
            if self._running:
                done.append(Rolled(self._tick, "stop"))
            self._running = False
            return done
        if action == "start" or not self._begun:
            action = "start"
            self._restart(0)
            for line in self._lines:
                done.extend(self._wants(line, 0))
        self._running = True
        done.append(Rolled(self._tick, "start" if action == "start" else "continue"))
        return done

    def _locate(self, event: Located) -> list[Output]:
        """Stand at another place of the song; the bar that it lies in is played from there on."""
        if self._running:
            return []
        tick = event.tick
        self._restart(tick)
        bar, inside = divmod(tick, TICKS_PER_BAR)
        return [want for line in self._lines for want in self._wants(line, bar + (inside > 0))]

    def _restart(self, tick: int) -> None:
        self._schedule.clear()
        beat = -(-tick // TICKS_PER_BEAT)
        self._schedule.add(beat * TICKS_PER_BEAT, Kind.BEAT, (beat,))
        if self._settings.pulses:
            pulse = -(-tick // TICKS_PER_PULSE) * TICKS_PER_PULSE
            self._schedule.add(pulse, Kind.PULSE, ())
        if tick % TICKS_PER_BAR:
            self._play_the_rest(tick)
        if self._begun:
            for line in self._lines:
                line.ready.clear()
                line.wished.clear()
        self._begun = True

    def _play_the_rest(self, tick: int) -> None:
        """The notes of the bar that a position lies in, from there on: what each voice played last."""
        for line in self._lines:
            for note in line.previous or self._settings.fallback:
                at = tick - tick % TICKS_PER_BAR + note.start
                if at >= tick:
                    self._schedule.add(at, Kind.ON, (line.index, *note))

    def _change_model(self, event: ModelChanged) -> list[Output]:
        done: list[Output] = []
        for line in self._lines:
            if event.voice not in (None, line.settings.name) or event.model == line.model:
                continue
            line.model = event.model
            # bars that are ready stay until their replacement comes
            done.extend(self._want(line, bar) for bar in sorted(line.wished))
        return done

    def _aim(
        self, event: TargetChanged | WeightChanged | SnapshotStored | SnapshotRecalled
    ) -> list[Output]:
        """Weights and targets move; the next beat asks for what they mean."""
        match event:
            case SnapshotStored(name):
                self._snapshots[name] = {line.settings.name: line.aim for line in self._lines}
            case SnapshotRecalled(name):
                for voice, aim in self._snapshots.get(name, {}).items():
                    self._by_name[voice].aim = aim
            case TargetChanged(voice, name, value):
                for line in self._those(voice):
                    line.aim = line.aim.aiming(name, value)
            case WeightChanged(voice, name, weight):
                for line in self._those(voice):
                    line.aim = line.aim.weighing(name, weight)
        return []

    def _those(self, voice: str | None) -> list[_Line]:
        """The voice of a name, or every voice."""
        return [line for line in self._lines if voice in (None, line.settings.name)]

    def _mute(self, event: VoiceMuted) -> list[Output]:
        line = self._by_name.get(event.voice)
        if line is None or line.muted == event.muted:
            return []
        line.muted = event.muted
        return self._silence([line]) if event.muted else []

    def _silence(self, silenced: Sequence[_Line]) -> list[Output]:
        """Note-offs for all that sounds; what is scheduled to end later finds nothing to end."""
        done: list[Output] = [
            Sound(self._tick, line.settings.name, pitch, 0)
            for line in silenced
            for pitch in line.sounding
        ]
        for line in silenced:
            line.sounding.clear()
        return done

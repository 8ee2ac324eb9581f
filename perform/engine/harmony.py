"""The chord that sounds now, the known chords ahead, and the chord scale of each."""

import zlib
from functools import cache, lru_cache
from typing import NamedTuple

from perform.engine.key import KeyFinder, raise_leading_tone
from perform.engine.learned_changes import BARS_EXPECTED, LearnedChanges
from perform.engine.metre import Metre
from perform.music.chart import Chart, ChartBar
from perform.music.chord import Chord
from perform.music.pitch import semitones_from_c

EARLY_CHORD_TICKS = 240  # a player may be so far ahead of the chart
_MAJOR_THIRD, _MINOR_THIRD, _MINOR_SEVENTH = 4, 3, 10


@cache
def chord_scale(chord: Chord, key: frozenset[int] = frozenset()) -> frozenset[int]:
    """The pitch classes that a line may use over a chord.

    The notes of the key, where it has all tones of the chord and its bass: Em7 in C is Phrygian.
    The key with the leading tone of its minor, where that has them: E7 in A minor, or in C.
    Otherwise the default scale of the quality; over a dominant seventh also the minor third, which
    is the #9 and the blue note.
    """
    for notes in (key, raise_leading_tone(key)):
        if chord.tones <= notes and chord.bass in notes:
            return notes
    allowed = frozenset(chord.scale) | chord.tones
    above_root = {(tone - chord.root) % 12 for tone in chord.tones}
    if {_MAJOR_THIRD, _MINOR_SEVENTH} <= above_root:
        allowed |= {(chord.root + _MINOR_THIRD) % 12}
    return allowed


@lru_cache(16)
def chart_number(chart: Chart) -> int:
    """A number of 32 bits that differs from chart to chart; 0 for one without bars."""
    chords = [[(share, chord and chord.symbol) for share, chord in bar] for bar in chart.bars]
    return zlib.crc32(repr((chords, chart.vamps)).encode()) if chords else 0


class FormPlace(NamedTuple):
    """Bar `place` of a form of `bars` bars, which has been played `times` times before.

    All are 0 where there is no chart. A repeat of a vamp counts as a time too.
    """

    place: int = 0
    bars: int = 0
    times: int = 0


class BarHarmony(NamedTuple):
    """What is known of the chords of a bar ahead.

    `carried`: the chord that goes on from the bar before. `chords`: the chords that begin in the
    bar. `following`: the first chord of the next bar; None where it is not known. `at`: the place
    in the form.
    """

    carried: Chord | None
    chords: ChartBar = ()
    following: Chord | None = None
    at: FormPlace = FormPlace()

    @property
    def first(self) -> Chord | None:
        """The chord on the first beat of the bar."""
        begins = self.chords and self.chords[0][0] == 0
        return self.chords[0][1] if begins else self.carried

    def timed(self, metre: Metre) -> tuple[tuple[int, Chord], ...]:
        """(tick, chord) of each chord of the bar, the first from tick 0 on; "no chord" left out."""
        ticks = metre.chord_ticks([share for share, _ in self.chords])
        timed = list(zip(ticks, (chord for _, chord in self.chords), strict=True))
        if not timed or timed[0][0] > 0:
            timed.insert(0, (0, self.carried))
        return tuple((tick, chord) for tick, chord in timed if chord is not None)


class Harmony:
    """The current chord, from a live player or from a chart whose cursor moves with the bars.

    The chords ahead are those of the chart, or without one those of the changes that the band
    repeats. The chord that is played sounds at once, whatever was expected.
    """

    def __init__(self) -> None:
        self.chord: Chord | None = None
        self.chart = Chart()
        self._cursor = -1
        self._times = 0  # how often the chart has gone back
        self._before_first = True  # whether the next bar is the first since the start
        self._leaving = False  # whether to leave the vamp at its end
        self._learned = LearnedChanges()
        self._key_finder = KeyFinder()
        self._key: frozenset[int] | None = None  # None: find it

    @property
    def cursor(self) -> int:
        """The bar of the chart that sounds; -1 before the chart begins or without one."""
        return self._cursor

    def set_key(self, key: frozenset[int] | None) -> None:
        """Set the key; an empty one for no key, None to find it from the chords."""
        self._key = key

    def set_chord(self, chord: Chord | None) -> None:
        """Set the chord that sounds now."""
        self.chord = chord
        if chord is not None:
            self._key_finder.add(chord)

    def hear(self, chord: Chord | None, place: float | None) -> None:
        """Learn from a chord that is played at a place of this bar (0 to 1); None while stopped."""
        self._learned.hear(chord, place)

    def begin_beat(self, place: float) -> None:
        """Note that the music has come to a place of this bar (0 to 1)."""
        self._learned.begin_beat(place)

    def over_c(self, pitch: int) -> int:
        """A pitch that was played over the current chord, moved to C; unchanged without a chord."""
        return pitch - semitones_from_c(self.chord.root) if self.chord else pitch

    @property
    def key(self) -> frozenset[int]:
        """The key that chord scales are taken from; empty for no key."""
        return self._key_finder.key if self._key is None else self._key

    def set_chart(self, chart: Chart) -> None:
        """Follow a chart from its first bar, from the next bar line on."""
        self.chart, self._cursor, self._times, self._leaving = chart, -1, 0, False

    def begin_song(self) -> None:
        """Forget the key and the changes of the song before."""
        self._learned, self._key_finder = LearnedChanges(), KeyFinder()

    def leave_vamp(self) -> None:
        """Leave the vamp at its end; no effect outside a vamp."""
        self._leaving = True

    def rewind(self) -> None:
        """Go before the first bar."""
        self._go_to_top()
        self._learned.restart(from_top=True)

    def _go_to_top(self) -> None:
        self._cursor, self._times, self._leaving, self._before_first = -1, 0, False, True

    def locate(self, bar: int, begun: bool) -> None:
        """Go before a bar, or into it where it has `begun`, as if played there from the top."""
        self._go_to_top()
        self._learned.restart(from_top=not bar and not begun)
        for _ in range(bar + begun):
            self._advance()
        self._before_first = not begun

    def begin_bar(self) -> ChartBar:
        """Move the cursor to the next bar and return its chords; empty without a chart."""
        self._learned.begin_bar()
        return self._advance()

    def _advance(self) -> ChartBar:
        self._before_first = False
        if not self.chart.bars:
            return ()
        following = self._following(self._cursor)
        if self._vamp_at(following) != self._vamp_at(self._cursor):
            self._leaving = False
        self._times += following <= self._cursor
        self._cursor = following
        return self.chart.bars[following]

    def chord_ahead(self, bars: int) -> Chord | None:
        """The first chord of the bar so many bars ahead (0: this bar), as far as it is known.

        Where it is not known, it is the chord that sounds.
        """
        if self.chart.bars:
            return self._chord_after(self._cursor, bars + self._before_first)
        return self.bar_ahead(bars).first

    def bar_ahead(self, bars: int) -> BarHarmony:
        """The chords of the bar so many bars ahead (0: this bar), as far as they are known."""
        if self.chart.bars:
            return self._bar_after(self._cursor, self._times, bars + self._before_first)
        begun = not bars and not self._before_first  # then the chord that is played wins
        return self._expected(() if begun else self._learned.bar(bars), self._learned.bar(bars + 1))

    def bar_from_start(self, bar: int) -> BarHarmony:
        """The chords of a bar, counted from the next start, as far as they are known."""
        if self.chart.bars:
            return self._bar_after(-1, 0, bar + 1)
        learned = self._learned
        return self._expected(learned.bar_from_start(bar), learned.bar_from_start(bar + 1))

    def charted(self, inside: int, metre: Metre) -> tuple[Chord, ...]:
        """The chords that the chart has about now, so many ticks after the bar line.

        Shortly before a change they are two: a player may be ahead of the chart. Empty where there
        is no chart.
        """
        if not self.chart.bars:
            return ()
        timed = [*self.bar_ahead(0).timed(metre), (metre.bar, self.bar_ahead(1).first)]
        begun = [chord for tick, chord in timed if tick <= inside]
        soon = [chord for tick, chord in timed if inside < tick <= inside + EARLY_CHORD_TICKS]
        return tuple(chord for chord in (*begun[-1:], *soon[:1]) if chord is not None)

    def bars_ahead(self) -> list[ChartBar]:
        """The next bars, up to the first that is not known; `BARS_EXPECTED` at most."""
        if not self.chart.bars:
            bars = [self._learned.bar(ahead) for ahead in range(1, BARS_EXPECTED + 1)]
            return bars[: bars.index(())] if () in bars else bars
        place, bars = self._cursor, []
        for _ in range(BARS_EXPECTED):
            place = self._following(place)
            bars.append(self._whole_bar(place))
        return bars

    def place_ahead(self, bars: int) -> FormPlace:
        """The place in the form of the bar so many bars ahead (0: this bar)."""
        return self._place_after(self._cursor, self._times, bars + self._before_first)

    @property
    def current_bar(self) -> ChartBar:
        """The chords of the chart's bar that sounds, the first of them at its beginning."""
        return self._whole_bar(self._cursor) if self._cursor >= 0 else ()

    def _expected(self, bar: ChartBar, following: ChartBar) -> BarHarmony:
        """A bar of the learned changes, and the one after it; empty where they are not known."""
        return BarHarmony(self.chord, bar, following[0][1] if following else None)

    def _whole_bar(self, place: int) -> ChartBar:
        """The chords of a bar of the chart, the first of them at its beginning."""
        bar = self.chart.bars[place]
        return bar if bar and bar[0][0] == 0 else ((0.0, self._chord_before(place)), *bar)

    def _chord_after(self, place: int, bars: int) -> Chord | None:
        if bars < 1:
            return self.chord
        for _ in range(bars):
            place = self._following(place)
        return self._whole_bar(place)[0][1]

    def _place_after(self, place: int, times: int, bars: int) -> FormPlace:
        if not self.chart.bars:
            return FormPlace()
        for _ in range(bars):
            following = self._following(place)
            times += following <= place
            place = following
        return FormPlace(max(place, 0), len(self.chart.bars), times)

    def _bar_after(self, place: int, times: int, bars: int) -> BarHarmony:
        following, at = self._chord_after(place, bars + 1), self._place_after(place, times, bars)
        return BarHarmony(self._chord_before(at.place), self.chart.bars[at.place], following, at)

    def _chord_before(self, place: int) -> Chord | None:
        """The last chord before a bar of the chart; the current chord where the chart has none."""
        for bar in range(place - 1, -1, -1):
            if self.chart.bars[bar]:
                return self.chart.bars[bar][-1][1]
        return self.chord

    def _following(self, place: int) -> int:
        """The bar of the chart that follows a bar."""
        vamp = self._vamp_at(place)
        if vamp is not None and place == vamp[1] and not self._leaving:
            return vamp[0]
        return (place + 1) % len(self.chart.bars)

    def _vamp_at(self, place: int) -> tuple[int, int] | None:
        return next((v for v in self.chart.vamps if v[0] <= place <= v[1]), None)

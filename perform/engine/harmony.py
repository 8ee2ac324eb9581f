"""The chord that sounds now, the ones already known to come, and what each allows."""

from functools import cache

from perform.engine.key import KeySense, raised
from perform.music.chart import Chart, ChartBar
from perform.music.chord import Chord
from perform.music.pitch import semitones_from_c

_MAJOR_THIRD, _MINOR_THIRD, _MINOR_SEVENTH = 4, 3, 10


@cache
def colours(chord: Chord, key: frozenset[int] = frozenset()) -> frozenset[int]:
    """The pitch classes that a line may rest on or pass through over a chord.

    Of a key that has all of the chord's tones and its bass, the notes of the key: Em7 in C is Phrygian. Of one that has them
    when the leading tone of its minor is raised, those: E7 in A minor, or in C. Else the chord-scale of the
    quality, and over a dominant seventh the blue third as well: there it is
    the #9, and a blues without it is none.
    """
    for notes in (key, raised(key)):
        if chord.tones <= notes and chord.bass in notes:
            return notes
    allowed = frozenset(chord.scale) | chord.tones
    above_root = {(tone - chord.root) % 12 for tone in chord.tones}
    if {_MAJOR_THIRD, _MINOR_SEVENTH} <= above_root:
        allowed |= {(chord.root + _MINOR_THIRD) % 12}
    return allowed


class Harmony:
    """The chord of the moment, from live hands or from a chart whose cursor moves with the bars."""

    def __init__(self) -> None:
        self.chord: Chord | None = None
        self.chart = Chart()
        self._cursor = -1
        self._waits = True  # whether the bar that comes first has not begun yet
        self._leaving = False
        self._sense = KeySense()
        self._key: frozenset[int] | None = None  # None: infer it

    @property
    def cursor(self) -> int:
        """The bar of the chart that sounds; -1 before it begins or without one."""
        return self._cursor

    def set_key(self, key: frozenset[int] | None) -> None:
        """A key; an empty one for none, None to infer it from the chords."""
        self._key = key

    def hear(self, chord: Chord | None) -> None:
        """Another chord sounds now."""
        self.chord = chord
        if chord is not None:
            self._sense.hear(chord)

    def over_c(self, pitch: int) -> int:
        """A pitch that is played over the chord of the moment, as it would be over C; itself where none sounds."""
        return pitch - semitones_from_c(self.chord.root) if self.chord else pitch

    @property
    def key(self) -> frozenset[int]:
        """The key that scales are taken from; empty where there is none."""
        return self._sense.key if self._key is None else self._key

    def follow(self, chart: Chart) -> None:
        """A chart from its first bar, from the next bar line on."""
        self.chart, self._cursor, self._leaving = chart, -1, False

    def leave(self) -> None:
        """Out of the vamp at its end; where there is none, the chart goes on as it would."""
        self._leaving = True

    def rewind(self) -> None:
        """Before the first bar again."""
        self._cursor, self._leaving, self._waits = -1, False, True

    def locate(self, bar: int, begun: bool) -> None:
        """Before a bar, or where it has `begun` in it, as if the chart had been played from the top."""
        self.rewind()
        for _ in range(bar + begun):
            self.open_bar()
        self._waits = not begun

    def open_bar(self) -> ChartBar:
        """The chords of the bar that begins, the cursor on it; none without a chart."""
        self._waits = False
        if not self.chart.bars:
            return ()
        after = self._after(self._cursor)
        if self._vamp(after) != self._vamp(self._cursor):
            self._leaving = False
        self._cursor = after
        return self.chart.bars[after]

    def coming(self, bars: int) -> Chord | None:
        """The chord at the beginning of the bar so many bars ahead (0: this one), as far as is known."""
        return self._there(self._cursor, bars + self._waits)

    def first(self, bar: int) -> Chord | None:
        """The chord at the beginning of a bar, counted from a start, as far as is known."""
        return self._there(-1, bar + 1)

    def _there(self, place: int, bars: int) -> Chord | None:
        if not self.chart.bars or bars < 1:
            return self.chord
        for _ in range(bars):
            place = self._after(place)
        return self._at(place)

    @property
    def sounding(self) -> ChartBar:
        """The chords of the chart's bar that sounds, the first at its beginning."""
        if self._cursor < 0:
            return ()
        later = self.chart.bars[self._cursor]
        begun = () if later and later[0][0] == 0 else ((0.0, self._before(self._cursor)),)
        return (*begun, *later)

    def _at(self, place: int) -> Chord | None:
        begun = self.chart.bars[place]
        return begun[0][1] if begun and begun[0][0] == 0 else self._before(place)

    def _before(self, place: int) -> Chord | None:
        """The last chord of the bars before one that begins with none of its own."""
        for bar in range(place - 1, -1, -1):
            if self.chart.bars[bar]:
                return self.chart.bars[bar][-1][1]
        return self.chord

    def _after(self, place: int) -> int:
        vamp = self._vamp(place)
        if vamp is not None and place == vamp[1] and not self._leaving:
            return vamp[0]
        return (place + 1) % len(self.chart.bars)

    def _vamp(self, place: int) -> tuple[int, int] | None:
        return next((v for v in self.chart.vamps if v[0] <= place <= v[1]), None)

"""The changes that a band repeats: learned from what it plays, and expected when they come again.

A bar is heard as the chords of its two halves. The belief in a lag, a number of bars, is the
probability that the band now repeats what it played so long ago; lag 0 is new material. Each bar
weighs the lags by how well they foretold it. So a cycle shows as the lags of one pass, of two
passes and so on, and these vote on what comes. A wrong turn costs them little, and has little
weight in later votes; after a jump, other lags lead within two or three bars. Only bars of passages
that came twice are expected, the third time.

Each bar is compared with all bars in memory, at most `MEMORY`: when it ends, and whenever a half of
it becomes known. A bar costs about half a millisecond in all on a desktop computer.
"""

from collections.abc import Sequence

from perform.music.chart import ChartBar
from perform.music.chord import Chord
from perform.music.condition import quality_class

MEMORY = 96  # bars: three passes of a cycle of 32
BARS_EXPECTED = 4
PASSAGE = 4  # so many bars in a row that came twice are learned; all bars of a shorter cycle
HALVES = (0.0, 0.5)  # where the halves of a bar begin, as shares of it
WINDOW = 0.25  # of a bar: a chord is at most so early, and less than so late

NEW = 0  # the lag of material that was not heard before

# From bar to bar: a lag stays, is lost, or jumps to any other; new material goes back to any lag.
LOSE, JUMP, RETURN = 0.02, 0.02, 0.4
FADING = 0.87  # the exponent of all belief, from bar to bar: what was long ago counts less
# How well a lag foretold half a bar: with the chord, with one like it, or with another.
SAME, ALIKE, OTHER = 0.9, 0.7, 0.1
UNFORETOLD = 0.3  # half a bar of new material
LEAST_BELIEF = 0.002  # of a lag that votes
LEAST_SHARE = 0.3  # of all votes, for a chord that is expected
SHORTEST = 3  # bars of a cycle that a wrong turn leaves; a shorter one is often part of a longer
TRUST = 0.3  # of the vote of a wrong turn; the rest is for what was expected instead

Bar = tuple[int, int]  # the chord of each half, as an index
Halves = tuple[int | None, int | None]  # the same; None is not known


class LearnedChanges:
    """Hears chords and bars, and expects the chords of this bar and of `BARS_EXPECTED` ahead."""

    def __init__(self) -> None:
        self._chords: list[Chord | None] = []  # each chord that was heard, by index
        self._index: dict[Chord | None, int] = {}
        self._kinds: list[tuple[int, str]] = []  # of each chord; those of one kind are alike
        self._bars: list[Bar] = []
        self._learned: list[bool] = []  # of each bar
        self._instead: list[Bar | None] = []  # for each wrong turn, the bar that was expected
        self._opening: list[Bar] = []  # the first bars since the last start
        self._belief = [1.0]  # by lag, for the bar that sounds
        self._runs = [0]  # bars in a row that it foretold; a miss takes half of them
        self._ended: Bar | None = None  # the bar that ended last, if it is not learned yet
        self._begun = False  # whether a bar has begun since the start
        self._since_start = 0  # bars that ended
        self._sounding: int | None = None
        self._carried: int | None = None  # the chord that sounded when this bar began
        self._cue: int | None = None  # the chord that was played before a start
        self._heard: list[int | None] = [None, None, None]  # this bar's halves, the next's first
        self._decided = 0  # halves of this bar to which no more chord can come
        self._expected: list[Halves] | None = None  # from this bar on; None: not worked out yet

    # --- what is heard ------------------------------------------------------------------------

    def hear(self, chord: Chord | None, place: float | None) -> None:
        """Hear a chord at a place of this bar (0 to 1); None while the music does not run.

        A chord belongs to the half bar whose beginning is nearest.
        """
        number = self._number_of(chord)
        if place is None:
            self._cue = number
        else:
            half = min(int(len(HALVES) * (place + WINDOW)), 2) if self._begun else 2
            self._heard[half] = number
            self._decided = max(self._decided, half)
        self._sounding, self._expected = number, None

    def begin_beat(self, place: float) -> None:
        """Note that the music has come to a place of the bar (0 to 1)."""
        decided = sum(place >= half + WINDOW for half in HALVES)
        if decided > self._decided:
            self._decided, self._expected = decided, None

    def begin_bar(self) -> None:
        """End the bar that sounded, if there was one, and begin the next.

        It is learned only when an expectation is asked for: notes begin with a bar, and come first.
        """
        self._learn_ended()
        first, second = self._known(0), self._known(1)
        if self._begun and first is not None and second is not None:
            self._ended = first, second
        self._cue, self._expected = None, None
        self._heard, self._decided = [self._heard[2], None, None], 0
        self._begun, self._carried = True, self._sounding

    def restart(self, from_top: bool) -> None:
        """Wait for the next bar; expect the opening again after a start from the top."""
        self._learn_ended()
        lags = self._opening_lags() if from_top else set()
        belief = [float(lag in lags or lag == NEW) for lag in range(len(self._bars) + 1)]
        self._belief = [each / sum(belief) for each in belief]
        self._heard, self._decided = [None, None, self._cue], 0
        self._begun, self._since_start, self._expected = False, 0, None

    def _number_of(self, chord: Chord | None) -> int:
        number = self._index.setdefault(chord, len(self._chords))
        if number == len(self._chords):
            self._chords.append(chord)
            self._kinds.append((-1 if chord is None else chord.root, quality_class(chord)))
        return number

    def _known(self, half: int) -> int | None:
        """The chord of a half of this bar, as far as it has been played."""
        for heard in reversed(self._heard[: half + 1]):
            if heard is not None:
                return heard
        return self._carried

    def _learn_ended(self) -> None:
        """Add the bar that has ended, and learn the passages that it continues."""
        if self._ended is None:
            return
        bar, self._ended = self._ended, None
        instead = self._expected_instead(bar)
        belief = self._weighed(self._belief, self._bars, bar)
        self._bars.append(bar)
        self._learned.append(False)
        self._instead.append(instead)
        self._runs.append(0)
        for lag in range(1, len(self._bars)):
            self._continue_run(lag)
        if self._since_start < BARS_EXPECTED:
            self._opening = [*self._opening[: self._since_start], bar]
        self._since_start += 1
        if len(self._bars) > MEMORY:
            del self._bars[0], self._learned[0], self._instead[0], self._runs[MEMORY:]
        self._belief = _moved(belief, len(self._bars))

    def _expected_instead(self, bar: Bar) -> Bar | None:
        """The bar that was expected in place of a wrong turn; None for any other bar.

        A wrong turn leaves a cycle that came twice, and is not what the last pass had there.
        """
        first, second = self._vote(self._belief, self._bars, self._learned, self._instead)
        lag = max(range(len(self._belief)), key=lambda lag: self._belief[lag])
        proven = SHORTEST <= lag < len(self._runs) and self._runs[lag] >= max(lag, 2 * PASSAGE)
        if not proven or first is None or second is None:
            return None
        before = self._bars[-lag]
        foretold = zip((first, second, *before), (*bar, *bar), strict=True)
        return None if any(self._alike(a, b) for a, b in foretold) else (first, second)

    def _continue_run(self, lag: int) -> None:
        """Continue or break the run of a lag, and mark what it has learned."""
        alike = self._halves_alike(1, lag)
        before = run = self._runs[lag]
        if alike != 1:  # one half alone neither goes on with a run nor breaks it
            run = self._runs[lag] = before + 1 if alike else before // 2
        enough = min(lag, PASSAGE)
        if run >= enough:
            new = 1 if before >= enough else min(enough, len(self._bars) - lag)
            for back in range(1, new + 1):
                self._learned[-back - lag] = True  # also where the later bar was a wrong turn
                self._learned[-back] |= self._halves_alike(back, lag) > 0

    def _halves_alike(self, back: int, lag: int) -> int:
        """In how many halves the bar so far back is like the one a lag before it."""
        (first, second), (first_before, second_before) = self._bars[-back], self._bars[-back - lag]
        return self._alike(first, first_before) + self._alike(second, second_before)

    def _alike(self, a: int, b: int) -> bool:
        return a == b or self._kinds[a] == self._kinds[b]

    def _weighed(self, belief: Sequence[float], bars: Sequence[Bar], heard: Halves) -> list[float]:
        """The belief after the known halves of the bar that follows `bars`."""
        found, kinds = list(belief), self._kinds
        for half, number in enumerate(heard):
            if number is None:
                continue
            kind = kinds[number]
            found[NEW] *= UNFORETOLD
            for lag in range(1, len(found)):
                foretold = bars[-lag][half]
                if foretold == number:
                    found[lag] *= SAME
                else:
                    found[lag] *= ALIKE if kinds[foretold] == kind else OTHER
        whole = sum(found)
        return [each / whole for each in found]

    def _opening_lags(self) -> set[int]:
        """The lags of the learned bars that are like the opening, for the bar that comes."""
        bars, opening = self._bars, self._opening
        if len(opening) < BARS_EXPECTED:
            return set()
        return {
            len(bars) - place
            for place in range(len(bars) - BARS_EXPECTED + 1)
            if self._learned[place]
            and all(
                all(map(self._alike, bar, bars[place + number]))
                for number, bar in enumerate(opening)
            )
        }

    # --- what is expected -----------------------------------------------------------------------

    def bar(self, ahead: int) -> ChartBar:
        """The chords that are expected so many bars ahead (0: this bar, or the first one after a
        start); empty where none is expected.
        """
        self._learn_ended()
        if self._expected is None:
            self._expected = self._forecast()
        first, second = self._expected[ahead] if ahead < len(self._expected) else (None, None)
        return self._chart_bar(first, second)

    def bar_from_start(self, ahead: int) -> ChartBar:
        """As `bar`, for the bars from the next start on: those that it began with the last time."""
        self._learn_ended()
        if self._cue is not None and ahead == 0:
            return self._chart_bar(self._cue, self._cue)
        if ahead >= len(self._opening) or not self._opening_lags():
            return ()
        if self._cue is not None and not self._alike(self._cue, self._opening[0][0]):
            return ()
        return self._chart_bar(*self._opening[ahead])

    def _chart_bar(self, first: int | None, second: int | None) -> ChartBar:
        if first is None or second is None:
            return ()
        halves = (first,) if first == second else (first, second)
        places = zip(HALVES, halves, strict=False)
        return tuple((place, self._chords[number]) for place, number in places)

    def _forecast(self) -> list[Halves]:
        """The chords of this bar and those ahead, up to the first that is not expected."""
        bars, learned, instead = list(self._bars), list(self._learned), list(self._instead)
        belief: Sequence[float] = self._belief
        found: list[Halves] = []
        for ahead in range(BARS_EXPECTED + 1):
            heard = self._heard_ahead(ahead)
            if ahead and heard[0] is not None:
                belief = _moved(belief, len(belief) - 1)
            if heard[0] is not None:
                belief = self._weighed(belief, bars, heard)
            votes = self._vote(belief, bars, learned, instead)
            first, second = (
                vote if known is None else known for known, vote in zip(heard, votes, strict=True)
            )
            if ahead and (first is None or second is None):
                break
            found.append((first, second))
            bars.append(self._filled(first, second))
            learned.append((first, second) == votes)
            instead.append(None)
        return found

    def _heard_ahead(self, ahead: int) -> Halves:
        """What is known already of a bar that has not ended."""
        if not self._begun:
            return (self._heard[2] if ahead == 0 else None), None
        if ahead == 0:
            first, second = (
                self._known(half) if self._decided > half or self._heard[half] is not None else None
                for half in (0, 1)
            )
            return first, second
        return (self._heard[2] if ahead == 1 else None), None

    def _filled(self, first: int | None, second: int | None) -> Bar:
        """A bar whose unknown halves have the chord that sounds."""
        if first is None:
            first = self._sounding or 0
        return first, first if second is None else second

    def _vote(
        self,
        belief: Sequence[float],
        bars: Sequence[Bar],
        learned: Sequence[bool],
        instead: Sequence[Bar | None],
    ) -> Halves:
        """The chord that is expected of each half of the bar that follows `bars`."""
        ballots: tuple[dict[int, float], dict[int, float]] = {}, {}
        for lag, part in enumerate(belief):
            if part < LEAST_BELIEF or lag == NEW:
                continue
            other = instead[-lag]
            shares = [(bars[-lag], part * (TRUST if other else 1.0))] if learned[-lag] else []
            if other:
                shares.append((other, part * (1 - TRUST)))
            for bar, share in shares:
                for chord, votes in zip(bar, ballots, strict=True):
                    votes[chord] = votes.get(chord, 0.0) + share
        first, second = map(self._winner, ballots)
        return first, second

    def _winner(self, votes: dict[int, float]) -> int | None:
        """The chord with the most votes, if chords like it have enough of them together."""
        if not votes:
            return None
        best = max(votes, key=lambda chord: votes[chord])
        share = sum(part for chord, part in votes.items() if self._alike(chord, best))
        return best if share >= LEAST_SHARE else None


def _moved(belief: Sequence[float], lags: int) -> list[float]:
    """The belief one bar later, when there are so many lags. A jump goes to near lags first."""
    faded = [each**FADING for each in belief[: lags + 1]]
    whole = sum(faded)
    new = faded[NEW] / whole
    jump = JUMP * (1 - new) + RETURN * new
    near = sum(1 / lag for lag in range(1, lags + 1)) or 1
    faded += [0.0] * (lags + 1 - len(faded))
    stay, share = (1 - LOSE - JUMP) / whole, jump / near
    moved = [stay * faded[lag] + share / lag for lag in range(1, lags + 1)]
    return [LOSE * (1 - new) + (1 - RETURN) * new, *moved]

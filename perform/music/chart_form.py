"""The form of a chart: its bars as they are written, and the order in which they are played."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from perform.errors import ChartError

if TYPE_CHECKING:
    from perform.music.chord import Chord

MAX_BARS = 2000  # in the order played
MAX_TIMES = 99


class Place(NamedTuple):
    """Where something stands in a chart: line and bar from 1, character from 0."""

    line: int = 1
    bar: int = 1
    position: int = 0

    def error(self, symbol: str, reason: str) -> ChartError:
        """The error that something here is wrong."""
        return ChartError(reason, line=self.line, bar=self.bar, symbol=symbol)

    @property
    def character(self) -> str:
        """The position as messages write it."""
        return f"at character {self.position + 1}"


@dataclass
class WrittenBar:
    """A bar as it is written. `carried`: the chord that sounds where it begins.

    `ending`: the passes that play it, where an ending begins here. `to_coda`: 1 where the sign
    stands before the chords, 2 behind them. `jump`: D.C. or D.S., with its goal.
    """

    place: Place
    chords: "tuple[tuple[float, Chord | None], ...]" = ()
    text: str = ""
    carried: "Chord | None" = None
    metre: str = ""
    names_metre: bool = False  # whether the chart names it, here or before
    section: str = ""
    alternates: tuple[str, ...] = ()
    ending: tuple[int, ...] = ()
    ending_place: Place = field(default_factory=Place)
    segno: bool = False
    fine: bool = False
    coda: bool = False
    to_coda: int = 0
    jump: str = ""
    ends_part: bool = False  # a double bar, or the end of a line, is behind it


@dataclass
class Repeat:
    """Bars `first` to `last` that are played more than once. `times` is 0 for a vamp.

    `endings`: (passes, first bar, last bar) of each.
    """

    first: int
    last: int
    times: int = 0
    endings: list[tuple[tuple[int, ...], int, int]] = field(default_factory=list)


@dataclass
class Form:
    """All bars as they are written, and their repeats."""

    bars: list[WrittenBar] = field(default_factory=list)
    repeats: list[Repeat] = field(default_factory=list)


class Played(NamedTuple):
    """The written bars in the order in which they are played, and the vamps among them."""

    order: tuple[int, ...]
    vamps: tuple[tuple[int, int], ...]


def find_endings(form: Form) -> None:
    """Give each repeat its endings. ChartError for endings without a repeat, or out of order."""
    starts = [number for number, bar in enumerate(form.bars) if bar.ending]
    for number in starts:
        bar = form.bars[number]
        repeat = next((it for it in form.repeats if it.first <= number <= it.last), None)
        if repeat is None and 1 not in bar.ending:
            repeat = _repeat_before(form, number)
        following = next((it for it in starts if it > number), None)
        if repeat is None and following is not None and 1 not in form.bars[following].ending:
            # the :| of the first ending is often left out
            first = max((it.last + 1 for it in form.repeats if it.last < number), default=0)
            first = max([first, *(it for it in range(first, number) if _begins_part(form, it))])
            repeat = Repeat(first, following - 1)
            form.repeats.append(repeat)
            form.repeats.sort(key=lambda it: it.first)
        if repeat is None:
            name = f"{bar.ending[0]}."
            raise bar.ending_place.error(
                name, f"the ending {name!r} {bar.ending_place.character} ends no repeat; begin the "
                "repeat with |: and close its first ending with :|",
            )  # fmt: skip
        last = repeat.last
        if number > repeat.last:  # of the last ending only the beginning matters
            goes_on = following is not None and 1 not in form.bars[following].ending
            last = following - 1 if goes_on and following is not None else number
        for before in repeat.endings:
            if set(before[0]) & set(bar.ending):
                raise bar.place.error(f"{bar.ending[0]}.", "two endings have the same number")
        if repeat.endings and repeat.endings[-1][2] >= number:
            passes, start, _ = repeat.endings[-1]
            repeat.endings[-1] = (passes, start, number - 1)
        repeat.endings.append((bar.ending, number, last))
    for repeat in form.repeats:
        _check_endings(form, repeat)


def _begins_part(form: Form, number: int) -> bool:
    return bool(number and form.bars[number].section)


def _repeat_before(form: Form, number: int) -> Repeat | None:
    """The repeat whose next ending begins in a bar: one with endings, just before."""
    before = [it for it in form.repeats if it.last < number and it.endings]
    if not before or before[-1].endings[-1][2] != number - 1:
        return None
    return before[-1]


def _check_endings(form: Form, repeat: Repeat) -> None:
    passes = sorted(number for numbers, _, _ in repeat.endings for number in numbers)
    if passes and passes != list(range(1, len(passes) + 1)):
        start = form.bars[repeat.endings[0][1]].place
        missing = next(it for it in range(1, passes[-1] + 1) if it not in passes)
        raise start.error(f"{missing}.", f"the repeat has no ending {missing}.; number them 1. 2.")


class _Player:
    """Walks through the written bars as a band does."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._order: list[int] = []
        self._vamps: list[tuple[int, int]] = []
        self._passes: dict[int, int] = {}  # by the first bar of a repeat: the pass that plays
        self._jumped: set[int] = set()
        self._goal: str | None = None  # after a jump: fine, coda or nothing
        self._endings = {start: it for it in form.repeats for _, start, _ in it.endings}
        self._ends: dict[int, list[Repeat]] = {}
        for repeat in form.repeats:
            for last in {repeat.last, *(last for _, _, last in repeat.endings[:-1])}:
                self._ends.setdefault(last, []).append(repeat)

    def play(self) -> Played:
        here: int | None = 0
        while here is not None and here < len(self._form.bars):
            if len(self._order) >= MAX_BARS:
                where = self._form.bars[here].place
                raise where.error("", f"the chart has more than {MAX_BARS} bars when it is played")
            here = self._step(here)
        return Played(tuple(self._order), tuple(self._vamps))

    def _step(self, here: int) -> int | None:
        """Play a bar; the bar that follows, None at the end."""
        bar = self._form.bars[here]
        skipped = self._skip_endings(here)
        if skipped is not None:
            return skipped
        if self._goal == "coda" and bar.to_coda == 1:
            return self._coda(bar)
        self._order.append(here)
        if self._goal == "coda" and bar.to_coda == 2:
            return self._coda(bar)
        if self._goal == "fine" and bar.fine:
            return None
        return self._after(here)

    def _coda(self, bar: WrittenBar) -> int:
        self._goal = ""
        coda = [number for number, it in enumerate(self._form.bars) if it.coda]
        if not coda:
            raise bar.place.error("Coda", "there is no bar with the mark Coda to go on at")
        return coda[-1]

    def _skip_endings(self, here: int) -> int | None:
        """The bar to go on at where this bar begins an ending of another pass."""
        repeat = self._endings.get(here)
        if repeat is not None:
            numbers, _, last = next(it for it in repeat.endings if it[1] == here)
            if self._pass(repeat) not in numbers:
                return last + 1
        return None

    def _pass(self, repeat: Repeat) -> int:
        if self._goal is not None:  # after D.C. and D.S. repeats are played once
            return max((max(it) for it, _, _ in repeat.endings), default=1) + _only_first(repeat)
        return self._passes.get(repeat.first, 1)

    def _after(self, here: int) -> int | None:
        """The bar that follows a bar that was played."""
        for repeat in self._ends.get(here, ()) if self._goal is None else ():
            if self._plays_again(repeat):
                self._passes[repeat.first] = self._pass(repeat) + 1
                return repeat.first
            if not repeat.endings and not repeat.times:
                length = repeat.last - repeat.first + 1
                self._vamps.append((len(self._order) - length, len(self._order) - 1))
            self._passes.pop(repeat.first, None)
        jump = self._form.bars[here].jump
        if jump and here not in self._jumped:
            self._jumped.add(here)
            return self._jump(here, jump)
        return here + 1

    def _plays_again(self, repeat: Repeat) -> bool:
        passes = max((max(it) for it, _, _ in repeat.endings), default=0)
        return self._pass(repeat) < (passes + _only_first(repeat) if passes else repeat.times)

    def _jump(self, here: int, jump: str) -> int:
        bars, where = self._form.bars, self._form.bars[here].place
        kind, _, goal = jump.partition(" ")
        if goal == "fine" and not any(bar.fine for bar in bars):
            raise where.error(f"{kind} al Fine", "no bar has the mark Fine to end at")
        if goal == "coda" and not any(bar.coda for bar in bars):
            raise where.error(f"{kind} al Coda", "no bar has the mark Coda to go on at")
        if goal == "coda" and not any(bar.to_coda for bar in bars):
            raise where.error(f"{kind} al Coda", "no bar has the mark To Coda to jump from")
        if not goal:
            goal = "fine" if any(bar.fine for bar in bars) else goal
            goal = "coda" if any(bar.to_coda for bar in bars) and not goal else goal
        self._goal = goal
        signs = [number for number, bar in enumerate(bars) if bar.segno]
        if kind == "D.S." and not signs:
            raise where.error("D.S.", "no bar has the mark Segno to go back to")
        return max([it for it in signs if it <= here] or signs[:1]) if kind == "D.S." else 0


def _only_first(repeat: Repeat) -> int:
    """1 where the only ending is left out in the last pass."""
    return int(len(repeat.endings) == 1)


def play(form: Form) -> Played:
    """The order in which the bars of a form are played.

    ChartError for a jump without its mark, and for a form without end.
    """
    return _Player(form).play()

"""How the position of a knob becomes the value of a number: taking over, jumping, or turning it."""

from perform.control.parsers import KnobMode
from perform.control.registry import Control
from perform.engine.parameters import UNSET

HIGHEST = 127
NEAR = 1.0  # positions: a knob that is as near as this to the value takes it over
SAME = 1e-6  # of a range


class Knob:
    """One knob that sets one number.

    "takeover": it sets nothing until it comes to the present value, or passes it; "jump": it always
    sets its position. The others are knobs without an end, by how they send a turn: "twos"
    (complement), "offset" (64 is no turn), "sign" (and magnitude).
    """

    def __init__(self, mode: KnobMode, control: Control) -> None:
        self._mode = mode
        low, high = control.low, control.high
        if low is None or high is None:
            raise ValueError(control.address)
        self._low, self._high, self._unset = low, high, low == UNSET
        # whole numbers, and those of a long range, turn one by one
        whole = control.takes == "i" or high - low > HIGHEST
        self._step = HIGHEST / (high - low) if whole else 1.0
        self._set: float | None = None  # the value that this knob set last
        self._position: float | None = None  # where the knob was then, or is

    def moved(self, sent: float, present: float | None) -> float | None:
        """The value for what the knob sends, where the present value is this; None for none."""
        owns = self._set is not None and self._is_same(present, self._set)
        if self._mode in ("takeover", "jump"):
            before, self._position = self._position, sent
            if self._mode == "jump" or present is None or owns:
                return self._value(sent)
            return self._value(sent) if self._meets(present, before, sent) else None
        at = self._position if owns else None
        if at is None:
            at = 0.0 if present is None else self._position_of(present)
        self._position = min(max(at + turn(self._mode, int(sent)) * self._step, 0.0), HIGHEST)
        return self._value(self._position)

    def keep(self, value: float) -> None:
        """Remember the value as the control has it, which may be rounded."""
        self._set = value

    def _meets(self, present: float, before: float | None, now: float) -> bool:
        """Whether the knob is at the value, or passed it on its way."""
        there = self._position_of(present)
        passed = before is not None and min(before, now) <= there <= max(before, now)
        return passed or abs(now - there) <= NEAR

    def _is_same(self, present: float | None, value: float) -> bool:
        return present is not None and abs(present - value) <= SAME * (self._high - self._low)

    def _value(self, position: float) -> float:
        """The value at a position. A target is left to chance at 0 alone."""
        if not self._unset:
            return self._low + position / HIGHEST * (self._high - self._low)
        return self._low if position < 1 else (position - 1) / (HIGHEST - 1) * self._high

    def _position_of(self, value: float) -> float:
        if not self._unset:
            return (value - self._low) / (self._high - self._low) * HIGHEST
        return 0.0 if value < 0 else 1 + value / self._high * (HIGHEST - 1)


def turn(mode: KnobMode, sent: int) -> int:
    """How many steps a relative knob was turned: to the right above 0."""
    if mode == "twos":
        return sent - 128 if sent >= 64 else sent
    if mode == "offset":
        return sent - 64
    return -(sent & 63) if sent & 64 else sent

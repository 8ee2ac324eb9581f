"""Feels: where notes may begin within a beat. Each feel has one grid, so that feels do not mix."""

from typing import Literal

from perform.music.note import TICKS_PER_BEAT

Feel = Literal["swing", "shuffle", "gospel", "funk", "straight", "latin", "ballad"]
FeelChoice = Literal["auto", Feel]  # auto: any
THIRD, SIXTEENTH = TICKS_PER_BEAT // 3, TICKS_PER_BEAT // 4
_THIRDS = (0, THIRD, 2 * THIRD)
_SIXTEENTHS = (0, SIXTEENTH, 2 * SIXTEENTH, 3 * SIXTEENTH)
GRIDS: dict[Feel, tuple[int, ...]] = {
    "swing": _THIRDS,
    "shuffle": _THIRDS,
    "gospel": _THIRDS,
    "funk": _SIXTEENTHS,
    "straight": _SIXTEENTHS,
    "latin": _SIXTEENTHS,
    "ballad": _SIXTEENTHS,
}
FEELS: tuple[Feel, ...] = tuple(GRIDS)
FEEL_CHOICES: tuple[FeelChoice, ...] = ("auto", *FEELS)

"""What holds for all voices of an engine, and what it counts."""

from typing import Literal

import msgspec

from perform.engine.metre import COMMON, Metre
from perform.music.note import Note

Change = Literal["hold", "cut", "slide"]
Release = Literal["keep", "rest"]
DEFAULT_TEMPO = 120.0  # quarter notes a minute
DEFAULT_METRE = "4/4"
DEFAULT_KEY = "auto"  # see `perform.engine.key.parse_key`
DEFAULT_CHART = ""


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
    metre: Metre = COMMON


class Counts(msgspec.Struct):
    """What happened so far. `late`: phrases that came after their bar had begun. `missed`: bars of a voice
    that began without their phrase. `substituted`: those of them in which another phrase stood in.
    """

    bars: int = 0
    chords: int = 0
    late: int = 0
    missed: int = 0
    substituted: int = 0

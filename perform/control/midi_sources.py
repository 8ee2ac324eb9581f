"""What a MIDI controller has to touch: knobs, pads, program changes, pitch bend, aftertouch."""

import re
from typing import NamedTuple

TAKEN_CONTROLLERS = {64, *range(120, 128)}  # the sustain pedal, and channel mode messages
PAD, PROGRAM, BEND, PRESSURE = "note", "program", "bend", "aftertouch"
HIGHEST = 127  # the position at the end of a knob
UPPER_HALF, BENT = 64, 96  # a wheel rests in the middle: it triggers when it is half way up
BENT_DOWN = HIGHEST - BENT
SPELLINGS = (
    'write a controller as "21", a pad as "note 36", both up to 127; '
    '"program 1" to "program 128", "bend", "aftertouch", "aftertouch 36"'
)


class Touch(NamedTuple):
    """What is touched, and its position from 0 to 127; that of pitch bend has a fraction.

    `source`: as the rig writes it: "21", "note 36", "program 5", "bend", "aftertouch".
    """

    source: str
    position: float

    @property
    def kind(self) -> str:
        """The first word of the source; empty for a controller."""
        return kind_of(self.source)

    @property
    def is_meant(self) -> bool:
        """Whether a player means this: no release, and no wheel that trembles."""
        if self.kind == BEND:
            return not BENT_DOWN < self.position < BENT
        return self.kind == PROGRAM or self.position > 0


def touched(message: list[int]) -> Touch | None:
    """What a raw MIDI message is about; None for what cannot be mapped."""
    kind = message[0] & 0xF0 if message else 0
    match kind, message[1:]:
        case 0xB0, [number, value, *_] if number not in TAKEN_CONTROLLERS:
            return Touch(str(number), value)
        case 0x90, [note, velocity, *_]:
            return Touch(f"{PAD} {note}", velocity)
        case 0x80, [note, _, *_]:
            return Touch(f"{PAD} {note}", 0)
        case 0xC0, [program, *_]:
            return Touch(f"{PROGRAM} {program + 1}", program)
        case 0xD0, [pressure, *_]:
            return Touch(PRESSURE, pressure)
        case 0xA0, [note, pressure, *_]:
            return Touch(f"{PRESSURE} {note}", pressure)
        case 0xE0, [low, high, *_]:
            return Touch(BEND, (low + 128 * high) * HIGHEST / (128 * 128 - 1))
    return None


def kind_of(source: str) -> str:
    """The first word of a source; empty for a controller."""
    return "" if source.isdigit() else source.partition(" ")[0]


def wrong_spelling(source: str) -> str | None:
    """What is wrong with a source in the rig; None where it is right."""
    parts = re.fullmatch(r"(?:(note|program|aftertouch) )?(\d{1,3})|bend|aftertouch", source)
    if not parts:
        return SPELLINGS
    if parts[2] is None:
        return None
    number, low = int(parts[2]), int(parts[1] == PROGRAM)
    if not low <= number <= HIGHEST + low:
        return SPELLINGS
    if not parts[1] and number in TAKEN_CONTROLLERS:
        return f"controller {number} is the sustain pedal or a channel mode; take another"
    return None

"""The accents of a line: by its contour and its phrases more than by the beat."""

from perform.engine.metre import Metre
from perform.music.note import Note, Phrase

ON_STRONG, ON_BEAT, OFF_BEAT = 0.55, 0.5, 0.45
PEAK, OFF_BEAT_PEAK = 0.15, 0.3  # an up-beat at a peak of the line is louder than the beats
SYNCOPATION = 0.2  # a long note off the beat
GHOST = -0.2  # a short note off the beat, below both its neighbours
CLIPPED_END, LANDING = 0.2, -0.2  # the last note before a rest: short and off the beat, or not


def line_accents(line: Phrase, metre: Metre) -> list[float]:
    """How strongly each note of a bar is accented, 0 to 1.

    `line`: one note at a time, by start. What is outside the bar makes no peaks.
    """
    accents = []
    for place, note in enumerate(line):
        before = line[place - 1] if place else None
        after = line[place + 1] if place + 1 < len(line) else None
        accents.append(_accent(note, before, after, metre))
    return accents


def _accent(note: Note, before: Note | None, after: Note | None, metre: Metre) -> float:
    weight, long = metre.weight(note.start), note.duration >= metre.beat
    accent = (OFF_BEAT, ON_BEAT, ON_STRONG)[min(weight, 2)]
    if not weight and long:
        accent += SYNCOPATION
    elif before is not None and after is not None:
        if before.pitch < note.pitch > after.pitch:
            accent += PEAK if weight else OFF_BEAT_PEAK
        elif not weight and before.pitch > note.pitch < after.pitch:
            accent += GHOST
    rest = (after.start if after is not None else metre.bar) - note.end
    if rest >= metre.beat // 2:
        accent += LANDING if weight or long else CLIPPED_END
    return min(max(accent, 0.0), 1.0)

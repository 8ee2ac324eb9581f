"""Bars about to begin: which material each voice plays in one, and where its notes belong."""

from collections.abc import Sequence
from typing import Literal

from perform.engine import expression, form
from perform.engine import voicing as lines
from perform.engine.active_notes import PlannedNote
from perform.engine.metre import Metre
from perform.engine.phrase_requests import PhraseRequests
from perform.engine.schedule import EventKind, Schedule
from perform.engine.seeded_random import chance
from perform.engine.voice_state import VoiceState
from perform.events import PhraseMissed
from perform.music.note import Phrase

MOST_NOTES = 16  # in a bar, of all voices that keep out of each other's way


class BarPlanner:
    """Lays out the bars of all voices. `fallback`: what plays where a voice has no material at all."""

    def __init__(
        self,
        voices: Sequence[VoiceState],
        schedule: Schedule,
        orders: PhraseRequests,
        fallback: Phrase,
    ) -> None:
        self._lines = voices
        self._schedule = schedule
        self._orders = orders
        self._fallback = fallback

    def open(self, bar: int, start: int, metre: Metre, tick: int) -> list[PhraseMissed]:
        """Put the notes of the bar that begins at `start` where they belong, as far as they are not over at
        `tick`; what was not there in time.
        """
        missed, room = [], MOST_NOTES
        for line in self._lines:
            phrase, made = line.ready(bar), line.made.get(bar, ())
            line.begin(bar)
            if not line.speaks(bar):
                continue
            if line.mode == "hold" and line.previous:
                phrase, made = line.previous, ()
            else:
                line.shaped_as = bar
            if phrase is None:
                kind: Literal["previous", "canned"] = "previous" if line.previous else "canned"
                missed.append(PhraseMissed(tick, line.settings.name, bar, kind))
                phrase = line.previous or self._fallback
            line.previous, line.last = phrase, made or line.last
            taken = self._lay(line, bar, start, metre, max(tick - start, 0), room)
            if not line.silent:  # its room is the others' meanwhile
                room = max(1, room - taken)
        return missed

    def _lay(
        self, line: VoiceState, bar: int, start: int, metre: Metre, since: int, room: int
    ) -> int:
        """The notes of a voice's bar from `since` ticks on; how much of the room they take."""
        shaped_as = line.shaped_as
        seed = self._orders.seed(line, shaped_as)
        phrase = line.shaped(line.previous or (), shaped_as, metre, seed)
        share = line.parameters["share"]
        if share < 1:
            phrase = lines.thin(phrase, max(1, round(share * room)), metre)
        lands = line.lands(shaped_as, seed)
        if lands:
            phrase = form.land(phrase, metre)
        number = self._orders.seed(line, bar)
        leads = not lands and chance(number, 9) < line.parameters["approach"]
        strokes = expression.strokes(phrase, line.feel, number, metre)
        last_beat = (metre.beats - 1) * metre.beat
        pitches = [note.pitch for note in phrase]
        reach = lines.PitchSpan(min(pitches, default=0), max(pitches, default=0))
        for place, stroke in enumerate(strokes):
            if stroke.start >= since:
                lead = leads and place == len(strokes) - 1 and stroke.start >= last_beat
                coming = PlannedNote(line.index, stroke, metre if lead else None, line.last, reach)
                self._schedule.add(start + stroke.start, EventKind.ON, (coming,))
        return len(phrase) if share < 1 else 0

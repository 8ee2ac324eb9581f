"""Lays out the next bar: which phrase each voice plays, and when its notes begin."""

from collections.abc import Sequence
from typing import Literal

from perform.engine import form
from perform.engine.accents import line_accents
from perform.engine.active_notes import ActiveNotes, PlannedNote
from perform.engine.expression import perform_notes
from perform.engine.metre import Metre
from perform.engine.phrase_requests import PhraseRequests
from perform.engine.placed_line import PlacedLine, ReceivedBar
from perform.engine.schedule import EventKind, Schedule
from perform.engine.seeded_random import uniform
from perform.engine.song_position import SongPosition
from perform.engine.voice_arcs import VoiceArcs
from perform.engine.voice_state import LaidOutBar, VoiceState
from perform.engine.voicing import PitchSpan, thin
from perform.events import PhraseMissed
from perform.music.note import Phrase

LINE_DYNAMICS = 0.85  # of an arc's: a line's accents are heard at its high points too
MAX_NOTES = 16  # in a bar, shared by the voices with `share` under 1


class BarPlanner:
    """Lays out the bars of all voices. `fallback`: the phrase of a voice that has no material."""

    def __init__(
        self,
        voices: Sequence[VoiceState],
        schedule: Schedule,
        requests: PhraseRequests,
        position: SongPosition,
        arcs: VoiceArcs,
        notes: ActiveNotes,
        fallback: Phrase,
    ) -> None:
        self._voices = voices
        self._schedule = schedule
        self._requests = requests
        self._position = position
        self._arcs = arcs
        self._notes = notes
        self._fallback = fallback

    def open(self, bar: int, start: int, metre: Metre, tick: int) -> list[PhraseMissed]:
        """Schedule the notes of the bar that begins at `start`, those before `tick` left out.

        Returns the phrases that had not arrived.
        """
        missed, room = [], MAX_NOTES
        for voice in self._voices:
            received, material = voice.prepared(bar), voice.material(bar)
            voice.close_request(bar)
            if not voice.plays(bar):
                continue
            if voice.mode == "hold" and voice.previous:
                received, material = voice.previous.untied, ()
            else:
                voice.shaped_as = bar
            if received is None:
                kind: Literal["previous", "canned"] = "previous" if voice.previous else "canned"
                missed.append(PhraseMissed(tick, voice.settings.name, bar, kind))
                received = voice.previous.untied if voice.previous else ReceivedBar(self._fallback)
            arc = self._arcs.ahead(voice, bar, bar - self._position.bar)
            voice.previous = voice.resting(received, arc)
            voice.last_material = material or voice.last_material
            taken = self._lay_out(voice, bar, start, metre, max(tick - start, 0), room)
            if not voice.silent:  # a silent voice leaves its room to the others
                room = max(1, room - taken)
        return missed

    def _lay_out(
        self, voice: VoiceState, bar: int, start: int, metre: Metre, since: int, room: int
    ) -> int:
        """Schedule a voice's notes from `since` ticks inside the bar on; return how much of the
        shared room they take.
        """
        shaped_as = voice.shaped_as
        seed = self._requests.seed(voice, shaped_as)
        received = voice.previous or ReceivedBar(())
        phrase = voice.shaped(received, shaped_as, metre, seed)
        share = voice.parameters["share"]
        if share < 1:
            phrase = thin(phrase, max(1, round(share * room)), metre)
        arc = self._arcs.ahead(voice, bar, bar - self._position.bar)
        lands = not received.placed and voice.lands(shaped_as, seed)
        if not received.placed:
            phrase = form.breathe(phrase, received.breath, received.pickup, metre, lands=lands)
        bar_seed = self._requests.seed(voice, bar)
        leads = not (lands or received.placed) and (
            uniform(bar_seed, 9) < voice.parameters["approach"]
        )
        performed = perform_notes(phrase, voice.expression, bar_seed, metre)
        line = tied = None
        dynamics = 1.0
        accents: list[float | None] = [None] * len(phrase)
        if received.placed:
            starts = [note.start for note in performed]
            dynamics = LINE_DYNAMICS
            accents = [*line_accents(phrase, metre)]
            line = PlacedLine(phrase, starts, received.chords_in(metre), voice.settings, metre)
        voice.lay_out(bar, LaidOutBar(received, metre, line))
        if received.tied and phrase and phrase[0].start == 0:
            tied = performed[0]
            self._notes.prolong(voice, phrase[0].pitch, start + tied.start + tied.duration)
        last_beat = (metre.beats - 1) * metre.beat
        pitches = [note.pitch for note in phrase]
        span = PitchSpan(min(pitches, default=0), max(pitches, default=0))
        for place, note in enumerate(performed):
            if note.start >= since:
                is_lead = leads and place == len(performed) - 1 and note.start >= last_beat
                planned = PlannedNote(
                    voice.index,
                    note,
                    metre if is_lead else None,
                    voice.last_material,
                    span,
                    dynamics * arc.dynamics(note.start / metre.bar),
                    line,
                    place,
                    note is tied,
                    accents[place],
                    metre.bar - note.start if note.note.end >= metre.bar else 0,
                )
                self._schedule.add(start + note.start, EventKind.ON, (planned,))
        return len(phrase) if share < 1 else 0

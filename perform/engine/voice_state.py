"""The state of one voice: its parameters, its bars ahead, the notes that sound."""

from collections import deque
from typing import NamedTuple

from perform.engine import form
from perform.engine.arc import NATURAL_SPACE, Arc
from perform.engine.conditioning import PhraseContext
from perform.engine.expression import Expression
from perform.engine.form import TURN_MODES, Mode
from perform.engine.metre import Metre
from perform.engine.placed_line import PlacedLine, ReceivedBar
from perform.engine.seeded_random import uniform
from perform.engine.voicing import (
    PitchSpan,
    PreviousNote,
    VoiceSettings,
    entry_octave,
    pitch_over,
)
from perform.music.chord import Chord
from perform.music.condition import Conditions
from perform.music.feel import FeelChoice
from perform.music.line_context import BARS_BEFORE, LineContext, Motif
from perform.music.note import Note, Phrase
from perform.music.steering import Steering

BARS_AHEAD = 2
MAX_JUDGED = 4  # liked bars, and as many disliked ones
SINGING_FEELS = ("ballad", "gospel", "latin", "straight", "funk")
ANSWER_WEIGHT = 0.7  # of likeness to the player, in an answer where `weight/player` is 0


class PhraseRequest(NamedTuple):
    """What a bar is requested as: the model, its seed, and what the bar should be like."""

    model: str
    seed: int
    conditions: Conditions
    steering: Steering | None
    context: LineContext | None = None


class LaidOutBar(NamedTuple):
    """A bar that was laid out, before shaping, and its metre. `line`: its notes if it is placed."""

    received: ReceivedBar
    metre: Metre
    line: PlacedLine | None = None


class SoundingNote(NamedTuple):
    """A note that sounds until tick `end`. `token`: which note of its pitch it is.

    `sent`: its pitch as it went out, transposed; another transposition does not change its end.
    `tied`: whether it was made longer for a tied note that has not begun yet.
    """

    token: int
    end: int
    sent: int
    tied: bool = False


class VoiceState:
    """The state of one voice.

    `requested`: bars ahead, each with its latest request. `pending`: requested bars that have not
    arrived. `received`: bars ahead that have arrived, as the source made them. `laid_out`: the last
    bars that were laid out.
    """

    def __init__(self, index: int, settings: VoiceSettings) -> None:
        self.index = index
        self.settings = settings
        self.model = settings.model
        self.other_model = settings.other or settings.model
        self.set_parameters(settings.initial_parameters())
        self.mode: Mode = settings.mode
        self.turn_length = settings.bars
        self.feel: FeelChoice = settings.feel
        self.turn_start = 0  # the bar from which turns are counted
        self.muted = False
        self.soloed = False
        self.silent = False  # muted, or another voice is soloed
        self.requested: dict[int, PhraseRequest] = {}
        self.pending: set[int] = set()
        self.received: dict[int, ReceivedBar] = {}
        self.laid_out: dict[int, LaidOutBar] = {}
        self.previous: ReceivedBar | None = None  # the bar that was laid out last, before shaping
        self.shaped_as = 0  # the bar as which `previous` was shaped
        self.last_material: Phrase = ()  # of the bar that was laid out last, as it was received
        self.played_material: Phrase = ()  # of the last note that began
        self.previous_note: PreviousNote | None = None
        self.sounding: dict[int, SoundingNote] = {}  # by pitch, before it is transposed
        self.liked: deque[Phrase] = deque(maxlen=MAX_JUDGED)
        self.disliked: deque[Phrase] = deque(maxlen=MAX_JUDGED)
        self.dislikes = 0
        self._octave_bar, self._octave = -1, 0  # a bar, and by how many semitones it moves
        self._openings: dict[int, tuple[PhraseRequest, ReceivedBar]] = {}  # first bars of a start
        self._from_other: dict[int, bool] = {}  # material -> whether the other model made it

    def set_parameter(self, name: str, value: float) -> None:
        """Set one parameter."""
        self.set_parameters({**self.parameters, name: value})

    def set_parameters(self, values: dict[str, float]) -> None:
        """Set all parameters."""
        self.parameters = values
        self.expression = Expression(
            values["swing"], values["humanise"], values["accent"], values["articulation"]
        )

    def judge(self, more: bool) -> None:
        """Like or dislike the material that played last; a dislike also changes the bars ahead."""
        if self.played_material:
            (self.liked if more else self.disliked).append(self.played_material)
            opposite = self.disliked if more else self.liked
            if self.played_material in opposite:
                opposite.remove(self.played_material)
        if not more:
            self.dislikes += 1

    def plays(self, bar: int) -> bool:
        """Whether the voice plays in a bar, by its mode."""
        return form.plays(self.mode, bar - self.turn_start, self.turn_length)

    def turn_at(self, bar: int) -> tuple[str, int]:
        """Whose turn a bar is, "player" or "voice", and for how many bars from there on.

        ("", 0) where the voice takes no turns.
        """
        if self.mode not in TURN_MODES:
            return "", 0
        left = self.turn_length - (bar - self.turn_start) % self.turn_length
        return ("voice" if self.plays(bar) else "player"), left

    def material_index(self, bar: int) -> int:
        """Which invented bar plays at `bar`: an earlier one where the bar repeats."""
        index = form.material_index(bar, self.settings.form)
        if form.is_repeat(bar, self.settings.form) and not self._repeats(bar):
            return index + 2**20 + bar  # new material, outside the indices of the form
        return index

    def model_of(self, bar: int, seed: int) -> str:
        """The model that a bar comes from: the other one as often as `blend` says.

        A repeated bar comes from the model that it came from first.
        """
        other = self._from_other.get(self.material_index(bar))
        if other is None:
            other = uniform(seed, 5) < self.parameters["blend"]
        return self.other_model if other else self.model

    def close_request(self, bar: int) -> None:
        """Forget the request and the material of a bar that has been laid out."""
        request = self.requested.pop(bar, None)
        self.pending.discard(bar)
        self.received.pop(bar, None)
        if request is not None:
            other = request.model != self.model and self._uses(request.model)
            self._from_other.setdefault(self.material_index(bar), other)
            while len(self._from_other) > len(self.settings.form):
                del self._from_other[next(iter(self._from_other))]

    @property
    def follows_player(self) -> bool:
        """Whether requests depend on what the player plays."""
        return self.mode in TURN_MODES or self.parameters["weight/player"] > 0

    def request_parameters(self, player: Phrase) -> dict[str, float]:
        """The parameters for a request; an answer to a player's bar always resembles that bar."""
        if self.mode in TURN_MODES and player and not self.parameters["weight/player"]:
            return {**self.parameters, "weight/player": ANSWER_WEIGHT}
        return self.parameters

    def with_judgements(self, context: PhraseContext) -> PhraseContext:
        """The context with the bars that the player judged."""
        return context._replace(liked=tuple(self.liked), disliked=tuple(self.disliked))

    def receive(self, bar: int, received: ReceivedBar) -> None:
        """Store a requested bar that has arrived. It is prepared only when it is laid out, because
        a later request often replaces it.
        """
        if bar < BARS_AHEAD:
            self._openings[bar] = self.requested[bar], received
        self.pending.discard(bar)
        self.received[bar] = received

    def ties_into(self, bar: int) -> bool:
        """Whether a received bar goes on with the note before it."""
        return bar in self.received and self.received[bar].tied

    def prepared(self, bar: int) -> ReceivedBar | None:
        """A received bar as this voice plays it; None where it has not arrived."""
        received = self.received.get(bar)
        return None if received is None else received.prepared(self.settings)

    def material(self, bar: int) -> Phrase:
        """A received bar as the source made it; empty where it has not arrived."""
        return self.received[bar].phrase if bar in self.received else ()

    def lay_out(self, bar: int, laid_out: LaidOutBar) -> None:
        """Record what a bar plays."""
        self.laid_out[bar] = laid_out
        kept = max(BARS_BEFORE, len(self.settings.form))
        for earlier in [each for each in self.laid_out if each <= bar - kept]:
            del self.laid_out[earlier]

    def motif(self, bar: int) -> Motif | None:
        """The bar that a bar ahead may take up: the one that it repeats in its group, and for the
        first of a group the first of the group before. None where there is none.
        """
        group, late = len(self.settings.form), False
        earlier = form.repeated_bar(bar, self.settings.form)
        if group > 1 and bar % group == 0:
            earlier, late = bar - group, True
        received = self.received.get(earlier)
        if received is None and earlier in self.laid_out:
            received = self.laid_out[earlier].received
        if not received or not (late or self._repeats(bar)) or not self._is_drawn(bar):
            return None
        return Motif(received.phrase, received.chords, late)

    def shaped(self, received: ReceivedBar, bar: int, metre: Metre, seed: int) -> Phrase:
        """A prepared bar as it stands in its metre: fitted, thinned, varied where it repeats.

        A placed one is as it sounds, and every bar has its own.
        """
        if received.placed:
            return received.sounding(self.settings, metre)
        phrase = received.fitted(self.settings, metre)
        if self._repeats(bar) and uniform(seed, bar, 6) < self.parameters["vary"]:
            phrase = form.vary(phrase, seed + bar, metre)
        return phrase

    def first_pitch(self, bar: int, metre: Metre, chord: Chord, key: frozenset[int]) -> int | None:
        """The pitch over a chord of the first note of a received bar; None where it has none."""
        received = self.prepared(bar)
        if not received:
            return None
        if received.placed:
            return received.sounding(self.settings, metre)[0].pitch
        first = received.fitted(self.settings, metre)[0]
        return pitch_over(first, metre.weight(first.start), chord, self.settings, None, key)

    def in_octave(self, note: Note, bar: int, span: PitchSpan, chord: Chord) -> Note:
        """The note in the octave of its bar, which is decided at the first note of the bar.

        The octave is the written one where the player steers the register.
        """
        if bar != self._octave_bar:
            steered = (
                self.parameters["weight/register"] > 0 or self.parameters["target/register"] >= 0
            )
            self._octave = (
                0 if steered else entry_octave(note, span, chord, self.settings, self.previous_note)
            )
            self._octave_bar = bar
        return note._replace(pitch=note.pitch + self._octave) if self._octave else note

    def lands(self, bar: int, seed: int) -> bool:
        """Whether the line comes to rest in a bar: the last of its form or turn, as often as `land`
        says. In turns, the form is counted from the first bar of the turn.
        """
        since, length = bar - self.turn_start, self.turn_length
        place = since % length if self.mode in TURN_MODES and length > 1 else bar
        ends = form.is_last(place, self.settings.form) or (
            length > 1 and form.ends_turn(self.mode, since, length)
        )
        return ends and uniform(seed, bar, 7) < self.parameters["land"]

    def resting(self, received: ReceivedBar, arc: Arc) -> ReceivedBar:
        """A bar with the rest that its arc says. The bars of a bundle without context have rests of
        their own, to which a natural space adds nothing. In feels that sing, the last note rings
        into half of a natural rest.
        """
        breath = arc.breath
        more = max((self.parameters["space"] - NATURAL_SPACE) / (1 - NATURAL_SPACE), 0.0)
        if not received.placed:
            breath *= more
        elif self.feel in SINGING_FEELS and not self.settings.grounded:
            breath *= (1 + more) / 2
        return received._replace(breath=breath, pickup=arc.sentence.pickup)

    def reset(self, bar: int) -> None:
        """Drop all bars ahead; keep only the opening bars, from `bar` on, for a start."""
        self.requested.clear()
        self.pending.clear()
        self.received.clear()
        self.laid_out.clear()
        self._from_other.clear()
        self.previous_note = None
        self._octave_bar = -1
        self.restore_openings(bar)

    def restore_openings(self, bar: int = 0) -> None:
        """Make the opening bars ready again, from `bar` on, because a start may come.

        A bar of a model that the voice no longer uses is left out.
        """
        for opening, (request, received) in self._openings.items():
            if opening >= bar and opening not in self.requested and self._uses(request.model):
                self.requested[opening] = request
                self.receive(opening, received)

    def drop_before(self, bar: int) -> None:
        """Drop the bars before `bar`."""
        for bars in (self.requested, self.received):
            for earlier in [each for each in bars if each < bar]:
                del bars[earlier]
        self.pending = {each for each in self.pending if each >= bar}

    def _uses(self, model: str) -> bool:
        """Whether the voice plays bars of a model."""
        blends = self.parameters["blend"] > 0
        return model == self.model or (model == self.other_model and blends)

    def _repeats(self, bar: int) -> bool:
        """Whether a bar repeats: the form says that it may, and `repeat` how often it does."""
        return form.is_repeat(bar, self.settings.form) and self._is_drawn(bar)

    def _is_drawn(self, bar: int) -> bool:
        """Whether a bar that may repeat does so."""
        return uniform(self.index, bar, 8) < self.parameters["repeat"]

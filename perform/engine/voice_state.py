"""A voice in motion: its knobs, what it has to play, what sounds."""

from collections import deque

from perform.engine import form
from perform.engine.conditioning import PhraseContext
from perform.engine.expression import Expression
from perform.engine.form import Mode
from perform.engine.metre import Metre, fit_to_metre
from perform.engine.seeded_random import chance
from perform.engine.voicing import (
    PitchSpan,
    PreviousNote,
    VoiceSettings,
    octave_into,
    prepare,
    thin,
)
from perform.events import Steering
from perform.music.chord import Chord
from perform.music.condition import Conditions
from perform.music.note import Note, Phrase

BARS_AHEAD = 2
REMEMBERED = 4
ANOTHER = 7919  # seeds that a "no" steps over
PLAYERS_WEIGHT = 0.7  # how much an answer resembles what it answers, where nobody said


PhraseRequest = tuple[
    str, int, Conditions, Steering | None
]  # model, seed, and what it is to be like


class VoiceState:
    """The state of one voice. `wished`: bars ahead, each with what it was asked for as."""

    def __init__(self, index: int, settings: VoiceSettings) -> None:
        self.index = index
        self.settings = settings
        self.model = settings.model
        self.other = settings.other or settings.model
        self.parameters = settings.initial_parameters()
        self.feel = _feel(self.parameters)
        self.mode: Mode = settings.mode
        self.span = settings.bars
        self.since = 0  # the bar from which turns are counted
        self.muted = False
        self.soloed = False
        self.silent = False  # muted, or another is soloed
        self.wished: dict[int, PhraseRequest] = {}
        self.awaited: set[int] = set()  # bars that were asked for and have not come
        self.previous: Phrase | None = None
        self.shaped_as = 0  # the bar as which `previous` was shaped
        self.last: Phrase = ()
        self.heard: Phrase = ()  # the material of the note that was struck last
        self.before: PreviousNote | None = None
        self.sounding: dict[int, tuple[int, int]] = {}  # pitch -> (token, end tick)
        self.liked: deque[Phrase] = deque(maxlen=REMEMBERED)
        self.disliked: deque[Phrase] = deque(maxlen=REMEMBERED)
        self.refusals = 0
        self.made: dict[int, Phrase] = {}  # bars ahead, as they came
        self._octave_of, self._octave = -1, 0  # a bar, and the semitones by which it is moved
        self._openings: dict[
            int, tuple[PhraseRequest, Phrase]
        ] = {}  # the first bars, for the next start
        # material that sounded -> whether the other model made it
        self._blended: dict[int, bool] = {}

    def turn(self, knob: str, value: float) -> None:
        """A knob stands elsewhere."""
        self.parameters = {**self.parameters, knob: value}
        self.feel = _feel(self.parameters)

    def recall(self, parameters: dict[str, float]) -> None:
        """All knobs stand as they did."""
        self.parameters, self.feel = parameters, _feel(parameters)

    def judge(self, more: bool) -> None:
        """More of what was heard, or none of it and others than those that were coming."""
        if self.heard:
            (self.liked if more else self.disliked).append(self.heard)
            rest = self.disliked if more else self.liked
            if self.heard in rest:
                rest.remove(self.heard)
        if not more:
            self.refusals += 1

    def speaks(self, bar: int) -> bool:
        """Whether it plays in a bar, by its mode."""
        return form.speaks(self.mode, bar - self.since, self.span)

    def material(self, bar: int) -> int:
        """Which invented bar stands at `bar`, as far as the form is kept to."""
        if self._returns(bar):
            return form.material_index(bar, self.settings.form)
        # beyond all that the form counts, a bar of its own
        return form.material_index(bar, self.settings.form) + (
            2**20 + bar if form.returns(bar, self.settings.form) else 0
        )

    def source(self, bar: int, seed: int) -> str:
        """The model that a bar comes from: its own, or as often as the blend says the other.

        A bar that returns comes from where it came from before, so that it is known again.
        """
        other = self._blended.get(self.material(bar))
        if other is None:
            other = chance(seed, 5) < self.parameters["blend"]
        return self.other if other else self.model

    def begin(self, bar: int) -> None:
        """A bar is laid out: nobody has to be asked for it any more."""
        asked = self.wished.pop(bar, None)
        self.awaited.discard(bar)
        self.made.pop(bar, None)
        if asked is not None:
            material = self.material(bar)
            self._blended.setdefault(material, asked[0] != self.model and self._plays(asked[0]))
            while len(self._blended) > len(self.settings.form):
                del self._blended[next(iter(self._blended))]

    @property
    def listens(self) -> bool:
        """Whether what the player plays matters to what it is asked for."""
        return self.mode in form.TURNS or self.parameters["weight/player"] > 0

    def listening(self, heard: Phrase) -> tuple[dict[str, float], Phrase]:
        """The knobs, and the player's bar that is to be resembled: by an answer in any case."""
        if self.mode in form.TURNS and heard and not self.parameters["weight/player"]:
            return {**self.parameters, "weight/player": PLAYERS_WEIGHT}, heard
        return self.parameters, heard

    def around(self, around: PhraseContext) -> PhraseContext:
        """What was judged, beside what is around."""
        return around._replace(liked=tuple(self.liked), disliked=tuple(self.disliked))

    def take(self, bar: int, phrase: Phrase) -> None:
        """A bar of material has come. Most give way to a better one, so none is made ready before it is laid out."""
        if bar < BARS_AHEAD:
            self._openings[bar] = self.wished[bar], phrase
        self.awaited.discard(bar)
        self.made[bar] = phrase

    def ready(self, bar: int) -> Phrase | None:
        """What has come for a bar, as this voice plays it; None where nothing has."""
        made = self.made.get(bar)
        return None if made is None else prepare(made, self.settings)

    def shaped(self, phrase: Phrase, bar: int, metre: Metre, seed: int) -> Phrase:
        """What is ready as it stands in its bar: fitted into the metre, thinned, changed where it returns."""
        phrase = self._fitted(phrase, metre)
        if self._returns(bar) and chance(seed, bar, 6) < self.parameters["vary"]:
            phrase = form.vary(phrase, seed + bar, metre)
        return phrase

    def opening(self, bar: int, metre: Metre) -> Note | None:
        """The first note of a bar that is ready, as it will stand in its metre."""
        return next(iter(self._fitted(self.ready(bar) or (), metre)), None)

    def placed(self, note: Note, bar: int, reach: PitchSpan, chord: Chord) -> Note:
        """A note in the octave of its bar: where the line is as the bar begins or, where its height is asked for, as it
        comes.
        """
        if bar != self._octave_of:
            asked = (
                self.parameters["weight/register"] > 0 or self.parameters["target/register"] >= 0
            )
            self._octave = (
                0 if asked else octave_into(note, reach, chord, self.settings, self.before)
            )
            self._octave_of = bar
        return note._replace(pitch=note.pitch + self._octave) if self._octave else note

    def lands(self, bar: int, seed: int) -> bool:
        """Whether the line comes to rest in a bar: the last of its form, or of its turn, in which the form is counted
        from the turn's first bar.
        """
        place = bar
        if self.mode in form.TURNS and self.span > 1:
            place = (bar - self.since) % self.span
        ends = form.ends(place, self.settings.form) or (
            self.span > 1 and form.yields(self.mode, bar - self.since, self.span)
        )
        return ends and chance(seed, bar, 7) < self.parameters["land"]

    def begin_again(self, bar: int) -> None:
        """Nothing is ready from `bar` on, and nothing asked for, but what a start begins with."""
        self.wished.clear()
        self.awaited.clear()
        self.made.clear()
        self._blended.clear()
        self.before = None
        self._octave_of = -1
        self.stand_by(bar)

    def stand_by(self, bar: int = 0) -> None:
        """The first bars, from `bar` on, are at hand as they were made last: a start may come. What a model made that
        plays no more is not.
        """
        for first, (asked, phrase) in self._openings.items():
            if first >= bar and first not in self.wished and self._plays(asked[0]):
                self.wished[first] = asked
                self.take(first, phrase)

    def go_on(self, bar: int) -> None:
        """It goes on with `bar`: what is before it is needed no more."""
        for kept in (self.wished, self.made):
            for before in [each for each in kept if each < bar]:
                del kept[before]

    def _plays(self, model: str) -> bool:
        """Whether bars of a model are played now."""
        return model == self.model or (model == self.other and self.parameters["blend"] > 0)

    def _fitted(self, phrase: Phrase, metre: Metre) -> Phrase:
        return thin(fit_to_metre(phrase, metre), self.settings.density, metre)

    def _returns(self, bar: int) -> bool:
        """Whether a bar that the form brings back does come back."""
        if not form.returns(bar, self.settings.form):
            return False
        return chance(self.index, bar, 8) < self.parameters["repeat"]


def _feel(parameters: dict[str, float]) -> Expression:
    return Expression(
        parameters["swing"],
        parameters["humanise"],
        parameters["accent"],
        parameters["articulation"],
    )

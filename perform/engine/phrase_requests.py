"""What is asked for bars ahead, and when it has to be asked for again."""

from collections.abc import Iterable

from perform.engine.conditioning import PhraseContext, conditions_of, steering_of
from perform.engine.form import TURNS
from perform.engine.harmony import Harmony
from perform.engine.metre import to_common_time
from perform.engine.player_buffer import PlayerBuffer
from perform.engine.song_position import SongPosition
from perform.engine.voice_state import ANOTHER, BARS_AHEAD, PhraseRequest, VoiceState
from perform.events import PhraseRequested
from perform.music.note import Phrase


class PhraseRequests:
    """The wishes for bars ahead. `seed`: of the performance."""

    def __init__(
        self, course: SongPosition, harmony: Harmony, ear: PlayerBuffer, seed: int
    ) -> None:
        self._course = course
        self._harmony = harmony
        self._ear = ear
        self._performance = seed

    def missing(self, line: VoiceState, bar: int) -> Iterable[PhraseRequested]:
        """Wishes for what is neither there nor asked for among the next bars."""
        for ahead in range(bar, bar + BARS_AHEAD):
            if ahead not in line.wished:
                yield self._want(line, ahead)

    def outdated(self, line: VoiceState, most: int = BARS_AHEAD) -> Iterable[PhraseRequested]:
        """The wishes for the next bars, `most` of them, that would be others now; what has come stays until its
        better comes.
        """
        for bar in sorted(line.wished)[:most]:
            yield from self._anew(line, bar)

    def settled(self, line: VoiceState) -> Iterable[PhraseRequested]:
        """As `outdated`, but whatever was asked for and has not come is waited for first: however fast faders
        move, no more is asked for than is made.
        """
        for bar in sorted(line.wished.keys() - line.awaited):
            yield from self._anew(line, bar)

    def _anew(self, line: VoiceState, bar: int) -> Iterable[PhraseRequested]:
        if line.wished[bar] != self._wish(line, bar):
            yield self._want(line, bar)

    def seed(self, line: VoiceState, bar: int) -> int:
        """Consecutive seeds for consecutive material, far apart for voices and performances."""
        performance = (self._performance * 31 + line.index) % 2**24
        return performance * 2**24 + (line.material(bar) + line.refusals * ANOTHER) % 2**24

    def _want(self, line: VoiceState, bar: int) -> PhraseRequested:
        asked = line.wished[bar] = self._wish(line, bar)
        line.awaited.add(bar)
        model, seed, wish, steering = asked
        deadline = self._course.tick + (bar - self._course.bar) * self._course.metre.bar
        return PhraseRequested(line.settings.name, bar, seed, model, deadline, wish, steering)

    def _wish(self, line: VoiceState, bar: int) -> PhraseRequest:
        """Where a bar ahead comes from and what it is to be like, as far as that is known now."""
        settings, seed = line.settings, self.seed(line, bar)
        again = bar < self._course.unopened  # of the next start
        chord = self._harmony.first(bar) if again else self._harmony.coming(bar - self._course.bar)
        parameters, player = line.listening(self._heard(line, bar))
        around = line.around(
            PhraseContext(
                chord,
                self._harmony.key,
                last=line.made.get(bar - 1) or line.last,
                player=player,
            )
        )
        columns = self._course.coming.columns
        steering = steering_of(parameters, settings.low, settings.high, around, columns)
        return line.source(bar, seed), seed, conditions_of(parameters, chord), steering

    def _heard(self, line: VoiceState, bar: int) -> Phrase:
        """What the player played in the bar that this one answers, or last; as material, in four."""
        heard: Phrase = ()
        if line.mode in TURNS:
            heard = self._ear.bar(bar - line.span)
        return to_common_time(heard or self._ear.latest(bar), self._course.metre)

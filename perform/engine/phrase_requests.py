"""Requests for the bars ahead: which bars are missing, and which requests are out of date."""

from collections.abc import Iterable, Iterator, Sequence

from perform.engine.conditioning import PhraseContext, conditions_of, steering_of
from perform.engine.form import TURN_MODES
from perform.engine.harmony import BarHarmony, Harmony, chart_number
from perform.engine.line_contexts import line_context
from perform.engine.metre import to_common_time
from perform.engine.placed_line import ReceivedBar
from perform.engine.player_buffer import PlayerBuffer
from perform.engine.schedule import EventKind, Schedule
from perform.engine.song_position import SongPosition
from perform.engine.voice_arcs import VoiceArcs
from perform.engine.voice_state import BARS_AHEAD, PhraseRequest, VoiceState
from perform.events import PhraseReady, PhraseRequested
from perform.music.note import Phrase

SEEDS_PER_DISLIKE = 7919  # a dislike moves all seeds on by so much
DELAY_TICKS = 60  # an eighth of a beat
APART_TICKS = 5  # the time for one voice's update; where an event is nearer, it comes first


class PhraseRequests:
    """Makes the requests of all voices. `seed`: of the performance."""

    def __init__(
        self,
        voices: Sequence[VoiceState],
        schedule: Schedule,
        position: SongPosition,
        harmony: Harmony,
        player: PlayerBuffer,
        arcs: VoiceArcs,
        seed: int,
    ) -> None:
        self._voices = voices
        self._schedule = schedule
        self._position = position
        self._harmony = harmony
        self._player = player
        self._arcs = arcs
        self._performance = seed
        self._scheduled = False  # whether `soon` has scheduled an update
        self._placing: dict[str, bool] = {}  # model -> whether its last bar was placed
        self._changed = set(range(len(voices)))  # voices whose requests may be out of date
        self._harmony_seen: dict[int, list[BarHarmony]] = {}  # by voice, at its last update

    def receive(self, voice: VoiceState, ready: PhraseReady) -> None:
        """Store a requested bar that has arrived.

        Its model is known from then on: whether it follows contexts or not.
        """
        self._placing[voice.requested[ready.bar].model] = ready.placed
        if ready.bar + 1 in voice.requested:  # what comes next follows this bar
            self._changed.add(voice.index)
        arc = self._arcs.at(voice, ready.bar, self._harmony_of(ready.bar).at)
        voice.receive(ready.bar, voice.resting(ReceivedBar(*ready[2:]), arc))

    def missing(
        self, bar: int, voices: Iterable[VoiceState] | None = None
    ) -> list[PhraseRequested]:
        """Requests for the bars from `bar` on that have not been requested. `voices`: all, if not
        named.
        """
        return [
            self._record(voice, ahead, self._current_request(voice, ahead))
            for voice in (self._voices if voices is None else voices)
            for ahead in range(bar, bar + BARS_AHEAD)
            if ahead not in voice.requested
        ]

    def outdated(
        self, voices: Iterable[VoiceState] | None = None, most: int = BARS_AHEAD
    ) -> list[PhraseRequested]:
        """New requests for those of the next `most` bars whose request has changed.

        A bar that has arrived stays until its replacement arrives. `voices`: all, if not named.
        """
        return [
            request
            for voice in (self._voices if voices is None else voices)
            for request in self._renew(voice, sorted(voice.requested)[:most])
        ]

    def outdated_received(
        self, voices: Iterable[VoiceState] | None = None
    ) -> list[PhraseRequested]:
        """As `outdated`, for all bars that have arrived.

        So one request a bar is open at a time, however fast the player moves faders.
        """
        return [
            request
            for voice in (self._voices if voices is None else voices)
            for request in self._renew(voice, sorted(voice.requested.keys() - voice.pending))
        ]

    def soon(
        self, tick: int, running: bool, voices: Iterable[VoiceState] | None = None
    ) -> list[PhraseRequested]:
        """Update the requests after a change that they depend on.

        While the transport runs, an update of the next bar is scheduled within an eighth of a beat;
        the bars after it follow at the next beat. So many chords or faders in a row cost one
        update, and a change is still heard in the next bar. While it is stopped, the new requests
        come back at once, because any bar may be the first.
        """
        if not running:
            return self.outdated_received(voices)
        self._changed.update(each.index for each in (self._voices if voices is None else voices))
        if not self._scheduled:
            self._scheduled = True
            self._schedule.add(tick + DELAY_TICKS, EventKind.REQUEST, (1,))
        return []

    def update(self, tick: int, most: int, since: int = 0) -> list[PhraseRequested]:
        """The requests of a scheduled update: missing bars, then outdated ones (`most` bars).

        It serves the voices from the index `since` on for which something has changed, as long as
        no event is near. The rest come a little later: notes that are due do not wait for them.
        """
        # an update of a beat leaves the one that `soon` scheduled pending
        if most < BARS_AHEAD and not since:
            self._scheduled = False
        done: list[PhraseRequested] = []
        known: dict[int, BarHarmony] = {}  # the voices share it
        end = tick
        for voice in self._voices[since:]:
            next_tick = self._schedule.next_tick()
            if end > tick and next_tick is not None and next_tick < end + APART_TICKS:
                self._schedule.add(end, EventKind.REQUEST, (most, voice.index))
                break
            requests = self._update_voice(voice, most, known)
            if requests is not None:
                done += requests
                end += APART_TICKS
        return done

    def _update_voice(
        self, voice: VoiceState, most: int, known: dict[int, BarHarmony]
    ) -> list[PhraseRequested] | None:
        """One voice's requests of an update; None where nothing has changed for it.

        `known`: the chords of bars that the update has looked up, which grow.
        """
        missing = self.missing(self._position.first_unopened, [voice])
        for bar in voice.requested.keys() - known.keys():
            known[bar] = self._harmony_of(bar)
        harmony = [known[bar] for bar in sorted(voice.requested)]
        seen = self._harmony_seen.get(voice.index)
        if not missing and voice.index not in self._changed and harmony == seen:
            return None
        if most == BARS_AHEAD:
            self._harmony_seen[voice.index] = harmony
            self._changed.discard(voice.index)
        return [*missing, *self.outdated([voice], most)]

    def restart(self) -> None:
        """Forget the scheduled update: the schedule was cleared."""
        self._scheduled = False
        self._changed = set(range(len(self._voices)))

    def seed(self, voice: VoiceState, bar: int) -> int:
        """The seed of a bar: consecutive for consecutive material, far apart for voices and
        performances.
        """
        return self._seed(voice, voice.material_index(bar))

    def _seed(self, voice: VoiceState, index: int, chart: int = 0) -> int:
        performance = (self._performance * 31 + voice.index + chart) % 2**24
        material = index + voice.dislikes * SEEDS_PER_DISLIKE
        return performance * 2**24 + material % 2**24

    def _renew(self, voice: VoiceState, bars: Iterable[int]) -> Iterator[PhraseRequested]:
        for bar in bars:
            request = self._current_request(voice, bar)
            latest = voice.requested[bar]
            if not self._placing.get(request.model):  # what it makes does not depend on the context
                latest = latest._replace(context=request.context)
            if latest != request:
                yield self._record(voice, bar, request)

    def _record(self, voice: VoiceState, bar: int, request: PhraseRequest) -> PhraseRequested:
        """The event of a new request, which is recorded in the voice's state."""
        voice.requested[bar] = request
        voice.pending.add(bar)
        position = self._position
        deadline = position.bar_tick + (bar - position.bar) * position.metre.bar
        return PhraseRequested(
            voice.settings.name,
            bar,
            request.seed,
            request.model,
            deadline,
            request.conditions,
            request.steering,
            request.context,
        )

    def _current_request(self, voice: VoiceState, bar: int) -> PhraseRequest:
        """The request for a bar ahead, from the harmony, parameters and judgements of now."""
        harmony, player = self._harmony_of(bar), self._player_phrase(voice, bar)
        parameters, settings = voice.request_parameters(player), voice.settings
        before = voice.received.get(bar - 1)
        context = voice.with_judgements(
            PhraseContext(
                harmony.first,
                self._harmony.key,
                last=(before.phrase if before else ()) or voice.last_material,
                player=player,
            )
        )
        metre = self._position.next_metre
        model = voice.model_of(bar, self.seed(voice, bar))
        index = bar if self._placing.get(model) else voice.material_index(bar)
        return PhraseRequest(
            model,
            self._seed(voice, index, chart_number(self._harmony.chart)),
            conditions_of(parameters, harmony.first),
            steering_of(parameters, settings.low, settings.high, context, metre.columns),
            line_context(
                voice,
                bar,
                harmony,
                self._arcs.at(voice, bar, harmony.at),
                self._harmony,
                self._position,
            )
            if self._placing.get(model, True)
            else None,
        )

    def _harmony_of(self, bar: int) -> BarHarmony:
        """The chords of a bar ahead; of a bar that has been laid out, in the next start."""
        if bar < self._position.first_unopened:
            return self._harmony.bar_from_start(bar)
        return self._harmony.bar_ahead(bar - self._position.bar)

    def _player_phrase(self, voice: VoiceState, bar: int) -> Phrase:
        """The player's bar that this bar answers, or else the last one, as 4/4 material."""
        phrase: Phrase = ()
        if voice.mode in TURN_MODES:
            phrase = self._player.bar(bar - voice.turn_length)
        return to_common_time(phrase or self._player.latest(bar), self._position.metre)

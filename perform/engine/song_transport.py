"""Start, stop and continue, with or without a count-in, and moves of the song position."""

from perform.engine.count_in import CountIn
from perform.engine.harmony import Harmony
from perform.engine.metre import Metre
from perform.engine.phrase_requests import PhraseRequests
from perform.engine.playback import Playback
from perform.engine.player_buffer import PlayerBuffer
from perform.engine.published_chords import PublishedChords
from perform.engine.published_turns import PublishedTurns
from perform.engine.settings import Counts
from perform.engine.song_position import SongPosition
from perform.engine.voices import Voices
from perform.events import (
    CountInChanged,
    MetreChanged,
    OutputEvent,
    SongPositionChanged,
    StallEnded,
    TransportChanged,
    TransportMessage,
)


class SongTransport:
    """Handles the events that start, stop and move the song.

    `started`: whether the transport has ever started.
    """

    def __init__(
        self,
        voices: Voices,
        position: SongPosition,
        harmony: Harmony,
        player: PlayerBuffer,
        playback: Playback,
        requests: PhraseRequests,
        published: PublishedChords,
        turns: PublishedTurns,
        count_in: CountIn,
        counts: Counts,
    ) -> None:
        self._voices = voices
        self._position = position
        self._harmony = harmony
        self._player = player
        self._playback = playback
        self._requests = requests
        self._published = published
        self._turns = turns
        self._count_in = count_in
        self._counts = counts
        self.started = False

    @property
    def count_in_ticks(self) -> int:
        """The length of the next count-in."""
        return self._count_in.bars * self._position.first_metre.bar

    def set_count_in(self, event: CountInChanged) -> list[OutputEvent]:
        """Set the bars of the next count-in; one that has begun goes on."""
        self._count_in.bars = event.bars
        return []

    def change(self, event: TransportChanged) -> list[OutputEvent]:
        """Start from the top or continue, see `TransportChanged`; or stop."""
        if event.action == "stop":
            return self._stop()
        from_top = event.action == "start" or not self.started
        if self._playback.running and not from_top:
            return []
        tick, ahead = self._playback.tick, event.count_in or 0
        done = self._playback.silence(tick)
        if from_top and ahead:
            done.append(TransportMessage(-ahead, "count-in"))
        else:
            done.append(TransportMessage(tick, "start" if from_top else "continue"))
        if from_top:
            self._restart(0, ahead)
            done.extend(self._requests.missing(0))
            if self._playback.running:  # a stop before has updated the requests already
                done.extend(self._requests.outdated())
        for voice in self._voices.all:
            voice.drop_before(self._position.first_unopened)
        self._playback.running = True
        return done

    def _stop(self) -> list[OutputEvent]:
        """Stop; end the sounding notes, and request the first bars, in case a start comes next."""
        tick = self._playback.tick
        done = self._playback.silence(tick)
        if not self._playback.running:
            return done
        self._playback.running = False
        for voice in self._voices.all:
            voice.restore_openings()
        requests = [*self._requests.missing(0), *self._requests.outdated()]
        return [*done, TransportMessage(tick, "stop"), *self._turns.stopped(), *requests]

    def locate(self, event: SongPositionChanged) -> list[OutputEvent]:
        """Move the song position; the bar there plays from that tick on.

        It ends a count-in; those who wait for its end are taken along.
        """
        done = self._playback.silence(self._playback.tick)
        if self._count_in.counting and self._playback.running:
            done.append(TransportMessage(event.tick, "continue"))
        inside = self._restart(event.tick)
        self._harmony.locate(self._position.bar, inside > 0)
        if inside:
            self._playback.schedule_chords(self._harmony.current_bar, inside)
        for voice in self._voices.all:
            voice.restore_openings()
        missing = self._requests.missing(self._position.first_unopened)
        return [*done, *self._published.cursor(), *missing, *self._requests.outdated()]

    def _restart(self, tick: int, ahead: int = 0) -> int:
        """Clear what is scheduled and count from `tick`; return how far that is inside its bar.

        `ahead`: ticks of a count-in before it.
        """
        inside = self._position.restart(tick, ahead)
        self._playback.tick = tick - ahead
        self._count_in.counting = False
        if ahead:
            self._count_in.begin(ahead, self._position.metre)
        self._requests.restart()
        self._player.clear()
        self._harmony.rewind()
        for voice in self._voices.all:
            voice.turn_start = self._position.bar
            if self.started:  # else the prepared bars are the ones that play
                voice.reset(self._position.bar)
        self.started = True
        return inside

    def change_metre(self, event: MetreChanged) -> None:
        """Change the metre: at once before the first start, else from the next bar line on."""
        first = event.first if self._playback.running else 0
        self._position.set_metre(Metre(event.bar, event.beat), not self.started, first)

    def skip_stall(self, event: StallEnded) -> list[OutputEvent]:
        """Go on after a stall."""
        if not self._playback.running:
            return []
        self._counts.stalls += 1
        return self._playback.skip(event.until, event.now)

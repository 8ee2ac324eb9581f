"""What is published of turns: whose turn it is, of each voice and of all, and for how many bars."""

from collections.abc import Iterator, Sequence

from perform.engine.voice_state import VoiceState
from perform.events import OutputEvent, StateChanged

TURN, TURN_BARS = "turn", "turn/bars"  # below the address of a voice, or alone for all voices
NO_TURN = ("", 0)
Turn = tuple[str, int]


class PublishedTurns:
    """Makes the events that publish whose turn it is, where that has changed."""

    def __init__(self, voices: Sequence[VoiceState]) -> None:
        self._voices = voices
        self._bar: int | None = None  # the one that sounds; None while stopped
        self._published: dict[str, Turn] = {}  # by the address above

    def at(self, bar: int) -> list[OutputEvent]:
        """Whose turn a bar is; a mode that was set near the end of a bar counts from the next."""
        self._bar = bar
        return self.again()

    def again(self) -> list[OutputEvent]:
        """Whose turn the bar is that sounds, after a change of mode or silence inside it."""
        return [*self._changes()]

    def stopped(self) -> list[OutputEvent]:
        """No turn for any voice: the music has stopped."""
        self._bar = None
        return self.again()

    def _changes(self) -> Iterator[OutputEvent]:
        turns = [(voice, self._turn(voice)) for voice in self._voices]
        for voice, turn in turns:
            yield from self._publish(f"/voice/{voice.settings.name}/", turn)
        yield from self._publish("/", _of_all([turn for voice, turn in turns if not voice.silent]))

    def _turn(self, voice: VoiceState) -> Turn:
        return NO_TURN if self._bar is None else voice.turn_at(max(self._bar, voice.turn_start))

    def _publish(self, at: str, turn: Turn) -> Iterator[OutputEvent]:
        before, self._published[at] = self._published.get(at, NO_TURN), turn
        if turn[1] != before[1]:
            yield StateChanged(at + TURN_BARS, turn[1])
        if turn[0] != before[0]:
            yield StateChanged(at + TURN, turn[0])


def _of_all(turns: Sequence[Turn]) -> Turn:
    """The turn of the voices that can be heard: the player's where none of them has it."""
    whose = "voice" if any(turn[0] == "voice" for turn in turns) else "player"
    bars = [left for each, left in turns if each == whose]
    return (whose, min(bars)) if bars else NO_TURN

"""What is published of turns: whose turn it is with each voice, and for how many bars."""

from collections.abc import Sequence

from perform.engine.voice_state import VoiceState
from perform.events import OutputEvent, StateChanged

TURN, TURN_BARS = "turn", "turn/bars"  # below the address of a voice
NO_TURN = ("", 0)


class PublishedTurns:
    """Makes the events that publish whose turn it is, where that has changed."""

    def __init__(self, voices: Sequence[VoiceState]) -> None:
        self._voices = voices
        self._published = {voice.settings.name: NO_TURN for voice in voices}

    def at(self, bar: int) -> list[OutputEvent]:
        """Whose turn a bar is; a mode that was set near the end of a bar counts from the next."""
        done: list[OutputEvent] = []
        for voice in self._voices:
            done += self._publish(voice.settings.name, *voice.turn_at(max(bar, voice.turn_start)))
        return done

    def stopped(self) -> list[OutputEvent]:
        """No turn for any voice: the music has stopped."""
        return [each for name in self._published for each in self._publish(name, *NO_TURN)]

    def _publish(self, name: str, turn: str, bars: int) -> list[OutputEvent]:
        before, self._published[name] = self._published[name], (turn, bars)
        done: list[OutputEvent] = []
        if bars != before[1]:
            done.append(StateChanged(f"/voice/{name}/{TURN_BARS}", bars))
        if turn != before[0]:
            done.append(StateChanged(f"/voice/{name}/{TURN}", turn))
        return done

"""The voices of a performance, and what players do to them."""

from collections.abc import Sequence

from perform.engine.voice_state import VoiceState
from perform.engine.voicing import VoiceSettings
from perform.events import (
    ModeChanged,
    ModelChanged,
    OtherModelChanged,
    ParameterChanged,
    PhraseJudged,
    TurnLengthChanged,
    VoiceMuted,
    VoiceSoloed,
)

MOST_SNAPSHOTS = 32


class Voices:
    """The lines in their order and by name; an event without a voice is for all of them."""

    def __init__(self, voices: Sequence[VoiceSettings]) -> None:
        self.lines = [VoiceState(index, voice) for index, voice in enumerate(voices)]
        self.by_name = {line.settings.name: line for line in self.lines}
        self._snapshots: dict[str, dict[str, dict[str, float]]] = {}

    @property
    def snapshots(self) -> list[str]:
        """The names under which knobs are kept."""
        return list(self._snapshots)

    def those(self, voice: str | None) -> list[VoiceState]:
        """The voice of a name, or every voice."""
        return [line for line in self.lines if voice in (None, line.settings.name)]

    def change_model(self, event: ModelChanged | OtherModelChanged) -> None:
        """Another bundle, or another that the blend goes towards."""
        for line in self.those(event.voice):
            if isinstance(event, ModelChanged):
                line.model = event.model
            else:
                line.other = event.model

    def change_mode(self, event: ModeChanged | TurnLengthChanged, bar: int) -> None:
        """When it plays, and in turns of how many bars; turns are counted from `bar`."""
        for line in self.those(event.voice):
            line.since = bar
            if isinstance(event, ModeChanged):
                line.mode = event.mode
            if event.bars is not None:
                line.span = event.bars

    def quieten(self, event: VoiceMuted | VoiceSoloed) -> list[VoiceState]:
        """The lines that are silent by this event, and were not before."""
        line = self.by_name.get(event.voice)
        if line is None:
            return []
        if isinstance(event, VoiceMuted):
            line.muted = event.muted
        else:
            line.soloed = event.soloed
        anyone = any(each.soloed for each in self.lines)
        fallen = []
        for each in self.lines:
            silent = each.muted or (anyone and not each.soloed)
            if silent and not each.silent:
                fallen.append(each)
            each.silent = silent
        return fallen

    def turn(self, event: ParameterChanged) -> None:
        """A knob stands elsewhere."""
        for line in self.those(event.voice):
            line.turn(event.parameter, event.value)

    def store(self, name: str) -> str:
        """Keep where all knobs stand; the names of all that are kept, by commas. The oldest makes way."""
        self._snapshots.pop(name, None)
        if len(self._snapshots) >= MOST_SNAPSHOTS:
            del self._snapshots[next(iter(self._snapshots))]
        self._snapshots[name] = {line.settings.name: line.parameters for line in self.lines}
        return ", ".join(self._snapshots)

    def recall(self, name: str) -> list[tuple[str, float]]:
        """Bring them back: (address, value) of each that moved; none for an unknown name."""
        moved = []
        for voice, parameters in self._snapshots.get(name, {}).items():
            line = self.by_name[voice]
            moved += [
                (f"/voice/{voice}/{knob}", value)
                for knob, value in parameters.items()
                if line.parameters[knob] != value
            ]
            line.recall(parameters)
        return moved

    def judge(self, event: PhraseJudged) -> None:
        """More of what sounds, or no more of it."""
        for line in self.those(event.voice):
            line.judge(event.more)

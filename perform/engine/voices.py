"""The voices of a performance, their settings by event, and snapshots of their parameters."""

from collections.abc import Mapping, Sequence

from perform.engine.parameters import PARAMETERS
from perform.engine.voice_state import VoiceState
from perform.engine.voicing import VoiceSettings
from perform.events import (
    FeelChanged,
    ModeChanged,
    ModelChanged,
    OtherModelChanged,
    ParameterChanged,
    PhraseJudged,
    SnapshotsRestored,
    TurnLengthChanged,
    VoiceMuted,
    VoiceSnapshot,
    VoiceSoloed,
)

MAX_SNAPSHOTS = 32


class Voices:
    """All voices in order (`all`) and by name; an event without a voice applies to all."""

    def __init__(self, settings: Sequence[VoiceSettings]) -> None:
        self.all = [VoiceState(index, each) for index, each in enumerate(settings)]
        self.by_name = {voice.settings.name: voice for voice in self.all}
        self._snapshots: dict[str, dict[str, VoiceSnapshot]] = {}

    @property
    def snapshots(self) -> dict[str, dict[str, VoiceSnapshot]]:
        """What each stored snapshot holds of each voice, the oldest first."""
        return dict(self._snapshots)

    def restore_snapshots(self, event: SnapshotsRestored) -> str:
        """Store snapshots again that were stored before; return all names, separated by commas.

        What a snapshot says of other voices or parameters than those of today is left out.
        """
        for name, stored in event.snapshots.items():
            self._snapshots[name] = {
                voice: VoiceSnapshot(
                    self.by_name[voice].parameters | _known(snapshot.parameters), snapshot.feel
                )
                for voice, snapshot in stored.items()
                if voice in self.by_name
            }
        return ", ".join(self._snapshots)

    def select(self, name: str | None) -> list[VoiceState]:
        """The voice of a name, or all voices for None."""
        return [voice for voice in self.all if name in (None, voice.settings.name)]

    def set_model(self, event: ModelChanged | OtherModelChanged) -> None:
        """Change the model, or the other model that `blend` mixes in."""
        for voice in self.select(event.voice):
            if isinstance(event, ModelChanged):
                voice.model = event.model
            else:
                voice.other_model = event.model

    def set_mode(self, event: ModeChanged | TurnLengthChanged, bar: int) -> None:
        """Change the mode or the turn length; turns are counted from `bar`."""
        for voice in self.select(event.voice):
            voice.turn_start = bar
            if isinstance(event, ModeChanged):
                voice.mode = event.mode
            if event.bars is not None:
                voice.turn_length = event.bars

    def set_feel(self, event: FeelChanged) -> None:
        """Change the feel."""
        for voice in self.select(event.voice):
            voice.feel = event.feel

    def set_silence(self, event: VoiceMuted | VoiceSoloed) -> list[VoiceState]:
        """Mute or solo a voice; return the voices that this makes silent."""
        changed = self.by_name.get(event.voice)
        if changed is None:
            return []
        if isinstance(event, VoiceMuted):
            changed.muted = event.muted
        else:
            changed.soloed = event.soloed
        any_soloed = any(voice.soloed for voice in self.all)
        silenced = []
        for voice in self.all:
            silent = voice.muted or (any_soloed and not voice.soloed)
            if silent and not voice.silent:
                silenced.append(voice)
            voice.silent = silent
        return silenced

    def set_parameter(self, event: ParameterChanged) -> None:
        """Set a parameter."""
        for voice in self.select(event.voice):
            voice.set_parameter(event.parameter, event.value)

    def store_snapshot(self, name: str) -> str:
        """Store all parameters and feels under a name; return all names, separated by commas.

        A new snapshot beyond 32 replaces the oldest.
        """
        self._snapshots.pop(name, None)
        if len(self._snapshots) >= MAX_SNAPSHOTS:
            del self._snapshots[next(iter(self._snapshots))]
        self._snapshots[name] = {
            voice.settings.name: VoiceSnapshot(voice.parameters, voice.feel) for voice in self.all
        }
        return ", ".join(self._snapshots)

    def recall_snapshot(self, name: str) -> list[tuple[str, float | str]]:
        """Restore a snapshot, and return (address, value) of each changed parameter and feel.

        An unknown name changes nothing.
        """
        changed: list[tuple[str, float | str]] = []
        for voice_name, (parameters, feel) in self._snapshots.get(name, {}).items():
            voice = self.by_name[voice_name]
            changed += [
                (f"/voice/{voice_name}/{parameter}", value)
                for parameter, value in parameters.items()
                if voice.parameters[parameter] != value
            ]
            if voice.feel != feel:
                changed.append((f"/voice/{voice_name}/feel", feel))
            voice.feel = feel
            voice.set_parameters(parameters)
        return changed

    def judge(self, event: PhraseJudged) -> None:
        """Like or dislike what the voices play."""
        for voice in self.select(event.voice):
            voice.judge(event.more)


def _known(parameters: Mapping[str, float]) -> dict[str, float]:
    """The parameters that there are, each within its range."""
    return {
        name: min(max(value, PARAMETERS[name].low), PARAMETERS[name].high)
        for name, value in parameters.items()
        if name in PARAMETERS
    }

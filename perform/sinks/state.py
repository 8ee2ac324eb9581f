"""Where every value that can be set stands, for whoever joins later."""

from collections.abc import Iterable

from perform.engine.knobs import KNOBS
from perform.engine.voice import VoiceSettings
from perform.events import ChordSounds, Output, StateChanged


class State:
    """All values by the address that sets them, kept true by listening."""

    def __init__(self, voices: Iterable[VoiceSettings], tempo: float, metre: str) -> None:
        self.values: dict[str, str | float] = {
            "/tempo": tempo,
            "/metre": metre,
            "/transport": "stop",
            "/chord": "N.C.",
        }
        self._voices = []
        for voice in voices:
            place = f"/voice/{voice.name}"
            self._voices.append(place)
            self.values |= {
                f"{place}/model": voice.model,
                f"{place}/other": voice.other or voice.model,
                f"{place}/mode": voice.mode,
                f"{place}/mute": 0,
                f"{place}/solo": 0,
                **{f"{place}/{name}": value for name, value in voice.turned().items()},
            }

    def send(self, output: Output) -> None:
        """Note where a value went."""
        if isinstance(output, StateChanged):
            self.values[output.address] = output.value
        elif isinstance(output, ChordSounds):
            self.values["/chord"] = output.symbol

    def close(self) -> None:
        """Nothing is held."""


def every_voice(changed: StateChanged, voices: Iterable[str]) -> list[StateChanged]:
    """A change, and where it is one of all voices the same of each, so that every fader follows."""
    name = changed.address[1:]
    if name not in KNOBS and name not in ("model", "other", "mode"):
        return [changed]
    each = [StateChanged(f"/voice/{voice}{changed.address}", changed.value) for voice in voices]
    return [changed, *each]

"""Where every value that can be set stands, for whoever joins later."""

from collections.abc import Iterable, Sequence

from perform.control.registry import CONTROLS, NAME, OF_ONE_VOICE
from perform.engine.engine import CURSOR, SNAPSHOTS
from perform.engine.metre import Metre, format_metre
from perform.engine.voicing import VoiceSettings
from perform.events import (
    ChartChanged,
    ChordSounds,
    Event,
    KeyChanged,
    MetreChanged,
    ModeChanged,
    ModelChanged,
    OtherModelChanged,
    OutputEvent,
    ParameterChanged,
    StateChanged,
    TempoChanged,
    TransportChanged,
    TurnLengthChanged,
    VoiceMuted,
    VoiceSoloed,
)

SPAN = "mode/bars"
_NAMED = {it.address for it in CONTROLS if NAME in it.address}
_PLAIN = {it.address: it.default for it in CONTROLS if it.told and NAME not in it.address}


class State:
    """All values by the address that sets them, kept true by listening."""

    def __init__(self, voices: Iterable[VoiceSettings], tempo: float, metre: str) -> None:
        each = {voice.name: _of_voice(voice) for voice in voices}
        first = next(iter(each.values()), {})
        self.values: dict[str, str | float] = {
            **{address: default for address, default in _PLAIN.items() if default is not None},
            # what is of all voices stands where the first has it
            **{f"/{name}": value for name, value in first.items() if f"/{name}" in _PLAIN},
            **{
                f"/voice/{voice}/{name}": it
                for voice, of in each.items()
                for name, it in of.items()
            },
            "/tempo": tempo,
            "/metre": metre,
            CURSOR: -1,
            SNAPSHOTS: "",
        }

    def send(self, output: OutputEvent) -> None:
        """Note where a value went."""
        if isinstance(output, StateChanged):
            self.values[output.address] = output.value
        elif isinstance(output, ChordSounds):
            self.values["/chord"] = output.symbol

    def close(self) -> None:
        """Nothing is held."""


def changes(event: Event, voices: Iterable[str]) -> list[StateChanged]:
    """What surfaces are told when a value was set: the address that sets it, and the value, wherever it shows."""
    return [told for change in _set(event) for told in everywhere(change, voices)]


def everywhere(changed: StateChanged, voices: Iterable[str]) -> list[StateChanged]:
    """A change, and the same wherever it shows, so that every fader follows: what is set for all voices at each of
    them, and what the first voice has at all, which stand where the first does.
    """
    address, value = changed
    if f"{OF_ONE_VOICE}{address}" in _NAMED:
        return [changed, *(StateChanged(f"/voice/{voice}{address}", value) for voice in voices)]
    first = f"/voice/{next(iter(voices), '')}"
    of_all = address.removeprefix(first)
    if address.startswith(f"{first}/") and of_all in _PLAIN:
        return [changed, StateChanged(of_all, value)]
    return [changed]


def _set(event: Event) -> Sequence[StateChanged]:
    match event:
        case TempoChanged(bpm):
            told: tuple[str, str | float] = ("/tempo", bpm)
        case TransportChanged(action):
            told = ("/transport", action)
        case MetreChanged(bar, beat):
            told = ("/metre", format_metre(Metre(bar, beat)))
        case KeyChanged(_, name):
            told = ("/key", name)
        case ChartChanged(_, text):
            told = ("/chart", text)
        case _:
            return _set_of_voice(event)
    return (StateChanged(*told),)


def _set_of_voice(event: Event) -> Sequence[StateChanged]:
    match event:
        case ModelChanged(voice, model):
            name, value = "model", model
        case OtherModelChanged(voice, model):
            name, value = "other", model
        case ModeChanged(voice, mode, bars):
            told = (StateChanged(_place(voice, "mode"), mode),)
            return told if bars is None else (*told, StateChanged(_place(voice, SPAN), bars))
        case TurnLengthChanged(voice, bars):
            return (StateChanged(_place(voice, SPAN), bars),)
        case ParameterChanged(voice, name, value):
            return (StateChanged(_place(voice, name), value),)
        case VoiceMuted(voice, on):
            return (StateChanged(_place(voice, "mute"), int(on)),)
        case VoiceSoloed(voice, on):
            return (StateChanged(_place(voice, "solo"), int(on)),)
        case _:
            return ()
    return (StateChanged(_place(voice, name), value),)


def _of_voice(voice: VoiceSettings) -> dict[str, str | float]:
    return {
        "model": voice.model,
        "other": voice.other or voice.model,
        "mode": voice.mode,
        SPAN: voice.bars,
        "mute": 0,
        "solo": 0,
        **voice.initial_parameters(),
    }


def _place(voice: str | None, name: str) -> str:
    return f"/voice/{voice}/{name}" if voice else f"/{name}"

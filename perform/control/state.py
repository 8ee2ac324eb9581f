"""The value of every control at this moment, for clients that subscribe later."""

from collections.abc import Iterable, Iterator, Mapping

from perform.control.absences import ABSENT_ADDRESS
from perform.control.registry import CONTROLS, NAME, ONE_VOICE, Control, Value
from perform.control.set_commands import (
    COMING_ADDRESS,
    PLACE_ADDRESS,
    SONG_ADDRESS,
    SONGS_ADDRESS,
)
from perform.engine.published_chords import CURSOR_ADDRESS, EXPECTED_ADDRESS
from perform.engine.published_turns import TURN, TURN_BARS
from perform.engine.snapshots import SNAPSHOTS_ADDRESS
from perform.engine.voicing import VoiceSettings
from perform.events import Event, OutputEvent, StateChanged

_ONE_VOICE = [it for it in CONTROLS if it.published and NAME in it.address]
_ALL_VOICES = {it.name: it for it in CONTROLS if it.published and NAME not in it.address}
_NAMED = {it.name for it in CONTROLS if NAME in it.address}
_BY_EVENT: dict[type, list[Control]] = {}
for _control in {it.name: it for it in CONTROLS}.values():
    for _event in _control.events:
        _BY_EVENT.setdefault(_event, []).append(_control)


class State:
    """The values by address, kept up to date by what the engine puts out.

    `values`: what the rig sets, by address; the defaults of the registry hold for the rest.
    """

    def __init__(
        self, voices: Iterable[VoiceSettings], values: Mapping[str, Value] | None = None
    ) -> None:
        each = {voice.name: _initial(voice) for voice in voices}
        first = next(iter(each.values()), {})
        self.values: dict[str, Value] = {}
        for name, control in _ALL_VOICES.items():
            # the value of all voices is the value of the first
            value = first.get(name, control.default)
            if value is not None:
                self.values[f"/{name}"] = value
        for voice, own in each.items():
            self.values |= {_address(voice, name): value for name, value in own.items()}
            self.values |= {_address(voice, TURN): "", _address(voice, TURN_BARS): 0}
        self.values |= {
            _address(None, TURN): "",
            _address(None, TURN_BARS): 0,
            ABSENT_ADDRESS: "",
            CURSOR_ADDRESS: -1,
            EXPECTED_ADDRESS: "",
            SNAPSHOTS_ADDRESS: "",
            **dict.fromkeys((SONG_ADDRESS, PLACE_ADDRESS, COMING_ADDRESS, SONGS_ADDRESS), ""),
            **(values or {}),
        }

    def send(self, output: OutputEvent) -> None:
        """Keep a value that has changed."""
        if isinstance(output, StateChanged):
            self.values[output.address] = output.value
        else:
            self.values |= dict(_changes(output))

    def close(self) -> None:
        """Nothing to release."""


def changes(event: Event, voices: Iterable[str]) -> list[StateChanged]:
    """The values that an event changes, at every address where surfaces show them."""
    return [each for change in _changes(event) for each in at_every_address(change, voices)]


def at_every_address(change: StateChanged, voices: Iterable[str]) -> list[StateChanged]:
    """A change, and the same change at the other addresses that show the value.

    A value for all voices is also the value of each voice. A value of the first voice is also the
    value shown for all voices.
    """
    address, value = change
    name = address.removeprefix("/")
    if name in _NAMED:
        return [change, *(StateChanged(_address(voice, name), value) for voice in voices)]
    first = _address(next(iter(voices), "") or NAME, "")
    of_all = address.removeprefix(first)
    if address.startswith(first) and of_all in _ALL_VOICES:
        return [change, StateChanged(f"/{of_all}", value)]
    return [change]


def _changes(event: Event | OutputEvent) -> Iterator[StateChanged]:
    for control in _BY_EVENT.get(type(event), ()):
        value = control.value(event)
        if value is not None:
            yield StateChanged(_address(getattr(event, "voice", None), control.name), value)


def _initial(voice: VoiceSettings) -> dict[str, Value]:
    return {it.name: it.initial(voice) for it in _ONE_VOICE if it.initial is not None}


def _address(voice: str | None, name: str) -> str:
    return f"{ONE_VOICE.replace(NAME, voice)}/{name}" if voice else f"/{name}"

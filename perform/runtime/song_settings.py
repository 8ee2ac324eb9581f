"""What is set for a song of a set, sorted by when it is set."""

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from perform.config.set_file import CHART, SetSong, Setting, SongSet
from perform.control import registry
from perform.control.registry import Value
from perform.events import ChartChanged, Event, SoundChanged

TEMPO = "/tempo"
MATERIAL = ("key", "metre", "model", "other")  # what new bars are made of, beside the chart
SOUNDS = ("bank", "program", "volume")
Settings = dict[str, Setting]


class SongSettings:
    """The settings of a song, by address. `rig`: see `rig_settings`.

    `material`: what new bars are made of. `before`: what the rig says of the rest; `after` the
    snapshot, what the song says. `tempo`: None where it stays.
    """

    def __init__(self, song: SetSong, rig: Mapping[str, Setting]) -> None:
        self.song = song
        own = dict(song.settings)
        self.tempo = own.pop(TEMPO, None)
        chart = own.pop(CHART, None)
        self.chart: Event = ChartChanged() if chart is None else chart.event
        self.has_chart = isinstance(self.chart, ChartChanged) and bool(self.chart.chart.bars)
        rest = {address: it for address, it in rig.items() if address not in own}
        self.addresses = (CHART, *([TEMPO] if self.tempo else []), *rest, *own)
        self.material = _with_names(rest | own, MATERIAL)
        self._sounds = _with_names(rest | own, SOUNDS)
        set_already = {*self.material, *self._sounds}
        self.before = {it: setting for it, setting in rest.items() if it not in set_already}
        self.after = {it: setting for it, setting in own.items() if it not in set_already}

    def sounds(self, present: Mapping[str, Value]) -> Iterator[SoundChanged]:
        """What each synthesizer is told, an event a voice: a bank is chosen by its program.

        `present`: the values of this moment.
        """
        told: dict[str, dict[str, int]] = {}
        for address, setting in self._sounds.items():
            control, voice = registry.find(address)
            told.setdefault(voice, {})[control.name] = int(setting.value)
        for voice, parts in told.items():
            if "bank" in parts:
                parts.setdefault("program", int(present.get(f"/voice/{voice}/program", 0)))
            yield SoundChanged(voice, **parts)


def rig_settings(songs: SongSet, rig_values: Mapping[str, Value]) -> Settings:
    """What holds where a song leaves out what another song of the set has: the rig's values.

    The tempo stays then, and the chart ends.
    """
    of_the_set = dict.fromkeys(address for song in songs.songs for address in song.settings)
    return {
        # a value that is published is one that its control takes
        it: Setting(rig_values[it], cast(Event, registry.parse(it, (rig_values[it],))))
        for it in of_the_set
        if it not in (TEMPO, CHART) and it in rig_values
    }


def _with_names(settings: Settings, names: Iterable[str]) -> Settings:
    known = set(names)
    return {it: each for it, each in settings.items() if registry.find(it)[0].name in known}

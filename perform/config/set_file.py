"""Set files: the songs of a concert in order, as TOML.

Each [[songs]] has a name. Its other keys are the chart, a snapshot, and values of controls by their
names: `tempo = 96`, `transpose = -2`. A table [songs.voices.NAME] has values of one voice.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec

from perform.control import registry
from perform.control.parsers import LONGEST_CHART
from perform.control.registry import CONTROLS, NAME, Control, Value
from perform.control.set_commands import SONG_ADDRESS
from perform.errors import MessageError, SetError, did_you_mean
from perform.events import Event
from perform.music.chord import LONGEST_SYMBOL

MAX_SONGS, MAX_CHARACTERS = 1000, 4_000_000
MAX_NAMES = 60_000  # bytes: all names are published in one datagram
ALIASES = {"count_in": "count-in", "bars": "mode/bars"}  # as the rig spells such keys
COMMON_KEYS = (
    "name", "chart", "chart_file", "tempo", "metre", "key", "transpose", "snapshot", "voices",
)  # fmt: skip
COMMON_VOICE_KEYS = ("model", "transpose", "mute", "program", "bank", "volume")
CHART = "/chart"
NOT_OF_A_SONG = {"chord", "transport", "sync", SONG_ADDRESS[1:]}  # what only players say

_OF_ALL = {
    it.name: it
    for it in CONTROLS
    if it.published and NAME not in it.address and it.name not in NOT_OF_A_SONG
}
_OF_ONE = {it.name: it for it in CONTROLS if it.published and NAME in it.address}
_ORDER = {it.name: place for place, it in enumerate(CONTROLS)}


class Setting(NamedTuple):
    """A value of a song, and the event that sets it."""

    value: Value
    event: Event


class SetSong(NamedTuple):
    """A song of a set.

    `snapshot`: is recalled before the settings; "" for none. `settings`: by address, in the order
    in which they are set.
    """

    name: str
    snapshot: str
    settings: Mapping[str, Setting]


class SongSet(NamedTuple):
    """The songs of a set file, for a rig with these voices."""

    path: Path
    voices: tuple[str, ...]
    songs: tuple[SetSong, ...]

    def __str__(self) -> str:
        """The file, and how many songs it has."""
        return f"{self.path}: {len(self.songs)} song{'s' if len(self.songs) > 1 else ''}"

    def read_again(self) -> "SongSet":
        """The set as the file has it now. See `read_set`."""
        return read_set(self.path, self.voices)

    @property
    def models(self) -> dict[str, str]:
        """The bundles that songs name, each with the first song that does."""
        named: dict[str, str] = {}
        for song in self.songs:
            for address, setting in song.settings.items():
                if address.rpartition("/")[2] in ("model", "other"):
                    named.setdefault(str(setting.value), song.name)
        return named


def read_set(path: Path, voices: Sequence[str]) -> SongSet:
    """The set in a file, for a rig with these voices.

    SetError names the file, the song, the key and the mend.
    """
    mend = "a set is a TOML file with a table [[songs]] for each song"
    return parse_set(_text_of(path, str(path), mend, MAX_CHARACTERS), path, voices)


def parse_set(text: str, path: Path, voices: Sequence[str]) -> SongSet:
    """The set that TOML text spells; see `read_set`. Chart files are looked for beside `path`."""
    try:
        table = msgspec.toml.decode(text)
    except (msgspec.DecodeError, ValueError) as error:
        raise SetError(f"{path}: not TOML: {error}") from None
    except RecursionError:
        raise SetError(f"{path}: not TOML: brackets in too many brackets") from None
    for key in table.keys() - {"name", "songs"}:
        near = did_you_mean(key, ("name", "songs"))
        raise SetError(f"{path}: unknown key {key!r}; keys of a song stand below [[songs]]{near}")
    written = table.get("songs")
    if not isinstance(written, list) or not written:
        raise SetError(f"{path}: no song; write a table [[songs]] with a name for each")
    if len(written) > MAX_SONGS:
        raise SetError(f"{path}: {len(written)} songs; a set has at most {MAX_SONGS}")
    songs: dict[str, SetSong] = {}
    for number, each in enumerate(written, 1):
        song = _song(each, f"{path}: song {number}", path.parent, voices)
        before = songs.setdefault(song.name.casefold(), song)
        if before is not song:
            first = 1 + list(songs).index(song.name.casefold())
            raise SetError(
                f"{path}: song {number} is called {song.name!r} as song {first} is; give each its "
                "own name"
            )
    if sum(len(song.name.encode()) + 1 for song in songs.values()) > MAX_NAMES:
        raise SetError(f"{path}: the names of all songs are too long together; shorten some")
    return SongSet(path, tuple(voices), tuple(songs.values()))


def _song(written: Any, where: str, folder: Path, voices: Sequence[str]) -> SetSong:
    if not isinstance(written, dict):
        raise SetError(f"{where}: write it as a table [[songs]]")
    name = _name(written.get("name"), where)
    where = f"{where} {name!r}"
    settings = dict(_settings_of_all(written, where, voices))
    for voice, table in _tables_of_voices(written.get("voices", {}), where, voices):
        settings |= dict(_settings_of_voice(table, f"{where}: voice {voice!r}", voice))
    chart = _chart(written, where, folder)
    if chart is not None:
        settings[CHART] = chart
    snapshot = written.get("snapshot", "")
    if not isinstance(snapshot, str) or len(snapshot) > LONGEST_SYMBOL or "," in snapshot:
        raise SetError(f"{where}: snapshot = {_spelt(snapshot)}: write the name of one snapshot")
    ordered = sorted(settings.items(), key=lambda it: _place(it[0]))
    return SetSong(name, snapshot.strip(), dict(ordered))


def _name(name: Any, where: str) -> str:
    if name is None:
        raise SetError(f'{where} has no name; write name = "..." below [[songs]]')
    if not isinstance(name, str) or not name.strip() or not name.strip().isprintable():
        raise SetError(f"{where}: name = {_spelt(name)}: write one line of text")
    if len(name.strip()) > LONGEST_SYMBOL:
        raise SetError(f"{where}: the name is longer than {LONGEST_SYMBOL} characters")
    return name.strip()


def _settings_of_all(
    written: Mapping[str, Any], where: str, voices: Sequence[str]
) -> Iterable[tuple[str, Setting]]:
    """The values for all voices, each as the value of every voice where voices have their own."""
    for key, value in written.items():
        if key in ("name", "chart", "chart_file", "snapshot", "voices"):
            continue
        control = _control(key, _OF_ALL, COMMON_KEYS, where)
        setting = _setting(control, "", key, value, where)
        if control.name not in _OF_ONE:
            yield control.address, setting
            continue
        for voice in voices:
            one = _OF_ONE[control.name]
            yield one.address_of(voice), _setting(one, voice, key, value, where)


def _tables_of_voices(
    tables: Any, where: str, voices: Sequence[str]
) -> Iterable[tuple[str, Mapping[str, Any]]]:
    if not isinstance(tables, dict):
        raise SetError(f"{where}: voices: write a table [songs.voices.NAME] for each voice")
    for voice, table in tables.items():
        if voice not in voices:
            raise SetError(f"{where}: no voice {voice!r} in the rig{did_you_mean(voice, voices)}")
        if not isinstance(table, dict):
            raise SetError(f"{where}: voice {voice!r}: write a table [songs.voices.{voice}]")
        yield voice, table


def _settings_of_voice(
    table: Mapping[str, Any], where: str, voice: str
) -> Iterable[tuple[str, Setting]]:
    for key, value in table.items():
        control = _control(key, _OF_ONE, COMMON_VOICE_KEYS, where)
        yield control.address_of(voice), _setting(control, voice, key, value, where)


def _chart(written: Mapping[str, Any], where: str, folder: Path) -> Setting | None:
    """The chart of a song, written in it or in a file; None for a song without one."""
    text, file = written.get("chart"), written.get("chart_file")
    if text is not None and file is not None:
        raise SetError(f"{where}: write either chart or chart_file")
    if file is None:
        return None if text is None else _setting(_OF_ALL["chart"], "", "chart", text, where)
    if not isinstance(file, str) or not file or "\0" in file:
        raise SetError(f"{where}: chart_file = {_spelt(file)}: write the path of a text file")
    key = f"chart_file {file!r}"
    read = _text_of(folder / file, f"{where}: {key}", "name a text file of chords", LONGEST_CHART)
    return _setting(_OF_ALL["chart"], "", key, read, where, shown=False)


def _control(key: str, known: Mapping[str, Control], common: Sequence[str], where: str) -> Control:
    name = ALIASES.get(key, key).removeprefix("/")
    if name in known:
        return known[name]
    near = did_you_mean(key, {*known, *common}, listed=common)
    raise SetError(f"{where}: unknown key {key!r}{near}")


def _setting(
    control: Control, voice: str, key: str, value: Any, where: str, *, shown: bool = True
) -> Setting:
    """A value as a client would send it. `shown`: whether an error shows the value."""
    sent = int(value) if isinstance(value, bool) else value
    about = f"{where}: {key} = {_spelt(value)}" if shown else f"{where}: {key}"
    if control.takes == "i" and isinstance(sent, float) and not sent.is_integer():
        raise SetError(f"{about}: takes a whole number")
    if not isinstance(sent, str | int | float):
        raise SetError(f"{about}: takes one number or one text")
    try:
        event = control.parse((sent,), voice)
    except MessageError as error:
        raise SetError(f"{about}: {error}") from None
    return Setting(sent.strip() if isinstance(sent, str) else sent, cast(Event, event))


def _place(address: str) -> int:
    """The place of an address in the registry: a mode is set before the length of its turns."""
    return _ORDER[registry.find(address)[0].name]


def _spelt(value: Any) -> str:
    """A value for an error message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= LONGEST_SYMBOL else f"{text[:LONGEST_SYMBOL]}..."


def _text_of(path: Path, where: str, mend: str, most: int) -> str:
    """The text of a file of at most so many characters. SetError begins with `where`."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(most + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SetError(f"{where}: cannot be read ({reason}); {mend}") from None
    if len(text) > most:
        raise SetError(f"{where}: longer than {most} characters; {mend}")
    return text

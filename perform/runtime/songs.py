"""The songs of a set, as they are selected: cued while the music is stopped, else at a bar line.

While the music plays, a song comes in steps: a beat before the bar line what new bars are made of,
just before it everything else, and at the bar line the tempo.
"""

import asyncio
import difflib
import logging
from collections.abc import Callable, Mapping

from perform.clock.transport import TICKS_PER_BEAT
from perform.config.set_file import SetSong, Setting, SongSet
from perform.control.registry import Value
from perform.control.set_commands import (
    COMING_ADDRESS,
    PLACE_ADDRESS,
    SONGS_ADDRESS,
    SetCommand,
    SongSelected,
    SongStepped,
)
from perform.engine.song_position import EARLY_PLAYER_TICKS
from perform.errors import MessageError, SetError
from perform.events import (
    ChordChanged,
    Event,
    SnapshotRecalled,
    SongChanged,
    SongPositionChanged,
    StateChanged,
)
from perform.runtime.live_engine import LiveEngine
from perform.runtime.song_settings import TEMPO, SongSettings, rig_settings

log = logging.getLogger(__name__)
NO_SET = 'no set is loaded; perform run --set SET.toml, or [set] file = "SET.toml" in the rig'
# ticks before the bar line
MATERIAL_TICKS = TICKS_PER_BEAT  # time enough for the models
# before the first bar of the song is laid out, and so that turns are counted from that bar
REST_TICKS = EARLY_PLAYER_TICKS
LOOK_SECONDS = 0.05  # the tempo may change, and others may move the music
MOST_NAMED = 200  # characters of the names in an error message


class Songs:
    """Selects the songs of a set.

    `handle`: applies an event of a client. `songs`: None for no set. `values`: what the song has
    set, as it is published.
    """

    def __init__(
        self, live: LiveEngine, handle: Callable[[Event], None], songs: SongSet | None
    ) -> None:
        self._live = live
        self._handle = handle
        self._set = songs
        self._song: SetSong | None = None
        self._place = 0  # of the song, from 0
        self._coming: SongSettings | None = None
        # of the coming song, those that are left, with the ticks before the bar line
        self._steps: list[tuple[int, Callable[[SongSettings], None]]] = []
        self._bar_line = self._since = 0  # where it begins, and the tick of the last look
        self._timer: asyncio.TimerHandle | None = None
        self._reloading: asyncio.Task[None] | None = None
        self._rig_values: dict[str, Value] = {}
        self._rig_settings: dict[str, Setting] = {}
        self.values: dict[str, Value] = {}

    @property
    def name(self) -> str:
        """The name of the song that is played; "" for none."""
        return self._song.name if self._song else ""

    def begin(self, name: str = "") -> None:
        """Cue the song of that name, or the first; all values are as the rig says until then."""
        self._rig_values = dict(self._live.state.values)
        if self._set is None:
            return
        self._use(self._set)
        song = self._set.songs[0]
        if name:
            try:
                song = _find(self._set, name)
            except MessageError as error:
                log.warning("%s: %s; the set begins with its first song", self._set.path, error)
        self._begin_at_once(SongSettings(song, self._rig_settings))

    def handle(self, command: SetCommand) -> None:
        """Select a song, or read the set again. MessageError where there is no such song."""
        if self._set is None:
            raise MessageError(NO_SET)
        match command:
            case SongSelected(which):
                self._select(_find(self._set, which))
            case SongStepped(places):
                self._select(self._stepped(places, self._set))
            case _:
                self._reloading = asyncio.ensure_future(self._reload(self._set))

    def settle(self) -> None:
        """Let a song that waits for its bar line begin: the music starts from the top."""
        if self._coming is not None:
            self._begin_at_once(self._coming)

    def _stepped(self, places: int, songs: SongSet) -> SetSong:
        """The song so many places after the one that is selected."""
        selected = self._coming.song if self._coming else self._song
        here = songs.songs.index(selected) if selected in songs.songs else self._place
        there = here + places
        if not 0 <= there < len(songs.songs):
            end = "first" if there < 0 else "last"
            raise MessageError(f"{songs.songs[here].name!r} is the {end} song of the set")
        return songs.songs[there]

    # --- when it begins -----------------------------------------------------------------------

    def _select(self, song: SetSong) -> None:
        if self._coming is not None and len(self._steps) == 1:  # only its tempo is left
            self._set_tempo(self._coming)
            self._end_wait(self._coming)
        coming = SongSettings(song, self._rig_settings)
        nothing_set = len(self._steps) == len(self._all_steps())
        if self._coming is not None and song is self._song and nothing_set:
            self._wait_for(None)  # it plays on
        elif self._live.engine.running:
            self._wait_for(coming)
        else:
            self._begin_at_once(coming)

    def _all_steps(self) -> list[tuple[int, Callable[[SongSettings], None]]]:
        return [
            (MATERIAL_TICKS, self._set_material),
            (REST_TICKS, self._begin_song),
            (0, self._set_tempo),
        ]

    def _wait_for(self, coming: SongSettings | None) -> None:
        """Let a song begin at the next bar line whose bar can still change; None for none."""
        self._coming = coming
        self._steps = self._all_steps() if coming else []
        self._since = self._live.conductor.current_tick()
        self._publish(COMING_ADDRESS, coming.song.name if coming else "")
        self._look()

    def _look(self) -> None:
        """Take the steps that are due, and look again before the next one."""
        if self._timer is not None:
            self._timer.cancel()
        coming, tick, engine = self._coming, self._live.conductor.current_tick(), self._live.engine
        if coming is None:
            return
        nothing_set = len(self._steps) == len(self._all_steps())
        if not engine.running or (tick < self._since and not nothing_set):
            self._begin_at_once(coming)  # it has stopped, or a clock has started it from the top
            return
        self._since = tick
        if nothing_set:
            self._bar_line = engine.unopened_tick
        while self._steps and tick >= self._bar_line - self._steps[0][0]:
            self._steps.pop(0)[1](coming)
        if not self._steps:
            self._end_wait(coming)
            return
        transport = self._live.transport
        wait = transport.time_of(self._bar_line - self._steps[0][0]) - transport.time_of(tick)
        self._timer = asyncio.get_running_loop().call_later(min(wait, LOOK_SECONDS), self._look)

    def _begin_at_once(self, coming: SongSettings) -> None:
        """Begin a song now; while the music is stopped, at its top, with no chord before it."""
        engine, conductor = self._live.engine, self._live.conductor
        with conductor.without_start():
            if not engine.running and engine.chord is not None:
                conductor.handle_event(ChordChanged(None))
            if not engine.running and conductor.current_tick() > 0:
                conductor.handle_event(SongPositionChanged(0))
            self._set_material(coming)
            self._set_tempo(coming)
            self._begin_song(coming)
        self._end_wait(coming)

    def _end_wait(self, coming: SongSettings) -> None:
        self._coming, self._steps = None, []
        self._publish(COMING_ADDRESS, "")
        present = self._live.state.values
        self.values = {it: present[it] for it in coming.addresses if it in present}

    # --- what it sets -------------------------------------------------------------------------

    def _set_material(self, coming: SongSettings) -> None:
        self._set_all(coming.song, coming.material)
        if coming.has_chart:
            self._try(coming.song, "chart", coming.chart)

    def _begin_song(self, coming: SongSettings) -> None:
        song, plays = coming.song, self._live.engine.running
        self._song = song
        if not plays:  # before the name, at which outputs tell the whole sound of a cued song
            self._set_sounds(coming)
        self._live.conductor.handle_event(SongChanged(song.name))
        self._publish_place()
        if not coming.has_chart:
            self._try(song, "chart", coming.chart)
        self._set_all(song, coming.before)
        if song.snapshot:
            self._try(song, "snapshot", SnapshotRecalled(song.snapshot))
        self._set_all(song, coming.after)
        if plays:  # after the notes of the song before have ended
            self._set_sounds(coming)

    def _set_sounds(self, coming: SongSettings) -> None:
        for event in coming.sounds(self._live.state.values):
            self._try(coming.song, f"the sound of {event.voice}", event)

    def _set_tempo(self, coming: SongSettings) -> None:
        if coming.tempo is not None:
            self._set_all(coming.song, {TEMPO: coming.tempo})

    def _set_all(self, song: SetSong, settings: Mapping[str, Setting]) -> None:
        for address, setting in settings.items():
            if self._live.state.values.get(address) != setting.value:
                self._try(song, address, setting.event)

    def _try(self, song: SetSong, what: str, event: Event) -> None:
        try:
            self._handle(event)
        except MessageError as error:
            log.warning("song %r: %s is left out: %s", song.name, what, error)

    # --- the file -----------------------------------------------------------------------------

    async def _reload(self, songs: SongSet) -> None:
        """Read the set again, in a thread; the song that plays stays as it is."""
        try:
            read = await asyncio.to_thread(songs.read_again)
        except SetError as error:
            log.warning("%s; the set stays as it was read before", error)
            return
        self._use(read)
        name = self.name.casefold()
        self._song = next((it for it in read.songs if it.name.casefold() == name), self._song)
        self._place = min(self._place, len(read.songs) - 1)
        self._publish_place()

    def _use(self, songs: SongSet) -> None:
        self._set = songs
        self._rig_settings = rig_settings(songs, self._rig_values)
        self._publish(SONGS_ADDRESS, "\n".join(song.name for song in songs.songs))
        log.info("%s", songs)

    def _publish_place(self) -> None:
        songs = self._set.songs if self._set else ()
        if self._song in songs:
            self._place = songs.index(self._song)
            self._publish(PLACE_ADDRESS, f"{self._place + 1}/{len(songs)}")
        else:  # it was taken out of the file
            self._publish(PLACE_ADDRESS, f"-/{len(songs)}")

    def _publish(self, address: str, value: Value) -> None:
        if self._live.state.values.get(address) != value:
            self._live.conductor.publish(StateChanged(address, value))


def _find(songs: SongSet, which: str | int) -> SetSong:
    """A song by its name, whatever its case, or by its number from 1."""
    by_name = {song.name.casefold(): song for song in songs.songs}
    number = which
    if isinstance(which, str):
        if found := by_name.get(which.casefold()):
            return found
        if not (which.isascii() and which.isdigit()):
            raise MessageError(f"no song {which!r}; {_nearest(which, by_name)}")
        number = int(which)
    assert isinstance(number, int)  # noqa: S101 - as the branches say
    if not 1 <= number <= len(songs.songs):
        raise MessageError(f"no song {number}; the set has {len(songs.songs)}")
    return songs.songs[number - 1]


def _nearest(name: str, by_name: Mapping[str, SetSong]) -> str:
    near = difflib.get_close_matches(name.casefold(), list(by_name), n=3)
    listed = ", ".join(repr(by_name[it].name) for it in near or by_name)
    listed = listed if len(listed) <= MOST_NAMED else f"{listed[:MOST_NAMED]} ..."
    return f"did you mean {listed}?" if near else f"the set has {listed}"

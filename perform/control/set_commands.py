"""What clients say of the set: which song is next. The engine gets no such command."""

from typing import NamedTuple

SONG_ADDRESS = "/song"  # the address with the name of the song that is played
PLACE_ADDRESS = "/song/place"  # its place in the set, as "3/12"
COMING_ADDRESS = "/song/coming"  # the name of the song that begins at the next bar line
SONGS_ADDRESS = "/songs"  # the names of all songs, one a line


class SongSelected(NamedTuple):
    """A song is selected by its name, or by its number in the set, from 1."""

    song: str | int


class SongStepped(NamedTuple):
    """The song so many places later in the set is selected; below 0: earlier."""

    places: int


class SetReloaded(NamedTuple):
    """The file of the set is read again."""


SetCommand = SongSelected | SongStepped | SetReloaded

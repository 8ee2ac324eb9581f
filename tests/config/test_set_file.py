"""Set files: what they may say, and what a file that is wrong is told."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perform.config.load import load_set, parse_rig
from perform.config.set_file import MAX_CHARACTERS, parse_set, read_set
from perform.errors import SetError
from perform.events import (
    InputTransposed,
    MetreChanged,
    ModelChanged,
    ParameterChanged,
    SoundChanged,
)
from perform.music.chart import parse_chart

VOICES = ("lead", "bass")
SET = """
name = "Friday"

[[songs]]
name = " Autumn Leaves "
chart = \"\"\"
Am7 | D7
Gmaj7 | %
\"\"\"
tempo = 132
metre = "3/4"
transpose = -2
snapshot = "ballad"

[songs.voices.lead]
model = "reels"
program = 33
mute = true
transpose = 12

[[songs]]
name = "Blue Bossa, slow"
chart_file = "bossa.txt"
"""


def parsed(text, folder):
    return parse_set(text, folder / "gig.toml", VOICES)


def test_a_song_has_the_values_of_controls_by_their_names(tmp_path):
    (tmp_path / "bossa.txt").write_text("# from the real book\nCm7 | Fm7\n")
    first, second = parsed(SET, tmp_path).songs
    assert (first.name, first.snapshot) == ("Autumn Leaves", "ballad")
    assert {address: setting.value for address, setting in first.settings.items()} == {
        "/chart": "Am7 | D7\nGmaj7 | %",
        "/tempo": 132,
        "/metre": "3/4",
        "/voice/lead/transpose": 12,
        "/voice/bass/transpose": -2,
        "/voice/lead/model": "reels",
        "/voice/lead/program": 33,
        "/voice/lead/mute": 1,
    }
    (moved,) = parsed("[[songs]]\nname='a'\n'input/midi/transpose' = -3\n", tmp_path).songs
    assert moved.settings["/input/midi/transpose"].event == InputTransposed("midi", -3)
    events = {address: setting.event for address, setting in first.settings.items()}
    assert events["/voice/bass/transpose"] == ParameterChanged("bass", "transpose", -2)
    assert events["/voice/lead/model"] == ModelChanged("lead", "reels")
    assert events["/voice/lead/program"] == SoundChanged("lead", program=33)
    assert events["/metre"] == MetreChanged(1440, 480)
    assert second.settings["/chart"].event.chart == parse_chart("Cm7 | Fm7")


def test_a_mode_is_set_before_the_length_of_its_turns(tmp_path):
    song = "[[songs]]\nname='a'\nbars = 8\nmode = 'trade'\n"
    (only,) = parsed(song, tmp_path).songs
    assert [*only.settings] == [
        f"/voice/{voice}/{name}" for name in ("mode", "mode/bars") for voice in VOICES
    ]


SONG = "[[songs]]\nname = 'A'\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no song; write a table [[songs]]"),
        ("songs = []", "no song; write a table [[songs]]"),
        ("songs = [1]", "song 1: write it as a table"),
        ("[songs]\nname = 'A'", "no song; write a table [[songs]]"),
        ("tempo = 3\n" + SONG, "unknown key 'tempo'; keys of a song stand below [[songs]]"),
        (SONG + "[[song]]", "stand below [[songs]]; did you mean 'songs'?"),
        ("[[songs]]", "song 1 has no name"),
        ("[[songs]]\nname = 3", "song 1: name = 3: write one line"),
        ("[[songs]]\nname = ''", "song 1: name = ''"),
        ("[[songs]]\nname = 'a\\u0007'".replace("'", '"'), "write one line"),
        (f"[[songs]]\nname = '{'x' * 65}'", "longer than 64"),
        (SONG + SONG.replace("A", "a"), "song 2 is called 'a' as song 1 is"),
        (SONG + "tempo = 1200", "song 1 'A': tempo = 1200: takes 20 to 400"),
        (SONG + "tempo = nan", "song 1 'A': tempo = nan: takes one number"),
        (SONG + "tempo = [3]", "song 1 'A': tempo = [3]: takes one number"),
        (SONG + "tempo = 1979-05-27", "takes one number or one text"),
        (SONG + "metre = '4/5'", "song 1 'A': metre = '4/5': '4/5' is no metre"),
        (SONG + "metre = 3", "song 1 'A': metre = 3: takes one text"),
        (SONG + "transpose = 1.5", "song 1 'A': transpose = 1.5: takes a whole number"),
        (SONG + "tempoo = 3", "song 1 'A': unknown key 'tempoo'; did you mean 'tempo'?"),
        (SONG + "zzz = 3", "unknown key 'zzz'; known are name, chart, chart_file"),
        (SONG + "transport = 'start'", "unknown key 'transport'"),
        (SONG + "chart = 'C7 | Q9'", "chart = 'C7 | Q9': line 1, bar 2: chord 'Q9' at character 6"),
        (SONG + "chart = 'C7'\nchart_file = 'x'", "either chart or chart_file"),
        (SONG + "chart_file = 'x'", "song 1 'A': chart_file 'x': cannot be read (No such"),
        (SONG + "chart_file = '.'", "cannot be read (Is a directory)"),
        (SONG + "chart_file = 3", "chart_file = 3: write the path"),
        (SONG + "snapshot = 3", "snapshot = 3: write the name"),
        (SONG + "[songs.voices.leed]", "no voice 'leed' in the rig; did you mean 'lead'?"),
        (SONG + "voices = 3", "write a table [songs.voices.NAME]"),
        (SONG + "voices = { lead = 3 }", "voice 'lead': write a table"),
        (SONG + "voices.lead.program = 129", "'A': voice 'lead': program = 129: takes 0 to 128"),
        (SONG + "voices.lead.tempo = 100", "voice 'lead': unknown key 'tempo'"),
        (SONG + "voices.lead.programme = 3", "did you mean 'program'?"),
        (SONG + "input.midi.transpose = 2", "unknown key 'input'"),
        ("".join(SONG.replace("A", f"{n:04}" + 60 * "♥") for n in range(400)), "too long together"),
        (SONG * 1001, "1001 songs; a set has at most 1000"),
        ("[[songs", "not TOML: "),
        ("a = " + "[" * 3000, "not TOML"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_told_where_and_what(text, told, tmp_path):
    with pytest.raises(SetError) as error:
        parsed(text, tmp_path)
    (line,) = str(error.value).splitlines()
    assert line.startswith(str(tmp_path / "gig.toml"))
    assert told in line
    assert error.value.exit_code == 2


@pytest.mark.parametrize("content", [b"\xff\xfe[[songs]]", None, b"#" * (MAX_CHARACTERS + 1)])
def test_a_file_that_cannot_be_read_is_named(content, tmp_path):
    if content is not None:
        (tmp_path / "gig.toml").write_bytes(content)
    with pytest.raises(SetError, match=r"gig\.toml: (cannot be read|longer)"):
        read_set(tmp_path / "gig.toml", VOICES)


def test_a_file_with_a_byte_order_mark_and_windows_line_ends_is_read(tmp_path):
    (tmp_path / "gig.toml").write_bytes(b"\xef\xbb\xbf" + SONG.replace("\n", "\r\n").encode())
    assert read_set(tmp_path / "gig.toml", VOICES).songs[0].name == "A"


KEYS = st.sampled_from(
    ["name", "chart", "chart_file", "tempo", "metre", "key", "snapshot", "voices", "count_in",
     "mode", "swing", "feel", "bars", "model", "program", "mute", "songs", "/tempo", "chord"]
) | st.text(max_size=8)  # fmt: skip
VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["3/4", "C7 | F7", "trade", "swing", "auto", "lead", "reels"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
TABLES = st.dictionaries(KEYS, VALUES, max_size=6)


def toml(value):
    """A value as TOML; what msgspec would write, also for special numbers and any key."""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{toml(str(k))} = {toml(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case str():
            return '"' + "".join(f"\\U{ord(it):08x}" for it in value) + '"'
    return str(value)


@settings(max_examples=20)
@given(st.lists(TABLES, max_size=4))
def test_no_table_raises_another_error(tmp_path_factory, tables):
    text = f"songs = {toml(tables)}"
    try:
        tomllib.loads(text)
    except ValueError:
        return  # a character that TOML has not
    _read_or_told(text, tmp_path_factory.getbasetemp())


@given(st.text(max_size=200) | st.text("[]songs='\"\n=name chart", max_size=80))
def test_no_text_raises_another_error(tmp_path_factory, text):
    _read_or_told(text, tmp_path_factory.getbasetemp())


def _read_or_told(text, folder):
    try:
        songs = parsed(text, folder).songs
    except SetError as error:
        assert "\n" not in str(error)
    else:
        assert songs


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=40),
            st.none() | st.integers(20, 400),
            st.none() | st.sampled_from(["2/4", "3/4", "7/8", "12/8"]),
        ),
        min_size=1, max_size=12, unique_by=lambda song: song[0].casefold(),
    )
)  # fmt: skip
def test_what_is_written_is_read(tmp_path_factory, songs):
    text = "".join(
        f"[[songs]]\nname = {toml(name)}\n"
        + (f"tempo = {tempo}\n" if tempo else "")
        + (f"metre = '{metre}'\n" if metre else "")
        for name, tempo, metre in songs
    )
    read = parsed(text, tmp_path_factory.getbasetemp()).songs
    values = [{at: it.value for at, it in song.settings.items()} for song in read]
    assert [
        (song.name, its.get("/tempo"), its.get("/metre"))
        for song, its in zip(read, values, strict=True)
    ] == songs


def test_the_rig_names_a_set_beside_it_and_an_option_names_another(tmp_path):
    (tmp_path / "gig.toml").write_text(SONG)
    (tmp_path / "other.toml").write_text(SONG.replace("A", "B"))
    rig = parse_rig("[set]\nfile = 'gig.toml'\n")
    assert load_set(rig, tmp_path).songs[0].name == "A"
    assert load_set(rig, tmp_path, tmp_path / "other.toml").songs[0].name == "B"
    assert load_set(parse_rig(""), tmp_path) is None

"""The songs of a set: cued while the music is stopped, from the next bar line on while it plays."""

import logging

import pytest
from set_bands import SET, on_stage

from perform.clock.transport import TICKS_PER_BEAT
from perform.config.set_file import read_set
from perform.errors import MessageError
from perform.events import (
    Beat,
    ChordSounds,
    MetreBegins,
    NoteMessage,
    StateChanged,
    TransportMessage,
)

BAR = 4 * TICKS_PER_BEAT


def test_the_first_song_is_cued_and_start_plays_it():
    async def scene(band):
        assert band.now("/song", "/song/place", "/chart") == (
            "Autumn Leaves", "1/3", "Am7 | D7 | Gmaj7 | Cmaj7",
        )  # fmt: skip
        assert band.now("/songs") == ("Autumn Leaves\nWaltz for Anna\nJam",)
        await band.stage.play(1.0)
        assert not band.stage.engine.running
        band.client("/transport", "start")
        await band.play_until(BAR)

    band = on_stage(scene)
    assert [event.symbol for event in band.of(ChordSounds)][:2] == ["Am7", "D7"]


def test_a_song_begins_at_the_next_bar_line_with_chart_metre_and_tempo():
    async def scene(band):
        band.client("/transport", "start")
        await band.play_until(BAR + 500)
        band.stage.sent.clear()
        band.client("/song", "waltz for anna")
        assert band.now("/song", "/song/coming") == ("Autumn Leaves", "Waltz for Anna")
        await band.play_until(2 * BAR - 100)
        assert band.now("/song", "/tempo") == ("Autumn Leaves", 120)
        await band.play_until(2 * BAR)
        assert band.now("/song", "/song/coming", "/song/place") == ("Waltz for Anna", "", "2/3")
        assert band.now("/tempo", "/metre", "/key") == (180, "3/4", "F")
        assert band.now("/voice/lead/transpose", "/voice/bass/transpose") == (-3, -3)
        assert band.now("/chart/bar") == (0,)
        await band.play_until(2 * BAR + 6 * TICKS_PER_BEAT)

    band = on_stage(scene)
    assert (2 * BAR, 3 * TICKS_PER_BEAT) in [event[:2] for event in band.of(MetreBegins)]
    sounds = [(event.tick, event.symbol) for event in band.of(ChordSounds)]
    assert sounds[:2] == [(2 * BAR, "Fmaj7"), (2 * BAR + 3 * TICKS_PER_BEAT, "Bb7")]
    beats = [event.tick for event in band.of(Beat) if event.tick >= 2 * BAR]
    assert beats == [2 * BAR + n * TICKS_PER_BEAT for n in range(7)]
    assert [event.action for event in band.of(TransportMessage)] == ["stop"]  # it plays through


def test_the_tempo_changes_at_the_bar_line():
    async def scene(band):
        band.client("/transport", "start")
        begun = band.stage.transport.time_of(0)
        await band.play_until(100)
        band.client("/song/next")
        await band.play_until(BAR)
        assert band.stage.clock.now() - begun == pytest.approx(2.0, abs=0.002)  # 4 beats at 120
        await band.play_until(BAR + 3 * TICKS_PER_BEAT)
        assert band.stage.clock.now() - begun == pytest.approx(3.0, abs=0.004)  # 3 beats at 180

    on_stage(scene)


def test_no_note_of_the_song_before_sounds_over_the_bar_line():
    async def scene(band):
        for place in range(6):
            band.client("/transport", "start")
            await band.play_until(place * 300)
            band.client("/song", 1 + (place + 1) % 2)
            line = band.stage.engine.unopened_tick
            sounding = {
                (voice.settings.name, it.sent)
                for voice in band.voices
                for it in voice.sounding.values()
            }
            band.stage.sent.clear()
            await band.play_until(line + 10)
            for event in band.of(NoteMessage):
                key = event.voice, event.pitch
                if event.tick >= line - 20:
                    assert event.velocity or key not in sounding, event
                elif event.velocity:
                    sounding.add(key)
                else:
                    sounding.discard(key)
            assert not sounding

    on_stage(scene)


def test_next_twice_goes_two_songs_on_and_back_before_the_bar_changes_nothing():
    async def scene(band):
        band.client("/transport", "start")
        await band.play_until(BAR + 100)
        band.client("/song/next")
        band.client("/song/next")
        assert band.now("/song/coming") == ("Jam",)
        band.client("/song/previous")
        assert band.now("/song/coming") == ("Waltz for Anna",)
        band.stage.sent.clear()
        band.client("/song/previous")
        assert band.now("/song/coming", "/song") == ("", "Autumn Leaves")
        await band.play_until(3 * BAR)
        assert band.now("/chart/bar") == (3,)

    band = on_stage(scene)
    assert [event.symbol for event in band.of(ChordSounds)] == ["Gmaj7", "Cmaj7"]


def test_the_song_that_plays_begins_again_at_the_next_bar_line():
    async def scene(band):
        band.client("/transport", "start")
        await band.play_until(2 * BAR + 100)
        band.client("/song", 1)
        await band.play_until(3 * BAR)
        assert band.now("/chart/bar") == (0,)

    on_stage(scene)


@pytest.mark.parametrize("before", [30, 10, 1])
def test_a_press_just_before_the_bar_line_is_for_the_next_one(before):
    async def scene(band):
        band.client("/transport", "start")
        await band.play_until(BAR - before)
        band.client("/song/next")
        await band.play_until(3 * BAR + 10)
        assert band.now("/song", "/metre") == ("Waltz for Anna", "3/4")

    band = on_stage(scene)
    begins = [event.tick for event in band.of(MetreBegins) if event.bar == 3 * TICKS_PER_BEAT]
    assert begins[0] in (BAR, 2 * BAR)
    chords = [event.tick for event in band.of(ChordSounds) if event.symbol == "Fmaj7"]
    assert chords[0] == begins[0]  # chart and metre change together


def test_while_stopped_a_song_is_cued_at_its_top():
    async def scene(band):
        band.client("/transport", "start")
        await band.play_until(BAR + 700)
        band.client("/transport", "stop")
        band.client("/song/next")
        assert band.now("/song", "/tempo", "/chord") == ("Waltz for Anna", 180, "N.C.")
        assert not band.stage.engine.running
        band.stage.sent.clear()
        band.client("/transport", "continue")
        await band.play_until(3 * TICKS_PER_BEAT)

    band = on_stage(scene)
    beats = [event[:3] for event in band.of(Beat)]
    assert beats[0] == (0, 0, 0)
    assert band.of(ChordSounds)[0] == ChordSounds(0, "Fmaj7")


def test_a_stop_before_the_bar_line_cues_the_song_and_a_start_begins_it():
    async def scene(band):
        band.client("/transport", "start")
        await band.play_until(100)
        band.client("/song/next")
        band.client("/transport", "stop")
        band.songs._look()  # as the timer calls it
        assert band.now("/song", "/song/coming") == ("Waltz for Anna", "")
        band.client("/song", "Autumn Leaves")
        band.client("/transport", "start")
        await band.play_until(100)
        band.client("/song/next")
        band.client("/transport", "start")  # while it plays
        assert band.now("/song") == ("Waltz for Anna",)
        band.stage.sent.clear()
        await band.play_until(3 * TICKS_PER_BEAT)

    band = on_stage(scene)
    assert ChordSounds(0, "Fmaj7") in band.of(ChordSounds)


def test_what_a_song_leaves_out_is_as_the_rig_says_and_the_tempo_stays():
    async def scene(band):
        band.client("/voice/lead/articulation", 0.9)  # no song of the set has it
        band.client("/song", 2)
        band.client("/song", 3)
        assert band.now("/tempo", "/metre", "/key", "/chart") == (180, "4/4", "auto", "")
        assert band.now("/voice/lead/swing", "/voice/lead/transpose") == (0, 0)
        assert band.now("/voice/lead/program", "/voice/lead/bank") == (40, -1)
        assert band.now("/voice/lead/articulation") == (0.9,)

    on_stage(scene, rig_values={"/voice/lead/program": 40})


def test_a_song_without_a_chart_waits_for_the_player_and_knows_nothing_of_the_one_before():
    async def scene(band):
        band.client("/transport", "start")
        await band.play_until(BAR + 100)
        band.client("/song", 3)
        await band.play_until(2 * BAR)
        assert band.now("/chart", "/chart/bar") == ("", -1)
        band.client("/chord", "Ebm7")
        await band.play_until(4 * BAR)
        assert band.now("/chord") == ("Ebm7",)

    on_stage(scene)


def test_a_snapshot_is_recalled_before_the_values_of_the_song():
    text = SET + "snapshot = 'mine'\nvoices.lead.swing = 0.9\n"

    async def scene(band):
        band.client("/accent", 0.8)
        band.client("/swing", 0.3)
        band.client("/snapshot/store", "mine")
        band.client("/accent", 0.1)
        band.client("/song", "jam")
        assert band.now("/voice/lead/accent", "/voice/lead/swing", "/voice/bass/swing") == (
            0.8, 0.9, 0.3,
        )  # fmt: skip

    on_stage(scene, text=text)


def test_what_cannot_be_set_is_named_and_the_rest_of_the_song_holds(caplog):
    text = SET + "snapshot = 'gone'\ntempo = 90\nvoices.lead.model = 'gone'\n"

    async def scene(band):
        band.client("/song", "jam")
        assert band.now("/song", "/tempo", "/voice/lead/model") == ("Jam", 90, "sideman")

    with caplog.at_level(logging.WARNING):
        on_stage(scene, text=text)
    told = [it.getMessage() for it in caplog.records]
    assert any("song 'Jam': snapshot is left out: no snapshot 'gone'" in line for line in told)
    assert any("song 'Jam': /voice/lead/model is left out: " in line for line in told)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (("autum leafs",), "no song 'autum leafs'; did you mean 'Autumn Leaves'?"),
        (("x",), "no song 'x'; the set has 'Autumn Leaves', 'Waltz for Anna', 'Jam'"),
        ((4,), "no song 4; the set has 3"),
        (("0",), "no song 0; the set has 3"),
        ((1.5,), "takes the name of a song, or its number"),
        ((), "takes the name"),
        (("x" * 5000,), "takes the name"),
    ],
)
def test_an_unknown_song_is_told_the_nearest(values, told):
    async def scene(band):
        with pytest.raises(MessageError) as error:
            band.client("/song", *values)
        assert str(error.value).startswith(told)
        assert band.now("/song") == ("Autumn Leaves",)

    on_stage(scene)


def test_the_set_ends_at_its_ends():
    async def scene(band):
        with pytest.raises(MessageError, match="'Autumn Leaves' is the first song of the set"):
            band.client("/song/previous")
        band.client("/song", "3")
        with pytest.raises(MessageError, match="'Jam' is the last song of the set"):
            band.client("/song/next")
        assert band.now("/song") == ("Jam",)

    on_stage(scene)


@pytest.mark.parametrize("address", ["/song/next", "/song/previous", "/set/reload"])
def test_without_a_set_a_client_is_told_how_to_load_one(address):
    async def scene(band):
        with pytest.raises(MessageError, match="no set is loaded; perform run --set"):
            band.client(address)
        assert band.now("/song", "/songs", "/song/place") == ("", "", "")

    on_stage(scene, text="")


def test_a_name_that_is_a_number_wins_over_the_place():
    async def scene(band):
        band.client("/song", "3")
        assert band.now("/song/place") == ("2/3",)
        band.client("/song", 3)
        assert band.now("/song/place") == ("3/3",)

    on_stage(scene, text="".join(f"[[songs]]\nname='{name}'\n" for name in ("a", "3", "c")))


def test_the_set_is_read_again_and_a_broken_file_leaves_the_old_one(tmp_path, caplog):
    path = tmp_path / "gig.toml"
    path.write_text(SET)

    async def reloaded(band, text):
        path.write_text(text)
        band.client("/set/reload")
        await band.songs._reloading

    async def scene(band):
        band.client("/song", 2)
        with caplog.at_level(logging.WARNING):
            await reloaded(band, "[[songs]]\n")
        assert band.now("/song/place") == ("2/3",)
        await reloaded(band, "[[songs]]\nname = 'New'\n" + SET)
        assert band.now("/song", "/song/place") == ("Waltz for Anna", "3/4")
        await reloaded(band, "[[songs]]\nname = 'New'\n[[songs]]\nname = 'Other'\n")
        assert band.now("/song", "/song/place") == ("Waltz for Anna", "-/2")
        band.client("/song/previous")
        assert band.now("/song", "/song/place") == ("New", "1/2")

    on_stage(scene, path=path)
    (line,) = [it.getMessage() for it in caplog.records]
    assert line.startswith(f"{path}: song 1 has no name")
    assert "the set stays as it was read before" in line
    assert read_set(path, ["lead"]).songs[0].name == "New"


def test_what_a_player_changes_between_songs_is_published_once(tmp_path):
    async def scene(band):
        band.client("/transport", "start")
        await band.play_until(100)
        band.stage.sent.clear()
        band.client("/song/next")
        await band.play_until(BAR)

    band = on_stage(scene)
    published = [event for event in band.of(StateChanged) if event.address == "/song"]
    assert published == [StateChanged("/song", "Waltz for Anna")]


COUNTED = """
[[songs]]
name = "First"
chart = "Am7"
[[songs]]
name = "Second"
chart = "F7"
metre = "3/4"
count_in = 2
"""


def test_a_song_brings_its_count_in():
    async def scene(band):
        band.client("/transport", "start")
        await band.stage.play(1)
        band.client("/song/next")  # it waits for the bar line, and the start comes first
        band.client("/transport", "start")
        await band.stage.play(3.2)
        assert band.now("/song", "/count-in") == ("Second", 2)
        band.client("/transport", "stop")
        band.client("/song", "First")
        assert band.now("/count-in") == (0,)

    band = on_stage(scene, text=COUNTED)
    beats = [(beat.bar, beat.beat) for beat in band.of(Beat)]
    counted = [(-2, 0), (-2, 1), (-2, 2), (-1, 0), (-1, 1), (-1, 2), (0, 0)]
    assert beats == [(0, 0), (0, 1), *counted]
    assert [event.symbol for event in band.of(ChordSounds)][:2] == ["Am7", "F7"]


def test_a_song_counts_in_at_its_start_and_not_from_song_to_song():
    text = "".join(
        f"[[songs]]\nname = '{name}'\nchart = '{chart}'\n{more}\n"
        for name, chart, more in (("a", "C7", "count_in = 1"), ("b", "F7", ""), ("c", "G7", ""))
    )

    async def scene(band):
        assert band.now("/count-in") == (1,)
        band.client("/transport", "start")
        await band.play_until(-BAR // 2)
        band.client("/song", "b")  # while the band counts
        assert band.now("/song", "/song/coming") == ("a", "b")
        await band.play_until(BAR // 2)
        assert band.now("/song", "/chord", "/count-in") == ("b", "F7", 0)
        band.client("/song", "a")
        await band.play_until(BAR + 10)
        assert band.now("/song", "/chord", "/count-in") == ("a", "C7", 1)
        assert min(event.bar for event in band.of(Beat)) == -1

    band = on_stage(scene, text=text)
    assert [event.tick for event in band.of(Beat)][:4] == [-1920, -1440, -960, -480]

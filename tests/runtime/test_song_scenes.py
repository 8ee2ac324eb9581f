"""Songs that are selected at random moments, among starts and stops, and their recording."""

import random

import pytest
from set_bands import SET, on_stage
from stages import RIG

from perform.errors import MessageError
from perform.events import Beat, ChordSounds, MetreBegins, NoteMessage, TransportChanged
from perform.outputs.memory import MemoryOutput
from perform.recording.session import Session, replay

ACTIONS = (
    ("/song/next",), ("/song/next",), ("/song/previous",), ("/song", 1), ("/song", "Jam"),
    ("/transport", "start"), ("/transport", "stop"), ("/transport", "continue"), ("/panic",),
    ("/tempo", 60.0), ("/tempo", 390.0), ("/metre", "7/8"), ("/chord", "Ebm7"), ("/count-in", 1),
)  # fmt: skip
CHARTS = {"Autumn Leaves": "Am7", "Waltz for Anna": "Fmaj7"}


async def played(band, seed, steps=25):
    """Do something, and let the music go on for a moment, again and again."""
    chance = random.Random(seed)
    band.client("/transport", "start")
    for _ in range(steps):
        try:
            band.client(*chance.choice(ACTIONS))
        except MessageError:
            pass  # the set ends here
        await band.stage.play(chance.choice((0.001, 0.02, 0.1, 0.5, 1.3)))


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_pressed_no_note_hangs_and_the_last_song_comes(seed):
    async def scene(band):
        await played(band, seed)
        band.client("/tempo", 120.0)
        band.client("/transport", "stop")
        band.client("/song", 2)
        band.client("/count-in", 0)
        assert band.now("/song", "/song/coming", "/song/place") == ("Waltz for Anna", "", "2/3")
        band.client("/transport", "start")
        await band.play_until(200)
        band.client("/song", 1)
        band.stage.sent.clear()
        await band.play_until(3 * 480 + 10)
        assert band.now("/song", "/song/coming", "/metre") == ("Autumn Leaves", "", "4/4")

    band = on_stage(scene)
    assert ChordSounds(3 * 480, "Am7") in band.of(ChordSounds)
    assert MetreBegins(3 * 480, 1920, 480) in band.of(MetreBegins)


@pytest.mark.parametrize("seed", range(4))
def test_a_recorded_set_is_played_again_note_for_note(seed):
    band = on_stage(lambda band: played(band, seed))
    again = MemoryOutput()
    replay(Session(RIG, tuple(band.stage.recorded)), [again])
    notes = [event for event in again.events if isinstance(event, NoteMessage)]
    heard = [event for event in band.of(NoteMessage) if event.velocity]
    assert [(it.voice, it.pitch, it.velocity) for it in notes if it.velocity] == [
        (it.voice, it.pitch, it.velocity) for it in heard
    ]
    assert heard


def test_turns_are_counted_from_the_first_bar_of_the_song():
    text = SET + "mode = 'trade'\nbars = 2\n"

    async def scene(band):
        band.client("/transport", "start")
        await band.play_until(100)
        band.client("/song", "Jam")
        await band.play_until(1920 + 10)
        assert band.now("/voice/lead/turn", "/voice/lead/turn/bars") == ("voice", 2)
        await band.play_until(3 * 1920 + 10)
        assert band.now("/voice/lead/turn", "/voice/lead/turn/bars") == ("player", 2)

    on_stage(scene, text=text)


def test_a_song_that_another_one_follows_at_once_has_its_tempo():
    async def scene(band):
        band.client("/transport", "start")
        await band.play_until(100)
        band.client("/song/next")
        await band.play_until(1920 - 10)  # it has begun, but for its tempo
        assert band.now("/song", "/tempo") == ("Waltz for Anna", 120)
        band.client("/song/next")
        assert band.now("/song/coming", "/tempo") == ("Jam", 180)

    on_stage(scene)


@pytest.mark.parametrize("tempo", [20, 400])
def test_songs_change_at_the_bar_line_at_any_tempo(tempo):
    text = SET.replace("tempo = 120", f"tempo = {tempo}").replace("tempo = 180", "tempo = 400")

    async def scene(band):
        band.client("/transport", "start")
        for bar in range(6):
            await band.stage.play(0.3)
            line = band.stage.engine.unopened_tick
            band.stage.sent.clear()
            name = "Autumn Leaves" if bar % 2 else "Waltz for Anna"
            band.client("/song", name)
            await band.play_until(line + 10)
            assert band.now("/song") == (name,)
            assert (line, 0) in [(beat.tick, beat.beat) for beat in band.of(Beat)]
            assert (line, CHARTS[name]) in [it[:2] for it in band.of(ChordSounds)]

    on_stage(scene, text=text)


@pytest.mark.parametrize(("place", "begins"), [(100, 1920), (1620, 0)])
def test_a_song_comes_also_when_a_clock_starts_the_music_anew(place, begins):
    """At the next bar line, or with the start where the models have been told of it."""

    async def scene(band):
        band.client("/transport", "start")
        await band.play_until(place)
        band.client("/song/next")
        await band.stage.play(0.02)
        band.stage.sent.clear()
        band.conductor.handle_event(TransportChanged("start"))  # by no client
        await band.play_until(begins + 10)
        assert band.now("/song", "/song/coming", "/tempo") == ("Waltz for Anna", "", 180)

    band = on_stage(scene)
    assert ChordSounds(begins, "Fmaj7") in band.of(ChordSounds)
    assert MetreBegins(begins, 1440, 480) in band.of(MetreBegins)

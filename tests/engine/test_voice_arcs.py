"""Voices on their arcs: dynamics over sentences, choruses and a climb of several."""

from statistics import mean, pstdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from perform.engine.arc import PICKUPS, ChorusPlace, arc_of
from perform.engine.engine import Engine
from perform.engine.form import breathe
from perform.engine.harmony import Harmony, chart_number
from perform.engine.metre import parse_metre
from perform.engine.placed_line import ReceivedBar
from perform.engine.settings import EngineSettings
from perform.engine.voice_state import VoiceState
from perform.engine.voicing import VoiceSettings, with_dynamics
from perform.events import ChartChanged, ParameterChanged
from perform.generation.canned import CannedSource
from perform.interfaces import GeneratedBar
from perform.music.chart import parse_chart
from perform.music.note import Note
from perform.outputs.memory import MemoryOutput
from perform.runtime import offline
from perform.runtime.chart_events import BLUES

BAR, BARS = 1920, 200


class Crowded:
    """A source with a note on every quaver, so that the line never rests of itself."""

    def phrase(self, *_):
        return GeneratedBar(tuple(Note(start, 240, 60) for start in range(0, BAR, 240)))


def play(bars=BARS, seed=0, source=None, **parameters):
    memory = MemoryOutput()
    voice = VoiceSettings(name="lead", parameters=parameters)
    engine = Engine([voice], EngineSettings(seed=seed))
    chart = [(0, ChartChanged(parse_chart(BLUES)))]
    offline.play(engine, lambda _: source or CannedSource(), chart, bars * BAR, [memory])
    return [sound for sound in memory.notes if sound.velocity]


def bar_velocities(sounds):
    """The mean velocity of each bar, by its number."""
    bars = {}
    for sound in sounds:
        bars.setdefault(sound.tick // BAR, []).append(sound.velocity)
    return {bar: mean(each) for bar, each in bars.items()}


def test_charts_differ_in_their_sentences_at_one_seed():
    def swells(*charts):
        memory = MemoryOutput()
        engine = Engine([VoiceSettings(name="lead", parameters={"space": 0.0})])
        events = [(0, ChartChanged(parse_chart(text))) for text in charts]
        offline.play(engine, lambda _: Crowded(), events, 12 * BAR, [memory])
        return bar_velocities([sound for sound in memory.notes if sound.velocity])

    minor = BLUES.replace("C7", "Cm7")
    first, other = swells(BLUES), swells(minor)
    moves = np.diff(list(first.values())) - np.diff(list(other.values()))
    assert max(abs(moves)) > 5
    assert swells(BLUES) == first
    assert swells(minor, BLUES) == first


# --- dynamics ------------------------------------------------------------------------------------


def test_bars_differ_in_dynamics_as_those_of_a_player_do():
    sounds = [play(12, seed) for seed in range(20)]
    spreads = [pstdev(bar_velocities(each).values()) for each in sounds]
    assert 8 < mean(spreads) < 14
    assert min(spreads) > 5
    assert all(64 <= sound.velocity <= 112 for each in sounds for sound in each)


@given(st.integers(1, 127), st.integers(1, 127), st.floats(-0.9, 0.9))
def test_dynamics_keep_the_range_of_the_voice_and_the_order_of_velocities(one, other, dynamics):
    voice = VoiceSettings(name="lead", softest=50, loudest=110)
    moved, second = (with_dynamics(each, dynamics, voice) for each in (one, other))
    assert min(one, 50) <= moved <= max(one, 110)
    if 50 <= one <= other <= 110:
        assert moved <= second
    assert with_dynamics(one, 0.0, voice) == one


def test_build_is_the_slope_of_velocity_over_four_choruses():
    def climb(build):
        levels = bar_velocities(play(build=build, repeat=0.0))
        places = [bar % 48 for bar in levels]
        return stats.linregress(places, list(levels.values()))

    even, long_climb = climb(0.0), climb(1.0)
    assert even.pvalue > 0.01
    assert long_climb.pvalue < 0.01
    assert long_climb.slope > 0.4  # velocity a bar, so 20 over a climb


def test_dynamics_do_not_change_what_is_played():
    even, climb = ([s[:3] for s in play(48, build=build)] for build in (0.0, 1.0))
    assert even == climb


def test_dynamics_follow_the_sentence_inside_a_bar():
    """Notes off the beat, of one pitch, would be equally loud by their beat."""
    offbeats = {}
    for sound in play(12, source=Crowded()):
        if sound.tick % 480 == 240 and sound.tick % BAR < 1440:
            offbeats.setdefault(sound.tick // BAR, []).append(sound.velocity)
    for bar, velocities in offbeats.items():
        arc = arc_of(ChorusPlace(0, bar, 12), 0.3, 0.3, chart_number(parse_chart(BLUES)))
        moves = [arc.dynamics(share) - arc.dynamics(0.125) for share in (0.375, 0.625)]
        for velocity, move in zip(velocities[1:], moves, strict=True):
            if abs(move) > 0.1:
                assert (velocity > velocities[0]) == (move > 0)


# --- places --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("C | F | G", [(0, 3, 0), (1, 3, 0), (2, 3, 0), (0, 3, 1), (1, 3, 1)]),
        ("C", [(0, 1, 0), (0, 1, 1), (0, 1, 2)]),
        ("C |: F | G :| C", [(0, 4, 0), (1, 4, 0), (2, 4, 0), (1, 4, 1), (2, 4, 1)]),
    ],
)
def test_a_bar_knows_its_place_in_the_form(text, places):
    harmony = Harmony()
    harmony.set_chart(parse_chart(text))
    harmony.rewind()
    bars = range(len(places))
    assert [harmony.place_ahead(bar) for bar in bars] == places
    assert [harmony.bar_from_start(bar).at for bar in bars] == places
    found = []
    for _ in places:
        harmony.begin_bar()
        found.append(harmony.place_ahead(0))
    assert found == places
    harmony.locate(2, begun=True)
    assert harmony.place_ahead(0) == places[2]


def test_without_a_chart_no_form_is_known():
    assert Harmony().place_ahead(3) == Harmony().bar_from_start(3).at == (0, 0, 0)


# --- space ---------------------------------------------------------------------------------------


def silences(space, bars=BARS):
    """The share of each bar that is silent."""
    memory = MemoryOutput()
    engine = Engine([VoiceSettings(name="lead", parameters={"space": space})])
    chart = [(0, ChartChanged(parse_chart(BLUES)))]
    offline.play(engine, lambda _: Crowded(), chart, bars * BAR, [memory])
    silent, ended = [0] * bars, 0
    for sound in memory.notes:  # a single line: on, off, on, off
        if sound.velocity:
            silent[min(ended // BAR, bars - 1)] += sound.tick - ended
        else:
            ended = sound.tick
    silent[ended // BAR if ended < bars * BAR else -1] += bars * BAR - ended
    return [each / BAR for each in silent]


def test_space_is_the_share_of_silence():
    found = {space: silences(space) for space in (0.0, 0.3, 0.6, 1.0)}
    for less, more in ((0.3, 0.6), (0.6, 1.0)):
        assert stats.wilcoxon(found[more], found[less], alternative="greater").pvalue < 0.01
    assert 0.4 < mean(found[1.0]) < 0.55
    # the bars of a bundle without context have rests of their own
    assert found[0.3] == found[0.0]


def breath(feel, space, *, placed=True, grounded=False):
    """The breath of a sentence's last bar in a feel, as a share of what the arc says."""
    settings = VoiceSettings(name="lead", feel=feel, grounded=grounded, parameters={"space": space})
    voice = VoiceState(0, settings)
    arcs = [arc_of(ChorusPlace(0, bar, 12), 0.5, space, 3) for bar in range(12)]
    arc = next(each for each in arcs if each.ends_sentence)
    return voice.resting(ReceivedBar((Note(0, 480, 60),), placed), arc).breath / arc.breath


def test_in_feels_that_sing_the_last_note_rings_into_half_of_a_natural_rest():
    assert breath("swing", 0.3) == breath("auto", 0.3) == 1.0
    assert breath("ballad", 0.3) == breath("latin", 0.2) == 0.5
    assert 0.5 < breath("ballad", 0.6) < breath("ballad", 1.0) == 1.0
    assert breath("ballad", 0.3, placed=False) == 0.0
    assert breath("ballad", 0.3, grounded=True) == 1.0  # a bass walks on


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 900)), max_size=12),
    st.floats(0, 0.95),
    st.sampled_from(PICKUPS),
    st.sampled_from(["2/4", "3/4", "4/4", "5/4", "6/8", "7/8", "12/8"]),
    st.booleans(),
)
def test_a_breath_is_empty_and_what_comes_before_it_may_land(notes, breath, pickup, text, lands):
    metre = parse_metre(text)
    phrase = tuple(
        Note(start, min(length, metre.bar - start), 60)
        for start, length in sorted((place * 120 % metre.bar, length) for place, length in notes)
    )
    breath = min(breath, 0.95 - pickup)
    line = breathe(phrase, breath, pickup, metre, lands=lands)
    half = metre.beat // 2
    rest = round(breath * metre.bar / half) * half
    end = metre.bar - round(pickup * metre.bar / half) * half
    begin = max(end - rest, half)
    assert all(note.start >= 0 and note.end <= metre.bar for note in line)
    if begin < end:
        assert all(note.end <= begin or note.start >= end for note in line)
        assert line[len(line) - sum(n.start >= end for n in phrase) :] == tuple(
            note for note in phrase if note.start >= end
        )
    elif not lands:
        assert line == phrase


def test_before_a_breath_the_last_note_rings_and_a_pickup_stays():
    phrase = Crowded().phrase().phrase
    line = breathe(phrase[:3] + phrase[6:], 0.375, 0.125)
    assert line == (*phrase[:2], Note(480, 480, 60), phrase[7])
    # a note that begins half a beat before the rest gives way to the one before it
    line = breathe(phrase, 0.375, 0.125)
    assert line == (*phrase[:2], Note(480, 480, 60), phrase[7])
    assert breathe(line, 0.375, 0.125) == line
    landed = breathe(phrase, 0.25, 0.125, lands=True)
    assert landed[-2:] == (Note(960, 180, 60), phrase[7])


def test_a_change_of_space_is_heard_in_the_next_bar():
    memory = MemoryOutput()
    engine = Engine([VoiceSettings(name="lead", parameters={"space": 0.0, "land": 0.0})])
    events = [
        (0, ChartChanged(parse_chart(BLUES))),
        (8 * BAR + 960, ParameterChanged("lead", "space", 1.0)),
    ]
    offline.play(engine, lambda _: Crowded(), events, 12 * BAR, [memory])
    bars = [sound.tick // BAR for sound in memory.notes if sound.velocity]
    assert [bars.count(bar) for bar in range(9)] == 9 * [8]
    assert bars.count(9) < 4  # a sentence ends here
    assert bars.count(10) == 8

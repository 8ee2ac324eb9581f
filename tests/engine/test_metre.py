"""Metres: beats, landings, the chords of a bar, swing."""

from collections import Counter
from itertools import pairwise
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perform.engine.engine import Engine
from perform.engine.expression import Expression, perform_notes, swing_tick
from perform.engine.form import land, landing_ticks, vary
from perform.engine.metre import (
    COMMON,
    Metre,
    fit_to_metre,
    format_metre,
    parse_metre,
    to_common_time,
)
from perform.engine.settings import EngineSettings
from perform.engine.voicing import VoiceSettings
from perform.events import (
    Beat,
    ChartChanged,
    ChordChanged,
    ChordSounds,
    MetreChanged,
    PhraseRequested,
    PlayerNoteOn,
    TransportChanged,
)
from perform.interfaces import GeneratedBar
from perform.music.chart import parse_chart
from perform.music.chord import parse_chord
from perform.music.note import Note
from perform.outputs.memory import MemoryOutput
from perform.runtime import offline

BAR, BEAT, QUAVER = 1920, 480, 240
METRES = ("2/4", "3/4", "4/4", "5/4", "6/4", "3/8", "5/8", "6/8", "7/8", "9/8", "12/8", "15/8")
QUAVERS = tuple(Note(start, 240, 60) for start in range(0, BAR, 240))


class Fixed:
    """A source with one bar."""

    def __init__(self, *notes):
        self.notes = notes

    def phrase(self, *_):
        return GeneratedBar(self.notes)


def play(metre, bars, *events, notes=QUAVERS, **voice):
    memory = MemoryOutput()
    engine = Engine([VoiceSettings(name="lead", **voice)], EngineSettings(metre=metre))
    if not any(isinstance(event, ChartChanged) for _, event in events):
        events = [(0, ChordChanged(parse_chord("C"))), *events]
    offline.play(engine, lambda _: Fixed(*notes), events, bars * metre.bar, [memory])
    return memory


def note_ons(memory):
    return [sound for sound in memory.notes if sound.velocity]


@pytest.mark.parametrize(
    ("text", "metre"),
    [
        ("4/4", COMMON),
        ("3/4", Metre(1440, 480)),
        ("5/4", Metre(2400, 480)),
        ("6/8", Metre(1440, 720)),
        ("7/8", Metre(1680, 480)),
        ("12/8", Metre(2880, 720)),
    ],
)
def test_a_bar_of_material_fits_every_metre(text, metre):
    assert parse_metre(text) == metre
    assert format_metre(metre) == text
    made = fit_to_metre(QUAVERS, metre)
    assert all(0 <= n.start < metre.bar and n.end <= metre.bar for n in made)
    assert len({note.start for note in made}) == len(made)
    assert made[-1].end > metre.bar - metre.beat  # the end of the bar is not empty


def test_a_line_flows_into_the_beats_beyond_its_material():
    """From the last note, C5, the beat that begins with D5 is a step away; the others are not."""
    pitches = (60, 64, 74, 70, 67, 69, 65, 72)
    line = tuple(Note(at * 240, 240, pitch) for at, pitch in enumerate(pitches))
    five = parse_metre("5/4")
    assert [note.pitch for note in fit_to_metre(line, five, 0)][8:] == [74, 70]
    assert [note.pitch for note in fit_to_metre(line, five)][8:] == [60, 64]
    since_the_second_chord = fit_to_metre(line, five, 960)
    assert [note.pitch for note in since_the_second_chord][8:] == [67, 69]
    assert [note.start for note in since_the_second_chord][8:] == [1920, 2160]
    ten = [note.start for note in fit_to_metre(line, parse_metre("10/4"), 0)]
    assert ten == [240 * at for at in range(20)]


@pytest.mark.parametrize("text", ["", "4", "4/3", "1/4", "99/4", "x/y"])
def test_a_text_that_is_no_metre_is_an_error(text):
    with pytest.raises(ValueError, match="is no metre"):
        parse_metre(text)


@pytest.mark.parametrize(
    ("text", "beats", "strong"),
    [
        ("2/4", [0, 480], (0, 480)),
        ("3/4", [0, 480, 960], (0,)),
        ("4/4", [0, 480, 960, 1440], (0, 960)),
        ("5/4", [0, 480, 960, 1440, 1920], (0, 1440)),  # 3+2
        ("3/8", [0], (0,)),
        ("5/8", [0, 480], (0, 480)),  # 2+3
        ("6/8", [0, 720], (0, 720)),
        ("7/8", [0, 480, 960], (0, 960)),  # 2+2+3
        ("9/8", [0, 720, 1440], (0,)),
        ("12/8", [0, 720, 1440, 2160], (0, 1440)),
    ],
)
def test_every_metre_has_its_beats(text, beats, strong):
    metre = parse_metre(text)
    memory = play(metre, 2)
    counted = [(o.tick, o.bar, o.beat) for o in memory.events if isinstance(o, Beat)]
    assert counted == [
        (bar * metre.bar + tick, bar, beat) for bar in (0, 1) for beat, tick in enumerate(beats)
    ]
    assert metre.strong == strong


def test_a_waltz_has_three_beats_and_begins_at_a_bar_line():
    waltz = parse_metre("3/4")
    beats = tuple(Note(beat * BEAT, 240, 60) for beat in range(4))
    memory = play(COMMON, 6, (100, MetreChanged(*waltz)), notes=beats, parameters={"land": 0.0})
    counted = [(o.tick, o.bar, o.beat) for o in memory.events if isinstance(o, Beat)]
    assert counted[:4] == [(0, 0, 0), (480, 0, 1), (960, 0, 2), (1440, 0, 3)]
    assert counted[4:8] == [(1920, 1, 0), (2400, 1, 1), (2880, 1, 2), (3360, 2, 0)]
    assert [s.tick for s in note_ons(memory)] == [beat[0] for beat in counted]


@pytest.mark.parametrize("text", METRES)
def test_the_columns_of_a_metre_are_those_that_fit_leaves(text):
    metre = parse_metre(text)
    every = tuple(Note(column * 30, 30, column) for column in range(0, 64, 2))
    back = {note.pitch for note in fit_to_metre(every, metre)}
    assert metre.columns - 4 <= max(back) < metre.columns


def test_a_request_has_the_columns_of_the_metre():
    engine = Engine([VoiceSettings(name="lead", parameters={"weight/density": 1.0})])
    engine.handle(ChordChanged(parse_chord("C7")), 0)
    waltz = engine.handle(MetreChanged(*parse_metre("3/4")), 0)
    before = [o for o in (*waltz, *engine.prepare()) if isinstance(o, PhraseRequested)]
    assert {request.steering.columns for request in before} == {48}
    engine.handle(TransportChanged("start"), 0)
    engine.handle(MetreChanged(*COMMON), 0)
    after = [o for o in engine.advance(BEAT) if isinstance(o, PhraseRequested)]
    assert {request.steering.columns for request in after} == {64}


def test_a_bar_in_dotted_beats_is_shuffled_beat_for_beat():
    """The first half of a beat takes two of its three quavers."""
    jig = fit_to_metre(QUAVERS, parse_metre("6/8"))
    assert [note.start for note in jig] == [0, 480, 720, 1200]


@pytest.mark.parametrize("text", METRES)
@pytest.mark.parametrize("density", [1, 2, None])
def test_no_metre_crops_a_bar_to_silence_or_exceeds_the_density(text, density):
    metre = parse_metre(text)
    late = (Note(480, 60, 60), Note(1080, 240, 62), Note(1440, 480, 64))
    for notes in (late, late[1:], late[2:]):
        memory = play(metre, 3, notes=notes, density=density, parameters={"land": 0.0})
        bars = Counter(sound.tick // metre.bar for sound in note_ons(memory))
        assert set(bars) == {0, 1, 2}
        assert max(bars.values()) <= (density or 99)


def test_an_approach_leads_to_the_first_note_that_thinning_leaves():
    notes = (Note(120, 60, 69), Note(480, 480, 60), Note(1680, 240, 64))
    parameters = {"approach": 1.0, "land": 0.0}
    memory = play(COMMON, 3, notes=notes, density=2, parameters=parameters)
    assert [s.pitch for s in note_ons(memory) if s.tick < 2 * BAR] == [60, 61, 60, 61]


@given(st.sampled_from(METRES).map(parse_metre), st.sets(st.integers(0, 15)))
def test_to_common_time_inverts_fit_to_metre(metre, sixteenths):
    bar = tuple(Note(120 * place, 60, 60) for place in sorted({0, *sixteenths}))
    back = to_common_time(fit_to_metre(bar, metre), metre)
    beats = metre.bar // metre.beat if metre.beat != BEAT else metre.bar / BEAT
    assert {note.start for note in back} == {n.start for n in bar if n.start < beats * BEAT}


def test_an_answer_to_a_jig_has_its_rhythm():
    jig = parse_metre("6/8")
    engine = Engine([VoiceSettings(name="lead", mode="answer", bars=1)], EngineSettings(metre=jig))
    engine.handle(ChordChanged(parse_chord("C")), 0)
    engine.handle(TransportChanged("start"), 0)
    outputs = engine.advance(0)
    for tick in (0, 480, 720, 1200):
        outputs += engine.advance(tick - 1)
        outputs += engine.handle(PlayerNoteOn(60), tick)
    outputs += engine.advance(jig.bar - 1)
    steered = [o.steering for o in outputs if isinstance(o, PhraseRequested) and o.bar == 1]
    assert [note.start for note in steered[-1].player] == [0, 240, 480, 720]


def test_a_shuffle_moves_no_two_notes_to_one_onset():
    close = (Note(330, 30, 60), Note(360, 120, 62))
    assert [note.start for note in fit_to_metre(close, parse_metre("12/8"))] == [600]


@pytest.mark.parametrize("text", METRES)
def test_accents_stand_on_the_beats_of_the_metre(text):
    metre = parse_metre(text)
    grid = tuple(Note(start, 120, 60) for start in range(0, BAR, 120))
    velocities = {}
    for sound in note_ons(play(metre, 16, notes=grid, form="A", fit="shift")):
        weight = metre.weight(sound.tick % metre.bar)
        velocities.setdefault(weight, []).append(sound.velocity)
    ranked = [mean(each) for _, each in sorted(velocities.items())]
    assert all(louder > softer + 2 for softer, louder in pairwise(ranked))
    assert len(ranked) > 1


def test_a_humanised_note_keeps_its_accent_and_its_chord_tone():
    beats = tuple(Note(beat * BEAT, 300, 61) for beat in range(4))
    parameters = {"humanise": 1.0, "articulation": 0.0, "land": 0.0}
    sounds = note_ons(play(COMMON, 8, notes=beats, parameters=parameters, form="A"))
    assert {sound.pitch % 12 for sound in sounds} <= {0, 4, 7}
    strong, other = ([s.velocity for s in sounds if (s.tick + 20) // BEAT % 2 == n] for n in (0, 1))
    assert sum(strong) / len(strong) > sum(other) / len(other) + 3


# --- endings -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", METRES)
@settings(max_examples=12)
@given(
    start=st.integers(0, 3).map(lambda step: step * 120),
    pitches=st.lists(st.integers(55, 70), min_size=8, max_size=8),
    parameters=st.fixed_dictionaries(
        {"swing": st.floats(0, 1), "approach": st.just(1.0), "share": st.floats(0, 1)}
    ),
)
def test_the_last_note_of_a_form_is_a_long_chord_tone_in_a_strong_place(
    text, start, pitches, parameters
):
    metre = parse_metre(text)
    notes = tuple(
        Note(place, 120, pitch)
        for place, pitch in zip(range(start, BAR, 240), pitches, strict=False)
    )
    chords = (0, ChartChanged(parse_chart("Cm7 | F7 | Bbmaj7 | Ebmaj7")))
    memory = play(metre, 4, chords, notes=notes, parameters=parameters, low=40, high=80)
    last = note_ons(memory)[-1]
    inside = last.tick - 3 * metre.bar
    assert inside in landing_ticks(metre)
    assert inside in metre.strong or inside - metre.beat in metre.strong
    assert last.pitch % 12 in parse_chord("Ebmaj7").tones
    off = next(s.tick for s in memory.notes if s.tick > last.tick and not s.velocity)
    assert 0 <= 4 * metre.bar - off <= 60  # ends swing, too


def test_a_landing_in_three_is_on_the_one():
    assert {text: landing_ticks(parse_metre(text)) for text in METRES} == {
        "2/4": (480,), "3/4": (0,), "4/4": (960, 1440), "5/4": (1440,), "6/4": (1440,), "3/8": (0,),
        "5/8": (480,), "6/8": (720,), "7/8": (960,), "9/8": (0,), "12/8": (1440, 2160),
        "15/8": (2160,),
    }  # fmt: skip


@pytest.mark.parametrize("text", METRES)
@settings(max_examples=12)
@given(seed=st.integers(0, 2**30))
def test_variations_and_landings_stay_in_their_bar(text, seed):
    metre = parse_metre(text)
    phrase = fit_to_metre(QUAVERS, metre)
    for changed in (vary(phrase, seed, metre), land(phrase, metre)):
        assert all(note.start >= 0 and note.end <= metre.bar for note in changed)
    half = [note for note in phrase if note.start < metre.bar // 2]
    assert [n for n in vary(phrase, seed, metre) if n.start < metre.bar // 2] == half


# --- chords that share a bar ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "bar", "ticks"),
    [
        ("4/4", "C F", [0, 960]),
        ("4/4", "C F G", [0, 960, 1440]),
        ("4/4", "C F G Am", [0, 480, 960, 1440]),
        ("4/4", "C % G", [0, 1440]),
        ("3/4", "C F", [0, 960]),
        ("3/4", "C F G", [0, 480, 960]),
        ("5/4", "C F", [0, 1440]),
        ("5/4", "C F G", [0, 1440, 1920]),
        ("6/8", "C F", [0, 720]),
        ("6/8", "C F G Am", [0, 480, 720, 1200]),  # more chords than beats: quavers
        ("7/8", "C F", [0, 960]),
        ("7/8", "C F G", [0, 480, 960]),
        ("12/8", "C F G", [0, 1440, 2160]),
        ("5/4", "C F G Am Dm", [0, 480, 960, 1440, 1920]),
        ("12/8", "C F G Am Dm G", [0, 480, 960, 1440, 1920, 2400]),
        ("4/4", "C F G Am Dm G", [0, 240, 720, 960, 1200, 1680]),
        ("3/8", "C F G Am", [0, 240, 360, 600]),
    ],
)
def test_chords_share_a_bar_over_its_beats(text, bar, ticks):
    metre = parse_metre(text)
    memory = play(metre, 2, (0, ChartChanged(parse_chart(f"{bar} | D"))))
    chords = [o.tick for o in memory.events if isinstance(o, ChordSounds)]
    assert chords == [*ticks, metre.bar]


@given(
    st.sampled_from(METRES).map(parse_metre),
    st.sets(st.sampled_from([place / 6 for place in range(6)]), min_size=1).map(sorted),
)
def test_no_chord_of_a_bar_is_lost_or_off_the_grid(metre, shares):
    ticks = metre.chord_ticks(shares)
    assert len(set(ticks)) == len(shares)
    assert list(ticks) == sorted(ticks)
    unit = next(u for u in (metre.beat, QUAVER, 120) if len(shares) * u <= metre.bar)
    assert all(tick % unit == 0 and 0 <= tick < metre.bar for tick in ticks)


# --- swing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "straight", "swings"),
    [
        ("3/4", 240, 320),  # quavers
        ("5/4", 1680, 1760),
        ("6/8", 120, 160),  # quavers are thirds of the beat; semiquavers swing
        ("12/8", 600, 640),
        ("7/8", 120, 160),
    ],
)
def test_the_swing_unit_of_a_metre_swings(text, straight, swings):
    metre = parse_metre(text)
    line = tuple(Note(start, 60, 60) for start in (straight, metre.beat))
    starts = [s.start for s in perform_notes(tuple(sorted(line)), Expression(swing=1.0), 0, metre)]
    assert sorted(starts) == sorted([swings, metre.beat])


@given(st.sampled_from(METRES).map(parse_metre), st.floats(0, 1))
def test_beats_and_bar_lines_never_swing(metre, amount):
    places = [beat * metre.beat for beat in range(metre.beats)]
    assert [swing_tick(place, amount, metre.swing_unit) for place in [*places, metre.bar]] == [
        *places,
        metre.bar,
    ]

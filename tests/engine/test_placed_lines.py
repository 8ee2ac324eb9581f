"""Placed lines: they play as they are, follow other chords, and tie bars together."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lines import BAR, BEAT, PlacedSource, Rehearsal

from perform.engine.engine import Engine
from perform.engine.harmony import chord_scale
from perform.engine.metre import COMMON, parse_metre
from perform.engine.placed_line import ReceivedBar
from perform.engine.settings import EngineSettings
from perform.engine.voice_leading import lead_line
from perform.engine.voicing import PreviousNote, VoiceSettings
from perform.events import (
    ChartChanged,
    ChordChanged,
    KeyChanged,
    MetreChanged,
    ModeChanged,
    NoteMessage,
    Panic,
    PhraseReady,
    TransportChanged,
    VoiceMuted,
)
from perform.interfaces import GeneratedBar
from perform.music.chart import parse_chart
from perform.music.chord import parse_chord
from perform.music.line_context import ContextChord, context_chord
from perform.music.note import Note
from perform.music.pitch import pitch_name, semitones_from_c

NO_KEY = KeyChanged(frozenset())


class Script:
    """Answers bar after bar with written lines, whose pitches are those that should sound."""

    def __init__(self, *bars, tied=()):
        self._bars, self._tied = bars, tied

    def phrase(self, seed, _conditions, _steering, context):
        shift = semitones_from_c(context.chords[0].root) if context.chords else 0
        line = tuple(Note(*note) for note in self._bars[seed % len(self._bars)])
        over_c = tuple(note._replace(pitch=note.pitch - shift) for note in line)
        return GeneratedBar(over_c, placed=True, tied=seed % 2**24 in self._tied)


def live(symbol):
    return ChordChanged(parse_chord(symbol))


def follow(text):
    return ChartChanged(parse_chart(text))


def on_chord(symbol):
    chord = parse_chord(symbol)
    return context_chord(chord, chord_scale(chord))


def played(rehearsal):
    """(start, duration, pitch) of each note, in the order of their starts."""
    begun, found = {}, []
    for output in rehearsal.outputs:
        if not isinstance(output, NoteMessage):
            continue
        if output.velocity:
            assert output.pitch not in begun
            begun[output.pitch] = output.tick
        else:
            start = begun.pop(output.pitch)
            found.append((start, output.tick - start, output.pitch))
    assert not begun, "a note is stuck"
    return sorted(found)


def perform(source, events, bars, *, timed=(), end=None, **voice):
    rehearsal = Rehearsal(source, **voice)
    rehearsal.start(NO_KEY, *events)
    for tick, event in timed:
        rehearsal.handle(event, tick=tick)
    end = bars * BAR if end is None else end
    rehearsal.advance(end - 1)
    rehearsal.handle(TransportChanged("stop"), tick=end - 1)
    return rehearsal


FIRST = ((0, 160, 60), (160, 320, 66), (480, 100, 71), (650, 70, 72), (960, 960, 75))
SECOND = ((70, 240, 70), (480, 480, 61), (1440, 120, 62), (1700, 200, 63))


def timed(*bars):
    return [
        (number * BAR + start, duration, pitch)
        for number, bar in enumerate(bars)
        for start, duration, pitch in bar
    ]


def test_a_placed_line_plays_as_it_is():
    chart = follow("Dm7 G7 | Bbmaj7 | F#7 | C")
    rehearsal = perform(Script(FIRST, SECOND), [chart], 4, form="AAAB")
    notes = [(start, min(length, 4 * BAR - 1 - start), pitch)
             for start, length, pitch in timed(FIRST, SECOND, FIRST, SECOND)]  # fmt: skip
    assert played(rehearsal) == notes


def test_a_line_outside_the_range_moves_by_an_octave_as_a_whole():
    rehearsal = perform(Script(FIRST), [follow("C")], 1, low=36, high=64)
    assert [pitch for _, _, pitch in played(rehearsal)] == [48, 54, 59, 60, 63]
    rehearsal = perform(Script(FIRST), [follow("C")], 1, low=60, high=70)  # too small for the line
    assert all(60 <= pitch <= 70 for _, _, pitch in played(rehearsal))


SCALE = tuple(
    (beat * 240, 240, pitch) for beat, pitch in enumerate((60, 62, 64, 65, 67, 69, 70, 72))
)


def test_after_a_chord_that_was_not_expected_the_rest_of_the_bar_goes_to_it():
    rehearsal = perform(Script(SCALE), [live("C7")], 1, timed=[(900, live("Ebm7"))])
    pitches = [pitch for _, _, pitch in played(rehearsal)]
    rest = tuple(Note(*note) for note in SCALE[4:])
    led = lead_line(rest, on_chord("C7"), on_chord("Ebm7"), 48, 84, previous=PreviousNote(65, 65))
    assert pitches == [60, 62, 64, 65, *led]
    assert [pitch % 12 for pitch in led] == [6, 9, 10, 1]  # the second leads to the third
    assert all(a < b for a, b in pairwise(pitches))


def test_a_line_that_left_its_chart_comes_back_where_the_chart_goes_on():
    events = [(10, live("Abm")), (1000, live("Abm"))]
    line = perform(Script(SCALE), [follow("C7 F7")], 1, timed=events[:1])
    pitches = [pitch for _, _, pitch in played(line)]
    assert pitches[0] == 60
    assert pitches[1:4] != [62, 64, 65]
    assert pitches[4:] == [67, 69, 70, 72]
    line = perform(Script(SCALE), [follow("C7 F7")], 1, timed=events)
    rest = tuple(Note(*note) for note in SCALE[5:])
    before = PreviousNote(67, 67)
    led = lead_line(rest, on_chord("F7"), on_chord("Abm"), 48, 84, previous=before)
    assert [pitch for _, _, pitch in played(line)][5:] == [*led]


def test_a_bar_that_knew_no_chord_moves_to_the_first_one():
    rehearsal = Rehearsal(Script(SCALE))
    rehearsal.prepare(NO_KEY)
    rehearsal.handle(live("F7"), TransportChanged("start"))
    rehearsal.advance(BAR - 1)
    rehearsal.handle(TransportChanged("stop"), tick=BAR - 1)
    pitches = [pitch for _, _, pitch in played(rehearsal)]
    assert pitches == [65, 67, 69, 70, 72, 74, 75, 77]


def test_a_bar_that_knew_no_chord_moves_once_and_is_led_from_there():
    rehearsal = Rehearsal(Script(SCALE))
    rehearsal.prepare(NO_KEY)
    rehearsal.handle(live("F7"), TransportChanged("start"))
    rehearsal.handle(live("Bbm7"), tick=900)
    rehearsal.advance(BAR - 1)
    rehearsal.handle(TransportChanged("stop"), tick=BAR - 1)
    pitches = [pitch for _, _, pitch in played(rehearsal)]
    assert pitches[:4] == [65, 67, 69, 70]
    assert all(a < b for a, b in pairwise(pitches))
    assert pitches[4] - pitches[3] <= 4  # no second move to the root


def test_a_line_that_knew_no_chord_is_bent_to_the_scale_of_the_first_one():
    rehearsal = Rehearsal(Script(((0, BEAT, 60), (BEAT, BEAT, 64), (2 * BEAT, BEAT, 67))))
    rehearsal.prepare(NO_KEY)
    rehearsal.handle(live("Fm7"), TransportChanged("start"))
    rehearsal.advance(BAR - 1)
    assert [pitch for _, _, pitch in played(rehearsal)] == [65, 68, 72]


@pytest.mark.parametrize(
    ("fit", "pitches"),
    [
        ("shift", [60, 62, 64, 65, 62, 64, 65, 67]),  # a fourth down
        ("chord", [60, 60, 64, 67, 67, 68, 71, 74]),
    ],
)
def test_the_fit_of_a_voice_holds_for_placed_lines(fit, pitches):
    rehearsal = perform(Script(SCALE), [live("C")], 1, timed=[(900, live("G"))], fit=fit)
    heard = [pitch for _, _, pitch in played(rehearsal)]
    if fit == "shift":
        assert heard == pitches
    else:
        assert {pitch % 12 for pitch in heard[:4]} <= {0, 4, 7}
        assert {pitch % 12 for pitch in heard[4:]} <= {7, 11, 2}


def test_a_grounded_voice_has_the_written_bass_on_strong_beats():
    rehearsal = perform(Script(SCALE), [follow("C/Bb")], 1, grounded=True)
    heard = [pitch for _, _, pitch in played(rehearsal)]
    assert heard[0] % 12 == heard[4] % 12 == 10
    assert heard[1:4] == [62, 64, 65]


@pytest.mark.parametrize("metre", ["3/4", "12/8", "5/4"])
def test_a_placed_line_in_another_metre_keeps_its_pitches(metre):
    bar = parse_metre(metre).bar
    rehearsal = perform(Script(SCALE), [follow("C7 F7")], 1, end=bar, metre=metre)
    assert [pitch for _, _, pitch in played(rehearsal)][:6] == [60, 62, 64, 65, 67, 69]


def test_requests_know_how_the_bars_before_have_sounded():
    changes = [(bar * BAR + 700, live(("F7", "Ab7", "Dm7", "C7")[bar % 4])) for bar in range(12)]
    rehearsal = perform(Script(SCALE), [live("C7")], 12, timed=changes)
    sounded = {}
    for start, _, pitch in played(rehearsal):
        sounded.setdefault(start // BAR, []).append(pitch)
    for bar, context in rehearsal.contexts().items():
        if 2 <= bar <= 12:
            before = [note.pitch for note in context.before if note.start < -BAR]
            assert before == sounded[bar - 2]
    assert any(pitches != [note[2] for note in SCALE] for pitches in sounded.values())


def test_a_placed_line_over_a_chart_that_is_left_once_is_the_golden_score(root):
    """A line for each note: its bar, beat and tick, its length, its name."""
    chart = follow("Dm7 G7 | Cmaj7 | % A7 | Dm7 Db7")
    away = [(5 * BAR + 700, live("Abmaj7"))]
    rehearsal = perform(PlacedSource(tied=True), [chart], 8, timed=away)
    lines = [
        f"{start // BAR} {start % BAR // BEAT} {start % BEAT} {length} {pitch_name(pitch)}"
        for start, length, pitch in played(rehearsal)
    ]
    score = (root / "tests" / "golden" / "placed.txt").read_text()
    assert lines == score.splitlines()


# --- ties ----------------------------------------------------------------------------------------

HELD = ((0, 960, 64), (960, 960, 67))
TIED = ((0, 480, 67), (480, 480, 65), (960, 960, 64))


def tied_bars(**given):
    return perform(Script(HELD, TIED, tied=(1,)), given.pop("chart", [follow("C")]), 2, **given)


def test_a_tied_note_goes_on_over_the_bar_line():
    rehearsal = tied_bars()
    assert played(rehearsal)[:3] == [(0, 960, 64), (960, 960 + 480, 67), (BAR + 480, 480, 65)]
    assert rehearsal.engine.notes_played == 4


def test_a_short_articulation_cuts_notes_but_not_the_one_before_its_tie():
    lines = played(tied_bars(parameters={"articulation": 0.0, "space": 0.0}))
    assert lines[:3] == [(0, 320, 64), (960, 960 + 160, 67), (BAR + 480, 160, 65)]


def test_a_note_that_is_tied_to_another_pitch_is_struck():
    rehearsal = perform(Script(HELD, SCALE, tied=(1,)), [follow("C")], 2)
    assert played(rehearsal)[1:3] == [(960, 960, 67), (BAR, 240, 60)]


def test_a_tie_over_several_bars_is_one_note():
    whole = ((0, BAR, 67),)
    rehearsal = perform(Script(whole, tied=range(1, 9)), [follow("C")], 5)
    assert played(rehearsal) == [(0, 5 * BAR - 1, 67)]


@pytest.mark.parametrize(
    ("tick", "event", "end", "struck"),
    [
        (1500, Panic(), 1500, BAR),
        (1500, VoiceMuted("lead", True), 1500, None),
        (1500, ChordChanged(None), 1500, None),
        (BAR - 10, Panic(), BAR - 10, BAR),
        (BAR - 10, VoiceMuted("lead", True), BAR - 10, None),
        (BAR - 10, live("Am7"), BAR + 480, None),  # the pitch is a tone of both chords
        (BAR - 10, live("Ab"), BAR, BAR),  # it is no tone of this one
        (BAR + 100, Panic(), BAR + 100, None),
        (BAR - 10, ModeChanged(None, "answer", 1), BAR, None),  # the player's turn begins
    ],
)
def test_what_ends_the_note_before_a_tie(tick, event, end, struck):
    notes = played(tied_bars(chart=[live("C")], timed=[(tick, event)]))
    assert (960, end - 960, 67) in notes
    begun = [start for start, _, pitch in notes if start == BAR]
    assert begun == ([] if struck is None else [struck])


@pytest.mark.parametrize("change", ["hold", "cut", "slide"])
@pytest.mark.parametrize("tick", [1500, BAR - 10, BAR, BAR + 100])
@pytest.mark.parametrize("symbol", ["Ab", "Am7", "Cm"])
def test_a_chord_change_around_a_tie_leaves_no_note(change, tick, symbol):
    rehearsal = Rehearsal(Script(HELD, TIED, tied=(1,)), change=change)
    rehearsal.start(NO_KEY, live("C"))
    rehearsal.handle(live(symbol), tick=tick)
    rehearsal.advance(2 * BAR - 1)
    rehearsal.handle(TransportChanged("stop"), tick=2 * BAR - 1)
    notes = played(rehearsal)
    assert all(length <= BAR for _, length, _ in notes)
    assert all(length > 0 for _, length, _ in notes)
    if change == "slide" and tick == BAR - 10:  # the note that slid goes on
        assert not [start for start, _, _ in notes if start == BAR]
    # one note at a time
    assert all(a[0] + a[1] <= b[0] for a, b in pairwise(notes))


def test_a_tied_bar_that_begins_with_a_rest_strikes_its_first_note():
    rehearsal = perform(Script(HELD, ((240, 480, 67),), tied=(1,)), [follow("C")], 2)
    assert played(rehearsal)[1:] == [(960, 960, 67), (BAR + 240, 480, 67)]


def test_a_held_bar_ties_to_nothing():
    hold = ModeChanged(None, "hold")
    whole = ((0, BAR, 67),)
    rehearsal = perform(Script(whole, tied=range(99)), [follow("C")], 3, timed=[(100, hold)])
    assert [start for start, _, _ in played(rehearsal) if start % BAR == 0] == [0, BAR, 2 * BAR]


def test_a_bar_of_another_request_plays_over_the_chords_that_it_was_made_for():
    engine = Engine([VoiceSettings(name="lead")], EngineSettings())
    engine.handle(NO_KEY, 0)
    engine.handle(follow("F7"), 0)
    engine.prepare()
    line = tuple(Note(*note) for note in SCALE)
    engine.handle(PhraseReady("lead", 0, line, True, False, (on_chord("C7"),)), 0)
    engine.handle(TransportChanged("start"), 0)
    sounds = [s for s in engine.advance(BAR - 30) if isinstance(s, NoteMessage) and s.velocity]
    led = lead_line(line, on_chord("C7"), on_chord("F7"), 48, 84)
    assert tuple(sound.pitch for sound in sounds) == led


events = st.one_of(
    st.sampled_from(["C7", "F7", "Abm", "Dm7b5", "G7"]).map(live),
    st.sampled_from(
        [ChordChanged(None), Panic(), follow("Dm7 G7 | C"), follow("C | F"), ChartChanged()]
    ),
    st.booleans().map(lambda muted: VoiceMuted("lead", muted)),
    st.sampled_from(["stop", "start", "continue"]).map(TransportChanged),
    st.sampled_from(["4/4", "3/4", "7/8"]).map(lambda text: MetreChanged(*parse_metre(text))),
    st.sampled_from(["flow", "hold", "trade", "answer"]).map(lambda m: ModeChanged(None, m, 1)),
)


@given(
    st.lists(st.tuples(st.integers(0, 700), events), max_size=25),
    st.sampled_from(["hold", "cut", "slide"]),
    st.sampled_from([0, 40, 900]),
    st.fixed_dictionaries(
        {}, optional={"humanise": st.just(1.0), "articulation": st.just(0.9), "share": st.just(0.5)}
    ),
)
@settings(max_examples=150, deadline=None)
def test_no_note_is_ever_stuck_whatever_happens_around_ties(steps, change, delay, parameters):
    rehearsal = Rehearsal(
        PlacedSource(tied=True), change=change, delay=delay, parameters=parameters
    )
    rehearsal.start(live("C"))
    tick = 0
    for wait, event in steps:
        if isinstance(event, TransportChanged) and event.action == "start":
            tick = rehearsal.restart(tick)
            continue
        tick += wait
        rehearsal.handle(event, tick=tick)
    rehearsal.advance(tick + 3 * BAR)
    sounding = rehearsal.engine._voices.all[0].sounding
    assert all(note.end > tick + 3 * BAR for note in sounding.values())
    assert len(sounding) <= 1
    rehearsal.handle(TransportChanged("stop"), tick=tick + 3 * BAR)
    assert not sounding
    held = set()
    for output in rehearsal.outputs:
        if isinstance(output, NoteMessage):
            assert (output.pitch in held) is (not output.velocity)
            held ^= {output.pitch}
    assert not held


def test_a_tied_line_joins_every_bar_and_each_note_is_struck_once():
    rehearsal = perform(PlacedSource(tied=True), [follow("C | C | C7 | F")], 16)
    notes = played(rehearsal)
    lines = [start for start, _, _ in notes if start % BAR == 0]
    assert lines[0] == 0
    assert len(lines) < 9  # the others are tied
    over = [note for note in notes if note[0] // BAR != (note[0] + note[1] - 1) // BAR]
    assert len(over) == 16 - len(lines)
    assert all(length == 2 * BEAT for _, length, _ in over)


def test_a_sentence_comes_to_rest_on_the_last_chord_tone_before_its_breath():
    """Over C7: E4 on beat 3 is a tone; F4 half a beat later, which rings else, is none."""
    notes = ((0, 240, 60), (480, 240, 62), (960, 240, 64), (1200, 240, 65), (1440, 240, 66))
    bar = ReceivedBar(
        tuple(Note(*note) for note in notes),
        placed=True,
        chords=(ContextChord(0, 0, (0, 4, 7, 10), (0, 2, 4, 5, 7, 9, 10)),),
        breath=0.25,
    )
    line = bar.sounding(VoiceSettings(name="lead"), COMMON)
    assert line[-1] == Note(960, 480, 64)

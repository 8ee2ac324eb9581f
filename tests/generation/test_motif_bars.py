"""Bars that take up a motif: sequences, answers and riffs."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from perform.commands.render import play_chart
from perform.config.voices import VoiceConfig
from perform.engine.harmony import chord_scale
from perform.generation.motif_bars import ENDING, MOST_BENT, motif_bars
from perform.music.chart import parse_chart
from perform.music.chord import parse_chord
from perform.music.line_context import LineContext, Motif, context_chord
from perform.music.note import COLUMNS, ROWS, TICKS_PER_BAR, Note
from perform.music.pianoroll import decode, encode
from perform.outputs.memory import MemoryOutput

NONE = np.empty((0, ROWS, COLUMNS), np.int8)
SYMBOLS = ["C7", "F7", "Cm7", "Ebmaj7", "Am7b5", "F#m7", "Dbdim7", "Bb6"]
SEVENTHS = (Note(0, 240, 60), Note(240, 240, 64), Note(480, 480, 67), Note(1440, 480, 70))


def chord_of(symbol):
    chord = parse_chord(symbol)
    return context_chord(chord, chord_scale(chord))


def context(now, motif, was="C7", **values):
    values = {"feel": "straight", "low": 48, "high": 84, **values}
    return LineContext((chord_of(now),), motif=Motif(motif, (chord_of(was),)), **values)


def directions(line):
    return [(b.pitch > a.pitch) - (b.pitch < a.pitch) for a, b in pairwise(line)]


def rhythm(line):
    return [(note.start, note.duration) for note in line]


@st.composite
def motifs(draw):
    """Four to eight quavers and rests, of tones of C7 or near them."""
    places = sorted({0, *draw(st.sets(st.integers(1, 7), min_size=3, max_size=7))})
    pitches = draw(st.lists(st.integers(58, 76), min_size=len(places), max_size=len(places)))
    assume(all(a != b for a, b in pairwise(pitches)))
    return tuple(Note(240 * at, 240, pitch) for at, pitch in zip(places, pitches, strict=True))


@given(motifs(), st.sampled_from(SYMBOLS), st.sampled_from(["straight", "funk"]))
@settings(deadline=None, max_examples=60)
def test_each_version_has_the_rhythm_and_the_contour_of_the_motif(motif, symbol, feel):
    """And its intervals, but for a few semitones; it stays in the range of the voice."""
    made = context(symbol, motif, feel=feel)
    shift = min(parse_chord(symbol).root, parse_chord(symbol).root - 12, key=abs)
    for roll in motif_bars(made, NONE):
        line = decode(roll)
        assert rhythm(line) == rhythm(motif)
        assert directions(line) == directions(motif)
        bends = [
            (b.pitch - a.pitch) - (d.pitch - c.pitch)
            for (a, b), (c, d) in zip(pairwise(line), pairwise(motif), strict=True)
        ]
        assert max(map(abs, bends)) <= MOST_BENT
        assert all(48 <= note.pitch + shift <= 84 for note in line)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_tones_of_the_chord_become_tones_of_the_next(symbol):
    chord = parse_chord(symbol)
    bars = motif_bars(context(symbol, SEVENTHS), NONE)
    assert len(bars)
    for roll in bars:
        assert all((note.pitch + chord.root) % 12 in chord.tones for note in decode(roll))


def test_a_riff_comes_again_note_for_note_over_its_chord():
    bars = motif_bars(context("C7", SEVENTHS, feel="funk", before=(Note(-480, 480, 65),)), NONE)
    assert SEVENTHS in [decode(roll) for roll in bars]
    elsewhere = {roll[0].pitch % 12 for roll in map(decode, bars)}
    assert elsewhere == {0}


def test_a_sequence_begins_a_step_from_the_note_before():
    for pitch in (59, 62, 66, 69):
        bars = motif_bars(context("F7", SEVENTHS, before=(Note(-480, 480, pitch),)), NONE)
        assert all(abs(decode(roll)[0].pitch + 5 - pitch) <= 2 for roll in bars)


def test_an_answer_keeps_the_motif_up_to_its_ending():
    other = encode((Note(0, 960, 62), Note(1440, 240, 68), Note(1680, 240, 71)), bars=1).rolls
    motif = (*SEVENTHS[:3], Note(1200, 480, 70))
    bars = [decode(roll) for roll in motif_bars(context("C7", motif), other)]
    answers = [line for line in bars if line[-1].start == 1680]
    assert answers
    for line in answers:
        assert [n.start for n in line] == [0, 240, 480, 1200, 1440, 1680]
        assert line[3].end == ENDING
        assert [n.pitch for n in line[4:]] == [68, 71]


def test_nothing_is_taken_up_without_a_motif_of_four_notes_in_the_feel_from_the_first_beat_on():
    swung = (Note(0, 320, 60), Note(320, 160, 62), Note(480, 320, 64), Note(960, 480, 67))
    late = tuple(note._replace(start=note.start + 480) for note in SEVENTHS[:3])
    none = [
        LineContext((chord_of("C7"),), feel="straight"),
        context("C7", SEVENTHS[:3]),
        context("C7", (*late, Note(1680, 240, 70))),
        context("C7", swung),
        context("C7", SEVENTHS)._replace(chords=()),
    ]
    assert not any(len(motif_bars(each, NONE)) for each in none)
    assert len(motif_bars(context("C7", swung, feel="swing"), NONE))


def returning_bars(feel, repeat):
    """The share of the bars that repeat, or begin a group, which have the rhythm and the contour of
    the bar two or four before, up to the ending.
    """
    found = []
    for seed in range(4):
        output = MemoryOutput()
        voice = VoiceConfig(name="lead", feel=feel, knobs={"repeat": repeat, "space": 0.0})
        play_chart(parse_chart("Em7 | A7 |" * 8), voice, seed, [output])
        bars = [[] for _ in range(16)]
        for sound in output.notes:
            bar, start = divmod(sound.tick, TICKS_PER_BAR)
            if sound.velocity and start < ENDING:
                bars[bar].append(Note(start, 1, sound.pitch))
        shapes = [(rhythm(bar), directions(bar)) for bar in bars]
        found += [
            len(bars[bar]) > 2 and shapes[bar] in (shapes[bar - 2], shapes[max(bar - 4, 0)])
            for bar in range(2, 16, 2)
        ]
    return np.mean(found)


@pytest.mark.long
def test_riffs_return_several_times_in_a_chorus_of_funk():
    """Unless `repeat` is 0; in swing other motifs do so less often."""
    assert returning_bars("funk", 1.0) > 0.25
    assert returning_bars("funk", 0.0) < 0.1
    assert 0.05 < returning_bars("swing", 1.0) < 0.3

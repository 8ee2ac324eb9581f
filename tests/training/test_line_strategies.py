"""Strategies for lines and parts: what they keep, and what is musically right about them."""

from itertools import pairwise

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perform.errors import DatasetError, SidemanError
from perform.music.chord import parse_chord
from perform.music.feel import FEELS, GRIDS
from training.augment.lines import augment_pieces
from training.augment.pipeline import PipelineStep, augment
from training.augment.registry import LINE_STRATEGIES, PART_STRATEGIES
from training.data import dataset
from training.data.book import parse_book, read_book
from training.data.book_writer import write_book
from training.data.piece import Piece, PieceNote
from training.data.piece_files import OWN_BOOK, read_parts
from training.options import LineOptions, read_any_recipe, to_toml

FILLING = ("passing-notes", "enclosures", "arpeggios")
SYMBOLS = ("C", "C7", "Fmaj7", "Dm7", "G7", "Bm7b5", "E7b9", "Am6", "Bb7", "F#dim7")
BOOK = """
title: Duo
feel: swing
part: lead

C7                  | F7
c5/4 e5 g5 e5       | f5/2 eb5

title: Duo
feel: swing
part: bass

C7                  | F7
c2/4 e2 g2 e2       | f2 a2 c3 eb3
"""


@st.composite
def sheets(draw):
    """A lead sheet of four bars: notes and rests of quavers to whole notes, a chord a half bar."""
    notes, now, pitch = [], 0, draw(st.integers(58, 76))
    while now < 4 * 1920:
        length = draw(st.sampled_from((240, 240, 480, 480, 480, 960, 1440, 1920)))
        pitch = min(max(pitch + draw(st.integers(-5, 5)), 55), 84)
        end = min(now + length, 4 * 1920)
        if draw(st.integers(0, 6)):
            notes.append(PieceNote(now, end - now, pitch, draw(st.integers(40, 110))))
        now = end
    if not notes:
        notes = [PieceNote(0, 960, pitch)]
    symbols = draw(st.lists(st.sampled_from(SYMBOLS), min_size=8, max_size=8))
    chords = tuple((960 * place, parse_chord(symbol)) for place, symbol in enumerate(symbols))
    feel = draw(st.sampled_from((None, *FEELS)))
    return Piece("sheet", tuple(notes), chords, 4 * 1920, feel)


def rng(seed):
    return np.random.default_rng(seed)


def made_and_kept(name, sheet, seed):
    """What a strategy makes of a sheet, and the skeleton that it starts from."""
    made = LINE_STRATEGIES[name](sheet, rng(seed))
    return made, LINE_STRATEGIES["skeleton"](sheet, rng(seed))


def added(made, kept):
    """(new note, the note after it) for each note that is not of the skeleton."""
    old = {(note.start, note.pitch) for note in kept.notes}
    return [(a, b) for a, b in pairwise(made.notes) if (a.start, a.pitch) not in old]


@pytest.mark.parametrize("name", LINE_STRATEGIES)
@given(sheet=sheets(), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_a_strategy_keeps_chords_order_range_and_the_grid_of_one_feel(name, sheet, seed):
    made = LINE_STRATEGIES[name](sheet, rng(seed))
    assert made == LINE_STRATEGIES[name](sheet, rng(seed))
    assert (made.chords, made.ticks, made.name) == (sheet.chords, sheet.ticks, sheet.name)
    assert made.feel == sheet.feel if sheet.feel else made.feel in FEELS
    places = GRIDS[made.feel]
    assert all(note.start % 480 in places and note.end % 480 in places for note in made.notes)
    assert all(a.end <= b.start for a, b in pairwise(made.notes))
    assert all(note.duration > 0 for note in made.notes)
    assert made.notes[-1].end <= made.ticks
    pitches = [note.pitch for note in sheet.notes]
    assert min(pitches) - 2 <= min(note.pitch for note in made.notes)
    assert max(note.pitch for note in made.notes) <= max(pitches) + 2
    assert made.phrases[0] == 0


@pytest.mark.parametrize("name", LINE_STRATEGIES)
@given(sheet=sheets(), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_what_carries_the_harmony_sounds_where_it_was(name, sheet, seed):
    made, kept = made_and_kept(name, sheet, seed)
    sounding = {
        note.start: other.pitch
        for note in kept.notes
        for other in made.notes
        if other.start <= note.start < other.end
    }
    strong = [note for note in kept.notes if note.start % 960 == 0]
    assert [sounding.get(note.start) for note in strong] == [note.pitch for note in strong]


@given(sheet=sheets(), seed=st.integers(0, 99))
@settings(max_examples=80, deadline=None)
def test_passing_notes_go_by_step_and_a_chromatic_one_resolves_up(sheet, seed):
    for note, after in added(*made_and_kept("passing-notes", sheet, seed)):
        assert 1 <= abs(after.pitch - note.pitch) <= 3
        assert note.end == after.start
        chord = sheet.chord_at(note.start)
        assert note.pitch % 12 in chord.scale or after.pitch == note.pitch + 1


@given(sheet=sheets(), seed=st.integers(0, 99))
@settings(max_examples=80, deadline=None)
def test_an_enclosure_is_a_step_above_and_a_semitone_below_its_target(sheet, seed):
    made, kept = made_and_kept("enclosures", sheet, seed)
    line = [(note.start, note.pitch) for note in made.notes]
    targets = {(note.start, note.pitch) for note in kept.notes}
    for note, after in added(made, kept):
        assert note.end == after.start
        if (after.start, after.pitch) in targets:
            place = line.index((note.start, note.pitch))
            assert note.pitch == after.pitch - 1
            assert line[place - 1][1] - after.pitch in (1, 2)
        else:
            assert note.pitch - after.pitch in (2, 3)


@given(sheet=sheets(), seed=st.integers(0, 99))
@settings(max_examples=80, deadline=None)
def test_arpeggios_have_the_tones_of_the_chord_that_sounds(sheet, seed):
    for note, after in added(*made_and_kept("arpeggios", sheet, seed)):
        assert note.pitch % 12 in sheet.chord_at(note.start).tones
        assert note.end == after.start
        assert note.pitch != after.pitch


@pytest.mark.parametrize("name", FILLING)
def test_lead_sheets_become_denser(name):
    """Half notes over their chords: between them is room for three quavers."""
    melody = tuple(PieceNote(960 * place, 960, 60 + 3 * place % 11) for place in range(8))
    chords = tuple((1920 * bar, parse_chord(symbol)) for bar, symbol in enumerate(SYMBOLS[:4]))
    sheet = Piece("halves", melody, chords, 4 * 1920, "swing")
    counts = [len(LINE_STRATEGIES[name](sheet, rng(seed)).notes) for seed in range(10)]
    assert min(counts) >= 12
    assert len({LINE_STRATEGIES[name](sheet, rng(seed)).notes for seed in range(10)}) > 1


def test_displaced_notes_anticipate_their_beat():
    melody = tuple(PieceNote(480 * place, 480, 60 + place) for place in range(16))
    sheet = Piece("quarters", melody, ((0, parse_chord("C")),), 4 * 1920, "swing")
    made = LINE_STRATEGIES["displaced-rhythm"](sheet, rng(1))
    moved = [(a, b) for a, b in zip(sheet.notes, made.notes, strict=True) if a.start != b.start]
    assert moved
    assert all(a.start - b.start == 160 and a.pitch == b.pitch for a, b in moved)


@given(sheets())
@settings(max_examples=60, deadline=None)
def test_any_sheet_can_be_written_on_the_grid_of_its_feel(sheet):
    (read,) = parse_book(write_book([sheet]))
    assert len(read.notes) <= len(sheet.notes)
    (again,) = parse_book(write_book([read]))
    assert again == read


def test_parts_are_left_out_or_play_each_others_lines():
    lead, bass = parse_book(BOOK)
    for seed in range(8):
        (left,) = PART_STRATEGIES["part-removal"]((lead, bass), rng(seed))
        assert left in (lead, bass)
        high, low = PART_STRATEGIES["part-exchange"]((lead, bass), rng(seed))
        assert (high.part, low.part) == ("lead", "bass")
        assert [n.pitch % 12 for n in high.notes] == [n.pitch % 12 for n in bass.notes]
        assert [n.start for n in low.notes] == [n.start for n in lead.notes]
        assert (
            abs(np.mean([n.pitch for n in high.notes]) - np.mean([n.pitch for n in lead.notes]))
            <= 6
        )
    assert (
        len({PART_STRATEGIES["part-removal"]((lead, bass), rng(s))[0].part for s in range(8)}) == 2
    )


def test_a_silent_part_can_play_the_line_of_another():
    lead, bass = parse_book(BOOK)
    silent = bass._replace(notes=(), phrases=())
    high, low = PART_STRATEGIES["part-exchange"]((lead, silent), rng(0))
    assert (high.notes, low.notes) == ((), lead.notes)


def test_a_midi_file_with_two_tracks_has_two_parts_over_its_markers(tmp_path):
    file = mido.MidiFile(ticks_per_beat=480)
    for name, pitch in (("Lead", 72), ("Bass", 36)):
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        if name == "Lead":
            track.append(mido.MetaMessage("marker", text="G7"))
        track += [
            mido.Message("note_on", note=pitch, velocity=70),
            mido.Message("note_off", note=pitch, time=480),
        ]
        file.tracks.append(track)
    file.save(tmp_path / "duo.mid")
    parts = read_parts(tmp_path / "duo.mid")
    assert [(it.name, it.part, it.notes[0].pitch) for it in parts] == [
        ("duo", "Lead", 72), ("duo", "Bass", 36),
    ]  # fmt: skip
    assert {it.chord_at(0).symbol for it in parts} == {"G7"}
    more = augment_pieces(parts, [PipelineStep("part-exchange", 1)], 0)
    assert [it.notes[0].pitch for it in more] == [72, 36, 72, 36]
    assert {it.name for it in more} == {"duo", "duo (part-exchange)"}


def test_the_pipeline_keeps_its_pieces_and_depends_on_the_seed_alone():
    pieces = read_book(OWN_BOOK / "latin.book")[:2]
    steps = [PipelineStep("passing-notes", 2), PipelineStep("displaced-rhythm", 1)]
    made = augment_pieces(pieces, steps, 3)
    assert made == augment_pieces(pieces, steps, 3) != augment_pieces(pieces, steps, 4)
    assert made[:2] == pieces
    assert len(made) == 2 * 3 * 2


def test_a_strategy_that_the_data_cannot_take_is_refused_by_name():
    (piece, *_) = read_book(OWN_BOOK / "latin.book")
    bare = piece._replace(chords=((0, None),))
    with pytest.raises(DatasetError, match="'enclosures' needs chords, and"):
        augment_pieces([bare], [PipelineStep("enclosures", 1)], 0)
    with pytest.raises(DatasetError, match="'part-exchange' needs pieces with two parts"):
        augment_pieces([piece], [PipelineStep("part-exchange", 1)], 0)
    with pytest.raises(DatasetError, match="'time-change' changes single bars"):
        augment_pieces([piece], [PipelineStep("time-change", 1)], 0)
    with pytest.raises(DatasetError, match="'arpeggios' needs pieces with chords"):
        augment(dataset.open_data().rolls[:2], [PipelineStep("arpeggios", 1)], 0)


def test_recipes_name_the_strategies_that_their_data_take(tmp_path):
    lines = tmp_path / "mine.toml"
    lines.write_text(
        'architecture = "phrase"\n[[augment]]\nstrategy = "embellishment"\nfactor = 1\n'
    )
    options = read_any_recipe(str(lines))
    assert isinstance(options, LineOptions)
    assert options.augment == (PipelineStep("embellishment", 1),)
    again = tmp_path / "again.toml"
    again.write_text(to_toml(options))
    assert read_any_recipe(str(again)) == options
    for architecture, name, message in (
        ("phrase", "join", "'join' changes single bars"),
        ("compact", "skeleton", "'skeleton' needs pieces with chords"),
    ):
        text = lines.read_text().replace("phrase", architecture).replace("embellishment", name)
        lines.write_text(text)
        with pytest.raises(SidemanError, match=message):
            read_any_recipe(str(lines))
        lines.write_text(
            'architecture = "phrase"\n[[augment]]\nstrategy = "embellishment"\nfactor = 1\n'
        )


def test_the_commands_write_lines_to_books_and_bars_to_data_sets(command, tmp_path):
    source, made = OWN_BOOK / "vamps.book", tmp_path / "more.book"
    code, out, err = command("augment", source, "--stages", "embellishment:1", "-o", made)
    assert (code, err) == (0, "")
    assert out.startswith(f"{made}: 8 pieces")
    assert read_book(made)[:4] == read_book(source)
    bars = tmp_path / "more.npz"
    assert command("augment", source, "--stages", "embellishment:1", "-o", bars)[0] == 0
    names = dataset.bars_per_file(dataset.load(bars))
    assert len(names) == 8
    assert sum("(embellishment)" in name for name in names) == 4
    copy = tmp_path / "copy.book"
    assert command("import", bars, "-o", copy)[0] == 0
    assert len(read_book(copy)) == 8


def test_the_commands_refuse_in_a_line_what_has_no_chords(command, tmp_path):
    path = tmp_path / "bare.mid"
    file = mido.MidiFile()
    file.tracks.append(
        mido.MidiTrack(
            [mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=480)]
        )
    )
    file.save(path)
    for stages, message in (
        ("arpeggios:1", "strategy 'arpeggios' needs chords"),
        ("arpeggios:1,join:1", "strategy 'join' changes single bars"),
    ):
        code, _, err = command("augment", path, "--stages", stages, "-o", tmp_path / "x.book")
        assert code == 2
        assert err.count("\n") == 1
        assert message in err

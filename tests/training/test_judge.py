"""The judge: figures, windows, copies, corruptions, and the classifier."""

import shutil
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.bundles import bundle
from perform.errors import DatasetError
from training.data.book import parse_book, read_book
from training.data.lead_sheet import read_folder, read_lead_sheet
from training.data.piece_files import OWN_BASS, OWN_BOOK, open_pieces
from training.judge import card, chain, page
from training.judge import judgement as judgements
from training.judge.classifier import Area, tells
from training.judge.figures import figures
from training.judge.judgement import Judgement, side_by_side
from training.judge.line_corruptions import LINE_CORRUPTIONS, corrupt_lines
from training.judge.memory import memorisation
from training.judge.sequence import Bits
from training.judge.sources import chart_chords, chart_text, played, spread
from training.judge.windows import FEATURES, features, matched, windows

BLUES = read_book(OWN_BOOK / "blues.book")
FUNK = read_book(OWN_BOOK / "vamps.book")


def line(notes, feel="straight", chords="C7"):
    (piece,) = parse_book(f"title: x\nfeel: {feel}\n\n{chords}\n{notes}\n")
    return piece


@pytest.mark.parametrize(
    ("notes", "name", "mean"),
    [
        ("c4/4 c4 d4 eb4", "repeated", 1 / 3),
        ("c4/4 c4 d4 eb4", "semitones", 1 / 3),
        ("c4/4 f4 c5 b4", "wide", 2 / 3),
        ("c4/8 d4 e4 f4 g4/2", "run_length", 4.0),
        ("c4/8 d4 e4 f4 g4/2", "long_runs", 1.0),
        ("c4/8 d4 e4 f4 g4/2", "quavers", 5.0),
        ("c4/4 d4 c#4 e4", "strong", 0.5),
        ("c4/4 d4 c#4 e4", "outside", 0.25),
        ("c4/4 d4/2,r/4".replace(",", ", "), "last_note", 2.0),
    ],
)
def test_a_figure_counts_what_its_name_says(notes, name, mean):
    assert figures([line(notes)])[name].mean == pytest.approx(mean)


def test_a_chord_reached_by_step_and_a_tie_over_the_bar_line_are_counted():
    piece = line("c4/4 d4 e4 bb4 | a4/2. bb4/4~ | bb4/4 g4/2.", chords="C7 | F7 | Bb7")
    found = figures([piece])
    assert (found["by_step"].mean, found["ties"].mean) == (0.5, 0.5)


def test_a_bar_that_takes_up_an_earlier_one_is_counted():
    """The second bar is the first a step higher; the third has its rhythm and another contour."""
    notes = "c4/4 d4 e4/8 g4 e4/4 | d4/4 e4 f4/8 a4 f4/4 | g4/4 e4 d4/8 c4 f4/4"
    piece = line(notes, chords="C7 | % | %")
    assert figures([piece])["returns"] == (pytest.approx(1 / 3), 3)


def test_windows_have_numbers_that_are_finite_and_of_one_length():
    found = [features(window) for window in windows([*BLUES, *FUNK])]
    assert len(found) > 30
    for kind in ("pitch", "rhythm", "shape"):
        rows = np.stack([each[kind] for each in found])
        assert np.isfinite(rows).all()


def test_windows_are_paired_by_density_and_register():
    ours, theirs = windows(BLUES), windows(FUNK)
    left, right = matched(ours, theirs)
    assert len(left) == len(right) == len(set(right)) > 0
    for a, b in zip(left, right, strict=True):
        assert abs(len(ours[a].notes) - len(theirs[b].notes)) <= 3


def up_a_tone(chord):
    return chord and type(chord)((chord.root + 2) % 12, chord.quality, (chord.bass + 2) % 12)


def test_copies_are_found_in_another_key_and_new_lines_are_no_copies():
    moved = [
        piece._replace(
            notes=tuple(n._replace(pitch=n.pitch + 2) for n in piece.notes),
            chords=tuple((tick, up_a_tone(chord)) for tick, chord in piece.chords),
        )
        for piece in BLUES[:2]
    ]  # fmt: skip
    assert memorisation(moved, BLUES).copies == 1.0
    assert memorisation(moved, BLUES).longest == max(len(piece.notes) for piece in BLUES[:2])
    assert memorisation(BLUES[:2], BLUES[2:]).copies < 0.1


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        ("order within bars shuffled", "long_runs"), ("octave jumps", "wide"),
        ("unisons added", "repeated"), ("bent to the scale", "outside"), ("feel mixed", "mixed"),
        ("chords wrong", "outside"), ("durations jittered", "same_duration"),
        ("bars shuffled", "across"),
    ],
)  # fmt: skip
def test_each_corruption_changes_its_figure_more_with_its_strength(name, figure):
    before = figures(BLUES)[figure].mean
    moved = [
        abs(figures(corrupt_lines(BLUES, name, strength, 3))[figure].mean - before)
        for strength in (0.25, 1.0)
    ]
    assert 0 < moved[0] < moved[1]
    assert set(LINE_CORRUPTIONS) >= {name}


@pytest.mark.long
def test_a_classifier_separates_funk_from_blues_but_not_a_style_from_itself():
    from training.judge.classifier import compare_windows

    assert compare_windows(windows(BLUES), windows(FUNK))["all"].auc > 0.95
    changes = read_book(OWN_BOOK / "changes.book")
    assert 0.35 < compare_windows(windows(changes[::2]), windows(changes[1::2]))["all"].auc < 0.65


def test_too_few_tunes_are_refused():
    from training.judge.classifier import compare_windows

    with pytest.raises(DatasetError, match="has 1 tunes"):
        compare_windows(windows(BLUES[:1]), windows(FUNK))


def test_a_chain_plays_over_a_chart_and_the_same_seed_alike():
    table = chain.learn(BLUES)
    made = chain.improvise(table, BLUES[0], 5)
    assert made.notes == chain.improvise(table, BLUES[0], 5).notes
    assert made.notes != BLUES[0].notes
    assert all(a.end <= b.start for a, b in zip(made.notes, made.notes[1:], strict=False))


def test_figures_have_errors():
    rows = side_by_side(BLUES, FUNK)
    assert all(row.source[1] >= 0 for row in rows if np.isfinite(row.source[0]))


def test_a_chart_of_a_piece_is_read_back_as_its_chords():
    from perform.music.chart import parse_chart

    for piece in BLUES:
        bars = parse_chart(chart_text(piece)).bars
        assert len(bars) == piece.bars
        assert [chord for bar in bars for _, chord in bar] == [chord for _, chord in piece.chords]


def test_a_chart_begins_without_a_chord_where_a_piece_does():
    """Its chords are played from the middle of the second bar on; the chart says so."""
    piece = line("c4/1 | d4 | e4", chords="N.C. | N.C. C7 | F7")
    piece = piece._replace(chords=piece.chords[-2:])
    text = chart_text(piece)
    assert text == "N.C. | N.C. C7 | F7"
    assert [each for each in chart_chords(text) if each[1]] == list(piece.chords)


def test_features_have_names_and_the_one_that_was_changed_tells():
    for kind, numbers in features(windows(BLUES)[0]).items():
        assert len(FEATURES[kind]) == len(numbers)
    changed = corrupt_lines(BLUES, "unisons added", 1.0, 3)
    found = tells(windows(changed), windows(BLUES))
    assert ("moves of 0 semitones", True) in [(it.feature, it.more) for it in found[:3]]
    assert found[0].auc >= found[-1].auc > 0.5
    assert all(it.auc == 0.5 for it in tells(windows(BLUES), windows(BLUES)))
    assert "more moves of 0 semitones" in page.told_by(found)


SHEET = """<?xml version="1.0"?><score-partwise><work><work-title>Walk</work-title></work>
<part id="P1"><measure number="1"><attributes><divisions>2</divisions>
<time><beats>4</beats><beat-type>4</beat-type></time></attributes>
<harmony><root><root-step>B</root-step><root-alter>-1</root-alter></root>
<kind>dominant</kind></harmony>
<note><pitch><step>D</step><octave>4</octave></pitch><duration>4</duration></note>
<note><pitch><step>F</step><alter>1</alter><octave>4</octave></pitch><duration>4</duration>
<tie type="start"/></note></measure>
<measure number="2"><harmony><root><root-step>E</root-step></root><kind>half-diminished</kind>
<bass><bass-step>G</bass-step></bass></harmony>
<note><pitch><step>F</step><alter>1</alter><octave>4</octave></pitch><duration>4</duration>
<tie type="stop"/></note><note><rest/><duration>4</duration></note></measure></part>
</score-partwise>"""


def test_a_lead_sheet_has_its_melody_ties_and_chords(tmp_path):
    (tmp_path / "walk.musicxml").write_text(SHEET)
    with zipfile.ZipFile(tmp_path / "walk.mxl", "w") as archive:
        archive.writestr("META-INF/container.xml", "<container/>")
        archive.writestr("walk.xml", SHEET)
    plain, packed = (read_lead_sheet(tmp_path / name) for name in ("walk.musicxml", "walk.mxl"))
    assert plain == packed
    assert [(n.start, n.duration, n.pitch) for n in plain.notes] == [(0, 960, 62), (960, 1920, 66)]
    assert [(tick, chord.symbol) for tick, chord in plain.chords] == [(0, "Bb7"), (1920, "Em7b5/G")]


@pytest.mark.parametrize(
    ("wrong", "right", "says"),
    [
        ("<beats>4", "<beats>3", "is in 3/4"),
        ("<kind>dominant</kind>", "", None),
        ("score-partwise", "score-timewise", "not a partwise MusicXML score"),
        ("<divisions>2", "<divisions>two", "'two' is no number of divisions"),
        ("<step>D</step>", "<step>X</step>", "a note has no pitch"),
        ("<?xml", '<!DOCTYPE x [<!ENTITY a "b">]><?xml', "with entities of its own"),
    ],
)  # fmt: skip
def test_an_error_in_a_lead_sheet_is_one_line(tmp_path, wrong, right, says):
    path = tmp_path / "x.musicxml"
    path.write_text(SHEET.replace(wrong, right))
    if says is None:
        assert read_lead_sheet(path).chords[0][1].symbol == "Bb"
        return
    with pytest.raises(DatasetError) as error:
        read_lead_sheet(path)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@given(st.binary(max_size=300), st.sampled_from([".mxl", ".musicxml"]))
def test_any_bytes_are_refused_in_one_line(data, suffix):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"x{suffix}")
        path.write_bytes(data)
        with pytest.raises(DatasetError) as error:
            read_lead_sheet(path)
        assert read_folder(Path(folder))[1] == (str(error.value),)


def test_a_file_that_cannot_be_judged_is_named(tmp_path):
    (tmp_path / "x.txt").write_text("hello")
    for path, says in (
        (tmp_path / "x.txt", "no line that can be judged"),
        (tmp_path / "y", "no such file"),
    ):
        with pytest.raises(DatasetError, match=says):
            open_pieces(path)


@pytest.mark.long
def test_a_sequence_model_needs_fewer_bits_for_the_right_chords():
    from training.judge import sequence

    pieces = [piece for path in sorted(OWN_BOOK.glob("*.book")) for piece in read_book(path)]
    model = sequence.train(pieces[10:])
    right, wrong = (sequence.measure(model, pieces[:10], shift)[1].mean() for shift in (0, 5))
    assert right < wrong
    assert right < np.log2(sequence.INTERVALS)


def test_the_proof_has_every_corruption_and_tells_copies(monkeypatch):
    seen = []
    monkeypatch.setattr(
        judgements, "compare_windows", lambda *given: seen.append(given) or {"all": Area(0.5, 0.0)}
    )
    said = []
    found = judgements.prove(BLUES, said.append)
    assert len(said) == len(found) == len(LINE_CORRUPTIONS) + 2
    assert len(seen) == 3 * (1 + 3 * len(LINE_CORRUPTIONS))
    assert found["near-copies"][0] < 0.1 < found["near-copies"][1] == 1.0


# --- the cards of bundles ------------------------------------------------------------------------


@pytest.fixture
def judged():
    """A judgement of two choruses, with areas and bits as measured elsewhere."""
    return Judgement(
        "mine", 2, 9,
        {"all": Area(0.76, 0.03), "pitch": Area(0.66, 0.03)},
        {"source": Bits((0.47, 0.01), (2.34, 0.03), (0.9, 0.02)),
         "held out": Bits((0.36, 0.02), (2.13, 0.04), (0.8, 0.02))},
        side_by_side(BLUES[:2], BLUES), memorisation(BLUES[:2], BLUES), "",
    )  # fmt: skip


def test_a_section_has_every_measurement_and_the_chorus(judged):
    text = card.section(judged, BLUES[1], "training judge mine")
    for said in ("| told apart by | all | pitch |", "| 0.76 ± 0.03 | 0.66 ± 0.03 |", "0.47 ± 0.01",
                 "| reference, held out | 0.36 ± 0.02 |", "100.0% are near-copies"):  # fmt: skip
        assert said in text
    assert all(f"| {figure.name} | " in text for figure in judged.figures)
    assert text.count("\n  1 ") == 1  # the first bar of one chorus
    assert BLUES[1].chords[0][1].symbol in text


CARD = """# mine

One line.

## How it was made

- Trained on hope.
"""


def test_a_section_leads_the_card_and_replaces_an_earlier_one():
    once = card.with_section(CARD, "## By the judge\n\nOld.\n\n### A chorus\n\nC4\n")
    assert once.index("One line.") < once.index("C4") < once.index("## How it was made")
    twice = card.with_section(once, "## By the judge\n\nNew.\n")
    assert twice == CARD.replace("## How", "## By the judge\n\nNew.\n\n## How")
    assert card.with_section("# mine\n", "## By the judge\n\nNew.\n").endswith("judge\n\nNew.\n")


@pytest.mark.long
def test_the_command_writes_the_card_of_a_bundle_whole(
    root, tmp_path, monkeypatch, command, judged
):
    """Its lines are played by the real engine; what is measured of them is given."""
    shutil.copytree(root / "models" / "blues-bars", tmp_path / "mine")
    before = bundle.load(tmp_path / "mine")
    monkeypatch.setattr(judgements, "judge", lambda *_: judged)
    words = ("judge", tmp_path / "mine", "--against", OWN_BOOK / "gospel.book", "--charts", "4")
    assert command(*words)[0] == 0
    assert bundle.load(tmp_path / "mine").card == before.card
    assert command(*words, "--card")[0] == 0
    after = bundle.load(tmp_path / "mine")
    assert "| area (AUC) | 0.76 ± 0.03 |" in after.card
    assert (
        after.generator.read_bytes() == (root / "models/blues-bars/generator.tflite").read_bytes()
    )
    assert after.manifest.metrics == before.manifest.metrics
    assert all(line in after.card for line in before.card.splitlines())


def test_only_a_bundle_has_a_card(command):
    code, _, err = command("judge", OWN_BOOK / "blues.book", "--card")
    assert (code, err.count("\n")) == (2, 1)
    assert "no bundle" in err


def test_charts_are_spread_over_a_reference():
    assert spread(range(10), 4) == (0, 2, 5, 7)
    assert spread(range(3), 4) == (0, 1, 2)


def test_a_bass_is_played_in_its_range_and_without_breaths():
    (line,) = played("bass", read_book(OWN_BASS)[:1], role="bass")
    assert all(28 <= note.pitch <= 43 for note in line.notes)
    chart = read_book(OWN_BASS)[0]
    assert (line.chords, line.form, line.tempo) == (chart.chords, chart.form, chart.tempo)

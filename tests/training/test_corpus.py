"""The corpus: which tunes are chosen, broken ones, and the cache."""

from types import SimpleNamespace

import pytest

from perform.errors import DatasetError
from perform.music.note import Note
from training.data import corpus, dataset
from training.data.midi_file import Root, Song, TimeSignature

SONG = Song(
    tuple(Note(480 * place, 480, 60 + place) for place in range(4)),
    (TimeSignature(0, 4, 4),),
    ((0, Root("C", 0)),),
)


@pytest.fixture(autouse=True)
def collection(tmp_path, monkeypatch):
    """A collection of three tunes, one of which cannot be read. music21 would take seconds."""
    folder = tmp_path / "music"
    folder.mkdir()
    for number, (kind, body) in enumerate((("reel", "C4"), ("Reel", "D4"), ("jig", "E4"))):
        text = f"X:1\nT:One\nR:{kind}\nM:4/4\nL:1/4\nK:C\n{body}|\n"
        (folder / f"{number}.abc").write_text(text)
    read = iter([(SONG, "C"), (None, ""), (SONG, "C")])
    monkeypatch.setattr(corpus, "_files", lambda _collection: sorted(folder.glob("*.abc")))
    monkeypatch.setattr(corpus, "_read_tune", lambda _tune: next(read))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def test_broken_tunes_are_counted_and_the_kind_is_in_the_provenance():
    made = corpus.import_corpus(["ryansMammoth"], " REEL")
    assert made.counts.broken == [
        "tunes without notes or that music21 cannot read: 1, first ryansMammoth (reel)/1.abc#1"
    ]
    assert dataset.bars_per_file(made) == {"ryansMammoth (reel)/0.abc#1": 1}
    again = corpus.import_corpus(["ryansMammoth"], "reel")  # from the cache, which reads nothing
    assert (again.provenance, again.counts) == (made.provenance, made.counts)


@pytest.mark.parametrize(
    ("kind", "message"), [("reeel", "mean 'reel'"), ("tango", "known are reel, jig")]
)
def test_an_unknown_kind_gets_the_nearest_name(kind, message):
    with pytest.raises(DatasetError, match=message):
        corpus.import_corpus(["ryansMammoth"], kind)


def test_without_a_cache_folder_the_tunes_are_read_all_the_same(tmp_path, capsys):
    (tmp_path / "cache").touch()  # no folder, and none can be made
    made = corpus.import_corpus(["ryansMammoth", "oneills1850"], "reel", limit=1)
    assert len(made.rolls) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "will be read again next time" in message


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--corpus", "ryansMammoth", "bars"], "leave out DATA"),
        (["--corpus", "ryansMammoth", "--chord", "C"], "leave out DATA"),
        (["--kind", "reel"], "add --corpus"),
    ],
)
def test_flags_that_exclude_each_other_are_refused(words, message, command, tmp_path):
    code, _, err = command("import", *words, "-o", tmp_path / "x.npz")
    assert code == 2
    assert err.count("\n") == 1
    assert message in err
    assert not (tmp_path / "x.npz").exists()


def bar_lines(*lengths):
    """A tune of quarter notes with bars of so many quarters, each with a chord of its own."""
    starts = [480 * sum(lengths[:place]) for place in range(len(lengths))]
    return Song(
        tuple(Note(480 * place, 480, 60 + place) for place in range(sum(lengths))),
        tuple(TimeSignature(start, 4, 4) for start in starts),
        tuple((start, Root("CDEFGAB"[place % 7], 0)) for place, start in enumerate(starts)),
    )


def test_a_tune_is_a_piece_with_its_pick_up_and_with_parted_bars_joined(monkeypatch):
    tunes = iter([(bar_lines(1, 4, 3, 1, 4, 4), "Am"), (bar_lines(4, 3, 4, 4, 4), "C"), (SONG, "")])
    monkeypatch.setattr(corpus, "_read_tune", lambda _tune: next(tunes))
    (piece,), left_out = corpus.read_pieces(["ryansMammoth"], "reel")
    assert left_out == 1  # its bars come off the bar line
    assert (piece.pickup, piece.bars, piece.key, piece.form) == (True, 5, "Am", "reel")
    assert (piece.notes[0].start, piece.feel) == (1440, "straight")
    assert [(tick, chord.symbol) for tick, chord in piece.chords] == [
        (0, "C"), (1920, "D"), (3840, "E"), (5760, "G"), (7680, "A"),
    ]  # fmt: skip


def test_each_chord_that_is_written_in_a_bar_holds_from_where_it_stands():
    """In 2/4 with doubled values; the first chord holds from the bar line."""

    def symbol(offset, root, quality):
        found = SimpleNamespace(pitchClass=root)
        return SimpleNamespace(
            classes=("ChordSymbol",), isNote=False, offset=offset, quality=quality,
            root=lambda: found,
        )  # fmt: skip

    note = SimpleNamespace(
        classes=("Note",), isNote=True, offset=0, quarterLength=2, pitch=SimpleNamespace(midi=64)
    )
    measure = SimpleNamespace(
        timeSignature=SimpleNamespace(numerator=2, denominator=4),
        notes=[note, symbol(0.5, 4, "minor"), symbol(1.0, 9, "major")],
        highestTime=2.0,
    )
    song = corpus._song([measure], 0, "major")
    assert song.roots == ((0, Root("Em", 4)), (960, Root("A", 9)))
    assert song.notes == (Note(0, 1920, 64),)

"""The import of MIDI files: bars, counts, and errors."""

import struct
from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.errors import ChordError, DatasetError, SidemanError
from perform.music.note import Note
from perform.music.pianoroll import decode
from training.data import dataset
from training.data.midi_file import read_song

BAR = 1920


def write(path, notes, ppq=480, extra=(), tracks=1, channel=0):
    """Write notes (start, duration, pitch), 480 ticks a quarter; `extra`: (tick, meta message)."""
    file = mido.MidiFile(ticks_per_beat=ppq, type=1 if tracks > 1 else 0)
    for number in range(tracks):
        timed = [(tick, message) for tick, message in extra if number == 0]
        for start, length, pitch in notes[number::tracks]:
            on = mido.Message("note_on", note=pitch, velocity=90, channel=channel)
            off = mido.Message("note_off", note=pitch, channel=channel)
            timed += [(start, on), (start + length, off)]
        timed.sort(key=lambda item: (item[0], item[1].type != "note_off"))
        track, now = mido.MidiTrack(), 0
        for tick, message in timed:
            at = round(tick * ppq / 480)
            track.append(message.copy(time=at - now))
            now = at
        file.tracks.append(track)
    file.save(path)
    return path


def bars_of(*paths, chord=None):
    return dataset.import_files(paths, chord)


LINE = [(0, 480, 60), (480, 240, 63), (960, 960, 67), (BAR, 480, 72), (BAR + 960, 480, 70)]


@pytest.mark.parametrize("ppq", [24, 96, 384, 480, 960, 15360])
@pytest.mark.parametrize("tracks", [1, 3])
def test_any_resolution_and_track_count_gives_the_same_bars(tmp_path, ppq, tracks):
    made = bars_of(write(tmp_path / "a.mid", LINE, ppq, tracks=tracks))
    assert decode(made.rolls) == tuple(Note(*note) for note in LINE)
    assert (made.counts.kept, made.counts.moved_most, made.counts.notes) == (2, 0, 5)


def test_an_odd_resolution_is_moved_to_the_grid_and_counted(tmp_path):
    made = bars_of(write(tmp_path / "a.mid", [(0, 480, 60), (250, 230, 64)], ppq=100))
    assert decode(made.rolls)[1].start == 240
    assert made.counts.moved_most == 10
    assert made.counts.moved_mean == 5.0


def test_running_status_bytes(tmp_path):
    # 90 3C 40 | (running) 60 ticks later 3C 00 (velocity 0 ends) | 3E 40 | 60 later 3E 00
    events = bytes.fromhex("00 90 3C 40 60 3C 00 00 3E 40 60 3E 00 00 FF 2F 00")
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96)
    path = tmp_path / "running.mid"
    path.write_bytes(header + b"MTrk" + struct.pack(">I", len(events)) + events)
    assert read_song(path).notes == (Note(0, 480, 60), Note(480, 480, 62))


def test_a_tempo_map_is_ignored(tmp_path):
    tempi = [(tick, mido.MetaMessage("set_tempo", tempo=200_000 + tick)) for tick in (0, 500, 1500)]
    made = bars_of(write(tmp_path / "a.mid", LINE, extra=tempi))
    assert decode(made.rolls) == tuple(Note(*note) for note in LINE)


def roots_of(made):
    return [decode(roll)[0].pitch for roll in made.rolls]


def test_the_root_comes_from_the_option_then_markers_then_the_name(tmp_path):
    notes = [(0, 480, 70), (BAR, 480, 70), (2 * BAR, 480, 70)]
    markers = [
        (0, mido.MetaMessage("marker", text="Chorus 1")),
        (BAR, mido.MetaMessage("marker", text="Eb7")),
        (2 * BAR, mido.MetaMessage("text", text="F#m7")),
        (2 * BAR, mido.MetaMessage("lyrics", text="A")),
    ]
    path = write(tmp_path / "tune_Bb.mid", notes, extra=markers)
    made = bars_of(path)
    assert roots_of(made) == [72, 67, 64]
    assert [each.chord for each in made.provenance] == ["Bb", "Eb7", "F#m7"]
    assert roots_of(bars_of(path, chord="Ab")) == [74, 74, 74]
    assert roots_of(bars_of(write(tmp_path / "plain.mid", notes))) == [70, 70, 70]


def test_a_marker_inside_a_bar_applies_from_its_tick_on(tmp_path):
    markers = [
        (0, mido.MetaMessage("marker", text="C")),
        (960, mido.MetaMessage("marker", text="F")),
    ]
    made = bars_of(write(tmp_path / "a.mid", [(0, 480, 60), (960, 480, 65)], extra=markers))
    assert [note.pitch for note in decode(made.rolls)] == [60, 60]


def test_a_note_over_the_bar_line_is_split_there(tmp_path):
    made = bars_of(write(tmp_path / "a.mid", [(1440, 960, 60)]))
    assert [decode(roll) for roll in made.rolls] == [(Note(1440, 480, 60),), (Note(0, 480, 60),)]


def test_imprecise_notes_at_a_bar_line_leave_no_short_notes(tmp_path):
    # one ends a little late, and the next begins a little early
    made = bars_of(write(tmp_path / "a.mid", [(1440, 490, 60), (BAR - 9, 480, 64)]))
    assert [decode(roll) for roll in made.rolls] == [(Note(1440, 480, 60),), (Note(0, 480, 64),)]


def test_bars_are_counted_as_kept_empty_and_not_in_four(tmp_path):
    signatures = [
        (0, mido.MetaMessage("time_signature", numerator=3, denominator=4)),
        (1440, mido.MetaMessage("time_signature", numerator=4, denominator=4)),
    ]
    notes = [(0, 480, 60), (1440, 480, 62), (1440 + 2 * BAR, 480, 64)]
    counts = bars_of(write(tmp_path / "a.mid", notes, extra=signatures)).counts
    assert (counts.kept, counts.empty, counts.not_four_four) == (2, 1, 1)


def test_notes_outside_the_roll_fold_and_are_counted(tmp_path):
    made = bars_of(write(tmp_path / "a.mid", [(0, 480, 24), (480, 480, 100), (960, 480, 60)]))
    assert made.counts.folded == 2
    assert [note.pitch for note in decode(made.rolls)] == [36, 76, 60]


def test_drums_are_left_out(tmp_path):
    drums = write(tmp_path / "drums.mid", LINE, channel=9)
    with pytest.raises(DatasetError, match="no bar to train on"):
        bars_of(drums)


def test_a_broken_file_is_named_and_the_others_are_read(tmp_path):
    write(tmp_path / "good.mid", LINE)
    (tmp_path / "bad.mid").write_bytes(b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\1\0\0")
    (tmp_path / "frames.mid").write_bytes(b"MThd\0\0\0\6\0\0\0\1\xe7\x28MTrk\0\0\0\4\0\xff\x2f\0")
    made = bars_of(tmp_path)
    assert made.counts.kept == 2
    assert [line.split(": ")[0] for line in made.counts.broken] == [
        str(tmp_path / "bad.mid"),
        str(tmp_path / "frames.mid"),
    ]


@pytest.mark.parametrize("chord", ["H7", "", "N.C."])
def test_an_unknown_chord_option_is_refused(tmp_path, chord):
    with pytest.raises(ChordError):
        bars_of(write(tmp_path / "a.mid", LINE), chord=chord)


def test_missing_paths_and_folders_without_midi_are_errors(tmp_path):
    with pytest.raises(DatasetError, match=r"gone\.mid: no such file"):
        bars_of(tmp_path / "gone.mid")
    with pytest.raises(DatasetError, match="no MIDI file"):
        bars_of(tmp_path)


def test_a_data_set_is_read_as_it_was_saved(tmp_path):
    made = bars_of(write(tmp_path / "tune_Eb.mid", LINE))
    path = tmp_path / "new" / "bars.npz"
    dataset.save(made, path)
    again = dataset.open_data([path])
    assert np.array_equal(again.rolls, made.rolls)
    assert (again.provenance, again.counts) == (made.provenance, made.counts)
    assert [file.name for file in path.parent.iterdir()] == ["bars.npz"]
    assert dataset.bars_per_file(again) == {"tune_Eb.mid": 2}


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"\x93NUMPY\1\0", b"hello"])
def test_a_file_that_is_no_data_set_is_refused(tmp_path, content):
    path = tmp_path / "bars.npz"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match="not a data set"):
        dataset.load(path)


def test_bars_of_another_shape_are_refused(tmp_path):
    path = tmp_path / "bars.npz"
    np.savez(path, rolls=np.ones((2, 3, 4)), story=np.array('{"origins": [], "counts": {}}'))
    with pytest.raises(DatasetError, match="not \\(bars, 48, 64\\)"):
        dataset.load(path)


def survives(path):
    """Whether an import gives bars or an error of one line; any other error is raised."""
    try:
        made = bars_of(path)
    except SidemanError as error:
        return "\n" not in str(error)
    return made.rolls.shape == (made.counts.kept, 48, 64)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_importer(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz.mid"
    path.write_bytes(content)
    assert survives(path)


EVENTS = st.lists(
    st.sampled_from(
        [
            b"\0\x90\x3c\x40",  # a note begins
            b"\x60\x3c\0",  # running status: it ends a quarter later
            b"\x30\x80\x3c\0",
            b"\x87\xff\xff\x7f\x80\x3c\0",  # it ends after months
            b"\0\xff\x58\4\4\2\x18\x08",  # 4/4
            b"\0\xff\x58\4\0\0\1\1",  # 0/1
            b"\0\xff\x58\4\1\xff\1\1",  # 1/2**255
            b"\0\xff\6\3Cm7",
            b"\0\xff\6\2\xff\xfe",  # a marker in no encoding
            b"\0\xf0\3\1\2\xf7",
            b"\0\x99\x23\x40",  # a drum
            b"\0\xc0\5",
            b"\0\xff\x2f\0",
        ]
    )
    | st.binary(max_size=6),
    max_size=30,
)


@given(EVENTS, st.integers(0, 0xFFFF), st.integers(0, 3))
def test_no_events_break_the_importer(tmp_path_factory, events, division, kind):
    body = b"".join(events)
    path = tmp_path_factory.getbasetemp() / "fuzz_events.mid"
    header = b"MThd" + struct.pack(">IHHH", 6, kind, 1, division)
    path.write_bytes(header + b"MTrk" + struct.pack(">I", len(body)) + body)
    assert survives(path)


def test_our_own_bars_are_complete_and_on_the_grid():
    own = Path(dataset.__file__).parent.with_name("bars")
    counts = bars_of(own).counts
    assert counts.kept >= 64
    assert (counts.broken, counts.empty, counts.folded, counts.moved_most) == ([], 0, 0, 0)


@pytest.mark.parametrize(
    ("names", "chord", "hint"),
    [
        (["one.npz"], "Bb", "leave out --chord"),
        (["one.npz", "two.npz"], None, "give one .npz alone"),
        (["a.mid", "one.npz"], None, "one.npz: give one .npz alone"),
    ],
)
def test_an_npz_is_opened_alone_and_has_its_chords(names, chord, hint):
    with pytest.raises(DatasetError, match=hint):
        dataset.open_data([Path(name) for name in names], chord)

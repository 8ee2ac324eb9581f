"""MIDI files as the world writes them -> bars."""

import mido
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from perform.errors import DatasetError, SidemanError
from perform.music.pianoroll import decode
from training import dataset


def write(path, notes, resolution=480, metas=(), channel=0):
    """A file of (start, length, pitch) in beats, and (beat, MetaMessage)."""
    song = mido.MidiFile(ticks_per_beat=resolution)
    events = [(beat, 0, meta) for beat, meta in metas]
    for start, length, pitch in notes:
        events.append((start, 2, mido.Message("note_on", note=pitch, velocity=80, channel=channel)))
        events.append((start + length, 1, mido.Message("note_off", note=pitch, channel=channel)))
    track = mido.MidiTrack()
    now = 0
    for beat, _, message in sorted(events, key=lambda event: event[:2]):
        tick = round(beat * resolution)
        track.append(message.copy(time=tick - now))
        now = tick
    song.tracks.append(track)
    song.save(path)
    return path


def pitches(made):
    return [[note.pitch for note in decode(roll)] for roll in made.rolls]


@pytest.mark.parametrize("resolution", [24, 96, 480, 960, 1000])
def test_any_resolution_is_the_same_bar(tmp_path, resolution):
    made = dataset.import_files(
        [write(tmp_path / "x.mid", [(0, 1, 60), (2.5, 0.5, 67)], resolution)]
    )
    assert [(n.start, n.duration, n.pitch) for n in decode(made.rolls[0])] == [
        (0, 480, 60),
        (1200, 240, 67),
    ]
    assert made.counts.moved_most <= 1


def test_the_root_comes_from_name_option_or_markers(tmp_path):
    notes = [(0, 1, 70), (4, 1, 70)]
    assert pitches(dataset.import_files([write(tmp_path / "riff_Bb.mid", notes)])) == [[72], [72]]
    assert pitches(dataset.import_files([tmp_path / "riff_Bb.mid"], "F"))[0] == [65]
    marked = [
        (0, mido.MetaMessage("marker", text="Bb7")),
        (4, mido.MetaMessage("text", text="F:maj")),
    ]
    made = dataset.import_files([write(tmp_path / "marked_C.mid", notes, metas=marked)])
    assert pitches(made) == [[72], [65]]
    assert [origin.root for origin in made.origins] == [10, 5]


def test_what_is_left_out_is_counted(tmp_path):
    metas = [(8, mido.MetaMessage("time_signature", numerator=3, denominator=4))]
    write(tmp_path / "a.mid", [(0, 1, 20), (8, 1, 60), (11.1, 1, 60)], metas=metas)
    write(tmp_path / "drums.mid", [(0, 1, 38)], channel=9)
    (tmp_path / "broken.mid").write_bytes(b"MThd\0\0\0\6\0\1\0\2")
    (tmp_path / "text.mid").write_text("no music")
    made = dataset.import_files([tmp_path])
    counts = made.counts
    assert (counts.kept, counts.empty, counts.not_four_four, counts.folded) == (1, 1, 2, 1)
    assert (
        sorted(line.split(":")[0][-10:] for line in counts.broken)
        == ["broken.mid", "y/text.mid"[-10:]]
        or len(counts.broken) == 2
    )


def test_a_note_over_the_bar_line_is_in_both_bars(tmp_path):
    made = dataset.import_files([write(tmp_path / "x.mid", [(3, 2, 60)])])
    assert [[(n.start, n.duration) for n in decode(roll)] for roll in made.rolls] == [
        [(1440, 480)],
        [(0, 480)],
    ]


def test_saved_is_loaded(tmp_path, root):
    made = dataset.import_files([root / "training" / "bars"])
    dataset.save(made, tmp_path / "x.npz")
    loaded = dataset.load(tmp_path / "x.npz")
    assert (loaded.rolls == made.rolls).all()
    assert (loaded.origins, loaded.counts) == (made.origins, made.counts)


def test_our_own_bars_are_playable_melody(root):
    made = dataset.import_files([root / "training" / "bars"])
    assert len(made.rolls) >= 64
    assert made.counts.moved_most == made.counts.folded == made.counts.lost == 0
    assert len(np.unique(made.rolls.reshape(len(made.rolls), -1), axis=0)) == len(made.rolls)


@pytest.mark.parametrize("content", [None, b"", b"MThd"])
def test_nothing_usable_is_one_clear_error(tmp_path, content):
    if content is not None:
        (tmp_path / "x.mid").write_bytes(content)
    with pytest.raises(DatasetError) as fault:
        dataset.import_files([tmp_path])
    assert "\n" not in str(fault.value)


@given(st.binary(max_size=120), st.integers(0, 60))
@hypothesis_settings(max_examples=150)
def test_any_bytes_are_a_song_or_skipped(tmp_path_factory, noise, at):
    folder = tmp_path_factory.getbasetemp() / "fuzz"
    folder.mkdir(exist_ok=True)
    good = write(folder / "good.mid", [(0, 1, 60)]).read_bytes()
    (folder / "bad.mid").write_bytes(good[:at] + noise + good[at:])
    made = dataset.import_files([folder])
    assert len(made.rolls) >= 1
    (folder / "bad.npz").write_bytes(noise)
    with pytest.raises(SidemanError):
        dataset.load(folder / "bad.npz")

"""The shipped bundle of lines: its bars follow their context, feel and range."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from perform.bundles import bundle, catalog
from perform.clock.virtual import VirtualClock
from perform.engine.harmony import chord_scale
from perform.errors import BundleError
from perform.generation import time_limit
from perform.generation.lines import (
    CANDIDATES,
    LineSource,
    moved_by_octaves,
    octaves_to_roll,
    standardised,
)
from perform.music.chord import parse_chord
from perform.music.feel import FEELS, GRIDS
from perform.music.line_codec import context_numbers
from perform.music.line_context import LineContext, context_chord
from perform.music.note import TICKS_PER_BAR, TICKS_PER_BEAT, Note
from perform.music.steering import Steering
from perform.steering.fitness import WEIGHTS


@pytest.fixture(scope="module")
def source():
    return LineSource(catalog.find("sideman"))


def over(symbol, following="F7", **values):
    chord, coming = parse_chord(symbol), parse_chord(following)
    return LineContext(
        (context_chord(chord, chord_scale(chord)),),
        context_chord(coming, chord_scale(coming)),
        **values,
    )


def line(source, symbol, count=24, **values):
    """The bars of a context by seed, as they sound."""
    context = over(symbol, **values)
    root = parse_chord(symbol).root
    shift = root if root <= 6 else root - 12
    return [
        [
            note._replace(pitch=note.pitch + shift)
            for note in source.phrase(seed, context=context).phrase
        ]
        for seed in range(count)
    ]


def test_the_same_seed_and_context_give_the_same_bar(source):
    assert source.phrase(7, context=over("C7")) == source.phrase(7, context=over("C7"))
    assert source.phrase(7, context=over("C7")) != source.phrase(8, context=over("C7"))


@pytest.mark.parametrize("feel", FEELS)
def test_every_note_begins_on_the_grid_of_its_feel(source, feel):
    bars = line(source, "C7", feel=feel)
    starts = {note.start % TICKS_PER_BEAT for bar in bars for note in bar}
    assert starts <= set(GRIDS[feel])
    assert all(note.end <= TICKS_PER_BAR for bar in bars for note in bar)


@pytest.mark.parametrize(("low", "high"), [(48, 84), (60, 72), (28, 50), (72, 96)])
def test_every_note_is_in_the_range_of_the_voice(source, low, high):
    pitches = [note.pitch for bar in line(source, "Bb7", low=low, high=high) for note in bar]
    assert pitches
    assert min(pitches) >= low
    assert max(pitches) <= high


@pytest.mark.parametrize("symbol", ["C7", "F#m7", "Ebmaj7", "A7", "Bm7b5"])
def test_lines_are_made_of_the_chord_that_sounds(source, symbol):
    """Tones and scale of the chord, with a few notes outside as players have them."""
    chord = parse_chord(symbol)
    notes = [note for bar in line(source, symbol, feel="swing") for note in bar]
    tones = np.mean([note.pitch % 12 in chord.tones for note in notes])
    inside = np.mean([note.pitch % 12 in chord_scale(chord) for note in notes])
    assert tones > 0.5
    assert inside > 0.8


def test_a_line_goes_on_from_the_notes_before_it(source):
    """Low bars before lead to lower first notes than high bars before."""
    first = {}
    for pitch in (55, 79):
        before = tuple(Note(at, 240, pitch - (at // 240) % 3) for at in range(-960, 0, 240))
        bars = line(source, "C7", before=before, feel="swing")
        first[pitch] = np.mean([bar[0].pitch for bar in bars if bar])
    assert first[55] + 6 < first[79]


def test_density_is_obeyed(source):
    counts = [
        np.mean([len(bar) for bar in line(source, "C7", density=density, feel="swing")])
        for density in (0.05, 0.95)
    ]
    assert counts[0] + 2 < counts[1]


def test_only_a_bar_after_a_note_can_be_tied(source):
    assert not any(source.phrase(seed, context=over("C7")).tied for seed in range(20))
    before = (Note(-480, 480, 64),)
    tied = [source.phrase(seed, context=over("C7", before=before)) for seed in range(60)]
    assert any(bar.tied for bar in tied)
    assert all(bar.phrase[0][0] == 0 and bar.phrase[0].pitch == 64 for bar in tied if bar.tied)


def test_a_weight_of_the_player_wins_over_taste(source):
    """With the weight on density, bars have more notes where many are asked for."""
    weights = tuple(float(name == "density") for name in WEIGHTS)
    counts = [
        np.mean([
            len(source.phrase(seed, steering=Steering(weights, density=density),
                              context=over("C7")).phrase)
            for seed in range(12)
        ])
        for density in (0.0, 1.0)
    ]  # fmt: skip
    assert counts[0] + 2 < counts[1]


@pytest.mark.parametrize("name", ["register", "contour"])
def test_a_weight_measures_a_low_voice_where_it_sounds(source, name):
    """A bass at its lowest and highest, and one that falls and rises."""
    weights = tuple(float(each == name) for each in WEIGHTS)
    found = []
    for target in (0.0, 1.0):
        steering = Steering(weights, low=28, high=43, **{name: target})
        bars = [
            source.phrase(seed, steering=steering, context=over("C7", low=28, high=43)).phrase
            for seed in range(8)
        ]
        if name == "register":
            found.append(np.mean([note.pitch for bar in bars for note in bar]))
        else:
            found.append(np.mean([bar[-1].pitch - bar[0].pitch for bar in bars]))
    assert found[1] - found[0] > 5


def test_a_low_voice_is_moved_onto_the_roll_by_octaves():
    context = LineContext(low=28, high=50, before=(Note(-480, 480, 40),))
    assert octaves_to_roll(context) == 2
    moved = moved_by_octaves(context, 2)
    assert (moved.low, moved.high, moved.before[0].pitch) == (52, 74, 64)


def test_without_a_context_a_bar_still_comes(source):
    assert source.phrase(3).phrase


def test_the_bass_walks_in_four_in_swing_and_leaves_beats_out_in_a_ballad():
    """A twelfth of its walking bars may leave a beat out, as a player's do."""
    bass = LineSource(catalog.find("bass"))
    context = over("C7", low=28, high=43, grounded=True, density=0.5)
    begun = {
        feel: [
            {note.start for note in bass.phrase(seed, context=context._replace(feel=feel)).phrase}
            for seed in range(24)
        ]
        for feel in ("swing", "ballad")
    }
    assert sum({0, 480, 960, 1440} <= starts for starts in begun["swing"]) >= 22
    assert sum(480 in starts for starts in begun["ballad"]) <= 8


@pytest.fixture
def copy(tmp_path):
    target = tmp_path / "sideman"
    shutil.copytree(catalog.find("sideman"), target)
    return target


def with_files(path, **changed):
    """The bundle at a path with other files; None leaves one out."""
    kept = bundle.load(path)
    files = {name: (path / name).read_bytes() for name in kept.manifest.files}
    files |= {f"{name}.tflite": content for name, content in changed.items()}
    return bundle.save(path, kept.manifest, {name: it for name, it in files.items() if it})


def test_a_bundle_without_a_taste_chooses_by_its_discriminator(copy, source):
    plain = LineSource(with_files(copy, taste=None).path)
    assert plain.bundle.taste is None
    numbers = context_numbers(over("C7"))
    ours, theirs = (it.candidates(3, numbers) for it in (plain, source))
    assert np.array_equal(ours.rolls, theirs.rolls)
    assert not np.array_equal(ours.logits, theirs.logits)
    assert plain.phrase(3, context=over("C7")).phrase


def test_taste_0_is_the_raw_network_with_and_without_a_taste(copy, source):
    plain = LineSource(with_files(copy, taste=None).path)
    for seed in range(5):
        context = over("C7", taste=0.0)
        assert plain.phrase(seed, context=context) == source.phrase(seed, context=context)


def test_a_damaged_taste_is_one_clear_error(copy):
    with (copy / bundle.TASTE).open("ab") as file:
        file.write(b"!")
    with pytest.raises(BundleError, match=r"taste\.tflite has sha256 .*copy the bundle again"):
        LineSource(copy)
    shutil.copy(catalog.find("sideman") / bundle.TASTE, copy)
    with_files(copy, taste=(copy / bundle.TASTE).read_bytes()[:5000])
    with pytest.raises(BundleError, match=r"taste\.tflite: not a TFLite model .*export it again"):
        LineSource(copy)


@pytest.fixture
def counted(monkeypatch):
    """A source of which each batch takes 10 ms of a virtual clock, and the batches that it made."""
    source, clock, made = LineSource(catalog.find("sideman")), VirtualClock(), []
    run = source._network.run

    def slowly(noise, numbers):
        clock.advance(0.01)
        made.append(noise)
        return run(noise, numbers)

    monkeypatch.setattr(source._network, "run", slowly)
    monkeypatch.setattr(time_limit, "time", SimpleNamespace(monotonic=clock.now))
    return source, made


@pytest.mark.parametrize(
    ("seconds", "batches"), [(-1.0, 1), (0.0, 1), (0.015, 1), (0.025, 2), (0.5, 4), (None, 4)]
)
def test_a_bar_is_chosen_among_as_many_candidates_as_there_is_time_for(counted, seconds, batches):
    source, made = counted
    assert source.phrase(3, context=over("C7"), seconds=seconds).phrase
    assert len(made) == batches
    noise = np.random.default_rng(3).gumbel(size=(32, 16, 36))[: 8 * batches, :, :3]
    given = np.concatenate(made).reshape(-1, 16, 36)[:, :, :3]
    assert np.array_equal(given, noise.astype(np.float32))


@pytest.mark.parametrize(("seconds", "batches"), [(0.0, 1), (0.05, 5), (None, 16)])
def test_a_steered_bar_too(counted, seconds, batches):
    source, made = counted
    steering = Steering(tuple(float(name == "density") for name in WEIGHTS), density=0.8)
    assert source.phrase(3, steering=steering, context=over("C7"), seconds=seconds).phrase
    assert len(made) == batches


def test_fewer_candidates_are_the_first_ones_of_all(source):
    numbers = context_numbers(over("C7"))
    all_of_them, few = (source.candidates(5, numbers, it) for it in (lambda: False, lambda: True))
    assert (len(all_of_them.rolls), len(few.rolls)) == (CANDIDATES, 8)
    assert np.array_equal(few.rolls, all_of_them.rolls[:8])
    assert np.array_equal(few.tied, all_of_them.tied[:8])
    assert few.logits.mean() == pytest.approx(0)  # standardised among themselves


def test_the_values_of_candidates_are_standardised_and_silence_has_none():
    rolls = np.full((4, 48, 64), -1.0)
    rolls[:3, 20, :16] = 1.0
    found = standardised(np.array([1.0, 2.0, 3.0, 99.0]), rolls)
    assert found[:3].mean() == pytest.approx(0)
    assert found[:3].std() == pytest.approx(1)
    assert found[3] == 0
    assert not standardised(np.ones(4), rolls).any()

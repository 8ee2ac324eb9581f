"""Lines: bars of pieces as examples, the networks, runs and their export."""

import json

import msgspec
import numpy as np
import pytest
from lazy import LazyModule
from untraced import untraced

from perform.bundles import bundle as bundles
from perform.bundles.network import LineNetwork
from perform.errors import BundleError, DatasetError, RunFolderError
from perform.generation.lines import LineSource
from perform.music.line_codec import CONTEXT, LAYOUT, PLACES, root_shift, row_of, uses_thirds
from perform.music.note import TICKS_PER_BAR
from training.data.book import read_book
from training.data.piece_files import OWN_BASS, OWN_BOOK, own_melodies
from training.lines.examples import (
    GO_ON,
    NOTE,
    REST,
    context_of,
    examples,
    in_register,
    is_unused,
)
from training.options import LineOptions, to_json

runs = LazyModule("training.lines.run")
exporting = LazyModule("training.lines.export")
rolls = LazyModule("training.lines.rolls")
taste = LazyModule("training.lines.taste")

BLUES = read_book(OWN_BOOK / "blues.book")[:4]
TINY = LineOptions(
    pretrained="", steps=2, adversarial_steps=2, batch=4, width=8, checkpoint_every=1
)


def test_the_examples_of_a_piece_say_its_notes_and_nothing_else():
    """Rows that are summed up from the moves are those of the piece, at the places of the piece."""
    for piece in map(in_register, BLUES):
        made = examples([piece])
        assert len(made.kinds) == piece.bars
        for bar, (numbers, kinds, moves) in enumerate(zip(*made, strict=True)):
            shift = root_shift(context_of(piece, bar))
            row = numbers[LAYOUT.last.start]
            rows = []
            for kind, move in zip(kinds, moves, strict=True):
                if kind == NOTE:
                    row += move - 16
                    rows.append(row)
            notes = [n for n in piece.notes if n.start // TICKS_PER_BAR == bar]
            assert [row % 12 for row in rows] == [row_of(note.pitch, shift) % 12 for note in notes]
            assert np.diff(rows).tolist() == np.diff([note.pitch for note in notes]).tolist()


def test_a_rest_only_ends_a_note_and_a_place_that_is_unused_goes_on():
    made = examples(BLUES)
    for numbers, kinds in zip(made.contexts, made.kinds, strict=True):
        sounds = bool(numbers[LAYOUT.last.start + 2])
        for place, kind in enumerate(kinds):
            assert kind != REST or sounds
            assert kind == GO_ON or not is_unused(place, True)
            sounds = kind == NOTE or (sounds and kind == GO_ON)


def test_each_bar_knows_the_two_bars_before_it_and_the_chord_to_come():
    piece = BLUES[0]
    context = context_of(piece, 5)
    starts = [note.start for note in context.before]
    assert starts
    assert min(starts) >= -2 * TICKS_PER_BAR
    assert max(starts) < 0
    assert context.following.root == piece.chord_at(6 * TICKS_PER_BAR).root
    assert uses_thirds(context.feel)


def test_the_bass_is_no_melody():
    names = {piece.name for piece in own_melodies()}
    assert names.isdisjoint(piece.name for piece in read_book(OWN_BASS))


def test_no_bar_to_learn_from_is_said():
    with pytest.raises(DatasetError, match="no bar of a line"):
        examples([BLUES[0]._replace(notes=())])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    run = runs.start_run(tmp_path_factory.mktemp("runs") / "whole", TINY, BLUES, BLUES)
    with untraced():
        run.train()
    return run


@pytest.mark.long
def test_a_run_that_is_continued_ends_with_the_same_weights(trained, tmp_path, monkeypatch):
    half = runs.start_run(tmp_path / "half", TINY, BLUES, BLUES)
    checkpoint = tmp_path / "half" / "checkpoint.npz"
    original = runs.atomic_file.write

    def write_and_stop(path, content):
        original(path, content)
        if path == checkpoint and half.step == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(runs.atomic_file, "write", write_and_stop)
    with pytest.raises(KeyboardInterrupt), untraced():
        half.train()
    monkeypatch.undo()
    again = runs.open_run(tmp_path / "half", BLUES)
    assert again.step == 3  # one step of each kind is done, and one of the second is to come
    with untraced():
        again.train()
    for ours, theirs in zip(again._variables(), trained._variables(), strict=True):
        assert np.array_equal(ours, theirs)


@pytest.fixture(scope="module")
def exported(trained, tmp_path_factory):
    return exporting.export(trained, tmp_path_factory.mktemp("bundles") / "tiny", ["Back Step"])


@pytest.mark.long
def test_the_bundle_gives_the_bars_of_the_networks(trained, exported):
    manifest = json.loads((exported.path / "manifest.json").read_text())
    assert manifest["feels"] == ["swing", "shuffle"]
    assert manifest["architecture"] == "phrase"
    network = LineNetwork(exported.generator)
    assert network.batch == manifest["batch"] == 8
    noise = runs.gumbel_noise(np.random.default_rng(3), network.batch)
    for context in trained.given.contexts[:5]:
        bars, facts = network.run(noise.reshape(network.batch, -1), context)
        expected = rolls.written_bars(trained.average, trained.discriminator, noise, context[None])
        assert np.array_equal(bars, expected[0])
        assert np.abs(facts - expected[1]).max() < 1e-3
        onsets = np.argwhere(np.diff(np.pad(bars > 0, ((0, 0), (0, 0), (1, 0))).astype(int)) == 1)
        assert {int(column) % 16 for _, _, column in onsets} <= {0, 5, 11}
        sounding = (bars > 0).sum(axis=1)
        assert sounding.max() <= 1  # one note at a time


@pytest.mark.long
def test_a_bundle_that_was_exported_with_a_batch_of_32_plays_the_same_bars(
    trained, exported, tmp_path
):
    """It has no smaller batch to stop after: all its candidates are drawn, however late it is."""
    scorer = taste.Taste()
    scorer(*(np.zeros(shape, np.float32) for shape in ((2, 48, 64), (2,), (2, CONTEXT))))
    generators = {
        exported.manifest.batch: exported.generator.read_bytes(),
        32: exporting.convert(trained.average, trained.discriminator, 32),
    }
    sources = []
    for batch, generator in generators.items():
        files = {
            bundles.GENERATOR: generator,
            bundles.TASTE: taste.convert(scorer, batch),
            bundles.CARD: b"# Tiny",
        }
        manifest = msgspec.structs.replace(exported.manifest, batch=batch)
        sources.append(LineSource(bundles.save(tmp_path / str(batch), manifest, files).path))
    for seed, numbers in enumerate(trained.given.contexts[:5]):
        ours, theirs = (source.candidates(seed, numbers) for source in sources)
        assert np.array_equal(ours.rolls, theirs.rolls)
        assert np.abs(ours.logits - theirs.logits).max() < 1e-3
        fewer = [len(source.candidates(seed, numbers, lambda: True).rolls) for source in sources]
        assert fewer == [8, 32]
    eight, old = ([source.phrase(seed) for seed in range(20)] for source in sources)
    assert eight == old
    files[bundles.GENERATOR] = generators[8]
    mixed = bundles.save(tmp_path / "mixed", exported.manifest, files)
    with pytest.raises(BundleError, match=r"takes batches of 32 .*the generator makes 8 "):
        LineSource(mixed.path)


def test_a_folder_without_a_run_of_lines_is_named(tmp_path):
    with pytest.raises(RunFolderError):
        runs.open_run(tmp_path, BLUES)


def test_places_of_thirds_leave_one_in_four_out():
    assert [place for place in range(PLACES) if is_unused(place, True)] == [3, 7, 11, 15]


def test_a_distance_to_a_bundle_of_lines_is_refused_by_name(root, command):
    code, _, err = command("fid", str(root / "models" / "sideman"), str(root / "training" / "bars"))
    assert code == 2
    assert "training judge" in err


def test_flags_that_lines_do_not_have_are_refused(tmp_path, command):
    for flags in (["--chord", "C"], ["--epochs", "2"], ["--loss", "hinge"]):
        code, _, err = command("run", "--recipe", "lines", *flags, "-o", str(tmp_path / "run"))
        assert (code, err.count("\n")) == (2, 1)
    (tmp_path / "options.json").write_bytes(to_json(TINY))
    code, _, err = command("run", "--resume", "--steps", "9", "-o", str(tmp_path))
    assert (code, err.count("\n")) == (2, 1)
    assert "continues as it began" in err

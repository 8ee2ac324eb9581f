"""The taste: what it sees of a bar, how it is trained, and the one that ships."""

import numpy as np
import pytest
from lazy import LazyModule

from perform.bundles.network import TasteNetwork
from perform.errors import BundleError
from perform.music.line_codec import CONTEXT, LAYOUT
from training.data.book import read_book
from training.data.piece_files import OWN_BASS, OWN_BOOK
from training.judge.line_corruptions import corrupt_lines
from training.lines.examples import NOTE, examples

tf = LazyModule("tensorflow")
taste = LazyModule("training.lines.taste")
taste_training = LazyModule("training.lines.taste_training")
networks = LazyModule("training.lines.networks")
rolls = LazyModule("training.lines.rolls")

SWING, FUNK, BALLADS = (read_book(OWN_BOOK / f"{name}.book")
                        for name in ("changes", "funk", "ballads"))  # fmt: skip
OUTPUTS = 3


def as_rolls(made):
    """The bars of examples: rolls, and whether each is tied."""
    kinds, moves = networks.one_places(made.kinds, made.moves)
    tied = np.asarray(kinds)[:, 0, 0] * made.contexts[:, LAYOUT.last.start + 2]
    return np.asarray(rolls.rolls_of(made.contexts, kinds, moves)), tied.astype(np.float32)


@pytest.mark.parametrize("pieces", [SWING[:4], FUNK[:4]], ids=["thirds", "sixteenths"])
def test_the_taste_sees_the_notes_of_a_roll_as_they_are(pieces):
    made = examples(pieces)
    onsets, _, rows, _ = (np.asarray(it) for it in taste.bar_places(*as_rolls(made), made.contexts))
    assert np.array_equal(onsets > 0, made.kinds == NOTE)
    for numbers, kinds, moves, row in zip(*made, rows, strict=True):
        written = numbers[LAYOUT.last.start] + np.cumsum(moves[kinds == NOTE] - 16)
        assert np.array_equal(row[kinds == NOTE], written)


@pytest.mark.long
def test_the_taste_follows_its_teacher():
    """Where few notes need few bits, it learns to prefer few notes."""
    made = examples(SWING[:6])
    bars, tied = as_rolls(made)
    onsets = (made.kinds == NOTE).sum(axis=1)
    bits = np.where(onsets > 0, onsets, np.nan)[:, None, None] * np.ones(OUTPUTS)
    scored = taste_training.Scored(made.contexts, bars[:, None] > 0, tied[:, None] > 0, bits)
    learned = taste_training.train(scored, steps=60)
    found = np.asarray(learned(bars, tied, made.contexts))[onsets > 0].mean(axis=1)
    assert np.corrcoef(found, onsets[onsets > 0])[0, 1] > 0.8


@pytest.mark.long
def test_the_flatbuffer_scores_as_the_network_does():
    made = examples(SWING[:1])
    bars, tied = as_rolls(made)
    network = taste.Taste()
    expected = -np.asarray(network(bars[:8], tied[:8], made.contexts[:1])).sum(axis=1)
    content = taste.convert(network, 8)
    found = TasteNetwork(content).run(bars[:8], tied[:8] > 0, made.contexts[0])
    assert np.abs(found - expected).max() < 0.02
    assert len(content) < 250_000


def shipped():
    return TasteNetwork(taste.SHIPPED)


def scores(network, made):
    """The score of each example's bar in its own context."""
    bars, tied = as_rolls(made)
    batch = network.batch
    return np.array([
        network.run(np.repeat(bar[None], batch, 0), np.full(batch, on), context)[0]
        for bar, on, context in zip(bars, tied > 0, made.contexts, strict=True)
    ])  # fmt: skip


@pytest.mark.parametrize(
    "corruption", ["order within bars shuffled", "chords wrong", "durations jittered"]
)
@pytest.mark.parametrize(
    "pieces", [SWING, FUNK, BALLADS, read_book(OWN_BASS)], ids=["swing", "funk", "ballads", "bass"]
)
def test_the_shipped_taste_prefers_real_bars(pieces, corruption):
    """Of a bar as it is and with other notes, it prefers the first in clearly more than half."""
    pieces = pieces[:5]
    network = shipped()
    real, other = (
        scores(network, examples(each)) for each in (pieces, corrupt_lines(pieces, corruption, 1.0))
    )
    better = (real[:, None] > other[None]).mean()
    assert better > 0.6


def test_the_shipped_taste_fits_the_networks_of_this_version():
    network = shipped()
    assert network.context_dim == CONTEXT
    assert taste.SHIPPED.stat().st_size < 350_000


def test_a_network_that_scores_no_lines_is_named(root):
    generator = root / "models" / "blues-bars" / "generator.tflite"
    with pytest.raises(BundleError, match=r"generator\.tflite: does not score bars"):
        TasteNetwork(generator)

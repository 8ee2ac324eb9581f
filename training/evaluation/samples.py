"""Bars to measure, from a data set, MIDI files, a bundle or a run."""

from pathlib import Path

from perform.bundles import bundle
from perform.bundles.network import run_generator
from perform.errors import DatasetError
from perform.music.condition import generator_inputs
from perform.music.pianoroll import Rolls, clean, threshold
from training.data import dataset
from training.metrics.base import choose
from training.train.run_folder import OPTIONS


def load_pair(
    one: Path, other: Path, limit: int, chord: str | None = None, seed: int = 0
) -> tuple[Rolls, Rolls]:
    """The same number of bars of two sources, at most `limit` of each.

    If both sources are the same, the second gets another seed. DatasetError for a chord when
    neither source has MIDI files.
    """
    if chord is not None and not (_is_midi(one) or _is_midi(other)):
        raise DatasetError("--chord is for MIDI files, and neither side has any; leave it out")
    seeds = (seed, seed + (one.resolve() == other.resolve()))
    sides = [
        load_samples(path, limit, chord if _is_midi(path) else None, own)
        for path, own in zip((one, other), seeds, strict=True)
    ]
    count = min(map(len, sides))
    first, second = (draw(side, count, own) for side, own in zip(sides, seeds, strict=True))
    return first, second


def load_samples(path: Path, count: int, chord: str | None = None, seed: int = 0) -> Rolls:
    """At most `count` bars (n, 48, 64) of a data set or MIDI files, drawn at random.

    Of a bundle or a run, `count` bars that it generates, cleaned as a player cleans them.
    """
    if (path / bundle.MANIFEST).is_file():
        return _generate(bundle.load(path), count, seed)
    if (path / OPTIONS).is_file():
        from training.train import trainer  # noqa: PLC0415 - tensorflow takes seconds

        return clean(threshold(trainer.open_trained(path).sample(count, seed)))
    return draw(dataset.open_data([path], chord).rolls, count, seed)


def draw(rolls: Rolls, count: int, seed: int) -> Rolls:
    """`count` of the rolls at random, the same for the same seed; all rolls if there are fewer."""
    if len(rolls) <= count:
        return rolls
    chosen: Rolls = choose(rolls, count, seed)
    return chosen


def _is_midi(path: Path) -> bool:
    """Whether the bars of a source come from MIDI files."""
    trained = (path / bundle.MANIFEST).is_file() or (path / OPTIONS).is_file()
    return not trained and path.suffix != ".npz"


def _generate(loaded: bundle.Bundle, count: int, seed: int) -> Rolls:
    manifest = loaded.manifest
    if manifest.context:
        raise DatasetError(
            f"{loaded.path}: a bundle of lines, whose bars depend on their chords; "
            f"judge it: training judge {loaded.path}"
        )
    whole = -(-count // manifest.batch) * manifest.batch  # inputs differ with their number
    inputs = generator_inputs(whole, manifest.noise_dim, manifest.conditions, seed)
    answer = run_generator(loaded.generator, inputs)
    return clean(threshold(answer[:count], manifest.threshold))

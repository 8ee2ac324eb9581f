"""Bundles, runs and data sets in a line or a few, as the commands say them."""

from pathlib import Path

from perform.bundles import bundle
from perform.music.note_table import notes_of
from training.data import dataset
from training.options import read_options


def path(place: Path) -> str:
    """What stands at a path: a run's folder, a bundle or a data set. Raises what opening it raises."""
    if not place.is_dir():
        bars = dataset.load(place)
        files = [f"  {name}: {count} bars" for name, count in dataset.bars_per_file(bars).items()]
        return "\n".join([f"{place}: {counts(bars)}", *files])
    if not (place / "options.json").is_file():
        return made(bundle.load(place))
    options = read_options(place / "options.json")
    metrics = place / "metrics.jsonl"
    last = (metrics.read_text() if metrics.exists() else "").splitlines()[-1:] or ["not begun"]
    return f"{place}: {options.architecture}, {options.loss}, {options.steps} steps; {last[0]}"


def made(it: bundle.Bundle) -> str:
    """A bundle: where, its name, and its figures."""
    manifest = it.manifest
    figures = " ".join(
        f"{name}={value:.4g}"
        for name, value in manifest.metrics.items()
        if isinstance(value, int | float)
    )
    return f"{it.path}: {manifest.name}, {manifest.architecture}, {figures}"


def counts(bars: dataset.Dataset) -> str:
    """What an import kept of its files, and what it did to it."""
    found = bars.counts
    notes = len(notes_of(bars.rolls).bar)  # augmented bars keep the counts of their import
    return (
        f"{len(bars.rolls)} bars, {notes} notes; {found.empty} bars empty, "
        f"{found.not_four_four} not in 4/4; {found.folded} notes folded, {found.lost} lost; moved "
        f"to the grid by {found.moved_mean:.1f} ticks on average, {found.moved_most} at most"
    )

"""The command `info`, and the descriptions of bundles, runs and data sets that commands print."""

from pathlib import Path

from perform.bundles import bundle
from perform.errors import RunFolderError
from perform.music.note_table import notes_of
from training.data import dataset
from training.options import LineOptions, read_any_options
from training.train.run_folder import METRICS, OPTIONS, SHEETS


def show_info(path: Path, animation: Path | None) -> None:
    """Print what is at a path, and write an animation of a run's sheets."""
    if animation is not None:
        from training.train.sample_sheets import animate  # noqa: PLC0415 - Pillow is an extra

        sheets = sorted((path / SHEETS).glob("*.png"))
        if not sheets:
            raise RunFolderError(f"{path}: no samples of a run there; name a run's folder")
        animate(sheets, animation)
    print(describe_path(path))


def describe_path(path: Path) -> str:
    """What is at a path: a run, a bundle or a data set. The errors are those of opening it."""
    if not path.is_dir():
        bars = dataset.load(path)
        files = [f"  {name}: {count} bars" for name, count in dataset.bars_per_file(bars).items()]
        return "\n".join([f"{path}: {describe_import(bars)}", *files])
    if not (path / OPTIONS).is_file():
        return describe_bundle(bundle.load(path))
    options = read_any_options(path / OPTIONS)
    metrics = path / METRICS
    last = (metrics.read_text() if metrics.exists() else "").splitlines()[-1:] or ["not begun"]
    if isinstance(options, LineOptions):
        return f"{path}: {options.architecture}, {options.all_steps} steps; {last[0]}"
    return f"{path}: {options.architecture}, {options.loss}, {options.steps} steps; {last[0]}"


def describe_bundle(loaded: bundle.Bundle) -> str:
    """A bundle in a line: its path, name, architecture and figures."""
    manifest = loaded.manifest
    figures = " ".join(
        f"{name}={value:.4g}"
        for name, value in manifest.metrics.items()
        if isinstance(value, int | float)
    )
    return f"{loaded.path}: {manifest.name}, {manifest.architecture}, {figures}"


def describe_import(bars: dataset.Dataset) -> str:
    """A data set in a line: its bars and notes, and what its import left out and moved."""
    counts = bars.counts
    notes = len(notes_of(bars.rolls).bar)  # the counts are of the import, before augmentation
    return (
        f"{len(bars.rolls)} bars, {notes} notes; {counts.empty} bars empty, "
        f"{counts.not_four_four} not in 4/4; {counts.folded} notes folded, {counts.lost} lost; "
        f"moved to the grid by {counts.moved_mean:.1f} ticks on average, "
        f"{counts.moved_most} at most"
    )

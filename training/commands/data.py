"""The commands that make data sets: `import` and `augment`."""

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from perform.errors import DatasetError
from perform.music.note_table import notes_of
from training.augment.pipeline import augment, parse_pipeline, pipeline_warnings, source_indices
from training.augment.registry import describe_strategies
from training.commands.console import print_notes
from training.commands.info import describe_import
from training.data import dataset


def import_bars(
    data: Sequence[Path] | None,
    output: Path,
    chord: str | None,
    corpus: Sequence[str] | None,
    kind: str,
) -> None:
    """Write the bars of MIDI files, or of tunes of a corpus, to an .npz."""
    if corpus and (data or chord):
        raise DatasetError("--corpus has bars and chords of its own; leave out DATA and --chord")
    if kind and not corpus:
        raise DatasetError("--kind chooses among tunes of a corpus; add --corpus ryansMammoth")
    if corpus:
        from training.data.corpus import import_corpus  # noqa: PLC0415 - music21 takes seconds

        bars = import_corpus(corpus, kind)
    else:
        bars = dataset.open_data(data, chord)
    dataset.save(bars, output)
    print_notes(f"skipped {broken}" for broken in bars.counts.broken)
    print(f"{output}: {describe_import(bars)}")


def augment_bars(
    data: Sequence[Path] | None,
    output: Path,
    stages: str,
    seed: int,
    chord: str | None,
    preview: Path | None,
) -> None:
    """Write the bars and what a pipeline makes of them to an .npz."""
    pipeline = parse_pipeline(stages)
    print_notes(pipeline_warnings(pipeline))
    bars = dataset.open_data(data, chord)
    begun = time.monotonic()
    rolls = augment(bars.rolls, pipeline, seed)
    seconds = time.monotonic() - begun
    sources = source_indices(len(bars.rolls), pipeline)
    provenance = tuple(bars.provenance[index] for index in sources)
    if preview is not None:
        from training.augment.preview import draw_preview  # noqa: PLC0415 - matplotlib is slow

        draw_preview(bars.rolls, [step.strategy for step in pipeline], seed, preview)
    counts = msgspec.structs.replace(bars.counts, kept=len(rolls), notes=len(notes_of(rolls).bar))
    dataset.save(dataset.Dataset(rolls, provenance, counts), output)
    print(f"{output}: {len(bars.rolls)} bars -> {len(rolls)} bars in {seconds:.2f} s")


def list_strategies() -> None:
    """Print a line for each augmentation strategy."""
    print("\n".join(describe_strategies()))

"""The commands that make data sets: `import` and `augment`."""

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from perform import atomic_file
from perform.errors import DatasetError
from perform.music.note_table import notes_of
from training.augment.lines import is_for_lines, open_augmented
from training.augment.pipeline import (
    PipelineStep,
    augment,
    parse_pipeline,
    pipeline_warnings,
    source_indices,
)
from training.augment.registry import describe_strategies
from training.commands.console import print_notes
from training.commands.info import describe_import
from training.data import book, dataset
from training.data.book_writer import write_book
from training.data.piece import Piece
from training.data.piece_files import open_all


def import_bars(
    data: Sequence[Path] | None,
    output: Path,
    chord: str | None,
    corpus: Sequence[str] | None,
    kind: str,
) -> None:
    """Write the bars of MIDI files, or of tunes of a corpus, to an .npz; or the lines to a book."""
    if corpus and (data or chord):
        raise DatasetError("--corpus has bars and chords of its own; leave out DATA and --chord")
    if kind and not corpus:
        raise DatasetError("--kind chooses among tunes of a corpus; add --corpus ryansMammoth")
    if output.suffix == book.SUFFIX:
        if chord:
            raise DatasetError("--chord is for single bars; a book has the chords of its lines")
        _write_lines(_read_lines(data, corpus, kind), output)
        return
    if corpus:
        from training.data.corpus import import_corpus  # noqa: PLC0415 - music21 takes seconds

        bars = import_corpus(corpus, kind)
    else:
        bars = dataset.open_data(data, chord)
    dataset.save(bars, output)
    print_notes(f"skipped {broken}" for broken in bars.counts.broken)
    print(f"{output}: {describe_import(bars)}")


def _read_lines(
    data: Sequence[Path] | None, corpus: Sequence[str] | None, kind: str
) -> Sequence[Piece]:
    if not corpus:
        return open_all(data or ())
    from training.data.corpus import read_pieces  # noqa: PLC0415 - music21 takes seconds

    pieces, left_out = read_pieces(corpus, kind)
    print_notes([f"{left_out} tunes left out: unreadable, or not in bars of four quarters"])
    return pieces


def _write_lines(pieces: Sequence[Piece], output: Path) -> None:
    atomic_file.write(output, write_book(pieces).encode())
    notes = sum(len(piece.notes) for piece in pieces)
    bars = sum(piece.bars for piece in pieces)
    print(f"{output}: {len(pieces)} pieces, {bars} bars, {notes} notes")


def augment_bars(
    data: Sequence[Path] | None,
    output: Path,
    stages: str,
    seed: int,
    chord: str | None,
    preview: Path | None,
) -> None:
    """Write the bars and what a pipeline makes of them to an .npz; or lines to a book."""
    pipeline = parse_pipeline(stages)
    if any(map(is_for_lines, pipeline)) or output.suffix == book.SUFFIX:
        _augment_lines(data, output, pipeline, seed, chord, preview)
        return
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


def _augment_lines(
    data: Sequence[Path] | None,
    output: Path,
    pipeline: Sequence[PipelineStep],
    seed: int,
    chord: str | None,
    preview: Path | None,
) -> None:
    """Write lines and what a pipeline makes of them to a book, or their bars to an .npz."""
    if chord is not None or preview is not None:
        raise DatasetError("--chord and --preview are for single bars; leave them out")
    pieces = open_augmented(data or (), pipeline, seed)
    if output.suffix == book.SUFFIX:
        _write_lines(pieces, output)
        return
    bars = dataset.import_pieces(pieces)
    dataset.save(bars, output)
    print(f"{output}: {describe_import(bars)}")


def list_strategies() -> None:
    """Print a line for each augmentation strategy."""
    print("\n".join(describe_strategies()))

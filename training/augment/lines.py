"""The pipeline for lines: strategies that need whole pieces with chords, one after the other."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from perform.errors import DatasetError
from training.augment.pipeline import PipelineStep
from training.augment.registry import LINE_STRATEGIES, PART_STRATEGIES
from training.data.piece import Piece
from training.data.piece_files import NoChordsError, open_all

MOST_PIECES = 20_000


def is_for_lines(step: PipelineStep) -> bool:
    """Whether a step works on whole pieces with chords."""
    return step.strategy in LINE_STRATEGIES or step.strategy in PART_STRATEGIES


def check_steps(pipeline: Sequence[PipelineStep]) -> None:
    """DatasetError for a step that works on single bars."""
    for step in pipeline:
        if not is_for_lines(step):
            raise DatasetError(
                f"strategy {step.strategy!r} changes single bars; lines take "
                f"{', '.join((*LINE_STRATEGIES, *PART_STRATEGIES))}"
            )


def open_augmented(
    paths: Sequence[Path], pipeline: Sequence[PipelineStep], seed: int
) -> tuple[Piece, ...]:
    """The pieces at several paths, and what the pipeline makes of them; see `augment_pieces`."""
    check_steps(pipeline)
    parts = any(step.strategy in PART_STRATEGIES for step in pipeline)
    try:
        pieces = open_all(paths, parts=parts)
    except NoChordsError as error:
        if not pipeline:
            raise
        raise DatasetError(f"strategy {pipeline[0].strategy!r} needs chords; {error}") from None
    return augment_pieces(pieces, pipeline, seed)


def augment_pieces(
    pieces: Sequence[Piece], pipeline: Sequence[PipelineStep], seed: int
) -> tuple[Piece, ...]:
    """The pieces and what the pipeline makes of them: n(i) = n(i-1) (k_i + 1), as `augment`.

    The same seed gives the same pieces; the name of a new one ends with its strategy's. The parts
    of a piece stand one after the other and share its name. DatasetError for a step that works on
    single bars, for a piece without chords, and where a strategy needs parts and there are none.
    """
    check_steps(pipeline)
    augmented = list(pieces)
    for place, step in enumerate(pipeline):
        rng = np.random.default_rng([seed, place])
        versions = [_version(augmented, step.strategy, rng) for _ in range(step.factor)]
        augmented += [piece for version in versions for piece in version]
        if len(augmented) > MOST_PIECES:
            raise DatasetError(f"the pipeline makes over {MOST_PIECES} pieces; lower a factor")
    return tuple(augmented)


def _version(pieces: Sequence[Piece], name: str, rng: np.random.Generator) -> Iterator[Piece]:
    """What a strategy makes of each piece that it can change."""
    bare = next((it for it in pieces if not any(chord for _, chord in it.chords)), None)
    if bare is not None:
        raise DatasetError(f"strategy {name!r} needs chords, and {bare.name!r} has none")
    if name in LINE_STRATEGIES:
        made = (LINE_STRATEGIES[name](piece, rng) for piece in pieces)
    else:
        scores = [tuple(parts) for _, parts in groupby(pieces, key=lambda piece: piece.name)]
        scores = [parts for parts in scores if len({part.part for part in parts}) > 1]
        if not scores:
            raise DatasetError(f"strategy {name!r} needs pieces with two parts; these have one")
        made = (part for parts in scores for part in PART_STRATEGIES[name](parts, rng))
    return (piece._replace(name=f"{piece.name} ({name})") for piece in made)

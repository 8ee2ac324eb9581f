"""A judgement of a source against a reference, and a test of the judge with corrupted lines."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from training.data.book import write_text
from training.data.piece import Piece
from training.judge import sequence
from training.judge.classifier import Area, Tell, compare_windows, tells
from training.judge.figures import FIGURES
from training.judge.line_corruptions import LINE_CORRUPTIONS, STRENGTHS, corrupt_lines
from training.judge.memory import Memorisation, memorisation
from training.judge.windows import windows

SHOWN_CHORUSES = 3
RESAMPLES = 200
REPEATS = 3  # halves of the reference that a corruption is measured on
PrintLine = Callable[[str], None]


class FigurePair(NamedTuple):
    """A figure of the source and of the reference, each with its standard error over tunes."""

    name: str
    source: tuple[float, float]
    reference: tuple[float, float]


class Judgement(NamedTuple):
    """The results of the judge for a source.

    `tunes`, `reference_tunes`: how many. `areas`: of the classifier, by view. `bits`: see
    `sequence.over_folds`. `text`: notes to read. `tells`: the features that give it away most.
    """

    source: str
    tunes: int
    reference_tunes: int
    areas: dict[str, Area]
    bits: dict[str, sequence.Bits]
    figures: tuple[FigurePair, ...]
    memory: Memorisation
    text: str
    tells: tuple[Tell, ...] = ()


def judge(
    name: str,
    source: Sequence[Piece],
    reference: Sequence[Piece],
    corpus: Sequence[Piece] | None = None,
    seed: int = 0,
) -> Judgement:
    """The judgement of a source.

    `corpus`: the lines that the source was trained on; by default the reference.
    """
    return Judgement(
        name,
        len(source),
        len(reference),
        compare_windows(windows(source), windows(reference), seed),
        sequence.over_folds(source, reference, seed=seed),
        side_by_side(source, reference, seed),
        memorisation(source, reference if corpus is None else corpus),
        write_text(source[:SHOWN_CHORUSES]),
        tells(windows(source), windows(reference)),
    )


def side_by_side(
    source: Sequence[Piece], reference: Sequence[Piece], seed: int = 0
) -> tuple[FigurePair, ...]:
    """Every figure of the source and of the reference."""
    ours, theirs = (_with_errors(pieces, seed) for pieces in (source, reference))
    return tuple(FigurePair(FIGURES[name][0], ours[name], theirs[name]) for name in FIGURES)


def _with_errors(pieces: Sequence[Piece], seed: int) -> dict[str, tuple[float, float]]:
    """Each figure's mean over all cases, and its standard error by bootstrap over tunes."""
    draws = np.random.default_rng(seed)
    found = {}
    for name, (_, cases) in FIGURES.items():
        rows = [np.fromiter(cases(piece), float) for piece in pieces]
        sums = np.array([row.sum() for row in rows])
        counts = np.array([len(row) for row in rows])
        if not counts.sum():
            found[name] = (float("nan"), float("nan"))
            continue
        means = []
        for _ in range(RESAMPLES):
            drawn = draws.integers(len(pieces), size=len(pieces))
            if counts[drawn].sum():
                means.append(sums[drawn].sum() / counts[drawn].sum())
        found[name] = (float(sums.sum() / counts.sum()), float(np.std(means)))
    return found


def halves(pieces: Sequence[Piece], seed: int = 0) -> tuple[list[Piece], list[Piece]]:
    """Two halves of the tunes, drawn at random: to compare a reference with itself."""
    order = np.random.default_rng(seed).permutation(len(pieces))
    middle = len(pieces) // 2
    return [pieces[i] for i in order[:middle]], [pieces[i] for i in order[middle:]]


def prove(
    reference: Sequence[Piece], report: PrintLine = lambda _line: None, seed: int = 0
) -> dict[str, list[float]]:
    """Areas of the reference against itself: unchanged, and by corruption at three strengths.

    A reliable judge gives about 0.5 for the unchanged lines, and more with each strength. Under
    "near-copies" the shares of windows that memorisation finds in other tunes, and in the same.
    """
    found = {"unchanged": [_separated(reference, seed, None)]}
    report(f"unchanged: {found['unchanged'][0]:.3f}")
    for name in LINE_CORRUPTIONS:
        found[name] = [_separated(reference, seed, (name, strength)) for strength in STRENGTHS]
        report(f"{name}: {' '.join(f'{area:.3f}' for area in found[name])}")
    left, right = halves(reference, seed)
    found["near-copies"] = [memorisation(left, corpus).copies for corpus in (right, left)]
    report(
        "near-copies, of other tunes and of the same: {:.3f} {:.3f}".format(*found["near-copies"])
    )
    return found


def _separated(reference: Sequence[Piece], seed: int, by: tuple[str, float] | None) -> float:
    """The mean area of one half, corrupted as a name and a strength say, against the other."""
    areas = []
    for number in range(seed, seed + REPEATS):
        left, right = halves(reference, number)
        ours = left if by is None else corrupt_lines(left, *by, number)
        areas.append(compare_windows(windows(ours), windows(right), number, ("all",))["all"].auc)
    return float(np.mean(areas))

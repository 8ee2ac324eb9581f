"""One judgement: a source beside a reference, and the proof that the judge hears what is wrong."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from training.data.book import write_text
from training.data.piece import Piece
from training.judge import sequence
from training.judge.classifier import Area, tell_apart
from training.judge.disturbances import DISTURBANCES, STRENGTHS, disturbed
from training.judge.figures import FIGURES
from training.judge.memory import Memorisation, memorisation
from training.judge.windows import windows

READ_ALOUD = 3  # choruses
RESAMPLES = 200
Report = Callable[[str], None]


class Beside(NamedTuple):
    """A figure of the source and of the reference, each with its standard error over tunes."""

    name: str
    source: tuple[float, float]
    reference: tuple[float, float]


class Judgement(NamedTuple):
    """What the judge says of a source. `bits`: by whose notes; see `sequence.over_folds`."""

    source: str
    tunes: int
    areas: dict[str, Area]
    bits: dict[str, sequence.Bits]
    figures: tuple[Beside, ...]
    memory: Memorisation
    text: str


def judge(
    name: str,
    source: Sequence[Piece],
    reference: Sequence[Piece],
    corpus: Sequence[Piece] | None = None,
    seed: int = 0,
) -> Judgement:
    """The judgement of a source.

    `corpus`: the lines that it learned from; default: the reference.
    """
    return Judgement(
        name,
        len(source),
        tell_apart(windows(source), windows(reference), seed),
        sequence.over_folds(source, reference, seed=seed),
        side_by_side(source, reference, seed),
        memorisation(source, reference if corpus is None else corpus),
        write_text(source[:READ_ALOUD]),
    )


def side_by_side(
    source: Sequence[Piece], reference: Sequence[Piece], seed: int = 0
) -> tuple[Beside, ...]:
    """Every plain figure of both."""
    ours, theirs = (_with_errors(pieces, seed) for pieces in (source, reference))
    return tuple(Beside(FIGURES[name][0], ours[name], theirs[name]) for name in FIGURES)


def _with_errors(pieces: Sequence[Piece], seed: int) -> dict[str, tuple[float, float]]:
    """Each figure's mean over all cases, and its standard error from tunes drawn anew."""
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
    """Two halves of the tunes, drawn at random: a reference to hold against itself."""
    order = np.random.default_rng(seed).permutation(len(pieces))
    middle = len(pieces) // 2
    return [pieces[i] for i in order[:middle]], [pieces[i] for i in order[middle:]]


def prove(
    reference: Sequence[Piece], report: Report = lambda _line: None, seed: int = 0
) -> dict[str, list[float]]:
    """Areas of the reference against itself, undisturbed and with every disturbance, each at three
    strengths. A judge that hears gives about 0.5 for the first, and more at each strength.
    """
    found: dict[str, list[float]] = {}
    repeats = range(seed, seed + 3)
    undisturbed = []
    for number in repeats:
        left, right = halves(reference, number)
        undisturbed.append(tell_apart(windows(left), windows(right), number)["all"].auc)
    found["undisturbed"] = [float(np.mean(undisturbed))]
    report(f"undisturbed: {found['undisturbed'][0]:.3f}")
    for name in DISTURBANCES:
        found[name] = []
        for strength in STRENGTHS:
            areas = []
            for number in repeats:
                left, right = halves(reference, number)
                spoilt = disturbed(left, name, strength, number)
                areas.append(tell_apart(windows(spoilt), windows(right), number)["all"].auc)
            found[name].append(float(np.mean(areas)))
        report(f"{name}: {' '.join(f'{area:.3f}' for area in found[name])}")
    return found

"""The two-sample classifier: how well a random forest separates two sets of windows.

The area under its ROC curve is 0.5 where it cannot and 1 where it always can (Lopez-Paz and Oquab,
Revisiting Classifier Two-Sample Tests, 2017). A tune is never in two folds.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perform.errors import DatasetError
from training.extras import require_installed
from training.judge.windows import FEATURES, KINDS, Window, features, matched

FOLDS = 5
TREES = 300
RESAMPLES = 200
FEWEST_GROUPS = 4
VIEWS = ("all", *KINDS, "matched")


class Area(NamedTuple):
    """An area under the curve, and its standard error over tunes."""

    auc: float
    error: float


class Tell(NamedTuple):
    """A feature, how well it alone separates the source (0.5 to 1), and whether it is higher."""

    feature: str
    auc: float
    more: bool


def tells(ours: Sequence[Window], theirs: Sequence[Window], count: int = 6) -> tuple[Tell, ...]:
    """The features that separate two sets of windows best, each on its own: the best first."""
    sides = [
        np.stack([np.concatenate([features(window)[kind] for kind in KINDS]) for window in side])
        for side in (ours, theirs)
    ]
    names = [name for kind in KINDS for name in FEATURES[kind]]
    higher = np.array([_above(*pair) for pair in zip(*(side.T for side in sides), strict=True)])
    best = np.argsort(-np.abs(higher - 0.5), kind="stable")[:count]
    return tuple(
        Tell(names[i], float(max(higher[i], 1 - higher[i])), bool(higher[i] > 0.5)) for i in best
    )


def _above(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
    """How often one of our values is above one of theirs; equal ones count half."""
    ranked = np.sort(theirs)
    below, up_to = (np.searchsorted(ranked, ours, side) for side in ("left", "right"))
    return float((below + up_to).mean() / 2 / len(theirs))


def compare_windows(
    ours: Sequence[Window],
    theirs: Sequence[Window],
    seed: int = 0,
    views: Sequence[str] = VIEWS,
) -> dict[str, Area]:
    """The area for two sets of windows by view: all features, each kind, and matched windows.

    Matched windows have similar density and register; the view is missing where too few are.
    DatasetError when a side has fewer than four tunes.
    """
    for side, name in ((ours, "source"), (theirs, "reference")):
        tunes = len({window.group for window in side})
        if tunes < FEWEST_GROUPS:
            raise DatasetError(
                f"the {name} has {tunes} tunes with four-bar windows; give {FEWEST_GROUPS} or more"
            )
    both = [*ours, *theirs]
    label = np.array([1] * len(ours) + [0] * len(theirs))
    groups = np.array([f"{side}{w.group}" for side, w in zip(label, both, strict=True)])
    seen = [features(window) for window in both]
    parts = {kind: np.stack([each[kind] for each in seen]) for kind in KINDS}
    parts["all"] = np.concatenate([parts[kind] for kind in KINDS], axis=1)
    found = {view: _area(parts[view], label, groups, seed) for view in views if view != "matched"}
    if "matched" in views:
        left, right = matched(ours, theirs)
        chosen = np.array([*left, *(len(ours) + place for place in right)], int)
        if len({groups[i] for i in chosen}) >= 2 * FEWEST_GROUPS:
            found["matched"] = _area(parts["all"][chosen], label[chosen], groups[chosen], seed)
    return found


def _area(x: NDArray[np.float64], y: NDArray[np.int_], groups: NDArray[np.str_], seed: int) -> Area:
    require_installed("sklearn")
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 - an extra, and slow
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415
    from sklearn.model_selection import StratifiedGroupKFold  # noqa: PLC0415

    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    score = np.zeros(len(y))
    for train, test in folds.split(x, y, groups):
        forest = RandomForestClassifier(
            TREES, min_samples_leaf=2, class_weight="balanced", random_state=seed
        )
        forest.fit(x[train], y[train])
        score[test] = forest.predict_proba(x[test])[:, 1]
    draws = np.random.default_rng(seed)
    names = [np.unique(groups[y == side]) for side in (0, 1)]
    places = {name: np.flatnonzero(groups == name) for side in names for name in side}
    areas = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate(
            [places[name] for side in names for name in draws.choice(side, len(side))]
        )
        areas.append(roc_auc_score(y[drawn], score[drawn]))
    return Area(float(roc_auc_score(y, score)), float(np.std(areas)))

"""Bayesian optimisation of a recipe's values (as Xu et al., 2021, did for theirs), with Optuna.

The study is a journal in the folder, so several processes, or machines that share it, work on one study.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from perform.errors import RunFolderError
from training import config, dataset, experiment, files
from training.features.base import Extractor

JOURNAL, BEST = "study.journal", "best.toml"
MOST_UNPLAYABLE, MOST_COPIES = 0.02, 0.05
DEAR = 100.0  # what a share over its limit costs, in units of distance


def search(
    folder: Path,
    base: config.Options,
    bars: dataset.Dataset,
    extractor: Extractor,
    trials: int,
    held_out: int,
    report: Callable[[int, float], None] = lambda _number, _value: None,
) -> config.Options:
    """The best options so far, after so many more trials; also left in the folder as `best.toml`.

    A trial is one run on a split of its own, and its value the distance to held-out bars, dearer by 1
    for each percentage point of unplayable bars over 2 % or near-copies over 5 %. RunFolderError when
    Optuna is missing, or when the folder holds no journal of ours.
    """
    study = _study(folder)

    def objective(trial: Any) -> float:
        value = _value(propose(trial, base), trial.number, bars, extractor, held_out)
        report(trial.number, value)
        return value

    study.optimize(objective, n_trials=trials)
    best = propose(study.best_trial, base)
    files.write(folder / BEST, config.spell(best).encode())
    return best


def propose(trial: Any, base: config.Options) -> config.Options:
    """The base options with the values that a trial suggests, or had."""
    import optuna  # noqa: PLC0415

    if isinstance(trial, optuna.trial.FrozenTrial):
        trial = optuna.trial.FixedTrial(trial.params)
    return msgspec.structs.replace(
        base,
        learning_rate=trial.suggest_float("learning_rate", 1e-4, 2e-3, log=True),
        penalty=trial.suggest_float("penalty", 0.1, 10, log=True),
        average=1 - trial.suggest_float("forgetting", 1e-3, 3e-2, log=True),
        cut_columns=trial.suggest_int("cut_columns", 0, 24, step=4),
        octave_share=trial.suggest_float("octave_share", 0, 0.3),
    )


def _value(
    options: config.Options, seed: int, bars: dataset.Dataset, extractor: Extractor, held_out: int
) -> float:
    made = experiment.plan(bars, {"trial": options}, 1, "fair", held_out, extractor)
    line = experiment.run(experiment.Task("trial", seed), made, bars, extractor).line
    figures = line["figures"]
    over = max(0.0, figures["unplayable_raw"] - MOST_UNPLAYABLE)
    over += max(0.0, figures["copies"] - MOST_COPIES)
    return float(line["references"]["held_out"]["fid"] + DEAR * over)


def _study(folder: Path) -> Any:
    try:
        import optuna  # noqa: PLC0415 - an extra, and slow to import
        from optuna.storages import JournalStorage  # noqa: PLC0415
        from optuna.storages.journal import JournalFileBackend  # noqa: PLC0415
    except ImportError:
        raise RunFolderError(
            "searching needs Optuna, which is not installed; pip install '.[search]'"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return optuna.create_study(
            study_name="recipe",
            storage=JournalStorage(JournalFileBackend(str(folder / JOURNAL))),
            load_if_exists=True,
            # several processes must not all begin with the same proposals
            sampler=optuna.samplers.TPESampler(
                seed=int(np.random.SeedSequence().generate_state(1)[0])
            ),
        )
    except (ValueError, KeyError) as fault:
        raise RunFolderError(
            f"{folder}/{JOURNAL}: no study that can be continued ({fault}); name another folder"
        ) from None

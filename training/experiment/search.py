"""Bayesian optimisation of a recipe's values (as Xu et al., 2021, did for theirs), with Optuna.

The study is a journal in the folder, so several processes, or machines that share it, work on one study.
"""

import contextlib
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from perform import atomic_file
from perform.errors import DivergenceError, RunFolderError, SidemanError
from training import extras
from training.data import dataset
from training.experiment import plan as design
from training.experiment import runs
from training.features.base import Extractor
from training.options import Options, to_toml

JOURNAL, BEST = "study.journal", "best.toml"
TRIAL = "trial"
ENTRY = b'{"op_code"'  # how a line of the journal begins
MOST_UNPLAYABLE, MOST_COPIES = 0.02, 0.05
DEAR = 100.0  # what a share over its limit costs, in units of distance


def search(
    folder: Path,
    base: Options,
    bars: dataset.Dataset,
    extractor: Extractor,
    trials: int,
    held_out: int,
    report: Callable[[int, float], None] = lambda _number, _value: None,
) -> Options:
    """The best options so far, after so many more trials; left in the folder as `best.toml` after each of them.

    A trial is one run on a split of its own, and its value the distance to held-out bars, dearer by 1
    for each percentage point of unplayable bars over 2 % or near-copies over 5 %. One whose training loses
    itself is told as NaN, and the others go on. DatasetError for too few bars; RunFolderError when the
    folder holds another study, or no journal of ours.
    """
    if base.architecture == "markov":
        raise SidemanError("a Markov chain has no values to search for; name another --recipe")
    made = design.plan(bars, {TRIAL: base}, 1, "fair", held_out, extractor)
    extras.require_installed("tensorflow")
    study = _study(folder, made)

    def objective(trial: Any) -> float:
        try:
            value = _value(propose(trial, base), trial.number, made, bars, extractor)
        except DivergenceError:
            report(trial.number, math.nan)
            raise
        report(trial.number, value)
        return value

    def keep(study: Any, _trial: Any) -> None:
        with contextlib.suppress(ValueError):  # none has come to an end yet
            best = propose(study.best_trial, base)
            atomic_file.write(folder / BEST, to_toml(best).encode())

    study.optimize(objective, n_trials=trials, catch=DivergenceError, callbacks=[keep])
    try:
        return propose(study.best_trial, base)
    except ValueError:
        raise RunFolderError(
            f"{folder}: no trial came to an end; begin with a recipe of lower learning_rate"
        ) from None


def propose(trial: Any, base: Options) -> Options:
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
    options: Options,
    seed: int,
    made: design.Plan,
    bars: dataset.Dataset,
    extractor: Extractor,
) -> float:
    proposed = msgspec.structs.replace(made, arms={TRIAL: options})
    line = runs.run(runs.Task(TRIAL, seed), proposed, bars, extractor).line
    figures = line["figures"]
    over = max(0.0, figures["unplayable_raw"] - MOST_UNPLAYABLE)
    over += max(0.0, figures["copies"] - MOST_COPIES)
    return float(line["references"]["held_out"]["fid"] + DEAR * over)


def _study(folder: Path, made: design.Plan) -> Any:
    """The study in the folder, or a new one that keeps what all of its trials share."""
    import optuna  # noqa: PLC0415 - an extra, and slow to import
    from optuna.storages import JournalStorage  # noqa: PLC0415
    from optuna.storages.journal import JournalFileBackend  # noqa: PLC0415

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    _cut_torn(folder / JOURNAL)
    try:
        study = optuna.create_study(
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
    shared = {
        "recipe": msgspec.json.decode(msgspec.json.encode(made.arms[TRIAL])),
        "data": made.data["sha256"],
        "held_out": made.split["held_out"],
        "extractor": made.extractor["sha256"],
    }
    kept = study.user_attrs
    if not kept and not study.trials:
        for name, value in shared.items():
            study.set_user_attr(name, value)
        return study
    others = [name for name, value in shared.items() if kept.get(name) != value]
    if others:
        raise RunFolderError(
            f"{folder}: holds a study with other {others[0]}; name another folder, or call with what it "
            "was begun with"
        )
    return study


def _cut_torn(journal: Path) -> None:
    """Drop what a kill or a full disk left of a journal's last line: the next would join it, and nobody read either."""
    from optuna.storages.journal import JournalFileSymlinkLock  # noqa: PLC0415

    if not journal.exists():
        return
    lock = JournalFileSymlinkLock(str(journal))
    lock.acquire()  # or it may be a line that another process is about to end
    try:
        content = journal.read_bytes()
        whole = content.rfind(b"\n") + 1
        torn = content[whole:]
        if torn and (torn.startswith(ENTRY) or ENTRY.startswith(torn)):
            os.truncate(journal, whole)
    finally:
        lock.release()

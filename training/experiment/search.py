"""Bayesian search for the values of a recipe, with Optuna (as Xu et al., 2021).

The study is a journal in the folder, so several processes, or machines with the same folder, can
work on one study.
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
from training.experiment.plan import Plan, make_plan
from training.experiment.runs import Task, run_task
from training.features.base import Extractor
from training.options import Options, to_toml

JOURNAL, BEST = "study.journal", "best.toml"
TRIAL = "trial"
ENTRY = b'{"op_code"'  # every line of the journal begins with this
MOST_UNPLAYABLE, MOST_COPIES = 0.02, 0.05
EXCESS_COST = 100.0  # in units of distance, for a share over its limit


def run_search(
    folder: Path,
    base: Options,
    bars: dataset.Dataset,
    extractor: Extractor,
    trials: int,
    held_out: int,
    report: Callable[[int, float], None] = lambda _number, _value: None,
) -> Options:
    """The best options after so many more trials. They are written to `best.toml` after each.

    A trial is one run on its own split. Its value is the distance to the held-out bars, plus 1 for
    each percentage point of unplayable bars over 2 % and of near-copies over 5 %. `report` gets
    number and value of each trial; NaN for one that diverges. DatasetError for too few bars;
    RunFolderError when the folder holds another study or a journal of another program.
    """
    if base.architecture == "markov":
        raise SidemanError("a Markov chain has no values to search for; name another --recipe")
    plan = make_plan(bars, {TRIAL: base}, 1, "fair", held_out, extractor)
    extras.require_installed("tensorflow")
    study = _open_study(folder, plan)

    def objective(trial: Any) -> float:
        try:
            value = _value(suggest_options(trial, base), trial.number, plan, bars, extractor)
        except DivergenceError:
            report(trial.number, math.nan)
            raise
        report(trial.number, value)
        return value

    def write_best(study: Any, _trial: Any) -> None:
        with contextlib.suppress(ValueError):  # no trial has finished yet
            best = suggest_options(study.best_trial, base)
            atomic_file.write(folder / BEST, to_toml(best).encode())

    study.optimize(objective, n_trials=trials, catch=DivergenceError, callbacks=[write_best])
    try:
        return suggest_options(study.best_trial, base)
    except ValueError:
        raise RunFolderError(
            f"{folder}: no trial finished; begin with a recipe of lower learning_rate"
        ) from None


def suggest_options(trial: Any, base: Options) -> Options:
    """The base options with the values that a trial suggests; those it had if it is finished."""
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
    plan: Plan,
    bars: dataset.Dataset,
    extractor: Extractor,
) -> float:
    proposed = msgspec.structs.replace(plan, arms={TRIAL: options})
    line = run_task(Task(TRIAL, seed), proposed, bars, extractor).line
    figures = line["figures"]
    excess = max(0.0, figures["unplayable_raw"] - MOST_UNPLAYABLE)
    excess += max(0.0, figures["copies"] - MOST_COPIES)
    return float(line["references"]["held_out"]["fid"] + EXCESS_COST * excess)


def _open_study(folder: Path, plan: Plan) -> Any:
    """The study in the folder, or a new one. It keeps what all of its trials share."""
    import optuna  # noqa: PLC0415 - an extra, and slow to import
    from optuna.storages import JournalStorage  # noqa: PLC0415
    from optuna.storages.journal import JournalFileBackend  # noqa: PLC0415

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    _cut_torn_line(folder / JOURNAL)
    try:
        study = optuna.create_study(
            study_name="recipe",
            storage=JournalStorage(JournalFileBackend(str(folder / JOURNAL))),
            load_if_exists=True,
            # with one fixed seed several processes would begin with the same suggestions
            sampler=optuna.samplers.TPESampler(
                seed=int(np.random.SeedSequence().generate_state(1)[0])
            ),
        )
    except (ValueError, KeyError) as error:
        raise RunFolderError(
            f"{folder}/{JOURNAL}: no study that can be continued ({error}); name another folder"
        ) from None
    shared = {
        "recipe": msgspec.json.decode(msgspec.json.encode(plan.arms[TRIAL])),
        "data": plan.data["sha256"],
        "held_out": plan.split["held_out"],
        "extractor": plan.extractor["sha256"],
    }
    kept = study.user_attrs
    if not kept and not study.trials:
        for name, value in shared.items():
            study.set_user_attr(name, value)
        return study
    differing = [name for name, value in shared.items() if kept.get(name) != value]
    if differing:
        raise RunFolderError(
            f"{folder}: holds a study with other {differing[0]}; name another folder, or repeat "
            "the command that began it"
        )
    return study


def _cut_torn_line(journal: Path) -> None:
    """Drop a last line that a kill or a full disk cut short: the next would be appended to it."""
    from optuna.storages.journal import JournalFileSymlinkLock  # noqa: PLC0415

    if not journal.exists():
        return
    lock = JournalFileSymlinkLock(str(journal))
    lock.acquire()  # another process may be writing the line
    try:
        content = journal.read_bytes()
        whole = content.rfind(b"\n") + 1
        torn = content[whole:]
        if torn and (torn.startswith(ENTRY) or ENTRY.startswith(torn)):
            os.truncate(journal, whole)
    finally:
        lock.release()

"""The commands on many runs: `experiment`, `search` and `report`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from perform.errors import RunFolderError
from training.augment.pipeline import pipeline_warnings
from training.commands.console import print_notes, progress_bar
from training.data import dataset
from training.features.registry import open_extractor
from training.options import read_arms, read_recipe, with_flags


def experiment(
    folder: Path,
    data: Sequence[Path] | None,
    chord: str | None,
    arms: Sequence[str] | None,
    given: dict[str, Any],
    steps: int | None,
    cores: int,
    cluster: str | None,
) -> None:
    """Begin or continue an experiment. `given`: what the command names of its plan, else None."""
    from training.experiment import executors, plan, runs  # noqa: PLC0415 - scipy is slow

    given = {**given, "arms": read_arms(arms) if arms else None}
    begun = None if data else plan.experiment_data(folder)
    bars = dataset.load(begun) if begun else dataset.open_data(data, chord)
    requested = plan.requested_plan(folder, bars, given, steps)
    print_notes(plan.version_warnings(folder, requested))
    for name, options in requested.arms.items():
        print_notes(f"{name}: {line}" for line in pipeline_warnings(options.augment))
    if cluster:
        executor = executors.on_cluster(cluster, lambda line: print_notes([line]))
    else:
        executor = executors.on_cores(cores, requested)
    try:
        with executor as runner, progress_bar() as bar:
            task = bar.add_task("runs")

            def report_progress(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            runs.run_experiment(folder, requested, bars, runner, report_progress)
    except KeyboardInterrupt:
        raise RunFolderError(f"stopped; repeat the command to continue with {folder}") from None
    failures = runs.read_failures(folder)
    print_notes(f"{run['arm']}, seed {run['seed']}: {run['failed']}" for run in failures)
    count = len(runs.read_results(folder))
    print(f"{folder}: {count} runs; training report {folder} -o report")


def search(
    folder: Path,
    data: Sequence[Path] | None,
    chord: str | None,
    recipe: str,
    steps: int | None,
    trials: int,
    held_out: int,
) -> None:
    """Search for better values of a recipe."""
    from training.experiment.search import BEST, run_search  # noqa: PLC0415 - optuna is slow

    bars = dataset.open_data(data, chord)
    base = with_flags(read_recipe(recipe), {"steps": steps})

    def report_trial(number: int, value: float) -> None:
        print(f"trial {number}: {value:.2f}", flush=True)

    try:
        run_search(folder, base, bars, open_extractor(), trials, held_out, report_trial)
    except KeyboardInterrupt:
        raise RunFolderError(f"stopped; repeat the command to continue with {folder}") from None
    best = folder / BEST
    print(f"{best}: the best so far; training run --recipe {best}")


def report(folders: Sequence[Path], output: Path) -> None:
    """Write the report of experiments."""
    from training.report.write import write_report  # noqa: PLC0415 - matplotlib is slow

    for path in write_report(folders, output, lambda line: print_notes([line])):
        print(path)

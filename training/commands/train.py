"""The commands that train and export: `run`, `export` and `weights`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from perform.errors import DatasetError, RunFolderError, SidemanError
from training import extras
from training.augment.pipeline import augmented_count, pipeline_warnings
from training.commands import lines
from training.commands.console import print_notes, progress_bar
from training.commands.info import describe_bundle
from training.data import dataset
from training.options import DEFAULT_RECIPE, Options, read_recipe, to_toml, with_flags
from training.train.run_folder import RunSetup, check_same, read_setup


def run(
    folder: Path | None,
    data: Sequence[Path] | None,
    chord: str | None,
    recipe: str | None,
    flags: dict[str, Any],
    epochs: int | None,
    *,
    resume: bool,
    dry_run: bool,
) -> None:
    """Train a run, or print its recipe. `flags`: options by name, None where not given."""
    if flags["steps"] is not None and epochs is not None:
        raise SidemanError("--steps and --epochs both set the length; leave one of them out")
    if folder is None and not dry_run:
        raise RunFolderError("a run needs a folder; name one with -o")
    if lines.is_requested(folder, recipe, flags["architecture"], resume=resume):
        if chord is not None or epochs is not None:
            raise SidemanError(
                "--chord and --epochs are for single bars; lines have their chords, and --steps"
            )
        lines.run(folder, data, recipe, flags, resume=resume, dry_run=dry_run)
        return
    begun = read_setup(folder) if folder is not None and resume else None
    options = with_flags(_base_options(begun, recipe, flags["architecture"]), flags)
    print_notes(pipeline_warnings(options.augment))
    bars = begun.bars if begun and not data and not chord else dataset.open_data(data, chord)
    print_notes(f"skipped {broken}" for broken in bars.counts.broken)
    if len(bars.rolls) < 2:
        raise DatasetError("one bar is not enough to train on; give at least two")
    count = augmented_count(len(bars.rolls), options.augment)
    if epochs is not None:
        options = msgspec.structs.replace(options, steps=-(-epochs * count // options.batch))
    if folder is not None and begun:
        check_same(folder, begun, RunSetup(options, bars))
    if folder is None or dry_run:
        print(to_toml(options), end="")
        return
    if options.architecture == "markov":
        raise SidemanError("a Markov chain is not trained; it is an arm of training experiment")
    _train(folder, options, bars, resume=resume)


def _base_options(begun: RunSetup | None, recipe: str | None, architecture: str | None) -> Options:
    """The options that flags change: of the recipe, else of the begun run, else of the default.

    The paper's networks come with its own training unless another recipe is given.
    """
    if begun and not recipe:
        return begun.options
    return read_recipe(recipe or ("paper" if architecture == "paper" else DEFAULT_RECIPE))


def _train(folder: Path, options: Options, bars: dataset.Dataset, *, resume: bool) -> None:
    extras.require_installed("matplotlib")  # before tensorflow, which takes seconds
    from training.train import trainer  # noqa: PLC0415

    trained = trainer.open_run(folder) if resume else trainer.start_run(folder, options, bars)
    for name in trained.labels.constant:
        print_notes([f"{name} is the same in every bar, so it cannot be asked for"])
    try:
        with progress_bar() as bar:
            task = bar.add_task("training", total=trained.options.steps, completed=trained.step)

            def report(step: int, losses: dict[str, float]) -> None:
                epoch = step * trained.options.batch // len(trained.augmented)
                text = " ".join(f"{name} {value:.2f}" for name, value in losses.items())
                bar.update(task, completed=step, description=f"epoch {epoch}: {text}")

            trained.train(report)
    except KeyboardInterrupt:
        raise RunFolderError(f"stopped; to continue: training run --resume -o {folder}") from None
    print(f"{folder}: {trained.step} steps, {trained.seconds:.0f} s")


def export_bundle(folder: Path, output: Path, remark: str, *, discriminator: bool) -> None:
    """Write a run's generator as a bundle."""
    if lines.is_line_run(folder):
        print(describe_bundle(lines.export_bundle(folder, output, remark)))
        return
    from training.train.export import export  # noqa: PLC0415 - tensorflow takes seconds
    from training.train.trainer import open_trained  # noqa: PLC0415

    bundle = export(open_trained(folder), output, remark, discriminator=discriminator)
    print(describe_bundle(bundle))


def export_weights(folder: Path, output: Path) -> None:
    """Write a run's weights, from which other runs may start."""
    if lines.is_line_run(folder):
        lines.export_weights(folder, output)
        return
    from training.pretrained.weights import write_weights  # noqa: PLC0415
    from training.train.export import bars_by_source  # noqa: PLC0415 - tensorflow takes seconds
    from training.train.trainer import open_trained  # noqa: PLC0415

    trained = open_trained(folder)
    data = {"bars": len(trained.bars.rolls), "files": bars_by_source(trained.bars)}
    write_weights(output, trained.weights, {"trained_steps": trained.step, "data": data})
    print(f"{output}: training run --pretrained {output}")

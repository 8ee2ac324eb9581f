"""The commands `run`, `export` and `weights` for lines: runs of architecture "phrase"."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from perform.bundles.bundle import Bundle
from perform.errors import RunFolderError, SidemanError
from training.augment.lines import open_augmented
from training.commands.console import progress_bar
from training.data.piece_files import own_melodies
from training.options import LineOptions, read_any_options, read_any_recipe, to_toml, with_flags
from training.train.run_folder import OPTIONS

ARCHITECTURE = "phrase"
RECIPE = "lines"


def is_requested(
    folder: Path | None, recipe: str | None, architecture: str | None, *, resume: bool
) -> bool:
    """Whether `training run` is to train lines: by its flags, its recipe, or the run to resume."""
    if resume and folder is not None and (folder / OPTIONS).is_file():
        return is_line_run(folder)
    if recipe is not None:
        return isinstance(read_any_recipe(recipe), LineOptions)
    return architecture == ARCHITECTURE


def is_line_run(folder: Path) -> bool:
    """Whether a folder has a run of lines."""
    options = folder / OPTIONS
    return options.is_file() and isinstance(read_any_options(options), LineOptions)


def run(
    folder: Path | None,
    data: Sequence[Path] | None,
    recipe: str | None,
    flags: dict[str, Any],
    *,
    resume: bool,
    dry_run: bool,
) -> None:
    """Train lines, or print the recipe. Without data, on the melodies of our own book."""
    if folder is None and not dry_run:
        raise RunFolderError("a run needs a folder; name one with -o")
    given = {name: value for name, value in flags.items() if name != "architecture"}
    base = read_any_recipe(recipe or RECIPE)
    if not isinstance(base, LineOptions):
        raise SidemanError(f"recipe {recipe}: not of architecture phrase; leave out --architecture")
    options = with_flags(base, given)
    if folder is None or dry_run:
        print(to_toml(options), end="")
        return
    if resume and (data or recipe or any(value is not None for value in given.values())):
        raise RunFolderError(
            f"{folder}: a run continues as it began; give --resume and -o alone, "
            "or begin in another folder"
        )
    from training.lines import run as runs  # noqa: PLC0415 - tensorflow takes seconds

    book = own_melodies()
    if resume:
        trained = runs.open_run(folder, book)
    else:
        pieces = open_augmented(data or (), options.augment, options.seed)
        trained = runs.start_run(folder, options, pieces, book)
    try:
        with progress_bar() as bar:
            task = bar.add_task("training", total=trained.options.all_steps, completed=trained.step)

            def report(step: int, losses: dict[str, float]) -> None:
                text = " ".join(f"{name} {value:.2f}" for name, value in losses.items())
                bar.update(task, completed=step, description=text)

            trained.train(report)
    except KeyboardInterrupt:
        raise RunFolderError(f"stopped; to continue: training run --resume -o {folder}") from None
    print(f"{folder}: {trained.step} steps, {trained.seconds:.0f} s")


def export_bundle(folder: Path, output: Path, remark: str) -> Bundle:
    """The bundle of a run of lines, written at `output`."""
    from training.lines import run as runs  # noqa: PLC0415 - tensorflow takes seconds
    from training.lines.export import export  # noqa: PLC0415

    return export(_trained(folder), output, runs.piece_names(folder), remark)


def export_weights(folder: Path, output: Path) -> None:
    """Write the weights of a run of lines."""
    from training.pretrained.weights import write_weights  # noqa: PLC0415

    trained = _trained(folder)
    data = {"bars": len(trained.given.kinds)}
    write_weights(output, trained.weights, {"trained_steps": trained.step, "data": data})
    print(f"{output}: training run --recipe {RECIPE} --pretrained {output}")


def _trained(folder: Path) -> Any:
    from training.lines import run as runs  # noqa: PLC0415 - tensorflow takes seconds

    trained = runs.open_run(folder, own_melodies())
    if trained.step == 0:
        raise RunFolderError(f"{folder}: nothing is trained yet; training run --resume -o {folder}")
    return trained

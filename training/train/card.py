"""The card of a bundle: what it was trained on and what was measured, for a human reader."""

from perform.bundles import bundle
from training.metrics.copies import COPY_CELLS
from training.metrics.playability import leaps
from training.train.trainer import Run


def write_card(run: Run, manifest: bundle.Manifest, remark: str) -> str:
    """The card as Markdown. `remark`: what the model is good and bad at."""
    options = run.options
    files = ", ".join(f"{count} of `{name}`" for name, count in manifest.data["files"].items())
    augmented = f", augmented to {len(run.augmented):,}" if options.augment else ""
    pretrained = (
        f"; it started from the weights `{options.pretrained}` of other bars"
        if options.pretrained
        else ""
    )
    width = f" (width {options.width})" if options.architecture in {"compact", "melody"} else ""
    conditions = ", ".join(manifest.conditions)
    lines = [
        f"# {manifest.name}",
        "",
        f"One-bar phrases, invented by a small GAN. Licence: {manifest.licence}.",
        "",
        "## How it was made",
        "",
        f"- **Trained on** {len(run.bars.rolls)} bars: {files}{augmented}{pretrained}.",
        (
            f"- **Trained for** {run.step} steps of {options.batch} bars, {run.seconds:.0f} s: "
            "architecture"
        ),
        (
            f"  `{options.architecture}`{width}, {options.loss} loss, "
            f"R1 + R2 penalty {options.penalty:g}, weights"
        ),
        (
            f"  averaged by {options.average:g}, seed {options.seed}. "
            "Every option is in `manifest.json`."
        ),
        *([f"- **Can be asked for**: {conditions}."] if conditions else []),
        (
            f"- **Clean-up** before a phrase is played: a cell is on above {manifest.threshold:g}; "
            "a gap of one column in a"
        ),
        (
            "  torn note is filled; a note of one column (shorter than a 1/32) is dropped; "
            "a bar that is unplayable"
        ),
        "  even so is replaced by its neighbour in the batch.",
        "",
        *_measured(run, manifest),
        *_conditions(manifest),
        "",
        remark,
    ]
    return "\n".join(lines).rstrip() + "\n"


def _measured(run: Run, manifest: bundle.Manifest) -> list[str]:
    """The table of what was measured, a line each."""
    figures = manifest.metrics
    training_leaps = leaps(run.bars.rolls)
    rows = {
        "unplayable (empty, over 4 voices, or mostly notes under 1/32), raw": (
            f"{figures['unplayable_raw']:.2%}"
        ),
        "unplayable, cleaned": f"{figures['unplayable_cleaned']:.2%}",
        f"within {COPY_CELLS} of 3,072 cells of a training bar (near-copies), cleaned": (
            f"{figures['copies']:.2%}"
        ),
        "distinct bars": f"{figures['distinct']:.2%}",
        "notes a bar (mean)": f"{figures['notes_a_bar']:.1f}",
        "onsets where the training bars have theirs": f"{figures['onsets_in_style']:.1%}",
        f"moves wider than an octave (of the training bars': {training_leaps:.1%})": (
            f"{figures['leaps']:.1%}"
        ),
        "bars in which two notes overlap": f"{figures['overlapping']:.1%}",
        f"LiteRT, one thread, batch {manifest.batch}, where it was exported": (
            f"{figures['milliseconds_a_phrase']:.3f} ms a phrase"
        ),
    }
    head = [f"| measured over {figures['samples']} samples | |", "| --- | --- |"]
    return head + [f"| {name} | {value} |" for name, value in rows.items()]


def _conditions(manifest: bundle.Manifest) -> list[str]:
    """The table of what bars are like under each condition, a line each; else nothing."""
    effects = manifest.metrics["obeys"]
    if not effects:
        return []
    rows = [
        f"| {name} | " + " | ".join(f"{value:g}" for value in row.values()) + " |"
        for name, row in effects.items()
    ]
    return [
        "",
        "| asked for | notes a bar | mean pitch above the root | minor thirds | major thirds |",
        "| --- | --- | --- | --- | --- |",
        *rows,
    ]

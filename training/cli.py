"""The command `training`: parses flags and calls `training.commands`; nothing else."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from perform.command_line import VersionOption, drop_lost_output
from perform.errors import SidemanError
from training import extras
from training.commands import data as data_commands
from training.commands import evaluate, train
from training.commands import experiment as experiments
from training.commands import info as info_command
from training.options import DEFAULT_RECIPE

app = typer.Typer(
    name="training",
    help="Sideman's training: MIDI files in, a trained bundle out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
Data = Annotated[
    list[Path] | None,
    typer.Argument(help="MIDI files, folders, or one .npz; default: our own bars"),
]
WeightsOption = Annotated[Path | None, typer.Option(help="weights of inception, .h5")]
NpzOption = Annotated[Path, typer.Option("-o", "--output", help="the .npz to write")]
CorpusOption = Annotated[list[str] | None, typer.Option(help="collections of music21's corpus")]
ChordOption = Annotated[str | None, typer.Option("--chord", help="the root of every bar, like Bb")]


def main() -> None:
    """Run a command. An error that the user can correct becomes one line and an exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        try:
            app()
        except ModuleNotFoundError as error:
            raise extras.installation_error(error) from None
    except SidemanError as error:
        print(f"training: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:  # a full disk, or a folder without permission
        reason = f"{error.filename}: {error.strerror}" if error.filename else error
        print(f"training: {reason}; free it or name another place", file=sys.stderr)
        sys.exit(SidemanError.exit_code)
    finally:
        drop_lost_output()


@app.callback()
def options(version: VersionOption = False) -> None:
    """What comes before a command."""


@app.command("import")
def import_(
    data: Data = None,
    output: NpzOption = Path("bars.npz"),
    chord: ChordOption = None,
    corpus: CorpusOption = None,
    kind: Annotated[
        str, typer.Option(help="of the corpus only tunes of this kind: reel, hornpipe")
    ] = "",
) -> None:
    """Read MIDI files, or tunes of music21's corpus, into bars, and print what was left out."""
    data_commands.import_bars(data, output, chord, corpus, kind)


@app.command()
def augment(
    data: Data = None,
    output: NpzOption = Path("augmented.npz"),
    stages: Annotated[
        str, typer.Option(help="the pipeline: NAME:FACTOR, ...; default: the paper's")
    ] = "time-change:6,fifth-addition:3,octave-change:1",
    seed: Annotated[int, typer.Option(min=0)] = 0,
    chord: ChordOption = None,
    preview: Annotated[
        Path | None, typer.Option(help="a PNG to write: bars before and after")
    ] = None,
    *,
    list_: Annotated[bool, typer.Option("--list", help="print all strategies")] = False,
) -> None:
    """Make more bars of the bars in a data set (paper, section 4.3)."""
    if list_:
        data_commands.list_strategies()
    else:
        data_commands.augment_bars(data, output, stages, seed, chord, preview)


@app.command()
def run(
    folder: Annotated[Path | None, typer.Option("-o", "--output", help="the run's folder")] = None,
    data: Data = None,
    chord: ChordOption = None,
    recipe: Annotated[
        str | None, typer.Option(help="a shipped one, or your own .toml; default: sideman")
    ] = None,
    architecture: Annotated[
        str | None, typer.Option(help="compact, melody, paper or phrase")
    ] = None,
    loss: Annotated[str | None, typer.Option(help="relativistic, hinge or cross-entropy")] = None,
    steps: Annotated[int | None, typer.Option(help="training steps")] = None,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="instead of steps: how many times each bar is drawn on average"),
    ] = None,
    batch: Annotated[int | None, typer.Option(help="bars a step")] = None,
    width: Annotated[int | None, typer.Option(help="channels of compact and melody")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="of both optimisers")] = None,
    penalty: Annotated[float | None, typer.Option(help="weight of R1 and R2; 0 for none")] = None,
    pretrained: Annotated[
        str | None, typer.Option(help="weights to start from: a name or an .npz; '' for none")
    ] = None,
    seed: Annotated[int | None, typer.Option()] = None,
    *,
    resume: Annotated[
        bool, typer.Option("--resume", help="continue the run in the folder as it was begun")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only print the complete recipe")
    ] = False,
) -> None:
    """Train a GAN on bars; --resume continues a run that was stopped."""
    flags = {
        "architecture": architecture,
        "loss": loss,
        "steps": steps,
        "batch": batch,
        "width": width,
        "learning_rate": learning_rate,
        "penalty": penalty,
        "pretrained": pretrained,
        "seed": seed,
    }
    train.run(folder, data, chord, recipe, flags, epochs, resume=resume, dry_run=dry_run)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="the run's folder")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="the bundle's folder, models/NAME")
    ],
    remark: Annotated[str, typer.Option(help="what it is good and bad at, for the card")] = "",
    *,
    discriminator: Annotated[
        bool, typer.Option("--discriminator", help="keep it too, for the weight 'opinion'")
    ] = False,
) -> None:
    """Write a run's generator as a bundle, and check the written files."""
    train.export_bundle(folder, output, remark, discriminator=discriminator)


@app.command()
def weights(
    folder: Annotated[Path, typer.Argument(help="the run's folder")],
    output: NpzOption = Path("weights.npz"),
) -> None:
    """Write a run's weights, to start other runs: training run --pretrained weights.npz."""
    train.export_weights(folder, output)


@app.command()
def info(
    path: Annotated[Path, typer.Argument(help="a bundle, a run's folder or a data set")],
    animate: Annotated[
        Path | None, typer.Option(help="a GIF to write: a run's samples from first to last")
    ] = None,
) -> None:
    """Show what a bundle, a run or an imported data set is."""
    info_command.show_info(path, animate)


@app.command()
def fid(
    one: Annotated[Path, typer.Argument(help="a data set, MIDI files, a bundle or a run")],
    other: Annotated[Path, typer.Argument(help="what to compare it with")],
    extractor: Annotated[str, typer.Option(help="spr or inception")] = "spr",
    weights: WeightsOption = None,
    samples: Annotated[int, typer.Option(min=2, help="at most so many bars of each")] = 1000,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    chord: ChordOption = None,
    *,
    json_: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Measure how far bars are from bars: FID, KID, precision, recall, density, coverage.

    The same number of bars of each is drawn at random; if both are the same, the two draws differ.
    Bars that a model generates are cleaned as they are when they are played; bars of files are
    measured as they are.
    """
    evaluate.measure_distance(one, other, extractor, weights, samples, seed, chord, as_json=json_)


@app.command()
def judge(
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="bundles, books, lead sheets, MIDI files with chords, or data sets"),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="the reference: lines that are good; default: our own book"),
    ] = None,
    learned_from: Annotated[
        list[Path] | None,
        typer.Option(help="the lines that a source was trained on; default: the reference"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="a folder for judge.html and judge.json")
    ] = None,
    charts: Annotated[
        int, typer.Option(min=4, help="how many charts of the reference a bundle plays")
    ] = 24,
    role: Annotated[str, typer.Option(help="what a bundle plays like: lead, bass")] = "lead",
    seed: Annotated[int, typer.Option(min=0)] = 0,
    *,
    card: Annotated[
        bool, typer.Option("--card", help="write the judgement of a bundle into its card too")
    ] = False,
    prove: Annotated[
        bool,
        typer.Option("--prove", help="test the judge itself with corrupted lines of the reference"),
    ] = False,
) -> None:
    """Judge whether lines sound like those of a reference.

    A two-sample classifier, bits a note, plain figures, near-copies, and text to read.
    """
    from training.commands import judge as command  # noqa: PLC0415

    if prove:
        command.prove(against, seed)
    else:
        playing = command.Playing(charts, role, seed)
        command.judge(sources, against, learned_from, output, playing, card=card)


@app.command()
def teach(
    folder: Annotated[Path, typer.Option("-o", "--output", help="the extractor's folder")],
    corpus: CorpusOption = None,
    epochs: Annotated[int, typer.Option(min=1, help="times through the bars")] = 9,
) -> None:
    """Train the feature extractor that distances use, as the shipped one was trained."""
    evaluate.teach(folder, corpus, epochs)


@app.command()
def taste(
    output: Annotated[Path, typer.Option("-o", "--output", help="the TFLite file to write")] = Path(
        "taste.tflite"
    ),
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Train a taste on our own book: it chooses among the candidate bars of lines."""
    from training.commands import taste as command  # noqa: PLC0415

    command.train(output, seed)


@app.command()
def experiment(
    folder: Annotated[Path, typer.Option("-o", "--output", help="the experiment's folder")],
    data: Data = None,
    chord: ChordOption = None,
    arm: Annotated[
        list[str] | None, typer.Option(help="a recipe; default: the paper's three and markov")
    ] = None,
    runs: Annotated[int | None, typer.Option(min=1, help="paired runs an arm; default: 20")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="of every arm")] = None,
    protocol: Annotated[str | None, typer.Option(help="fair (default) or paper")] = None,
    held_out: Annotated[
        int | None, typer.Option(help="bars that no run is trained on; default: 41")
    ] = None,
    extractor: Annotated[str | None, typer.Option(help="spr (default) or inception")] = None,
    weights: WeightsOption = None,
    cores: Annotated[int, typer.Option(min=1, help="processes on this machine")] = 2,
    cluster: Annotated[str | None, typer.Option(help="a Dask scheduler instead: tcp://...")] = None,
) -> None:
    """Run the paper's experiment; if it is stopped, the same command continues it.

    In the folder of an experiment, options that are not given are those that it was begun with.
    """
    given = {
        "runs": runs,
        "protocol": protocol,
        "held_out": held_out,
        "extractor": extractor,
        "weights": weights,
    }
    experiments.experiment(folder, data, chord, arm, given, steps, cores, cluster)


@app.command()
def search(
    folder: Annotated[Path, typer.Option("-o", "--output", help="the study's folder")],
    data: Data = None,
    chord: ChordOption = None,
    recipe: Annotated[str, typer.Option(help="the recipe to begin with")] = DEFAULT_RECIPE,
    steps: Annotated[int | None, typer.Option(min=1, help="of every trial")] = None,
    trials: Annotated[int, typer.Option(min=1, help="how many more trials")] = 20,
    held_out: Annotated[int, typer.Option(help="bars that no trial is trained on")] = 41,
) -> None:
    """Search for better values of a recipe; several processes may work in one folder."""
    experiments.search(folder, data, chord, recipe, steps, trials, held_out)


@app.command()
def report(
    folders: Annotated[list[Path], typer.Argument(help="experiments' folders")],
    output: Annotated[Path, typer.Option("-o", "--output", help="the folder to write")] = Path(
        "report"
    ),
) -> None:
    """Write the results of experiments as one HTML file, and as Markdown with images."""
    experiments.report(folders, output)

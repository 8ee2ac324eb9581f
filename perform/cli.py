"""`perform`: the flags of each command -> a call in `perform.commands`.

Nothing else happens here.
"""

import io
import logging
import os
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from perform.command_line import VersionOption, drop_lost_output
from perform.errors import SidemanError

app = typer.Typer(
    name="perform",
    help="Sideman, an improvising partner: receives chords, plays phrases.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
SetFile = Annotated[
    Path | None,
    typer.Option("--set", metavar="SET.toml", help="songs to play; default: as the rig says"),
]
RigFile = Annotated[Path, typer.Argument(metavar="RIG.toml", help="the rig file")]
System = Annotated[str, typer.Option(help="auto, alsa, jack, coremidi or winmm")]
Binding = Annotated[str, typer.Option(help="the MIDI library: auto, rtmidi or supriya")]
SpellingName = Annotated[
    str, typer.Option("--spelling", help="international, german, latin, cifra or harte")
]
SoundFont = Annotated[Path | None, typer.Option(help="a .sf2 or .sf3 file for the WAV")]


def main() -> None:
    """Run a command; an error that the user can mend becomes one line and an exit code."""
    _replace_closed_streams()
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.INFO)
    sys.argv[1:] = _complete_panel_option(sys.argv[1:])
    try:
        app()
    except SidemanError as error:
        print(f"perform: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(0)
    finally:
        drop_lost_output()


@app.callback()
def options(version: VersionOption = False) -> None:
    """What comes before a command."""


@app.command()
def demo(
    seconds: Annotated[
        float | None, typer.Option(help="how long; default: one chorus", min=1)
    ] = None,
    out: Annotated[Path, typer.Option(help="the folder for demo.mid and demo.wav")] = Path(),
    soundfont: SoundFont = None,
    seed: Annotated[int, typer.Option(help="another number, another solo")] = 0,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="write the files, do not play aloud")
    ] = False,
) -> None:
    """Play a twelve-bar blues, aloud where there is a sound card; no hardware needed."""
    from perform.commands import demo as command  # noqa: PLC0415

    command.run(seconds, out, soundfont, seed, quiet=quiet)


@app.command()
def run(
    rig: Annotated[
        Path | None, typer.Argument(metavar="[RIG.toml]", help="default: a rig for this machine")
    ] = None,
    view: Annotated[
        bool | None,
        typer.Option(help="show the performance in the terminal; default: if there is one"),
    ] = None,
    panel: Annotated[
        str | None,
        typer.Option(
            metavar="[HOST:PORT]",
            help="a page in the browser; for other machines (0.0.0.0:8137) with a code to scan",
        ),
    ] = None,
    song_set: SetFile = None,
    *,
    strict: Annotated[
        bool, typer.Option("--strict", help="exit where a part of the rig is not there")
    ] = False,
    from_rig: Annotated[
        bool, typer.Option("--from-rig", help="begin as the rig says, not as the last run ended")
    ] = False,
) -> None:
    """Listen for chords and play, until Ctrl-C.

    What is not there yet is waited for, and everything else plays.
    """
    from perform.commands import run as command  # noqa: PLC0415

    command.run(rig, panel, song_set, view=view, strict=strict, from_rig=from_rig)


@app.command()
def render(
    chart: Annotated[
        str, typer.Argument(help="chords, 'C7 | F7 | ...', a file of them, or a session's .jsonl")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="FILE.mid, FILE.wav or FILE.png")],
    role: Annotated[str, typer.Option(help="what it plays like: lead, answer, bass, pad")] = "lead",
    model: Annotated[
        str, typer.Option(help="a bundle, or 'canned'; default: the one of the role")
    ] = "",
    seed: Annotated[int, typer.Option(help="the same seed gives the same notes")] = 0,
    tempo: Annotated[float, typer.Option(min=20, max=400, help="quarter notes a minute")] = 120.0,
    metre: Annotated[
        str, typer.Option(help="3/4, 5/4, 6/8, 7/8, 12/8, ...; default: as the chart says, or 4/4")
    ] = "",
    feel: Annotated[
        str, typer.Option(help="swing, funk, latin, ... for a bundle that has it")
    ] = "auto",
    spelling: SpellingName = "",
    soundfont: SoundFont = None,
) -> None:
    """Play a chart or a recorded session into a file, faster than real time.

    The same chart and seed give the same notes; a session gives the notes that were played.
    """
    from perform.commands import render as command  # noqa: PLC0415

    command.run(
        chart,
        output,
        role=role,
        model=model,
        seed=seed,
        tempo=tempo,
        metre=metre,
        spelling=spelling,
        feel=feel,
        soundfont=soundfont,
    )


@app.command()
def init(rig: RigFile = Path("rig.toml")) -> None:
    """Write a commented rig to start from: the one that `perform run` plays without a rig."""
    from perform.commands import check as command  # noqa: PLC0415

    command.write_rig(rig)


@app.command()
def check(rig: RigFile, song_set: SetFile = None) -> None:
    """Open everything that a rig names, and say whether it all works."""
    from perform.commands import check as command  # noqa: PLC0415

    command.check(rig, song_set)


@app.command()
def ports(system: System = "auto", binding: Binding = "auto") -> None:
    """List the MIDI ports that are plugged in, and the library through which they are opened."""
    from perform.commands import ports as command  # noqa: PLC0415

    command.list_ports(command.settings(system, binding))


@app.command()
def controls(
    as_json: Annotated[bool, typer.Option("--json", help="one list of objects")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="the reference page")] = False,
) -> None:
    """List every address, below the prefix: those that can be set, and those that are published."""
    from perform.commands import control_table as command  # noqa: PLC0415

    command.run(as_json=as_json, as_markdown=as_markdown)


@app.command()
def surface(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="touchosc, max, pd or open-stage-control")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="the file to write")],
    rig: Annotated[
        Path | None, typer.Argument(metavar="[RIG.toml]", help="whose voices; default: one a role")
    ] = None,
    daemon: Annotated[
        str | None, typer.Option(help="the daemon's host:port; default: as the rig says")
    ] = None,
    back: Annotated[int, typer.Option(min=1, max=65535, help="the port for its answers")] = 9001,
) -> None:
    """Write a control surface for the voices of a rig, and a picture of it beside it."""
    from perform.commands import surface as command  # noqa: PLC0415

    command.run(kind, output, rig, daemon, back)


@app.command()
def latency(
    output: Annotated[str, typer.Option(help="the output port to send to")],
    input_: Annotated[str, typer.Option("--input", help="the input port where it comes back")],
    count: Annotated[int, typer.Option(min=1, max=10_000, help="how many notes")] = 200,
    system: System = "auto",
    binding: Binding = "auto",
) -> None:
    """Measure how long notes take from an output port back to an input port."""
    from perform.commands import latency as command  # noqa: PLC0415
    from perform.commands.ports import settings  # noqa: PLC0415

    command.run(output, input_, count, settings(system, binding))


@app.command()
def stats(
    address: Annotated[str, typer.Argument(help="host:port of the daemon")] = "127.0.0.1:9000",
    prefix: Annotated[str, typer.Option(help="of its addresses")] = "/sideman",
) -> None:
    """Ask a running daemon what it played, and how late."""
    from perform.commands import stats as command  # noqa: PLC0415

    command.run(address, prefix)


@app.command()
def models(
    name: Annotated[str | None, typer.Argument(help="print the card of this one")] = None,
) -> None:
    """List the bundles on this machine, or print the card of one."""
    from perform.commands import models as command  # noqa: PLC0415

    command.run(name)


@app.command()
def chord(
    words: Annotated[list[str] | None, typer.Argument(help="symbols, or MIDI note numbers")] = None,
    after: Annotated[str, typer.Option(help="the chord before it: Dm7")] = "",
    key: Annotated[str, typer.Option(help="the key: C, F#m")] = "",
    bass: Annotated[str, typer.Option(help="the note of a bass: G")] = "",
    spelling: SpellingName = "",
    as_json: Annotated[bool, typer.Option("--json", help="one object a line")] = False,
) -> None:
    """Name chords: symbols or MIDI note numbers, as arguments, or one a line on standard input.

    What is known around notes may name another chord: F A B E is G13 after Dm7.
    """
    from perform.commands import chord as command  # noqa: PLC0415

    command.run(words, command.hints(after, key, bass), spelling=spelling, as_json=as_json)


@app.command()
def panic(
    port: Annotated[
        str | None, typer.Argument(help="part of a port's name; default: every port")
    ] = None,
    system: System = "auto",
    binding: Binding = "auto",
) -> None:
    """Send all notes off, on every channel of every MIDI output, or of one."""
    from perform.commands import ports as command  # noqa: PLC0415

    command.silence(port, command.settings(system, binding))


def _replace_closed_streams() -> None:
    """Replace standard streams that are closed (`>&-`), so that no socket gets their numbers.

    A character that standard output cannot encode is escaped, as on standard error.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            null = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - open to the end
            setattr(sys, name, null)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _complete_panel_option(arguments: list[str]) -> list[str]:
    """Arguments with `--panel ""` for a `--panel` without HOST:PORT: an option needs its value."""
    completed = []
    for index, word in enumerate(arguments):
        completed.append(word)
        following = arguments[index + 1] if index + 1 < len(arguments) else ""
        # half an address is passed on too: the command rejects it, and no rig has such a name
        if word == "--panel" and not re.fullmatch(
            r".*:\d+|[\d.]+|localhost|\[?[\da-f]*:[\da-f:]*\]?", following
        ):
            completed.append("")
    return completed

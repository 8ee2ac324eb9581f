"""`perform`: flags -> configuration -> a command. Nothing else happens here."""

import asyncio
import io
import json
import logging
import os
import re
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from perform import bundle, config, library, start
from perform.draft import draft
from perform.errors import BundleError, ChordError, SidemanError, StartError
from perform.music.chord import Chord, parse_chord
from perform.music.recognition import recognise
from perform.rig import DEFAULT_MODEL, MidiFileOutput, VoiceConfig, host_port, metre_of
from perform.version import VersionOption

app = typer.Typer(
    name="perform",
    help="Sideman, an improvising partner: hears chords, plays phrases.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
RigFile = Annotated[Path, typer.Argument(metavar="RIG.toml", help="the rig file")]


def main() -> None:
    """Run a command; what the user can mend becomes one line and an exit code."""
    _mend_streams()
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.INFO)
    sys.argv[1:] = _spelled_out(sys.argv[1:])
    try:
        app()
    except SidemanError as fault:
        print(f"perform: {fault}", file=sys.stderr)
        sys.exit(fault.exit_code)
    except BrokenPipeError:
        sys.exit(0)


@app.callback()
def options(version: VersionOption = False) -> None:
    """What comes before a command."""


@app.command()
def demo(
    seconds: Annotated[
        float | None, typer.Option(help="how long; default: one chorus", min=1)
    ] = None,
    out: Annotated[Path, typer.Option(help="where demo.mid and demo.wav go")] = Path(),
    soundfont: Annotated[Path | None, typer.Option(help="a .sf2 or .sf3 file for the WAV")] = None,
    seed: Annotated[int, typer.Option(help="another number, another solo")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", help="not aloud, files alone")] = False,
) -> None:
    """Play a twelve-bar blues, aloud where there is a sound card; no hardware needed."""
    from perform import demo as concert  # noqa: PLC0415

    concert.run(seconds, out, soundfont, seed, quiet=quiet)


@app.command()
def run(
    rig: Annotated[
        Path | None, typer.Argument(metavar="[RIG.toml]", help="default: what is there")
    ] = None,
    view: Annotated[
        bool | None,
        typer.Option(help="the performance in the terminal; default: where there is one"),
    ] = None,
    panel: Annotated[
        str | None,
        typer.Option(
            metavar="[HOST:PORT]",
            help="a page in the browser; beyond this machine (0.0.0.0:8137) with a code to scan",
        ),
    ] = None,
) -> None:
    """Listen for chords and play, until Ctrl-C."""
    start.run(rig, panel, view=view)


@app.command()
def render(
    chart: Annotated[
        str, typer.Argument(help="chords, 'C7 | F7 | ...', a file of them, or a session's .jsonl")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="FILE.mid, FILE.wav or FILE.png")],
    model: Annotated[str, typer.Option(help="a bundle, or 'canned'")] = DEFAULT_MODEL,
    seed: Annotated[int, typer.Option(help="same seed, same notes")] = 0,
    tempo: Annotated[float, typer.Option(min=20, max=400, help="quarter notes a minute")] = 120.0,
    metre: Annotated[str, typer.Option(help="of the chart: 3/4, 5/4, 6/8, 7/8, 12/8, ...")] = "4/4",
    soundfont: Annotated[Path | None, typer.Option(help="a .sf2 or .sf3 file for a WAV")] = None,
) -> None:
    """Play a chart, or a recorded session, into a file, faster than real time; the same seed gives the
    same notes, and a session those that were played.
    """
    from perform import render as rendering  # noqa: PLC0415

    if chart.endswith(".jsonl"):
        rendering.render_session(Path(chart), output, soundfont)
        return
    from perform.inputs.chart import parse_chart  # noqa: PLC0415

    read = parse_chart(_chart_text(chart), metre_of(metre, "--metre"))
    voice = VoiceConfig(name="lead", model=model)
    rendering.render(read, output, voice, seed=seed, tempo=tempo, soundfont=soundfont)


@app.command()
def init(rig: RigFile = Path("rig.toml")) -> None:
    """Write a commented rig to start from: the one that run plays without a rig."""
    with draft(rig, SidemanError) as beside:
        if rig.exists():
            raise SidemanError(f"{rig} is there already; name another file, or move it away")
        beside.write_text(start.rig_text(), encoding="utf-8")
    print(f"{rig}: edit it, then perform check {rig}, then perform run {rig}")


@app.command()
def check(rig: RigFile) -> None:
    """Open everything that a rig names, and say whether it is all there."""
    from perform import app as daemon  # noqa: PLC0415
    from perform.sinks.midifile import refuse_unwritable  # noqa: PLC0415

    async def try_out() -> None:
        async with daemon.stage(loaded.traceless(), strict=False) as running:
            if running.missing:
                mend = f"to play without it: perform run {rig} --panel"
                raise StartError("\nperform: ".join([*running.missing, mend]))
            if not await running.source.filled(10.0):
                raise SidemanError(f"{rig}: the models answer no phrase; see the lines above")
        if loaded.mqtt is not None:
            from perform.mqtt import connection  # noqa: PLC0415 - half a second, and few have one

            await connection.try_out(loaded.mqtt.unlocked())

    loaded = config.load_rig(rig)
    for output in loaded.outputs.values():
        if isinstance(output, MidiFileOutput):
            refuse_unwritable(Path(output.path))
    asyncio.run(try_out())
    print(f"{rig}: {start.welcome(loaded)}")


@app.command()
def ports(
    system: Annotated[str, typer.Option(help="auto, alsa, jack, coremidi or winmm")] = "auto",
) -> None:
    """List the MIDI ports that are plugged in."""
    from perform import ports as midi  # noqa: PLC0415

    rig = config.parse_rig(f"[midi]\nsystem = {json.dumps(system)}", "--system")
    try:
        inputs, outputs = midi.names(rig.midi.system)
    except StartError as fault:
        raise StartError(f"{fault}, or a browser: perform run --panel") from None
    for title, names in (("inputs", inputs), ("outputs", outputs)):
        print(f"{title}:" + ("" if names else " none"))
        for number, name in enumerate(names):
            print(f"  {number}  {name}")
    if not inputs + outputs:
        print("plug something in, or play in a browser: perform run --panel")


@app.command()
def controls(
    as_json: Annotated[bool, typer.Option("--json", help="one list of objects")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="the reference page")] = False,
) -> None:
    """List every address, below the prefix: what can be said, and what is told."""
    if as_markdown:
        from perform.reference import markdown  # noqa: PLC0415

        print(markdown(), end="")
        return
    if as_json:
        from perform.controls import CONTROLS, FEEDBACK  # noqa: PLC0415

        told = [{"kind": "told", **row._asdict()} for row in FEEDBACK]
        print(json.dumps([*(control.plain() for control in CONTROLS), *told]))
        return
    from rich.console import Console  # noqa: PLC0415

    from perform import listing  # noqa: PLC0415

    console = Console(width=None if sys.stdout.isatty() else listing.WIDE)
    console.print(listing.tables(console.width))


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
        str | None, typer.Option(help="where it is reached, as host:port; default: as the rig says")
    ] = None,
    back: Annotated[int, typer.Option(min=1, max=65535, help="the port where it answers")] = 9001,
) -> None:
    """Write a control surface for the voices of a rig, and a picture of it beside it."""
    from perform.surfaces import files, layout  # noqa: PLC0415

    loaded = config.load_rig(rig) if rig is not None else layout.shipped()
    host, port = host_port(daemon) if daemon is not None else ("", 0)
    models = tuple(path.name for path in library.listing())
    made = layout.surface(loaded, models, host, port, back)
    print("\n".join(str(path) for path in files.leave(kind, made, output)))


@app.command()
def latency(
    output: Annotated[str, typer.Option(help="the output port to send to")],
    heard_at: Annotated[str, typer.Option("--input", help="the input port where it comes back")],
    count: Annotated[int, typer.Option(min=1, max=10_000, help="how many notes")] = 200,
    system: Annotated[str, typer.Option(help="auto, alsa, jack, coremidi or winmm")] = "auto",
) -> None:
    """Measure how long notes take from an output port back to an input port."""
    from perform.latency import describe, measure  # noqa: PLC0415

    rig = config.parse_rig(f"[midi]\nsystem = {json.dumps(system)}", "--system")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends the note first, as Ctrl-C does
    print(describe(measure(output, heard_at, count, rig.midi.system)))


@app.command()
def stats(
    address: Annotated[str, typer.Argument(help="where a daemon listens")] = "127.0.0.1:9000",
    prefix: Annotated[str, typer.Option(help="of its addresses")] = "/sideman",
) -> None:
    """Ask a running daemon what it played, and how late."""
    from perform.asking import ask  # noqa: PLC0415

    for name, value in ask(host_port(address), prefix).items():
        print(f"{name:<14} {value:g}")


@app.command()
def models(
    name: Annotated[str | None, typer.Argument(help="show this one's card")] = None,
) -> None:
    """List the bundles that are there, or show the card of one."""
    if name is not None:
        print(bundle.load(library.find(name)).card)
        return
    faults = []
    for path in library.listing():
        try:
            manifest = bundle.load(path).manifest
        except BundleError as fault:
            faults.append(str(fault))
            continue
        print(f"{manifest.name:<12} {manifest.architecture:<10} {manifest.licence:<8} {path}")
    if faults:
        raise BundleError("\nperform: ".join(faults))
    if not library.listing():
        raise BundleError(
            f"no model is there; name a folder of bundles in ${library.ENVIRONMENT}, "
            "or make one: training run"
        )


@app.command()
def chord(
    words: Annotated[list[str] | None, typer.Argument(help="symbols, or MIDI note numbers")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one object a line")] = False,
) -> None:
    """Name chords: symbols or MIDI note numbers, one chord a line on standard input, or as arguments."""
    if words is None and sys.stdin.isatty():
        print("chords, or MIDI note numbers, one chord a line; Ctrl-D ends it", file=sys.stderr)
    lines = [" ".join(words)] if words and words[0].lstrip("-").isdecimal() else words
    for line in lines if lines is not None else (raw.strip() for raw in sys.stdin):
        if line:
            print(_describe(_chord_of(line), as_json=as_json))


@app.command()
def panic(
    port: Annotated[
        str | None, typer.Argument(help="part of a port's name; default: every port")
    ] = None,
    system: Annotated[str, typer.Option(help="auto, alsa, jack, coremidi or winmm")] = "auto",
) -> None:
    """All notes off, on every channel of every MIDI output, or of one."""
    from perform import ports as midi  # noqa: PLC0415
    from perform.events import Silenced  # noqa: PLC0415
    from perform.rig import MidiOutput  # noqa: PLC0415
    from perform.sinks.midi import MidiSink  # noqa: PLC0415

    rig = config.parse_rig(f"[midi]\nsystem = {json.dumps(system)}", "--system")
    names = [port] if port is not None else midi.names(rig.midi.system)[1]
    if not names:
        print("no MIDI output is there")
    for name in names:
        sink = MidiSink(MidiOutput(port=name), {}, rig.midi.system)
        sink.send(Silenced(0))
        sink.close()
        print(f"{sink.port.name}: silent")


def _chord_of(line: str) -> Chord | None:
    parts = line.replace(",", " ").split()
    if not all(part.lstrip("-").isdecimal() for part in parts):
        return parse_chord(line)
    notes = [int(part) for part in parts]
    if any(not 0 <= note <= 127 for note in notes):
        raise SidemanError(f"{line}: MIDI note numbers go from 0 to 127")
    found = recognise(notes)
    if found is None:
        raise ChordError(line, 0, "these notes are no chord")
    return found


def _describe(found: Chord | None, *, as_json: bool) -> str:
    if as_json:
        empty: dict[str, object] = {"symbol": "N.C.", "root": None, "bass": None, "notes": []}
        full = found and {
            "symbol": found.symbol,
            "root": found.root,
            "bass": found.bass,
            "notes": list(found.pitch_classes),
        }
        return json.dumps(full or empty)
    if found is None:
        return "N.C."
    from perform.music.pitch import note_name  # noqa: PLC0415

    notes = " ".join(note_name(tone) for tone in found.pitch_classes)
    root = note_name(found.root)
    bass = root if found.bass == found.root else found.symbol.rpartition("/")[2]
    return f"{found.symbol:<12} root {root:<3} bass {bass:<3} notes {notes}"


def _chart_text(chart: str) -> str:
    path = Path(chart)
    try:
        if "|" not in chart and path.is_file():
            return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise SidemanError(f"{chart}: cannot be read as a chart ({fault})") from None
    if path.suffix in (".txt", ".chart"):
        raise SidemanError(f"{chart}: no such chart file; write the chords themselves, 'C7 | F7'")
    return chart


def _mend_streams() -> None:
    """Standard streams that were closed (`>&-`) lead nowhere, where no socket can take their numbers; what standard
    output has no letters for is spelled, as on standard error.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - open to the end
            setattr(sys, name, nowhere)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _spelled_out(arguments: list[str]) -> list[str]:
    """Arguments with `--panel` as `--panel ""` where no HOST:PORT follows: an option takes a value or none."""
    spelled = []
    for place, word in enumerate(arguments):
        spelled.append(word)
        following = arguments[place + 1] if place + 1 < len(arguments) else ""
        # half an address too: it is answered, and no rig is called so
        if word == "--panel" and not re.fullmatch(
            r".*:\d+|[\d.]+|localhost|\[?[\da-f]*:[\da-f:]*\]?", following
        ):
            spelled.append("")
    return spelled

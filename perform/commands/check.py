"""`perform init` and `perform check`: writes a rig, and tries one."""

import asyncio
from pathlib import Path

from perform.atomic_file import replacing
from perform.commands.run import missing_models, rig_text, welcome
from perform.config.load import load_rig, load_set
from perform.config.schema import Rig
from perform.daemon.app import Daemon
from perform.errors import SetError, SidemanError, StartError
from perform.midi import ports

TIMEOUT_SECONDS = 10.0  # for the first phrases of every voice


def write_rig(path: Path) -> None:
    """Write the rig for this machine, with comments. SidemanError if the file exists."""
    with replacing(path, SidemanError) as part:
        if path.exists():
            raise SidemanError(f"{path} is there already; name another file, or move it away")
        part.write_text(rig_text(), encoding="utf-8")
    print(f"{path}: edit it, then perform check {path}, then perform run {path}")


def check(path: Path, song_set: Path | None) -> None:
    """Open everything that a rig names, and print what it listens to and plays.

    `song_set`: the file of a set; None for the one that the rig names. StartError names every part
    that cannot be opened.
    """
    rig = load_rig(path)
    songs = load_set(rig, path.parent, song_set)
    if songs is not None and (missing := [*missing_models(songs)]):
        raise SetError("\nperform: ".join(missing))
    for output in rig.outputs.values():
        output.check_files()
    asyncio.run(_try(path, rig))
    print(f"{path}: {welcome(rig)}")
    if songs is not None:
        print(f"{songs}, from {songs.songs[0].name!r}")
    if rig.has_midi_ports:
        print(f"MIDI ports through {ports.names(rig.midi).library}")


async def _try(path: Path, rig: Rig) -> None:
    async with Daemon(rig.without_traces(), on_absence="note") as performance:
        if absent := performance.absences.lines:
            mend = f"to play without it: perform run {path}"
            raise StartError("\nperform: ".join([*absent, mend]))
        if not await performance.live.source.wait_for_phrases(TIMEOUT_SECONDS):
            raise SidemanError(f"{path}: the models give no phrase; see the lines above")
    if rig.mqtt is not None:
        from perform.mqtt import connection  # noqa: PLC0415 - half a second, and few rigs have one

        await connection.check_broker(rig.mqtt.with_password())

"""What both command lines share: `--version`, and a quiet end when their output is lost."""

import errno
import os
import sys
from typing import Annotated

import typer

from perform import __version__

LOST = (errno.EPIPE, errno.EIO)  # a pipe that nothing reads, a terminal that was closed


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"sideman {__version__}")
        raise typer.Exit


VersionOption = Annotated[
    bool,
    typer.Option("--version", callback=_print_version, is_eager=True, help="print the version"),
]


def drop_lost_output() -> None:
    """Drop what a lost stream has not taken: Python 3.13 and newer would exit with status 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            if error.errno in LOST:
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, stream.fileno())
                os.close(null)

"""`--version`, of `perform` and of `training`."""

from typing import Annotated

import typer

from perform import __version__


def _say(asked: bool) -> None:
    if asked:
        print(f"sideman {__version__}")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", callback=_say, is_eager=True, help="say which it is")
]

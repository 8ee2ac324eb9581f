"""The command that installs an extra, as the user has to type it."""

import shlex
import shutil
import sys
from pathlib import Path


def install(extra: str) -> str:
    """The command that installs an extra, with the folder of pip if it is not on the path."""
    program = Path(sys.argv[0])
    found, pip = shutil.which(program.name), program.with_name("pip")
    on_path = found is not None and program.exists() and program.samefile(found)
    typed = "pip" if on_path or not pip.exists() else shlex.quote(str(pip))
    return f"{typed} install '.[{extra}]'"

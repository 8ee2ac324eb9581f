"""What the pages in patches/ show, read out of them: fenced blocks, commands, and what these are to print."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import typer

from perform.cli import _spell_panel
from perform.cli import app as perform_app

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# the usual port is another test's, or somebody's
ANY_PORT = '\n[inputs.osc]\nlisten = "127.0.0.1:0"\n'
NOISE = ("ALSA lib", "Jack", "jack ", "Cannot connect to server")  # of libraries, not of ours


class Fence(NamedTuple):
    """A fenced block. `kind`: its language and our marks ("console jack"); `rig`: the TOML that stands before it."""

    page: Path
    kind: str
    text: str
    rig: str = ""

    def __str__(self):
        return f"{self.page.parent.name}/{self.page.name} {self.text.split(chr(10))[0]}"


def pages(root):
    return [root / "README.md", *sorted((root / "patches").rglob("*.md"))]


def fences(root, *kinds):
    found = []
    for page in pages(root):
        before = ""
        for kind, text in FENCE.findall(page.read_text()):
            found.append(Fence(page, kind, text, before))
            before = text if kind.startswith("toml") else ""
    return [each for each in found if each.kind in kinds]


def steps(fence):
    """(command, what it prints) of a console block."""
    first, *others = re.split(r"^\$ ", fence.text, flags=re.MULTILINE)
    assert not first, f"{fence}: begins with no command"
    return [each.partition("\n")[::2] for each in others]


def run(command, folder, root, **environment):
    """What a command prints, with the words of this environment first on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, shell=True, cwd=folder, text=True, timeout=60, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(root), "COLUMNS": "200", **environment},
    )  # fmt: skip
    return "\n".join(line for line in done.stdout.splitlines() if not line.startswith(NOISE))


def same(printed, shown):
    """Whether a command printed what the page shows; "..." stands for anything, spaces for any spaces."""
    pattern = r"\s+".join(
        ".*".join(re.escape(part) for part in word.split("...")) for word in shown.split()
    )
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def replay(fence, folder, root, change=lambda text: text, **environment):
    """Every command of a console block run, and held against what the page shows."""
    if fence.rig and not (folder / "rig.toml").exists():
        anywhere = "" if "[inputs" in fence.rig else ANY_PORT
        (folder / "rig.toml").write_text(fence.rig + anywhere)
    for command, shown in steps(fence):
        printed = run(change(command), folder, root, **environment)
        assert same(printed, change(shown)), f"$ {command}\n{printed}\n--- the page shows\n{shown}"


def parses(line):
    """Whether a line that begins with perform is a command with options that there are."""
    words = shlex.split(line, comments=True)
    commands = typer.main.get_command(perform_app).commands
    if len(words) == 1:
        return True
    name, *arguments = _spell_panel(words[1:])
    if name not in commands:
        return False
    try:
        commands[name].make_context(name, list(arguments))
    except Exception as fault:  # noqa: BLE001 - of click's and typer's own kinds
        return isinstance(fault, SystemExit) or "Missing" in str(fault)
    return True

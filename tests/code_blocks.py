"""The fenced code blocks of the documents, with the commands in them and what they print."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import typer

from perform.cli import _complete_panel_option
from perform.cli import app as perform_app

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# the default port may be used by another test, or by another program
ANY_PORT = '\n[inputs.osc]\nlisten = "127.0.0.1:0"\n'
# Printed by libraries; JACK's when another client ended before this one was told that it began.
LIBRARY_LINES = (
    "ALSA lib", "Jack", "jack ", "Cannot connect to server", "Connect: can't connect named futex",
)  # fmt: skip


class CodeBlock(NamedTuple):
    """A fenced code block. `kind`: its language, with our marks, as in "console jack".

    `rig`: the TOML block before it.
    """

    page: Path
    kind: str
    text: str
    rig: str = ""

    def __str__(self):
        return f"{self.page.parent.name}/{self.page.name} {self.text.split(chr(10))[0]}"


def pages(root):
    return [root / "README.md", *sorted((root / "patches").rglob("*.md"))]


def blocks(root, *kinds):
    """All blocks of these kinds, in all pages."""
    found = []
    for page in pages(root):
        before = ""
        for kind, text in BLOCK.findall(page.read_text()):
            found.append(CodeBlock(page, kind, text, before))
            before = text if kind.startswith("toml") else ""
    return [block for block in found if block.kind in kinds]


def commands(block):
    """(command, what it prints) of each command in a console block."""
    first, *others = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert not first, f"{block}: starts without a command"
    return [each.partition("\n")[::2] for each in others]


def run(command, folder, root, **environment):
    """What a command prints; `environment` is added to the environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, shell=True, cwd=folder, text=True, timeout=300, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(root), "COLUMNS": "200", **environment},
    )  # fmt: skip
    lines = done.stdout.splitlines()
    return "\n".join(line for line in lines if not line.startswith(LIBRARY_LINES))


def matches(printed, shown):
    """Whether a command printed what the page shows: "..." is any text, a space any spaces."""
    pattern = r"\s+".join(
        ".*".join(re.escape(part) for part in word.split("...")) for word in shown.split()
    )
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def check(block, folder, root, change=lambda text: text, **environment):
    """Run each command of a console block, and compare what it prints with the page."""
    if block.rig and not (folder / "rig.toml").exists():
        port = "" if "[inputs" in block.rig else ANY_PORT
        (folder / "rig.toml").write_text(block.rig + port)
    for command, shown in commands(block):
        printed = run(change(command), folder, root, **environment)
        shows = f"$ {command}\n{printed}\n--- the page shows\n{shown}"
        assert matches(printed, change(shown)), shows


def is_valid(line):
    """Whether a line that starts with "perform" is a command with existing options."""
    words = shlex.split(line, comments=True)
    known = typer.main.get_command(perform_app).commands
    if len(words) == 1:
        return True
    name, *arguments = _complete_panel_option(words[1:])
    if name not in known:
        return False
    try:
        known[name].make_context(name, list(arguments))
    except Exception as error:  # noqa: BLE001 - click and typer have error classes of their own
        return isinstance(error, SystemExit) or "Missing" in str(error)
    return True

"""The README's first command on a machine with Python only: no compiler, no other packages."""

import re

import mido
import pytest
from code_blocks import BLOCK
from debian import need_debian, type_on_new_debian
from rich.text import Text

NO_COMPILER = "for each in cc gcc c++ g++ clang; do ! command -v $each || exit 9; done"
# A wheel may hold modules built for another Python, which do not load.
OF_ANOTHER_PYTHON = (
    "! find .venv -name '*.cpython-*.so' | grep -v \"$(python3 -c 'import sys; "
    "print(sys.implementation.cache_tag)')-\""
)
# The piano roll on a terminal has a line for each sixteenth; ● marks the start of a note.
STRUCK = re.compile(r"^.*┊.*●|^.*●.*┊", re.MULTILINE)


@pytest.mark.long
@pytest.mark.network
@pytest.mark.parametrize(("suite", "python"), [("bookworm", "3.11"), ("trixie", "3.13")])
def test_the_first_command_plays_the_demo(suite, python, root, tmp_path):
    mirror = need_debian()
    readme = (root / "README.md").read_text(encoding="utf-8")
    command = next(text for kind, text in BLOCK.findall(readme) if kind == "sh")
    assert "perform demo" in command
    command = f"python3 --version; {NO_COMPILER}; {command.strip()} && {OF_ANOTHER_PYTHON}"
    status, shown = type_on_new_debian(suite, mirror, command, root, tmp_path)
    shown = Text.from_ansi(shown).plain
    end = shown[-3000:]
    assert status == 0, end
    assert f"Python {python}." in shown
    assert len(STRUCK.findall(shown)) > 24, end
    lead = [
        message.note
        for message in mido.MidiFile(tmp_path / "demo.mid")
        if message.type == "note_on" and message.velocity and message.channel == 0
    ]
    assert len(lead) > 24

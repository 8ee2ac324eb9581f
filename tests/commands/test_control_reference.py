"""The reference page is written from the registry, and up to date."""

import io
import subprocess
import sys

import pytest
from rich.console import Console

from perform.commands import control_reference, control_table
from perform.control.published import FEEDBACK
from perform.control.registry import CONTROLS, ONE_VOICE, STATE


def test_the_page_is_up_to_date(root):
    page = (root / "patches" / "REFERENCE.md").read_text()
    assert page == control_reference.markdown(), (
        "perform controls --markdown > patches/REFERENCE.md"
    )


def test_the_command_prints_it():
    done = subprocess.run(
        [sys.executable, "-m", "perform", "controls", "--markdown"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == control_reference.markdown()


def test_every_address_has_one_row_with_all_that_the_registry_holds():
    controls, published = control_reference.markdown().split("## Published messages")
    rows = [line for line in controls.splitlines() if line.startswith("| `/")]
    for control in CONTROLS:
        (row,) = (row for row in rows if f"`{control.address}`" in row.split(" | ")[0])
        assert control.help.removeprefix("of one voice: ").replace("|", "\\|") in row
        assert ("| yes |" in row) == control.published
        if control.low is not None and control.low >= 0:
            assert f"| {control.low:g} to {control.high:g} | {control.default:g} |" in row
        assert all(f"`{choice}`" in row for choice in control.choices)
    values = {f"{STATE}{control.address}" for control in CONTROLS if control.published}
    for row in FEEDBACK:
        assert row.address in values or f"| `{row.address}` | `{row.types}` |" in published


@pytest.mark.parametrize("columns", [80, 120, control_table.WIDE])
def test_the_tables_fit_a_terminal_and_hold_every_address(columns):
    console = Console(width=columns, file=io.StringIO())
    with console.capture() as capture:
        console.print(control_table.tables(columns))
    lines = capture.get().splitlines()
    assert max(map(len, lines)) <= columns
    for head in ("address", "takes", "range", "default", "what it does"):
        assert any(head in line for line in lines[:5])
    first = {line.split()[0] for line in lines if line.startswith(" /")}
    assert first == {
        *(it.address.removeprefix(ONE_VOICE) for it in CONTROLS if "/voice" not in it.address),
        *(f"/voice/NAME/{name}" for name in ("mute", "solo", "bank", "program", "volume")),
        *(row.address for row in control_reference.messages()),
    }  # fmt: skip
    tempo = next(line for line in lines if line.startswith(" /tempo"))
    assert tempo.split()[1:][:6] == ["f", "20", "to", "400", "120", "bpm"]
    if columns == control_table.WIDE:  # each row on one line, for grep
        assert sum(
            line.startswith(" ") and "─" not in line and bool(line.strip()) for line in lines
        ) == (len(control_reference.pairs(CONTROLS)) + len(control_reference.messages()) + 2)


def test_every_row_has_as_many_cells_as_its_head():
    lines = control_reference.markdown().replace("\\|", "").splitlines()
    tables = [line.count("|") for line in lines if line.startswith("|")]
    assert set(tables) == {3, 5, 9}


def test_no_control_is_without_a_group():
    assert "## Others" not in control_reference.markdown()

"""The view in a terminal: what a player reads in it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from perform.panel.door import Door
from perform.terminal import Screen

VOICES = [{"name": "lead", "role": "lead"}, {"name": "bass", "role": "bass"}]
BEGUN = 1_800_000_000.0


def drawn(screen, width=80, height=30):
    console = Console(width=width, height=height, file=io.StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(screen, height=height)
    return capture.get().splitlines()


def told(*messages):
    screen = Screen()
    screen.hear(BEGUN, "/hello", [{"voices": VOICES}])
    for moment, address, *values in messages:
        screen.hear(BEGUN + moment, address, values)
    return screen


def test_it_shows_chord_time_voices_figures_and_log_in_eighty_columns():
    lines = drawn(
        told(
            (0, "/state/tempo", 60.0),
            (0, "/state/metre", "3/4"),
            (0, "/state/transport", "start"),
            (0, "/state/chord", "Ebm7b5"),
            (0, "/state/chart", "Dm7 G7 | |: Cmaj7 :|"),
            (0, "/state/chart/bar", 1),
            (0, "/state/voice/lead/model", "blues"),
            (0, "/state/voice/bass/mute", 1),
            (0, "/beat", 6, 0),
            (0, "/note", "lead", 72, 90),
            (1, "/beat", 6, 1),
            (1.2, "/stats", {"late_p99": 7.5, "late_phrases": 1, "missed": 2, "substituted": 3}),
            (1.3, "/log", "warning", "the clock is gone; " + "x" * 200),
        )
    )
    text = "\n".join(lines)
    assert all(len(line) <= 80 for line in lines)
    assert len(lines) <= 30
    assert "Ebm7b5" in lines[0]
    assert "60 bpm  3/4" in lines[0]
    assert "bar 7" in lines[0]
    assert "○ ● ○" in lines[0]
    assert "│ Cmaj7 " in lines[1]
    assert "muted" in text
    assert "C5" in next(line for line in lines if "█ lead" in line)
    assert "p99 7.50" in text
    assert "phrases  1 late  2 missed  3 substituted" in text
    assert "the clock is gone" in text
    assert lines[0].startswith(" Ebm7b5")


def test_the_address_of_the_page_stays_and_a_message_of_many_lines_is_one():
    screen = Screen()
    address = "http://192.168.1.20:8137/?token=0123456789abcdef"
    screen.hear(BEGUN, "/hello", [{"voices": VOICES, "panel": address}])
    for number in range(9):
        screen.hear(
            BEGUN + number, "/log", ["info", f"first {number}\n\tsecond\r\nthird {'x' * 90}"]
        )
    lines = drawn(screen)
    assert f"panel {address}" in "\n".join(lines)
    assert all(len(line) <= 80 for line in lines)
    assert len(lines) <= 30
    assert "first 7 second third" in lines[-4]
    assert "first 8 second third" in lines[-3]
    assert "".join(lines[-2:]).count("x") == 90  # the newest goes on
    assert "panel" not in "\n".join(drawn(told()))


def test_a_code_to_scan_is_seen_until_something_sounds():
    address = "http://192.168.1.20:8137/?token=0123456789abcdef0123456789abcdef"
    code = Door(None, address, "", (), near=False).picture()
    screen = Screen()
    screen.hear(BEGUN, "/hello", [{"voices": VOICES, "panel": address, "code": code}])
    lines = drawn(screen, height=24)
    assert len(lines) == 24
    assert [line.strip() for line in lines[1:20]] == [line.strip() for line in code.splitlines()]
    assert address in lines[20]
    assert "█ lead" not in "\n".join(lines)
    screen.hear(BEGUN, "/note", ["lead", 60, 90])
    assert "█ lead" in "\n".join(drawn(screen, height=24))


def test_what_to_do_is_seen_until_something_plays():
    screen = Screen()
    steps = [f"open http://127.0.0.1:8137/ in a browser, {'and then ' * 6}press", "send it"]
    missing = [f"[outputs.synth] no MIDI system answers; {'start it, ' * 12}or use OSC"]
    hello = {"voices": VOICES, "steps": steps, "missing": missing}
    screen.hear(BEGUN, "/hello", [hello])
    lines = drawn(screen, height=24)
    assert len(lines) == 24
    assert all(len(line) <= 80 for line in lines)
    text = " ".join(" ".join(lines).split())
    assert "- missing: [outputs.synth]" in text
    assert all(" ".join(line.split()) in text for line in [*steps, *missing])
    assert "┈" not in text
    assert len(drawn(screen, height=16)) == 16
    screen.hear(BEGUN, "/beat", [0, 0])
    assert "send it" not in "\n".join(drawn(screen, height=24))


def test_a_note_lasts_as_long_as_it_sounded():
    messages = [(0, "/state/tempo", 60.0), (0, "/beat", 0, 0)]
    messages += [(0, "/note", "lead", 60, 90), (0.5, "/note", "lead", 60, 0)]
    messages += [(0.5, "/note", "lead", 64, 90), (1, "/beat", 0, 1), (2, "/beat", 0, 2)]
    lines = drawn(told(*messages, (2, "/note", "lead", 64, 0)), height=60)
    assert any("█▬┈" in line and line.startswith(" C4") for line in lines)
    assert any("█▬▬▬▬▬" in line for line in lines)


def test_the_bars_of_a_chart_are_the_ones_that_are_played_and_the_terminal_obeys_none_of_them():
    evil = "\x1b]52;c;cm0=\x07"
    chart = f"# my {evil} blues | A\nC7 | B♭7\n |: G7 :| C7"
    lines = drawn(told((0, "/state/chart", chart), (1, "/log", "info", evil)))
    assert [cell.strip() for cell in lines[1].split("│")] == ["-/4", "C7", "B♭7", "G7", "C7"]
    assert r"\x1b]52;c;cm0=\x07" in lines[-4]
    assert not {"\x1b", "\x07"} & set("\n".join(lines))


def test_the_figure_beside_a_chart_is_that_of_the_bar_that_sounds():
    lines = drawn(told((0, "/state/chart", "C7 | F7 | G7 | A7"), (1, "/state/chart/bar", 2)))
    assert lines[1].startswith("3/4 ")


@pytest.mark.parametrize("height", [24, 16])
def test_with_many_voices_the_newest_line_is_seen_to_its_end(height):
    screen = Screen()
    screen.hear(
        BEGUN, "/hello", [{"voices": [{"name": f"v{i}", "role": "lead"} for i in range(12)]}]
    )
    mend = "write it like Cm7, F#m7/C#, Bb7#9 or C:min7/b3"
    for number in range(9):
        screen.hear(BEGUN, "/log", ["warning", f"line {number} {'of many words ' * 6}; {mend}"])
    lines = drawn(screen, height=height)
    assert len(lines) <= height
    assert mend in " ".join(line.strip() for line in lines[-3:])
    assert "█ v0" in "\n".join(lines)
    assert any(line.strip().startswith("and ") for line in lines)


values = st.one_of(
    st.integers(0, 127), st.floats(0, 400), st.sampled_from(["lead", "C7", "a | b |", ""])
)


@given(
    st.lists(
        st.tuples(
            st.floats(0, 50),
            st.sampled_from(
                ["/note", "/beat", "/state/chart", "/state/chart/bar", "/state/chord", "/log", "/x"]
            ),
            st.lists(values, max_size=3),
        ),
        max_size=30,
    ),
    st.sampled_from([(80, 24), (80, 50), (40, 10), (200, 80)]),
)
def test_whatever_is_told_it_draws_within_the_terminal(messages, size):
    sane = {
        "/note": lambda v: (
            len(v) == 3 and isinstance(v[0], str) and all(isinstance(i, int) for i in v[1:])
        ),
        "/beat": lambda v: len(v) == 2 and all(isinstance(i, int) for i in v),
        "/state/chart/bar": lambda v: v and isinstance(v[0], int),
    }
    messages = [m for m in messages if sane.get(m[1], lambda _: True)(m[2])]
    lines = drawn(told(*((t, a, *v) for t, a, v in messages)), *size)
    assert all(len(line) <= size[0] for line in lines)

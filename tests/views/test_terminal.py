"""The view in a terminal: what a player can read in it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from perform.panel.listener import PanelListener
from perform.views.terminal import TerminalView

VOICES = [{"name": "lead", "role": "lead"}, {"name": "bass", "role": "bass"}]
BEGUN = 1_800_000_000.0


def drawn(view, width=80, height=30):
    console = Console(width=width, height=height, file=io.StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(view, height=height)
    return capture.get().splitlines()


def view_of(*messages):
    view = TerminalView()
    view.handle_message(BEGUN, "/hello", [{"voices": VOICES}])
    for moment, address, *values in messages:
        view.handle_message(BEGUN + moment, address, values)
    return view


def test_it_shows_chord_time_voices_figures_and_log_in_eighty_columns():
    lines = drawn(
        view_of(
            (0, "/state/tempo", 60.0),
            (0, "/state/metre", "3/4"),
            (0, "/state/transport", "start"),
            (0, "/state/chord", "Ebm7b5"),
            (0, "/state/chart", "Dm7 G7 | |: Cmaj7 :|"),
            (0, "/state/chart/bar", 1),
            (0, "/state/voice/lead/model", "blues"),
            (0, "/state/voice/bass/mute", 1),
            (0, "/state/voice/lead/mode", "answer"),
            (0, "/state/voice/lead/turn", "player"),
            (0, "/state/voice/lead/feel", "straight"),
            (0, "/state/voice/bass/mode", "flow"),
            (0, "/state/voice/bass/feel", "auto"),
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
    assert "answer: you straight" in text
    assert "flow auto" not in text
    assert "C5" in next(line for line in lines if "█ lead" in line)
    assert "p99 7.50" in text
    assert "phrases  1 late  2 missed  3 substituted" in text
    assert "the clock is gone" in text
    assert lines[0].startswith(" Ebm7b5")


def test_the_address_of_the_panel_stays_and_a_message_of_many_lines_is_one():
    view = TerminalView()
    address = "http://192.168.1.20:8137/?token=0123456789abcdef"
    view.handle_message(BEGUN, "/hello", [{"voices": VOICES, "panel": address}])
    for number in range(9):
        view.handle_message(
            BEGUN + number, "/log", ["info", f"first {number}\n\tsecond\r\nthird {'x' * 90}"]
        )
    lines = drawn(view)
    assert f"panel {address}" in "\n".join(lines)
    assert all(len(line) <= 80 for line in lines)
    assert len(lines) <= 30
    assert "first 7 second third" in lines[-4]
    assert "first 8 second third" in lines[-3]
    assert "".join(lines[-2:]).count("x") == 90  # the newest takes more rows
    assert "panel" not in "\n".join(drawn(view_of()))


def test_a_code_to_scan_is_shown_until_a_note_sounds():
    address = "http://192.168.1.20:8137/?token=0123456789abcdef0123456789abcdef"
    code = PanelListener(None, address, "", (), is_local=False).qr_code()
    view = TerminalView()
    view.handle_message(BEGUN, "/hello", [{"voices": VOICES, "panel": address, "code": code}])
    lines = drawn(view, height=24)
    assert len(lines) == 24
    assert [line.strip() for line in lines[1:20]] == [line.strip() for line in code.splitlines()]
    assert address in lines[20]
    assert "█ lead" not in "\n".join(lines)
    view.handle_message(BEGUN, "/note", ["lead", 60, 90])
    assert "█ lead" in "\n".join(drawn(view, height=24))


def test_the_first_steps_are_shown_until_something_plays():
    view = TerminalView()
    steps = [f"open http://127.0.0.1:8137/ in a browser, {'and then ' * 6}press", "send it"]
    hello = {"voices": VOICES, "steps": steps}
    view.handle_message(BEGUN, "/hello", [hello])
    lines = drawn(view, height=24)
    assert len(lines) == 24
    assert all(len(line) <= 80 for line in lines)
    text = " ".join(" ".join(lines).split())
    assert all(" ".join(line.split()) in text for line in steps)
    assert "┈" not in text
    assert len(drawn(view, height=16)) == 16
    view.handle_message(BEGUN, "/beat", [0, 0])
    assert "send it" not in "\n".join(drawn(view, height=24))


@pytest.mark.parametrize("height", [16, 24, 40])
def test_whose_turn_it_is_is_a_band_across_the_view(height):
    view = view_of((0, "/state/turn/bars", 2), (0, "/state/turn", "player"), (0, "/beat", 0, 0))
    lines = drawn(view, height=height)
    assert len(lines) == height
    (band,) = (number for number, line in enumerate(lines) if "YOUR TURN   2 bars" in line)
    assert band < 4
    console = Console(width=80, height=height, file=io.StringIO(), force_terminal=True)
    console.print(view, height=height)
    colour = "\x1b[1;30;107m"  # bold black on bright white, across all columns
    drawn_band = console.file.getvalue().splitlines()[band]
    assert drawn_band.startswith(colour + " ")
    assert len(drawn_band.removeprefix(colour).partition("\x1b")[0]) == 80
    view.handle_message(BEGUN, "/state/turn", ["voice"])
    view.handle_message(BEGUN, "/state/turn/bars", [1])
    assert any("SIDEMAN'S TURN   last bar" in line for line in drawn(view, height=height))
    view.handle_message(BEGUN, "/state/turn", [""])
    assert "TURN" not in "\n".join(drawn(view, height=height))


@pytest.mark.parametrize(
    ("bar", "beat", "shown"),
    [
        (-3, 0, "count-in 1, 2 more bars"),
        (-2, 1, "count-in 2, 1 more bar "),
        (-1, 2, "count-in 3 "),
        (0, 0, "bar 1 "),
    ],
)
def test_the_count_in_is_shown_until_the_music_begins(bar, beat, shown):
    view = view_of((0, "/state/transport", "start"), (0, "/beat", bar, beat))
    assert shown in drawn(view)[0]
    view.handle_message(BEGUN, "/state/transport", ["stop"])
    assert "bar 1 " in drawn(view)[0]


def test_what_is_absent_is_shown_until_it_is_there():
    view = TerminalView()
    view.handle_message(BEGUN, "/hello", [{"voices": VOICES}])
    view.handle_message(BEGUN, "/state/absent", ["MIDI port 'Keys'"])
    assert "waiting for MIDI port 'Keys'" in "\n".join(drawn(view, height=24))
    view.handle_message(BEGUN, "/state/absent", [""])
    assert "waiting" not in "\n".join(drawn(view, height=24))


def test_a_note_lasts_as_long_as_it_sounded():
    messages = [(0, "/state/tempo", 60.0), (0, "/beat", 0, 0)]
    messages += [(0, "/note", "lead", 60, 90), (0.5, "/note", "lead", 60, 0)]
    messages += [(0.5, "/note", "lead", 64, 90), (1, "/beat", 0, 1), (2, "/beat", 0, 2)]
    lines = drawn(view_of(*messages, (2, "/note", "lead", 64, 0)), height=60)
    assert any("█▬┈" in line and line.startswith(" C4") for line in lines)
    assert any("█▬▬▬▬▬" in line for line in lines)


def test_the_bars_of_a_chart_are_shown_and_control_characters_escaped():
    control = "\x1b]52;c;cm0=\x07"
    chart = f"# my {control} blues | A\nC7 | B♭7\n |: G7 :| C7"
    lines = drawn(view_of((0, "/state/chart", chart), (1, "/log", "info", control)))
    assert [cell.strip() for cell in lines[1].split("│")] == ["-/4", "C7", "B♭7", "G7", "C7"]
    assert r"\x1b]52;c;cm0=\x07" in lines[-4]
    assert not {"\x1b", "\x07"} & set("\n".join(lines))


def test_without_a_chart_the_bars_that_are_expected_are_shown():
    lines = drawn(view_of((0, "/state/chart", ""), (1, "/state/chords/expected", "Dm7 | G7 C7")))
    assert [cell.strip() for cell in lines[1].split("│")] == ["next", "Dm7", "G7 C7"]
    lines = drawn(view_of((0, "/state/chart", "A7"), (1, "/state/chords/expected", "Dm7 | G7 C7")))
    assert [cell.strip() for cell in lines[1].split("│")] == ["-/1", "A7"]
    lines = drawn(view_of((0, "/state/chords/expected", "")))
    assert "the chords come from the player" in lines[1]


def test_the_song_of_a_set_its_place_and_the_coming_one_are_shown():
    state = [(0, "/state/song", "Blue \x1b[31mBossa"), (0, "/state/song/place", "3/12")]
    lines = drawn(view_of(*state))
    assert lines[1].startswith("3/12    Blue \\x1b[31mBossa")
    lines = drawn(view_of(*state, (1, "/state/song/coming", "Autumn Leaves")))
    assert lines[1].endswith("Bossa  → Autumn Leaves at the next bar")
    assert drawn(view_of((0, "/state/song/place", "")))[1].startswith("  no chart")


def test_the_number_beside_a_chart_is_that_of_the_bar_that_sounds():
    lines = drawn(view_of((0, "/state/chart", "C7 | F7 | G7 | A7"), (1, "/state/chart/bar", 2)))
    assert lines[1].startswith("3/4 ")


@pytest.mark.parametrize("height", [24, 16])
def test_with_many_voices_the_newest_line_is_shown_to_its_end(height):
    view = TerminalView()
    view.handle_message(
        BEGUN, "/hello", [{"voices": [{"name": f"v{i}", "role": "lead"} for i in range(12)]}]
    )
    mend = "write it like Cm7, F#m7/C#, Bb7#9 or C:min7/b3"
    for number in range(9):
        view.handle_message(
            BEGUN, "/log", ["warning", f"line {number} {'of many words ' * 6}; {mend}"]
        )
    lines = drawn(view, height=height)
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
def test_any_messages_are_drawn_within_the_terminal(messages, size):
    well_formed = {
        "/note": lambda v: (
            len(v) == 3 and isinstance(v[0], str) and all(isinstance(i, int) for i in v[1:])
        ),
        "/beat": lambda v: len(v) == 2 and all(isinstance(i, int) for i in v),
        "/state/chart/bar": lambda v: v and isinstance(v[0], int),
    }
    messages = [m for m in messages if well_formed.get(m[1], lambda _: True)(m[2])]
    lines = drawn(view_of(*((t, a, *v) for t, a, v in messages)), *size)
    assert all(len(line) <= size[0] for line in lines)

"""Properties of charts: what is printed is read again, and the form is played in full."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perform.engine.metre import parse_metre
from perform.errors import ChartError, ChordError
from perform.music.bar_chords import shares
from perform.music.chart import Chart, bar_texts, format_chart, parse_chart
from perform.music.chord import Chord
from perform.music.quality import QUALITIES
from perform.runtime.chart_events import unrolled

chords = st.none() | st.builds(
    Chord, st.integers(0, 11), st.sampled_from(QUALITIES), st.integers(0, 11)
)
names = st.sampled_from(("A", "B", "C2", "Verse 1", "Intro", "Chorus", "Tag", "A Section"))
titles = st.sampled_from(("Blue in F", "Am I blue", "Take 5", "x3 | C", "Coda"))
PIECES = (
    "C", "F", "Am7", "G7/B", "Dm7(b9)", "|", "||", "|:", ":|", "x2", "(x3)", "1.", "2.", "[1.", "%",
    "%%", "/", "//", "-", ".", "N.C.", "D.C.", "D.S. al Fine", "Fine", "al Coda", "Coda", "To Coda",
    "§", "⊕", "[A]", "B:", "Verse x3:", "(G7)", "[Dm]", "(", ")", "[", "]", "{", "}", ":", "3/4",
    "2/2", "T34", "\n", "\t", "\r\n", "#", "//", "Title:", "Key: C", "{t:x}", "/E", "C>", "<C>",
    '"x"', "hit", "foo", "‖", "\U0001d10f", "x0", "x999", "Chorus", "*A", "H", "Do7", "7+", "1-3.",
)  # fmt: skip


@st.composite
def bars(draw, metre):
    beats = shares(draw(st.sampled_from((1, 2, 3, 4, 6, 8, 12))), metre)
    at = sorted(draw(st.sets(st.sampled_from(beats), max_size=12)))
    return tuple((share, draw(chords)) for share in at)


@st.composite
def charts(draw):
    count = draw(st.integers(1, 10))
    metres = {0: draw(st.sampled_from(("4/4", "3/4", "6/8")))}
    written, vamps, here = [], [], 0
    for number in range(count):
        if number and draw(st.integers(0, 5)) == 0:
            other = draw(st.sampled_from(("4/4", "3/4", "5/4")))
            if other != metres[max(metres)]:
                metres[number] = other
        written.append(draw(bars(metres[max(metres)])))
    while here < count and draw(st.booleans()):
        first = draw(st.integers(here, count - 1))
        last = draw(st.integers(first, count - 1))
        vamps.append((first, last))
        here = last + 1
    for alone in {0, *(first for first, _ in vamps)}:  # these do not go on with another bar
        if not written[alone] or written[alone][0][0] > 0:
            written[alone] = ((0.0, draw(chords)), *written[alone])
    at = sorted(draw(st.sets(st.integers(0, count - 1), max_size=3)))
    sections = tuple((draw(names), number) for number in at)
    head = (("title", draw(titles)),) if draw(st.booleans()) else ()
    return Chart(tuple(written), tuple(vamps), sections, tuple(metres.items()), head)


@settings(max_examples=40)
@given(charts())
def test_a_printed_chart_is_read_as_the_same_chart(chart):
    assert parse_chart(format_chart(chart))._replace(notes=()) == chart


@given(st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join) | st.text(max_size=60))
def test_any_text_is_a_chart_or_one_clear_error(text):
    try:
        chart = parse_chart(text)
    except (ChartError, ChordError) as fault:
        assert "\n" not in str(fault)
        assert len(str(fault)) < 400
        return
    assert len(bar_texts(text)) == len(chart.bars) > 0
    assert all(0 <= first <= last < len(chart.bars) for first, last in chart.vamps)
    again = parse_chart(format_chart(chart))
    assert (again.bars, again.vamps, again.metres) == (chart.bars, chart.vamps, chart.metres)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4), st.integers(0, 4)), min_size=1))
def test_repeats_and_endings_are_played_as_often_as_they_say(parts):
    text, wanted = [], 0
    for body, passes, length in parts:
        inside = " | ".join(["C"] * body)
        if passes == 0:
            text.append(f"| {inside} |")
            wanted += body
        elif length == 0:
            text.append(f"|: {inside} :| x{passes + 1}")
            wanted += body * (passes + 1)
        else:
            ending = " | ".join(["F"] * length)
            ends = [f"|{number}. {ending} " for number in range(1, passes + 2)]
            text.append(f"|: {inside} " + ":".join(ends) + "||")
            wanted += (body + length) * (passes + 1)
    assert len(parse_chart("\n".join(text)).bars) == wanted


@pytest.mark.parametrize(
    ("text", "about", "bar"),
    [
        ("C | F | G D.S.", "Segno", 3),
        ("C | D.C. al Fine F", "Fine", 2),
        ("C | F D.C. al Coda", "mark Coda", 2),
        ("C | Coda F D.C. al Coda", "To Coda", 2),
        ("|: C |1. F :|3. G", "no ending 2", 2),
        ("|: C |1. F :|1. G", "ends no repeat", 3),
        ("C | 2. G", "'2.'", 2),
        ("|: C :| x0", "x0", 2),
        ("x3 C", "x3", 1),
        ("%% C", "no 2 bars", 1),
        ("C | %% F", "no 2 bars", 2),
        ("/E C", "no chord before it", 1),
        ("17/4 C", "no metre", 1),
        ("|: C | F :| G x2", "already", 3),
        ("|: C | F :| x99\n|: C | F :| x99 " * 12, "more than 2000 bars", 0),
        ("C / / / / / / / / / / / / / / / / /", "18 beats", 1),
    ],
)
def test_a_form_that_cannot_be_played_is_one_clear_error(text, about, bar):
    with pytest.raises(ChartError, match=about) as fault:
        parse_chart(text)
    assert not bar or fault.value.bar == bar


def test_what_is_not_played_is_said_or_kept():
    chart = parse_chart(
        'My Tune\nby Me\nKey: F\n[A] 4/4 C7> | F7 (Cm7 F7) | 3/4 G hit\nB: C | % "break"\n# all'
    )
    assert chart.title == "My Tune"
    assert dict(chart.head) == {"title": "My Tune", "composer": "Me", "key": "F"}
    assert chart.sections == (("A", 0), ("B", 3))
    assert chart.metres == ((0, "4/4"), (2, "3/4"))
    assert chart.alternates == ((1, "Cm7 F7"),)
    said = "\n".join(chart.notes)
    for piece in ("C7>", "hit", "break", "3/4 from bar 3 on", "line 1 is read as the title"):
        assert piece in said


def test_an_unrolled_chart_keeps_sections_metres_and_alternates_at_their_bars():
    chart = unrolled(parse_chart("[A] |: C (Am) | 3/4 F :|\n[B] 4/4 G"))
    assert chart.sections == (("A", 0), ("A", 2), ("B", 4))
    assert chart.metres == ((0, "4/4"), (1, "3/4"), (2, "4/4"), (3, "3/4"), (4, "4/4"))
    assert chart.alternates == ((0, "Am"), (2, "Am"))


@pytest.mark.parametrize("metre", ["2/8", "2/4", "3/4", "4/4", "6/8", "15/8"])
@pytest.mark.parametrize("count", [1, 3, 7, 12])
def test_every_chord_of_a_full_bar_has_its_own_tick(metre, count):
    ticks = parse_metre(metre).chord_ticks(shares(count))
    assert len(set(ticks)) == count
    assert max(ticks) < parse_metre(metre).bar

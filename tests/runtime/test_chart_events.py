import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.errors import ChartError, ChordError
from perform.music.chart import bar_texts, parse_chart
from perform.runtime.chart_events import BLUES, chord_events, unrolled


def symbols(text):
    changes = chord_events(unrolled(parse_chart(text)))
    return [(tick, c.chord.symbol if c.chord else "N.C.") for tick, c in changes]


def test_bars_and_beats():
    assert symbols("C7 | F7 % | N.C. |\n Dm7 G7 Am7") == [
        (0, "C7"), (1920, "F7"), (3840, "N.C."), (5760, "Dm7"), (6720, "G7"), (7200, "Am7"),
    ]  # fmt: skip
    assert len(parse_chart(BLUES).bars) == 12


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Dm7 G7 | % | C | %", "Dm7 G7|Dm7 G7|C|"),
        ("Dm7 | % G7 | % | %", "Dm7|- G7|Dm7 G7|Dm7 G7"),
        ("(Dm7 G7) | C(add9) | (C(add9))", "Dm7 G7|Cadd9|Cadd9"),
    ],
)
def test_a_bar_repeats_the_bar_before_it_and_brackets_are_let_be(text, meant):
    bars = [
        " ".join(["-"] * bool(bar and bar[0][0]) + [chord.symbol for _, chord in bar])
        for bar in parse_chart(text).bars
    ]
    assert "|".join(bars) == meant


def test_a_label_is_no_chord():
    with pytest.raises(ChordError, match=r"'A:' at character 3 .* a label is a comment"):
        parse_chart("A: Dm7 G7 | Cmaj7")


def test_an_unknown_chord_is_named_with_its_place():
    with pytest.raises(ChordError, match="'Hm' at character 6"):
        parse_chart("C7 | Hm")


@pytest.mark.parametrize(
    ("text", "mend"), [("", "no chord"), ("% | C", "before it"), ("C D E F G A B", "put a |")]
)
def test_what_cannot_be_played_says_so(text, mend):
    with pytest.raises(ChartError, match=mend):
        parse_chart(text)


@pytest.mark.parametrize(
    ("text", "vamps"),
    [
        ("|: C | F :| G", ((0, 1),)),
        ("C | F :| G", ((0, 1),)),  # as on paper: from the beginning
        ("C :| F | G :|", ((0, 0), (1, 2))),
        ("C | F :||: G | A :||", ((0, 1), (2, 3))),
        ("|:\nC | F\n:| G", ((0, 1),)),
        ("C | F | :| G", ((0, 1),)),
        ("C:|:D:|", ((0, 0), (1, 1))),
        ("|| C | F ||", ()),
    ],
)
def test_repeat_signs_are_read_wherever_they_stand(text, vamps):
    assert parse_chart(text).vamps == vamps


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("C |: F | G", r"\|: at character 3 is not closed"),
        ("|: C |: F :|", r"\|: at character 1 is not closed"),
        (":| C", "character 1 has no bar before it"),
        ("C |: :| F", "character 6 has no bar before it"),
        ("C : F", "':' at character 3"),
        ("1. C", "'1.' at character 1"),
    ],
)
def test_a_repeat_sign_that_means_nothing_says_so(text, mend):
    with pytest.raises((ChartError, ChordError), match=mend):
        parse_chart(text)


def test_a_rendered_chart_plays_its_repeats_twice():
    assert [chord for _, chord in symbols("C |: F | G :| Am")] == ["C", "F", "G", "F", "G", "Am"]
    assert len(unrolled(parse_chart("C | F :|")).bars) == 4
    assert symbols("|: C | % :|") == [(0, "C"), (3840, "C")]


@given(st.text(alphabet="ABC7m|% \n#:", max_size=40))
def test_any_text_is_a_chart_or_one_clear_error(text):
    try:
        assert len(parse_chart(text).bars) > 0
        assert len(bar_texts(text)) == len(parse_chart(text).bars)
    except (ChartError, ChordError) as fault:
        assert "\n" not in str(fault)

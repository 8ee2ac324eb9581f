"""The chart parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.errors import ChartError, ChordError
from perform.music.chart import bar_texts, parse_chart
from perform.music.chord import Chord
from perform.music.quality import QUALITIES, WRITTEN_ONLY


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dm7 G7 | % | C | %", "Dm7 G7|Dm7 G7|C|"),
        ("Dm7 | % G7 | % | %", "Dm7|- G7|Dm7 G7|Dm7 G7"),
        ("(Dm7 G7) | C(add9) | (C(add9))", "Dm7 G7|Cadd9|Cadd9"),
    ],
)
def test_a_bar_repeats_the_bar_before_it_and_brackets_have_no_meaning(text, expected):
    bars = [
        " ".join(["-"] * bool(bar and bar[0][0]) + [chord.symbol for _, chord in bar])
        for bar in parse_chart(text).bars
    ]
    assert "|".join(bars) == expected


def test_an_unknown_chord_is_named_with_its_place():
    with pytest.raises(ChordError, match="line 2, bar 3: chord 'Cx' at character 14") as fault:
        parse_chart("C7 | F7\n Am Cx")
    assert (fault.value.line, fault.value.bar, fault.value.symbol) == (2, 3, "Cx")


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "no chord"), ("% | C", "before it"), ("C D E F G A B C D E F G A", "put a |")],
)
def test_a_text_that_is_no_chart_is_one_clear_error(text, message):
    with pytest.raises(ChartError, match=message):
        parse_chart(text)


@pytest.mark.parametrize(
    ("text", "vamps"),
    [
        ("|: C | F :| G", ((0, 1),)),
        ("C | F :| G", ((0, 1),)),  # as on paper, from the beginning
        ("C :| F | G :|", ((0, 0), (1, 2))),
        ("C | F :||: G | A :||", ((0, 1), (2, 3))),
        ("|:\nC | F\n:| G", ((0, 1),)),
        ("C | F | :| G", ((0, 1),)),
        ("C:|:D:|", ((0, 0), (1, 1))),
        ("|| C | F ||", ()),
    ],
)
def test_repeat_signs_may_stand_anywhere(text, vamps):
    assert parse_chart(text).vamps == vamps


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("C |: F | G", r"\|: at character 3 is not closed"),
        ("|: C |: F :|", r"line 1, bar 2: .*\|: at character 1 is not closed"),
        (":| C", "character 1 has no bar before it"),
        ("C |: :| F", "character 6 has no bar before it"),
        ("C : F", "':' at character 3"),
        ("1. C", "'1.' at character 1"),
    ],
)
def test_a_misplaced_repeat_sign_is_one_clear_error(text, message):
    with pytest.raises((ChartError, ChordError), match=message):
        parse_chart(text)


@given(st.text(alphabet="ABC7m|% \n#:", max_size=40))
def test_any_text_is_a_chart_or_one_clear_error(text):
    try:
        assert len(parse_chart(text).bars) > 0
        assert len(bar_texts(text)) == len(parse_chart(text).bars)
    except (ChartError, ChordError) as fault:
        assert "\n" not in str(fault)


@pytest.mark.parametrize("quality", [*QUALITIES, *WRITTEN_ONLY], ids=lambda it: it.name or "major")
def test_a_line_of_any_chord_is_no_text(quality):
    for root in range(12):
        for symbol in (
            Chord(root, quality, root).symbol,
            Chord(root, quality, root + 1 & 7).symbol,
        ):
            for words in (symbol, f"{symbol} {symbol}"):
                (bar,) = parse_chart(words).bars
                assert len(bar) == len(words.split())

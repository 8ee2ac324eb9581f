import pytest
from hypothesis import given
from hypothesis import strategies as st

from perform.errors import ChartError, ChordError
from perform.inputs.chart import BLUES, parse_chart


def symbols(text):
    return [(tick, c.chord.symbol if c.chord else "N.C.") for tick, c in parse_chart(text).changes]


def test_bars_and_beats():
    assert symbols("C7 | F7 % | N.C. |\n Dm7 G7 Am7") == [
        (0, "C7"), (1920, "F7"), (3840, "N.C."), (5760, "Dm7"), (6720, "G7"), (7200, "Am7"),
    ]  # fmt: skip
    assert parse_chart(BLUES).bars == 12


def test_an_unknown_chord_is_named_with_its_place():
    with pytest.raises(ChordError, match="'Hm' at character 6"):
        parse_chart("C7 | Hm")


@pytest.mark.parametrize(
    ("text", "mend"), [("", "no chord"), ("% | C", "before it"), ("C D E F G", "put a |")]
)
def test_what_cannot_be_played_says_so(text, mend):
    with pytest.raises(ChartError, match=mend):
        parse_chart(text)


@given(st.text(alphabet="ABC7m|% \n#:", max_size=40))
def test_any_text_is_a_chart_or_one_clear_error(text):
    try:
        assert parse_chart(text).bars > 0
    except (ChartError, ChordError) as fault:
        assert "\n" not in str(fault)

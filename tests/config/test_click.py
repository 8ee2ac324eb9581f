"""The rig's [click], and what is left out of it."""

import pytest

from perform.config.load import parse_rig
from perform.engine.click import CLICK, ClickNote
from perform.errors import RigError

EARS = (
    "[outputs.synth]\nkind = 'midi'\nvirtual = 'a'\n[outputs.ears]\nkind = 'midi'\nvirtual = 'b'\n"
)


def test_a_rig_that_does_not_say_click_has_one_that_is_off_at_its_first_output():
    click = parse_rig(EARS).click
    assert (click.when, click.output, click.channel) == ("off", "synth", 10)


def test_a_click_has_an_output_channel_and_notes_of_its_own():
    rig = parse_rig(f"{EARS}[click]\noutput = 'ears'\nchannel = 3\nbar = 34\nvelocity = [50, 60]")
    assert rig.click.when == "count-in"
    assert rig.click.notes == (ClickNote(34, 60), ClickNote(77, 50))
    assert rig.channels_at("ears") == {CLICK: 3}
    assert rig.channels_at("synth") == {"lead": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[click]\noutput = 'eras'", r"\[click\] plays to 'eras', .*did you mean 'ears'"),
        ("[click]\nwhen = 'sometimes'", "sometimes"),
        ("[click]\nvelocity = [0, 90]", "click.velocity"),
        ("[click]\n[[voices]]\nname = 'click'", "beside \\[click\\]; rename it"),
        ("[clock]\ncount_in = 9", "clock.count_in"),
        ("[clock]\ncount_in = -1", "clock.count_in"),
        ("[clock]\ncount_in = 1.5", "clock.count_in"),
    ],
)
def test_what_cannot_be_right_is_named(text, message):
    with pytest.raises(RigError, match=message):
        parse_rig(f"{EARS}{text}")


def test_a_voice_may_be_called_click_where_no_table_says_click():
    assert parse_rig(f"{EARS}[[voices]]\nname = 'click'").click is None


def test_a_rig_that_follows_a_midi_clock_says_that_there_is_no_count_in():
    clock = parse_rig("[clock]\nsource = 'midi'\nport = 'x'\ncount_in = 1").clock
    assert list(clock.describe()) == ["MIDI clock x (no count-in: it says when to start)"]

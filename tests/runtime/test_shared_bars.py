"""Bar lines that are shared with a session, also after changes of metre."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stages import FAR, Stage

from perform.clock.transport import TempoLine
from perform.engine.metre import parse_metre
from perform.events import Beat, ChordChanged, MetreBegins, MetreChanged
from perform.music.chord import parse_chord

ORIGIN = 7.3 * 480  # the session's tick 0 on our count of its beats


def session_line(moment, bar):
    """The session's line as Link gives it: the nearest count with the bar lines of a bar."""
    tick = 960.0 * (moment - FAR)
    shift = -ORIGIN % bar
    return TempoLine(tick + (shift if 2 * shift < bar else shift - bar), moment, 120.0)


async def played(changes):
    """A stage that has played these metres, each for so many seconds, beside a session; and the
    last metre, since whose change all is in `sent`.
    """
    stage = Stage(by_bar=True)
    metre = parse_metre("4/4")

    async def play(seconds):
        for _ in range(round(seconds / 0.05)):
            await stage.play(0.05)
            stage.conductor.follow_clock(session_line(stage.clock.now(), metre.bar))

    await play(0.1)
    stage.conductor.handle_event(ChordChanged(parse_chord("C7")))
    await play(5.0)
    for text, seconds in changes:
        metre = parse_metre(text)
        stage.sent.clear()
        stage.conductor.handle_event(MetreChanged(*metre))
        await play(seconds)
    await play(16.0)
    stage.conductor.close()
    assert not stage.conductor.failed.done()
    return stage, metre


METRES = st.sampled_from(["4/4", "3/4", "5/4", "2/4", "6/8", "7/8"])


@settings(max_examples=12)
@given(st.lists(st.tuples(METRES, st.floats(0.1, 9.0)), min_size=1, max_size=3))
def test_after_changes_of_metre_the_bar_lines_are_those_of_the_session(changes):
    stage, metre = asyncio.run(played(changes))
    lines = [beat.tick for beat in stage.of(Beat) if beat.beat == 0][-6:]
    assert [b - a for a, b in pairwise(lines)] == [metre.bar] * 5
    moments = [stage.transport.time_of(tick) for tick in lines]
    places = [session_line(moment, metre.bar).tick % metre.bar for moment in moments]
    assert [min(place, metre.bar - place) for place in places] == pytest.approx([0] * 6, abs=3)


def test_one_bar_is_shorter_and_no_beat_is_lost():
    stage, _ = asyncio.run(played([("3/4", 0.5)]))
    beats = stage.of(Beat)
    assert [b.tick - a.tick for a, b in pairwise(beats)] == [480] * (len(beats) - 1)
    assert [event.bar for event in stage.of(MetreBegins)] == [960, 1440]
    assert [beat.beat for beat in beats][:7] == [3, 0, 1, 0, 1, 2, 0]

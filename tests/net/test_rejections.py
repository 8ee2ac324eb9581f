"""What is said of nonsense, however much of it comes: bounded in rate and memory, and never lost."""

import asyncio
import logging

import passing
from hypothesis import given
from hypothesis import strategies as st

from perform.net import rejections
from perform.net.rejections import (
    MOST_ANSWERS,
    MOST_LINES,
    MOST_WAITING,
    ErrorReplies,
    Rejections,
    printable,
)


class Client:
    def __init__(self, key):
        self.key, self.host, self.told = key, None, []

    def message(self, _, about, why):
        self.told.append((about, why))


@given(st.text(), st.integers(4, 300))
def test_any_text_is_one_short_line_that_says_what_it_was(text, longest):
    line = printable(text, longest)
    assert len(line) <= longest
    assert line.isascii()
    assert line.isprintable() or not line
    if text.isascii() and text.isprintable() and len(text) <= longest:
        assert line == text


def test_new_reasons_are_logged_for_ever_each_once_and_the_rest_as_a_number(caplog):
    async def flood():
        refused = Rejections()
        with caplog.at_level(logging.WARNING):
            for minute in range(4):
                for number in range(1000):
                    refused.add(f"reason {minute} {number}")
                    refused.add("the same")
                await asyncio.sleep(70)
            refused.add("after all")
            refused.close()
        return refused.count

    assert passing.run(flood()) == 8001
    lines = [record.message for record in caplog.records]
    assert lines[0] == "reason 0 0 (said once, counted in /stats)"
    assert sum(line.startswith("the same (") for line in lines) == 1
    for minute in range(4):
        assert f"reason {minute} 0 (said once, counted in /stats)" in lines
    more = [line for line in lines if "messages more" in line]
    assert more == [f"{2000 - MOST_LINES} messages more were refused; the last: the same"] * 4
    assert lines[-1] == "after all (said once, counted in /stats)"
    assert len(lines) == 4 * (MOST_LINES + 1) + 1


def test_what_is_remembered_is_bounded(monkeypatch, caplog):
    monkeypatch.setattr(rejections, "MOST_KNOWN", 3)

    async def flood():
        refused = Rejections()
        with caplog.at_level(logging.WARNING):
            for reason in "abcabcdabcd":
                refused.add(reason)
        refused.close()

    asyncio.run(flood())
    said = "".join(record.message[0] for record in caplog.records)
    assert said[:4] == "abcd"
    assert "a" in said[4:]  # forgotten in between


def test_each_is_answered_sixty_times_a_second_and_last_of_all_the_last():
    async def flood():
        answers, one, other = ErrorReplies(), Client(1), Client(2)
        for number in range(200):
            answers.send(one, "/x", str(number))
            answers.send(other, "/y", str(number))
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        return one.told, other.told

    for told in passing.run(flood(), rejections):
        assert told[0][1] == "0"
        assert told[-1][1] == "199"
        assert len(told) <= 60


def test_a_flood_of_strangers_is_no_conversation_and_is_forgotten():
    async def flood():
        answers, crowd = ErrorReplies(), [Client(number) for number in range(5000)]
        for one in crowd:
            answers.send(one, "/x", "no")
        at_once = sum(len(one.told) for one in crowd)
        await asyncio.sleep(1.1)
        answers.close()
        return at_once, sum(len(one.told) for one in crowd)

    assert passing.run(flood(), rejections) == (MOST_ANSWERS, MOST_ANSWERS + MOST_WAITING)

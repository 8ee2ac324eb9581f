"""Replies to rejected messages, and their lines in the log: bounded, and the last is never lost."""

import asyncio
import logging

import virtual_loop
from hypothesis import given
from hypothesis import strategies as st

from perform.net import rejections
from perform.net.rejections import (
    MAX_LINES,
    MAX_REPLIES,
    MAX_WAITING,
    ErrorReplies,
    Rejections,
    printable,
)


class ReplyClient:
    def __init__(self, key):
        self.key, self.host, self.replies = key, None, []

    def send_message(self, _, address, reason):
        self.replies.append((address, reason))


@given(st.text(), st.integers(4, 300))
def test_any_text_becomes_one_short_printable_line(text, longest):
    line = printable(text, longest)
    assert len(line) <= longest
    assert line.isascii()
    assert line.isprintable() or not line
    if text.isascii() and text.isprintable() and len(text) <= longest:
        assert line == text


def test_each_new_reason_is_logged_once_and_the_rest_are_counted(caplog):
    async def flood():
        rejected = Rejections()
        with caplog.at_level(logging.WARNING):
            for minute in range(4):
                for number in range(1000):
                    rejected.add(f"reason {minute} {number}")
                    rejected.add("the same")
                await asyncio.sleep(70)
            rejected.add("after all")
            rejected.close()
        return rejected.count

    assert virtual_loop.run(flood()) == 8001
    lines = [record.message for record in caplog.records]
    assert lines[0] == "reason 0 0 (logged once, counted in /stats)"
    assert sum(line.startswith("the same (") for line in lines) == 1
    for minute in range(4):
        assert f"reason {minute} 0 (logged once, counted in /stats)" in lines
    summaries = [line for line in lines if "more messages" in line]
    summary = f"{2000 - MAX_LINES} more messages were rejected; the last: the same"
    assert summaries == [summary] * 4
    assert lines[-1] == "after all (logged once, counted in /stats)"
    assert len(lines) == 4 * (MAX_LINES + 1) + 1


def test_the_number_of_remembered_reasons_is_bounded(monkeypatch, caplog):
    monkeypatch.setattr(rejections, "MAX_KNOWN", 3)

    async def flood():
        rejected = Rejections()
        with caplog.at_level(logging.WARNING):
            for reason in "abcabcdabcd":
                rejected.add(reason)
        rejected.close()

    asyncio.run(flood())
    logged = "".join(record.message[0] for record in caplog.records)
    assert logged[:4] == "abcd"
    assert "a" in logged[4:]  # forgotten in between


def test_each_client_gets_sixty_replies_a_second_and_the_last_one():
    async def flood():
        replies, one, other = ErrorReplies(), ReplyClient(1), ReplyClient(2)
        for number in range(200):
            replies.add(one, "/x", str(number))
            replies.add(other, "/y", str(number))
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        return one.replies, other.replies

    for got in virtual_loop.run(flood(), rejections):
        assert got[0][1] == "0"
        assert got[-1][1] == "199"
        assert len(got) <= 60


def test_a_flood_of_many_clients_gets_a_bounded_number_of_replies():
    async def flood():
        replies, clients = ErrorReplies(), [ReplyClient(number) for number in range(5000)]
        for one in clients:
            replies.add(one, "/x", "no")
        at_once = sum(len(one.replies) for one in clients)
        await asyncio.sleep(1.1)
        replies.close()
        return at_once, sum(len(one.replies) for one in clients)

    assert virtual_loop.run(flood(), rejections) == (MAX_REPLIES, MAX_REPLIES + MAX_WAITING)

"""What waits on its way from and to the broker."""

import asyncio

import aiomqtt

from perform.mqtt.queues import (
    MOST_PASSING,
    MOST_TOPICS,
    MOST_WAITING,
    Inbox,
    Memory,
    Outbox,
    QueuedMessage,
)

MOMENTS = ("/note", "/tap", "/snapshot/store")


def message(topic, payload=b""):
    return aiomqtt.Message(topic, payload, 0, retain=False, mid=0, properties=None)


def empty():
    return Inbox(lambda topic: not topic.endswith(MOMENTS))


def box(*messages):
    inbox = empty()
    for one in messages:
        inbox.put_nowait(one)
    return inbox


def unread(inbox):
    return [(one.topic.value, one.payload) for one in iter(lambda: next_of(inbox), None)]


def next_of(inbox):
    return None if inbox.empty() else inbox.get_nowait()


def test_a_flood_ends_where_its_last_message_says():
    inbox = empty()
    for step in range(10_000):
        inbox.put_nowait(message("s/all/swing", b"%d" % step))
        inbox.put_nowait(message("s/all/chord", b"C7"))
    assert unread(inbox) == [("s/all/swing", b"9999"), ("s/all/chord", b"C7")]


def test_what_is_of_a_moment_is_kept_one_by_one():
    """The same note twice, taps, two snapshots that are stored: none stands for another."""
    said = [
        ("s/all/note", b"60 90"),
        ("s/all/note", b"60 0"),
        ("s/all/tap", b"1"),
        ("s/all/note", b"60 90"),
        ("s/all/tap", b"1"),
        ("s/foyer/snapshot/store", b"A"),
        ("s/foyer/snapshot/store", b"B"),
    ]
    assert unread(box(*(message(*one) for one in said))) == said


def test_a_flood_of_taps_pushes_out_nothing_that_stands():
    chord = message("s/all/chord", b"C7")
    taps = [message("s/all/tap", b"1")] * (3 * MOST_WAITING)
    waiting = unread(box(chord, *taps))
    assert len(waiting) == MOST_WAITING
    assert waiting[0] == ("s/all/chord", b"C7")


def test_panic_comes_first_and_the_oldest_makes_way():
    crowd = [message(f"s/all/nonsense{number}") for number in range(3 * MOST_WAITING)]
    panic, chord = message("s/group/north/panic", b"1"), message("s/all/chord")
    for waiting in (unread(box(*crowd, panic, chord)), unread(box(panic, *crowd, chord))):
        assert len(waiting) == MOST_WAITING
        assert waiting[0] == ("s/group/north/panic", b"1")
        assert waiting[1:-1] == [(one.topic.value, b"") for one in crowd[2 * MOST_WAITING + 2 :]]
        assert waiting[-1] == ("s/all/chord", b"")


def test_who_waits_has_it_as_soon_as_it_is_there():
    async def play():
        inbox = empty()
        waiting = asyncio.create_task(inbox.get())
        await asyncio.sleep(0)
        assert not waiting.done()
        inbox.put_nowait(message("s/all/tap", b"1"))
        assert (await asyncio.wait_for(waiting, 1.0)).payload == b"1"
        assert inbox.empty()

    asyncio.run(play())


def test_what_is_remembered_is_bounded():
    memory = Memory()
    assert memory.hears("s/all/tempo", b"100", kept=True)
    for number in range(MOST_TOPICS):
        assert not memory.hears("s/all/tempo", b"100", kept=True)
        memory.hears(f"s/all/nonsense{number}", b"", kept=False)
    for number in range(MOST_TOPICS):
        memory.hears(f"s/all/more{number}", b"", kept=False)
    assert memory.hears("s/all/tempo", b"100", kept=True)


def drained(outbox, count):
    async def take():
        return [await asyncio.wait_for(outbox.next(), 1.0) for _ in range(count)]

    return asyncio.run(take())


def test_of_what_is_kept_the_newest_goes_and_all_of_it_again_after_a_loss():
    outbox = Outbox()
    for step in range(1000):
        outbox.put(QueuedMessage("state/tempo", str(step), retain=True))
    outbox.put(QueuedMessage("state/chord", "C7", retain=True))
    outbox.put(QueuedMessage("notes/lead", "60 90"))
    assert [it.payload for it in drained(outbox, 3)] == ["60 90", "999", "C7"]
    outbox.put(QueuedMessage("notes/lead", "60 0"))
    outbox.renew()
    assert [it.payload for it in drained(outbox, 2)] == ["999", "C7"]


def test_who_goes_says_before_what_was_not_published_yet():
    outbox = Outbox()
    for topic in ("state/tempo", "state/chord"):
        outbox.put(QueuedMessage(topic, "old", retain=True))
    drained(outbox, 2)
    outbox.put(QueuedMessage("state/transport", "stop", retain=True))
    outbox.put(QueuedMessage("notes/lead", "60 0"))
    assert [it.topic for it in outbox.rest()] == ["state/transport"]
    assert outbox.kept("state/tempo") is not None
    assert outbox.kept("state/metre") is None


def test_notes_that_nobody_takes_do_not_pile_up():
    outbox = Outbox()
    for number in range(100 * MOST_PASSING):
        outbox.put(QueuedMessage("notes/lead", str(number)))
    assert drained(outbox, MOST_PASSING)[-1].payload == str(100 * MOST_PASSING - 1)

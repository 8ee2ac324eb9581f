"""The queues from the broker and to it."""

import asyncio
import time

import aiomqtt

from perform.mqtt.queues import (
    MAX_INBOX,
    MAX_PASSING,
    MAX_TOPICS,
    Inbox,
    Outbox,
    QueuedMessage,
    RetainedFilter,
)

ACTIONS = ("/note", "/tap", "/snapshot/store")


def message(topic, payload=b""):
    return aiomqtt.Message(topic, payload, 0, retain=False, mid=0, properties=None)


def inbox_of(*messages):
    inbox = Inbox(lambda topic: not topic.endswith(ACTIONS))
    for each in messages:
        inbox.put_nowait(each)
    return inbox


def take_all(inbox):
    taken = []
    while not inbox.empty():
        each = inbox.get_nowait()
        taken.append((each.topic.value, each.payload))
    return taken


def test_a_flood_of_values_ends_at_its_last_value():
    inbox = inbox_of()
    for step in range(10_000):
        inbox.put_nowait(message("s/all/swing", b"%d" % step))
        inbox.put_nowait(message("s/all/chord", b"C7"))
    assert take_all(inbox) == [("s/all/swing", b"9999"), ("s/all/chord", b"C7")]


def test_every_action_is_kept():
    """The same note twice, taps, two stored snapshots: none replaces another."""
    actions = [
        ("s/all/note", b"60 90"),
        ("s/all/note", b"60 0"),
        ("s/all/tap", b"1"),
        ("s/all/note", b"60 90"),
        ("s/all/tap", b"1"),
        ("s/foyer/snapshot/store", b"A"),
        ("s/foyer/snapshot/store", b"B"),
    ]
    assert take_all(inbox_of(*(message(*each) for each in actions))) == actions


def test_a_flood_of_actions_drops_no_value():
    chord = message("s/all/chord", b"C7")
    taps = [message("s/all/tap", b"1")] * (3 * MAX_INBOX)
    taken = take_all(inbox_of(chord, *taps))
    assert len(taken) == MAX_INBOX
    assert taken[0] == ("s/all/chord", b"C7")


def test_panic_comes_first_and_the_oldest_message_is_dropped():
    others = [message(f"s/all/nonsense{number}") for number in range(3 * MAX_INBOX)]
    panic, chord = message("s/group/north/panic", b"1"), message("s/all/chord")
    for messages in ((*others, panic, chord), (panic, *others, chord)):
        taken = take_all(inbox_of(*messages))
        assert len(taken) == MAX_INBOX
        assert taken[0] == ("s/group/north/panic", b"1")
        assert taken[1:-1] == [(each.topic.value, b"") for each in others[2 * MAX_INBOX + 2 :]]
        assert taken[-1] == ("s/all/chord", b"")


def test_a_waiting_reader_gets_a_message_at_once():
    async def play():
        inbox = inbox_of()
        reading = asyncio.create_task(inbox.get())
        await asyncio.sleep(0)
        assert not reading.done()
        inbox.put_nowait(message("s/all/tap", b"1"))
        assert (await asyncio.wait_for(reading, 1.0)).payload == b"1"
        assert inbox.empty()

    asyncio.run(play())


def test_the_number_of_remembered_topics_is_bounded():
    retained = RetainedFilter()
    assert retained.is_new("s/all/tempo", b"100", retained=True)
    for number in range(MAX_TOPICS):
        assert not retained.is_new("s/all/tempo", b"100", retained=True)
        retained.is_new(f"s/all/nonsense{number}", b"", retained=False)
    for number in range(MAX_TOPICS):
        retained.is_new(f"s/all/more{number}", b"", retained=False)
    assert retained.is_new("s/all/tempo", b"100", retained=True)


def publish(outbox, count):
    async def take():
        return [await asyncio.wait_for(outbox.next(), 1.0) for _ in range(count)]

    return asyncio.run(take())


def test_the_newest_retained_messages_are_published_and_again_after_a_loss():
    outbox = Outbox()
    for step in range(1000):
        outbox.add(QueuedMessage("state/tempo", str(step), retain=True))
    outbox.add(QueuedMessage("state/chord", "C7", retain=True))
    outbox.add(QueuedMessage("notes/lead", "60 90"))
    assert [it.payload for it in publish(outbox, 3)] == ["60 90", "999", "C7"]
    outbox.add(QueuedMessage("notes/lead", "60 0"))
    outbox.add_all_retained()
    assert [it.payload for it in publish(outbox, 2)] == ["999", "C7"]


def test_the_retained_messages_that_still_wait_are_unpublished():
    outbox = Outbox()
    for topic in ("state/tempo", "state/chord"):
        outbox.add(QueuedMessage(topic, "old", retain=True))
    publish(outbox, 2)
    outbox.add(QueuedMessage("state/transport", "stop", retain=True))
    outbox.add(QueuedMessage("notes/lead", "60 0"))
    assert [it.topic for it in outbox.unpublished()] == ["state/transport"]
    assert outbox.retained("state/tempo") is not None
    assert outbox.retained("state/metre") is None


def test_the_number_of_waiting_notes_is_bounded():
    outbox = Outbox()
    for number in range(100 * MAX_PASSING):
        outbox.add(QueuedMessage("notes/lead", str(number)))
    assert publish(outbox, MAX_PASSING)[-1].payload == str(100 * MAX_PASSING - 1)


def test_notes_and_beats_that_waited_too_long_are_left_out_but_their_ends_are_not():
    outbox, now = Outbox(), time.monotonic()
    outbox.add(QueuedMessage("notes/lead", "60 90", until=now - 0.01))
    outbox.add(QueuedMessage("notes/lead", "60 0"))
    outbox.add(QueuedMessage("beat", "3 1", until=now - 0.01))
    outbox.add(QueuedMessage("beat", "3 2", until=now + 60))
    assert [it.payload for it in publish(outbox, 2)] == ["60 0", "3 2"]
    outbox.add(QueuedMessage("beat", "3 3", until=now - 0.01))
    outbox.add(QueuedMessage("state/chord", "C7", retain=True))
    assert [it.payload for it in publish(outbox, 1)] == ["C7"]

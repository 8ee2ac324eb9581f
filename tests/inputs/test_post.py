"""What waits on its way from and to the broker."""

import asyncio

from perform.inputs.post import MOST_PASSING, MOST_WISHES, Inbox, Letter, Outbox


def drained(box, count):
    async def take():
        return [await asyncio.wait_for(box.next(), 1.0) for _ in range(count)]

    return asyncio.run(take())


def test_a_flood_ends_where_its_last_message_says():
    box = Inbox()
    for step in range(100_000):
        box.put("/swing", (step / 100_000,))
        box.put("/chord", ("C7",))
    assert drained(box, 2) == [("/swing", (0.99999,), ""), ("/chord", ("C7",), "")]


def test_notes_of_different_pitch_are_all_kept():
    box = Inbox()
    for pitch in (60, 64, 67):
        box.put("/note", (pitch, 90))
    box.put("/note", (64, 0))
    assert [wish[1] for wish in drained(box, 3)] == [(60, 90), (67, 90), (64, 0)]


def test_panic_comes_first_and_always_in():
    box = Inbox()
    for number in range(3 * MOST_WISHES):
        box.put(f"/nonsense/{number}", ())
    box.put("/panic", ())
    wishes = drained(box, MOST_WISHES)
    assert wishes[0] == ("/panic", (), "")
    assert wishes[-1][0] == f"/nonsense/{3 * MOST_WISHES - 1}"


def test_who_waits_for_a_wish_has_it_as_soon_as_it_is_there():
    async def play():
        box = Inbox()
        waiting = asyncio.create_task(box.next())
        await asyncio.sleep(0)
        assert not waiting.done()
        box.put("/tap", (), "no")
        assert await asyncio.wait_for(waiting, 1.0) == ("/tap", (), "no")

    asyncio.run(play())


def test_of_what_is_kept_the_newest_goes_and_all_of_it_again_after_a_loss():
    box = Outbox()
    for step in range(1000):
        box.put(Letter("state/tempo", str(step), retain=True))
    box.put(Letter("state/chord", "C7", retain=True))
    box.put(Letter("notes/lead", "60 90"))
    assert [it.payload for it in drained(box, 3)] == ["60 90", "999", "C7"]
    box.put(Letter("notes/lead", "60 0"))
    box.renew()
    assert [it.payload for it in drained(box, 2)] == ["999", "C7"]


def test_notes_that_nobody_takes_do_not_pile_up():
    box = Outbox()
    for number in range(100 * MOST_PASSING):
        box.put(Letter("notes/lead", str(number)))
    assert drained(box, MOST_PASSING)[-1].payload == str(100 * MOST_PASSING - 1)

"""The messages that each browser gets."""

import asyncio
import json

from perform.panel.hub import MAX_BROWSERS, MAX_UNSENT, Hub


def take(browser):
    """The messages of the next frame, without their moments."""
    return [message[1:] for message in json.loads(asyncio.run(browser.next_frame()))]


def test_a_browser_that_comes_later_gets_the_current_values():
    hub = Hub(lambda: 5.0)
    hub.publish(1.0, "/hello", [{"voices": []}])
    hub.publish(2.0, "/state/tempo", [120.0])
    hub.publish(3.0, "/note", ["lead", 60, 90])
    hub.publish(4.0, "/state/tempo", [140.0])
    hub.publish(4.0, "/log", ["warning", "a cable is loose"])
    messages = take(hub.join())
    assert messages[0] == ["/you", 1]
    assert messages[1] == ["/hello", {"voices": []}]
    assert ["/state/tempo", 140.0] in messages
    assert ["/state/tempo", 120.0] not in messages
    assert ["/log", "warning", "a cable is loose"] in messages
    assert not any(message[0] == "/note" for message in messages)


def test_a_reply_goes_to_its_browser_only():
    hub = Hub()
    one, other = hub.join(), hub.join()
    take(one), take(other)
    hub.publish(1.0, "/to", [other.number, "/error", "/x", "no such address"])
    hub.publish(1.0, "/to", [99, "/error", "/x", "no such browser"])
    hub.publish(1.0, "/beat", [0, 0])
    assert take(one) == [["/beat", 0, 0]]
    assert take(other) == [["/error", "/x", "no such address"], ["/beat", 0, 0]]


def test_every_browser_gets_the_number_of_browsers():
    hub = Hub()
    one = hub.join()
    hub.leave(hub.join())
    assert [message[1] for message in take(one) if message[0] == "/browsers"] == [1, 2, 1]


def test_a_browser_that_takes_nothing_uses_bounded_memory():
    hub = Hub()
    slow, quick = hub.join(), hub.join()
    line = "x" * 1000
    for _ in range(2 * MAX_UNSENT // 1000):
        hub.publish(1.0, "/log", ["info", line])
        take(quick)
    assert slow.slow
    assert not quick.slow
    assert len(asyncio.run(slow.next_frame())) < MAX_UNSENT + 5000


def test_the_number_of_browsers_is_bounded():
    hub = Hub()
    browsers = [hub.join() for _ in range(MAX_BROWSERS)]
    assert hub.full
    hub.leave(browsers[3])
    assert not hub.full

"""What each browser is told."""

import asyncio
import json

from perform.panel.hub import MOST_BROWSERS, MOST_UNSENT, Hub


def told(browser):
    return [message[1:] for message in json.loads(asyncio.run(browser.frame()))]


def test_whoever_comes_later_is_told_where_everything_stands():
    hub = Hub(lambda: 5.0)
    hub.pass_on(1.0, "/hello", [{"voices": []}])
    hub.pass_on(2.0, "/state/tempo", [120.0])
    hub.pass_on(3.0, "/note", ["lead", 60, 90])
    hub.pass_on(4.0, "/state/tempo", [140.0])
    hub.pass_on(4.0, "/log", ["warning", "a cable is loose"])
    heard = told(hub.join())
    assert heard[0] == ["/you", 1]
    assert heard[1] == ["/hello", {"voices": []}]
    assert ["/state/tempo", 140.0] in heard
    assert ["/state/tempo", 120.0] not in heard
    assert ["/log", "warning", "a cable is loose"] in heard
    assert not any(message[0] == "/note" for message in heard)


def test_an_answer_goes_to_whom_it_is_for():
    hub = Hub()
    one, other = hub.join(), hub.join()
    told(one), told(other)
    hub.pass_on(1.0, "/to", [other.number, "/error", "/x", "no such address"])
    hub.pass_on(1.0, "/to", [99, "/error", "/x", "nobody"])
    hub.pass_on(1.0, "/beat", [0, 0])
    assert told(one) == [["/beat", 0, 0]]
    assert told(other) == [["/error", "/x", "no such address"], ["/beat", 0, 0]]


def test_everybody_hears_how_many_look():
    hub = Hub()
    one = hub.join()
    hub.leave(hub.join())
    heard = told(one)
    assert [message[1] for message in heard if message[0] == "/browsers"] == [1, 2, 1]


def test_a_browser_that_takes_nothing_costs_no_more_than_its_share():
    hub = Hub()
    slow, quick = hub.join(), hub.join()
    line = "x" * 1000
    for _ in range(2 * MOST_UNSENT // 1000):
        hub.pass_on(1.0, "/log", ["info", line])
        told(quick)
    assert slow.slow
    assert not quick.slow
    assert len(asyncio.run(slow.frame())) < MOST_UNSENT + 5000


def test_it_is_full_at_some_number():
    hub = Hub()
    browsers = [hub.join() for _ in range(MOST_BROWSERS)]
    assert hub.full
    hub.leave(browsers[3])
    assert not hub.full

"""The count-in and the click in the panel."""

CHOOSE = """
const select = document.querySelector(arguments[0]);
select.value = arguments[1];
select.dispatchEvent(new Event("change"));
"""
COUNT = "document.querySelector('#count')"
SHOWN = f"return {COUNT}.innerText.replace(/\\s+/g, ' ')"


def test_bars_and_click_are_chosen_and_the_count_is_shown(page, listener):
    page.run(CHOOSE, "#count-in", "2")
    listener.expect("/state/count-in", 2)
    page.run(CHOOSE, "#click", "count-in")
    listener.expect("/state/click", "count-in")
    listener.send("/tempo", 120.0)
    listener.send("/chord", "C7")
    try:
        page.until(f"{SHOWN} === 'count-in 3 1 more bar'")
        page.until(f"{SHOWN} === 'count-in 4'")
        page.until(f"return {COUNT}.hidden && sideman.roll.beats.at(-1)?.bar === 0")
        listener.send("/transport", "start")
        page.until(f"return !{COUNT}.hidden")
        listener.send("/transport", "stop")
        page.until(f"return {COUNT}.hidden")
    finally:
        listener.send("/transport", "stop")
        for address, value in (("/count-in", 0), ("/click", "off"), ("/tempo", 300.0)):
            listener.send(address, value)
            listener.expect(f"/state{address}", value)

"""The panel at many sizes: controls are visible and large enough for a thumb; what it shows."""

import contextlib
from itertools import pairwise

import pytest
from browser import Browser
from panelled import pad

from perform.engine.metre import parse_metre

VIEWS = ("play", "voices", "shape", "engine")


SMALLER_THAN_A_THUMB = """
return [...document.querySelectorAll("button, select, input, textarea")]
  .map((it) => [it, it.getBoundingClientRect()])
  .filter(([it, { width, height }]) => it.offsetParent && (height < 44 || width < 44))
  .map(([it]) => it.id || it.ariaLabel);
"""


OVER_EACH_OTHER = """
const box = (it) => it.getBoundingClientRect();
const badge = box(document.querySelector("#unseen")), word = document.createRange();
word.selectNodeContents(document.querySelector("[data-to=engine] span"));
const text = box(word), middle = (text.top + text.bottom) / 2;
return badge.width > 0 && badge.bottom > middle && badge.left < text.right;
"""


def sizes(first, *others):
    """Run a test at the first (width, height); the `long` run adds the others."""
    late = [pytest.param(*size, marks=pytest.mark.long) for size in others]
    return pytest.mark.parametrize(("width", "height"), [first, *late])


@pytest.fixture(scope="module")
def window():
    """Open a page at a width and height in a second browser; a narrow one has a touch screen."""
    with contextlib.closing(Browser()) as browser:

        @contextlib.contextmanager
        def opened(url, width, height, *, touch=None):
            browser.resize(width, height, touch=width < 1000 if touch is None else touch)
            browser.complaints()
            yield browser.open(url)
            browser.driver.get("about:blank")

        yield opened


@contextlib.contextmanager
def charted(listener, chart):
    """A chart is set within the `with` block."""
    listener.send("/chart", chart)
    try:
        yield
    finally:
        listener.send("/chart", "")


@sizes((1280, 757), (820, 1180))
def test_all_pads_fit_the_window_and_the_badge_covers_no_text(
    page, panel_daemon, listener, window, width, height
):
    eight = "Dm7 | G7 | Cmaj7 | % | Dm7 | G7 | Cmaj7 | %"
    with charted(listener, eight), window(panel_daemon.url, width, height) as screen:
        inside = "return [innerWidth, innerHeight]"
        screen.until("return document.querySelectorAll('#bars li').length === 8")
        screen.run("for (let i = 0; i < 12; i++) sideman.stats.log('warning', `line ${i}`)")
        assert screen.find("#unseen").text == "9+"
        assert not screen.run(OVER_EACH_OTHER)
        wide, high = screen.run(inside)
        assert (wide, high) == (width, height)
        last = screen.run(
            "return [...document.querySelectorAll('.pad')].at(-1).getBoundingClientRect().bottom"
        )
        assert last <= height


@sizes((844, 390), (1024, 768), (1180, 820), (640, 360))
def test_in_landscape_the_pads_fit_the_screen_and_a_thumb(panel_daemon, window, width, height):
    with window(panel_daemon.url, width, height, touch=True) as screen:
        seen = screen.run(
            "return [...document.querySelectorAll('.pad')].filter((it) => it.offsetParent)"
            ".map((it) => it.getBoundingClientRect().toJSON())"
        )
        tabs = screen.run("return document.querySelector('#tabs').getBoundingClientRect().top")
        assert min(it["height"] for it in seen) >= 44
        assert min(it["width"] for it in seen) >= 40
        first = seen[:12]  # one quality; a tablet shows the others below
        assert max(it["bottom"] for it in first) <= (height if width >= 1000 else tabs)
        assert screen.run("return document.documentElement.scrollWidth") <= width
        assert screen.complaints() == []


ROOTS = """
return [...document.querySelectorAll(".padrow.chosen .pad")]
  .map((it) => it.getBoundingClientRect()).map(({ top, bottom }) => [top + scrollY, bottom]);
"""


@sizes((360, 640), (390, 664), (1280, 757))
def test_all_roots_stay_visible_below_a_chart_and_a_rejected_chord_moves_none(
    panel_daemon, listener, window, width, height
):
    with (
        charted(listener, "Dm7 G7 | Cmaj7 | Am7 | D7"),
        window(panel_daemon.url, width, height) as screen,
    ):
        screen.until("return document.querySelectorAll('#bars li').length === 4")
        tabs = screen.run("return document.querySelector('#tabs').getBoundingClientRect().top")
        roots = screen.run(ROOTS)
        assert len(roots) == 12
        assert max(bottom for _, bottom in roots) <= (tabs if width < 1000 else height)
        screen.find("#symbol-text").send_keys("Hxyz\n")
        screen.until("return !document.querySelector('#no-chord').hidden")
        assert [top for top, _ in screen.run(ROOTS)] == pytest.approx([top for top, _ in roots])
        reason = screen.find("#no-chord").rect
        scrolled = screen.run("return scrollY")
        assert reason["y"] + reason["height"] - scrolled <= (tabs if width < 1000 else height)


# The faders whose help text is hidden, covers the fader, changes its height or is not their own.
BAD_HELP = """
const help = document.querySelector("#help"), box = () => help.getBoundingClientRect();
const high = box().height;
return [...document.querySelectorAll("#parameters input")].reverse().filter((it) => {
  it.focus();
  const fader = it.getBoundingClientRect(), { top, bottom, height } = box();
  const bar = document.querySelector(innerWidth < 1000 ? "header" : "#tabs");
  return top < bar.getBoundingClientRect().bottom - 1 || bottom > fader.top || height !== high
    || !it.ariaLabel.startsWith(help.textContent);
}).map((it) => it.dataset.address);
"""


@sizes((360, 640), (844, 390), (1280, 757))
def test_the_help_of_a_focused_fader_is_visible_and_covers_no_fader(
    panel_daemon, window, width, height
):
    with window(panel_daemon.url, width, height) as screen:
        screen.press("[data-to=shape]")
        assert screen.run(BAD_HELP) == []


PAST_ITS_CARD = """
return [...document.querySelectorAll(".voice")]
  .filter((card) => [...card.querySelectorAll("*")].some(
    (it) => it.getBoundingClientRect().right > card.getBoundingClientRect().right))
  .map((it) => it.dataset.voice);
"""


NAMES = """
const { roll } = sideman, places = [], sounding = roll.active;
roll.active = new Map([...Array(12).keys()].map((n) => [n, { voice: "v0", pitch: roll.low }]));
roll.drawNames({ fillText: (text, x, y) => places.push(y) }, 0);
roll.active = sounding;
return [places, roll.height];
"""


@pytest.mark.long
def test_twelve_voices_have_twelve_colours_and_note_names_inside_the_roll(crowd, window):
    with window(crowd.url, 360, 640, touch=True) as screen:
        tints = screen.run(
            "return [...document.querySelectorAll('#legend li')]"
            ".map((it) => it.style.getPropertyValue('--tint'))"
        )
        assert len(set(tints)) == len(tints) == 12
        places, height = screen.run(NAMES)
        assert len(places) > 4
        assert max(places) <= height - 5
        assert min(low - high for high, low in pairwise(places)) >= 11


UNDER_THE_BANNER = """
const box = (it) => it.getBoundingClientRect(), banner = box(document.querySelector("#banner"));
return [...document.querySelectorAll("#chord, #play button, header button, .legend")]
  .filter((it) => it.offsetParent)
  .filter((it) => box(it).bottom > banner.top && box(it).top < banner.bottom)
  .filter((it) => box(it).right > banner.left && box(it).left < banner.right)
  .map((it) => it.id || it.ariaLabel);
"""


@sizes((360, 640), (844, 390), (1280, 757))
def test_a_banner_covers_no_text_and_no_button(panel_daemon, window, width, height):
    with window(panel_daemon.url, width, height) as screen:
        tabs = screen.find("#tabs").rect
        screen.run("sideman.connection.send('/snapshot/recall', 'nowhere')")
        screen.until("return !document.querySelector('#banner').hidden")
        assert screen.run(UNDER_THE_BANNER) == []
        assert screen.find("#tabs").rect == tabs


CUT = """
sideman.store.set("/chart", Array(24).fill("Eb7sus4 Ab7").join(" | "));
sideman.store.set("/chart/bar", 17);
const list = document.querySelector("#bars"), { top, bottom } = list.getBoundingClientRect();
const here = list.querySelector("[aria-current]").getBoundingClientRect();
const cut = [...list.children].filter((it) => it.scrollHeight > it.clientHeight).length;
return [here.top >= top - 1 && here.bottom <= bottom + 1, cut];
"""


@sizes((360, 640), (1280, 757))
def test_a_long_chart_shows_the_current_bar_and_cuts_no_chord(panel_daemon, window, width, height):
    with window(panel_daemon.url, width, height) as screen:
        assert screen.run(CUT) == [True, 0]


@sizes((360, 640), (1280, 757))
def test_a_voice_card_holds_its_controls_at_any_name_and_role(crowd, window, width, height):
    with window(crowd.url, width, height) as screen:
        screen.press("[data-to=voices]")
        assert screen.run(PAST_ITS_CARD) == []
        assert screen.run("return document.documentElement.scrollWidth") <= width
        assert screen.complaints() == []


def test_a_phone_shows_the_desktops_values_and_fits_every_view(page, panel_daemon, window):
    with window(panel_daemon.url, 360, 740, touch=True) as phone:
        assert phone.value("/tempo") == page.value("/tempo")
        for view in VIEWS:
            phone.press(f"[data-to={view}]")
            assert phone.run("return document.documentElement.scrollWidth") <= 360, view
            assert phone.run(SMALLER_THAN_A_THUMB) == [], view
        for metre in ("2/4", "7/8", "15/4"):  # few and many lamps
            phone.run("sideman.store.set('/metre', arguments[0])", metre)
            assert phone.run(SMALLER_THAN_A_THUMB) == [], metre
            assert phone.run("return document.querySelector('header').offsetHeight") <= 107
        phone.press("[data-to=voices]")
        phone.press(".voice[data-voice=bass] .mute")
        page.until(
            "return document.querySelector('.voice[data-voice=bass] .mute').ariaPressed === 'true'"
        )
        page.press("[data-to=voices]")
        page.press(".voice[data-voice=bass] .mute")
        phone.until(
            "return document.querySelector('.voice[data-voice=bass] .mute').ariaPressed === 'false'"
        )
        phone.press("[data-to=play]")
        phone.run("document.querySelector('.padrow.chosen .pad').scrollIntoView({block: 'center'})")
        size = phone.run(
            "return document.querySelector('.padrow.chosen .pad').getBoundingClientRect().toJSON()"
        )
        assert min(size["width"], size["height"]) >= 44
        phone.press('.padrow.chosen .pad[data-root="Bb"]')
        page.until("return sideman.store.get('/chord').startsWith('Bb')")
        assert phone.complaints() == []


def test_no_lamp_is_lit_after_a_stop(page, listener):
    lit = "return document.querySelector('#lamps .lit') "
    page.press("#start")
    page.until(f"{lit} !== null")
    page.press("#stop")
    page.until(f"{lit} === null && sideman.store.get('/transport') === 'stop'")
    page.press("#start")


@pytest.mark.parametrize("metre", ["7/8", "13/8", "5/8", "12/8", "3/4", "4/4"])
def test_each_beat_of_the_metre_has_a_lamp(page, listener, metre):
    listener.send("/metre", metre)
    listener.expect("/state/metre", metre)
    lamps = "return document.querySelectorAll('#lamps i').length"
    page.until(f"{lamps} === {parse_metre(metre).beats}")


def test_the_page_says_what_is_missing_for_music(page, listener):
    says = "const it = document.querySelector('#hint'); return !it.hidden && it.textContent === "
    page.press("#stop")
    page.press(pad("D", "7"))
    page.until(f"{says} 'Stopped. Start plays over D7.'")
    listener.send("/chord", "N.C.")
    page.press("#start")
    page.until(f"{says} 'No chord: press one, or write a chart.'")
    page.press(pad("D", "7"))
    page.until("return document.querySelector('#hint').hidden")


def test_it_is_seen_whose_turn_it_is(page, listener):
    shown = "document.querySelector('#turn').textContent"
    listener.send("/transport", "start")
    listener.send("/voice/lead/mode", "answer", 1)
    page.until(f"return {shown} === 'Your turnlast bar'")
    page.until(f"return {shown} === 'leadlast bar'")
    size = page.run(
        "return parseFloat(getComputedStyle(document.querySelector('#turn b')).fontSize)"
    )
    assert size >= 40
    listener.send("/voice/bass/solo", 1)  # the lead is not heard
    page.until("return document.querySelector('#turn').hidden")
    listener.send("/voice/bass/solo", 0)
    page.until("return !document.querySelector('#turn').hidden")
    listener.send("/voice/lead/mode", "flow")
    page.until("return document.querySelector('#turn').hidden")


# Of the roll: how many ms after now the last note ends, and how many notes sound.
ENDS = """
const { notes, active } = sideman.roll, ends = notes.map((it) => it.end - performance.now());
return [Math.max(-1e9, ...ends), active.size, sideman.synth.active.size];
"""


def test_a_start_while_playing_and_a_stop_leave_silence(page, listener):
    page.press("#start")
    page.press("#listen")
    page.until("return sideman.roll.beats.at(-1)?.bar >= 1")  # so long have ends been hanging
    page.until("return sideman.synth.active.size >= 2 && sideman.roll.active.size >= 2")
    page.press("#start")
    page.until(
        "return sideman.store.get('/transport') === 'start' && sideman.roll.active.size >= 1"
    )
    page.press("#stop")
    page.until("return sideman.store.get('/transport') === 'stop' && !sideman.roll.active.size")
    latest, *sounding = page.run(ENDS)
    assert latest < 200
    assert sounding == [0, 0]
    page.until("return sideman.synth.peak() < 0.01")
    page.press("#listen")
    page.press("#start")

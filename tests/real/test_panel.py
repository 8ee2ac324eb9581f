"""The panel in Chromium: each control sends its message, and the page shows each change."""

import pytest
from panelled import fader, pad, speaks

from perform.control import registry
from perform.engine.harmony import chord_scale
from perform.music.chord import parse_chord

LOG = "[...document.querySelectorAll('#log li')]"  # newest first
# the lines above the level of information
NEWS = LOG + ".filter((it) => it.style.color !== 'rgb(167, 159, 181)')"
WATCH = """
window.came = [];  // the label of each bar that became current
new MutationObserver(() => {
  const label = document.querySelector("#bars [aria-current]")?.ariaLabel;
  if (label && label !== came.at(-1)) came.push(label);
}).observe(document.querySelector("#bars"), { subtree: true, childList: true, attributes: true });
"""


def test_a_pad_changes_the_chord_and_the_notes(page, listener):
    for root, quality in (("Eb", "m7"), ("A", "7")):
        page.press(pad(root, quality))
        listener.expect("/chord", root + quality)
        allowed = chord_scale(parse_chord(root + quality))
        assert all(pitch % 12 in allowed for pitch in listener.pitches_of(12))
        page.until(
            "return document.querySelector(arguments[0]).ariaPressed === 'true'", pad(root, quality)
        )
        assert page.find("#chord").text.startswith({"Eb": "E♭"}.get(root, root))
    assert page.run("return document.querySelectorAll('.pad[aria-pressed=true]').length") == 1


def test_a_fader_shows_values_from_osc_and_sends_its_own(page, listener):
    from selenium.webdriver.common.keys import Keys

    shown = f"return Number(document.querySelector('{fader('/weight/steps')}').value)"
    listener.send("/weight/steps", 0.7)
    page.until(f"{shown} === 0.7")
    page.find(fader("/weight/steps")).send_keys(Keys.ARROW_RIGHT)
    listener.expect("/state/weight/steps", 0.71)
    listener.expect("/state/voice/bass/weight/steps", 0.71)
    page.press("#scope .chip:nth-child(2)")
    page.find(fader("/voice/lead/swing")).send_keys(Keys.END)
    listener.expect("/state/voice/lead/swing", 1.0)
    page.press("#scope .chip:nth-child(1)")
    page.find(fader("/target/density")).send_keys(Keys.END)
    listener.expect("/state/target/density", 1.0)
    page.find(fader("/target/density")).send_keys(Keys.HOME)
    listener.expect("/state/target/density", -1.0)


def test_a_held_fader_ignores_feedback_until_its_release(page, listener):
    from selenium.webdriver.common.action_chains import ActionChains

    steps, other = fader("/weight/variety"), fader("/weight/on-beat")
    ActionChains(page.driver, duration=10).click_and_hold(page.find(steps)).perform()
    held = page.run(f"return document.querySelector('{steps}').value")
    assert float(held) == pytest.approx(0.5, abs=0.06)
    listener.send("/weight/variety", 0.9)
    listener.send("/weight/on-beat", 0.8)
    page.until(f"return document.querySelector('{other}').value === '0.8'")
    assert page.run(f"return document.querySelector('{steps}').value") == held
    ActionChains(page.driver, duration=10).release().perform()
    page.until(f"return document.querySelector('{steps}').value === '0.9'")


def test_a_double_click_returns_a_fader_to_each_voices_default(page, listener):
    listener.send("/share", 0.9)
    listener.expect("/state/voice/bass/share", 0.9)
    page.run(
        "document.querySelector(arguments[0]).dispatchEvent(new MouseEvent('dblclick'))",
        fader("/share"),
    )
    listener.expect("/state/voice/bass/share", 0.5)  # the default of its role
    listener.expect("/state/voice/lead/share", 1.0)


def test_the_page_starts_and_ends_a_chart(page, listener):
    page.press(pad("C", "7"))
    page.run(WATCH)
    page.press("#edit")
    page.find("#text").send_keys("Dm7 G7 | Cmaj7 |: Am7 | D7 :|")
    page.press("#follow")
    listener.expect("/state/chart", "Dm7 G7 | Cmaj7 |: Am7 | D7 :|")
    assert page.until("return document.querySelectorAll('#bars li').length === 4")
    # the vamp repeats bars 3 and 4
    page.until("return /bar 2:.*bar 4:.*bar 3:/.test(came.join())")
    page.press("#edit")
    page.press("#leave")
    listener.expect("/state/chart", "")


def test_the_keyboard_alone_plays_the_panel(page, listener):
    from selenium.webdriver.common.keys import Keys

    page.run("document.activeElement.blur()")
    page.keys("2", "s")
    listener.expect("/chord", "Dm")
    page.keys(" ")
    listener.expect("/state/transport", "stop")
    page.until("return document.querySelector('#stop').ariaPressed === 'true'")
    page.keys(" ")
    listener.expect("/state/transport", "start")
    page.keys("x")
    listener.expect("/state/voice/answer/mute", 1)
    listener.forget()
    page.keys("x")
    listener.expect("/state/voice/answer/mute", 0)
    reached = []
    for _ in range(30):
        page.keys(Keys.TAB)
        reached.append(
            page.run("return document.activeElement.id || document.activeElement.className")
        )
    assert {"start", "panic", "pad", "tempo", "metre", "latch"} <= set(reached)
    page.run("document.querySelector('.pad[tabindex=\"0\"]').focus()")
    page.keys(Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    assert page.run("return getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keys(Keys.ENTER)
    listener.expect("/chord", "Dbm")
    unnamed = (
        "return [...document.querySelectorAll('button,input,select,textarea')].filter((it) =>"
        " !(it.ariaLabel || it.title || it.textContent.trim() || it.closest('label'))).length"
    )
    assert page.run(unnamed) == 0


def test_a_held_key_sends_once_and_does_not_scroll(page, listener):
    scrolls, said = page.run(
        "const { send } = sideman.connection, said = [];"
        "sideman.connection.send = (address) => said.push(address);"
        "const scrolls = [false, true, true].map((repeat) => document.body.dispatchEvent("
        "new KeyboardEvent('keydown', { key: 'n', repeat, cancelable: true, bubbles: true })));"
        "sideman.connection.send = send; return [scrolls, said]"
    )
    assert scrolls == [False, False, False]
    assert said == ["/chart/next"]


# The messages that the page would send while keys and pads are pressed and released.
PRESS_AND_RELEASE = """
const [acts, pads] = arguments, said = [], { send } = sideman.connection;
sideman.connection.send = (address, ...values) => said.push([address, ...values].join(" "));
document.querySelector("#latch").click();
for (const [type, which, pointer] of acts) {
  const on = pads[which] ? document.querySelector(pads[which]) : document.body;
  on.setPointerCapture = undefined; // no real pointer exists
  if (type.startsWith("pointer")) on.dispatchEvent(new PointerEvent(type, { pointerId: pointer }));
  else if (type === "blur") dispatchEvent(new Event(type));
  else {
    const code = `Key${which.toUpperCase()}`;
    on.dispatchEvent(new KeyboardEvent(type, { key: which, code, bubbles: true }));
  }
}
document.querySelector("#latch").click();
sideman.connection.send = send;
return said;
"""


@pytest.mark.parametrize(
    ("acts", "said"),
    [
        ("keydown a, keydown D, keyup a", "C7, E7"),
        ("keydown a, keydown D, keyup a, keyup d", "C7, E7, release"),
        ("keydown A, keyup A", "C7, release"),
        ("keydown a, keydown d, keyup d, keyup a", "C7, E7, C7, release"),
        ("pointerdown C 5, pointerdown F 6, pointerup C 5, pointercancel F 6", "C7, F7, release"),
        ("pointerdown C 5, keydown d, keyup d, pointerup C 5", "C7, E7, C7, release"),
        ("keydown a, blur, keyup a", "C7, release"),
    ],
)
def test_without_the_latch_a_chord_ends_with_the_last_release(page, acts, said):
    page.run("document.activeElement.blur()")
    page.keys("3")
    acts = [act.split() for act in acts.split(", ")]
    heard = page.run(PRESS_AND_RELEASE, acts, {"C": pad("C", "7"), "F": pad("F", "7")})
    assert ", ".join(it.removeprefix("/chord")[1:] for it in heard) == said


def shows_why(page, reason, field, typed):
    """The error message beside a field, once the page shows it; the field keeps its text."""
    page.until(f"return !document.querySelector('{reason}').hidden")
    shown = page.run(f"return document.querySelector('{reason}').textContent")
    assert page.find(field).get_attribute("value") == typed
    assert page.find(field).get_attribute("aria-invalid") == "true"
    return shown


def test_tempo_steps_count_even_before_the_daemon_replies(page, listener):
    listener.send("/tempo", 280.0)
    page.until("return sideman.store.get('/tempo') === 280")
    page.run("for (let i = 0; i < 5; i++) document.querySelector('#slower').click()")
    listener.expect("/state/tempo", 275.0)
    page.until("return sideman.store.get('/tempo') === 275")
    page.run("for (let i = 0; i < 25; i++) document.querySelector('#faster').click()")
    listener.expect("/state/tempo", 300.0)
    page.until("return sideman.store.get('/tempo') === 300")


def test_a_tempo_that_is_empty_rejected_or_not_received_goes_back_to_the_true_one(page, listener):
    from selenium.webdriver.common.keys import Keys

    listener.send("/tempo", 300.0)
    shown = "return document.querySelector('#tempo').value"
    page.until(f"{shown} === '300'")
    for tempo in ("999", "3"):
        page.find("#tempo").send_keys(*[Keys.BACKSPACE] * 5, tempo, Keys.ENTER)
        page.until(f"{shown} === '300'")
        page.until("return document.querySelector('#banner').textContent.includes('20 to 400')")
        page.press("#banner")
    page.find("#tempo").send_keys(*[Keys.BACKSPACE] * 5, Keys.TAB)
    page.until(f"{shown} === '300'")
    gone = "sideman.connection.socket.close(); document.querySelector('#tempo').value = '120';"
    page.run(f"{gone} document.querySelector('#tempo').dispatchEvent(new Event('change'))")
    assert page.run(shown) == "300"
    page.live()


def test_a_field_keeps_invalid_text_and_shows_the_reason(page, listener):
    from selenium.webdriver.common.keys import Keys

    page.find("#symbol-text").send_keys("Hxyz")
    page.press("#symbol button")
    assert "Hxyz" in shows_why(page, "#no-chord", "#symbol-text", "Hxyz")
    page.until(f"return {LOG}.some((it) => it.textContent.includes('Hxyz'))")
    # the page selected the invalid text, so new text replaces it
    page.find("#symbol-text").send_keys("F#m7b5", Keys.ENTER)
    listener.expect("/chord", "F#m7b5")
    page.until("return document.querySelector('#no-chord').hidden")

    key = page.find("#key")
    key.clear()
    key.send_keys("H sharp", Keys.TAB)
    assert shows_why(page, "#no-key", "#key", "H sharp")
    listener.send("/key", "Bb")  # another client's change leaves the typed text
    page.until("return sideman.store.get('/key') === 'Bb'")
    assert page.find("#key").get_attribute("value") == "H sharp"
    key.send_keys(Keys.ESCAPE)
    assert page.find("#key").get_attribute("value") == "Bb"
    key.clear()
    key.send_keys("auto", Keys.TAB)
    listener.expect("/state/key", "auto")

    page.press("#edit")
    page.find("#text").clear()
    page.find("#text").send_keys("Dm7 | Xyz")
    page.press("#follow")
    assert "Xyz" in shows_why(page, "#no-chart", "#text", "Dm7 | Xyz")
    page.find("#text").send_keys(Keys.ESCAPE)
    assert page.find("#text").is_displayed()
    page.find("#text").clear()
    page.find("#text").send_keys("Dm7 | G7")
    page.press("#follow")
    listener.expect("/state/chart", "Dm7 | G7")
    page.until("return document.querySelector('#editor').hidden")
    page.press("#edit")
    page.press("#follow")  # an unchanged chart still closes the editor
    page.until("return document.querySelector('#editor').hidden")
    page.press("#edit")
    page.press("#leave")
    listener.expect("/state/chart", "")
    page.run("document.activeElement.blur()")


def test_a_rejected_choice_reverts_and_is_logged_once(page, listener):
    page.press("#stop")  # a late bar on a busy machine would be logged too
    page.until("return sideman.store.get('/transport') === 'stop'")
    page.press("[data-to=voices]")
    page.until("return sideman.store.get('/voice/lead/model') === 'blues-bars'")
    page.run("sideman.stats.showUnseen(0); document.querySelector('#log').replaceChildren()")
    picked = "const it = document.querySelector('[data-address=\"/voice/lead/model\"]');"
    page.run(f"{picked} it.append(new Option('gone')); it.value = 'gone';")
    page.run(f"{picked} it.dispatchEvent(new Event('change'))")
    page.until(f"{picked} return it.value === 'blues-bars'")
    page.until(f"return {NEWS}.some((it) => it.textContent.includes('gone'))")
    listener.send("/tempo", "fast")  # another client: all earlier replies arrived first
    page.until(f"return {NEWS}.some((it) => it.textContent.includes('/tempo'))")
    lines = page.run(f"return {NEWS}.map((it) => it.textContent)")
    assert sum("'gone'" in line for line in lines) == 1
    assert page.find("#unseen").text == str(len(lines)) == "2"
    page.press("#start")


def test_a_log_line_appears_once_even_after_a_reconnection(page, listener):
    times = f"return {LOG}.filter((it) => it.textContent.includes(arguments[0])).length"
    listener.send("/no/such/place")
    page.until(times, "/no/such/place")
    page.run("sideman.connection.socket.close()")
    page.until(times, "Sideman is back")
    # this reply comes after all values that a new subscriber receives
    page.until("return sideman.connection.synchronised")
    assert page.run(times, "/no/such/place") == 1


@pytest.mark.long
def test_a_change_of_mode_keeps_the_turn_length(page, listener):
    bars = "document.querySelector('[data-address=\"/voice/lead/mode/bars\"]')"
    page.press("[data-to=voices]")
    listener.send("/voice/lead/mode", "answer", 3)
    page.until(f"return {bars}.value === '3' && {bars}.offsetParent !== null")
    page.press(".voice[data-voice=lead] .chips .chip:nth-child(3)")
    listener.expect("/state/voice/lead/mode", "trade")
    assert page.value("/voice/lead/mode/bars") == 3
    page.run(f"{bars}.value = '8'; {bars}.dispatchEvent(new Event('change'))")
    listener.expect("/state/voice/lead/mode/bars", 8)
    page.press(".voice[data-voice=lead] .chips .chip:nth-child(1)")
    listener.expect("/state/voice/lead/mode", "flow")
    page.until(f"return {bars}.offsetParent === null")


def test_a_feel_is_chosen_for_one_voice_or_for_all(page, listener):
    def select(address):
        return f"document.querySelector('[data-address=\"{address}\"]')"

    def choose(address, feel):
        change = "it.dispatchEvent(new Event('change'))"
        page.run(f"const it = {select(address)}; it.value = '{feel}'; {change}")

    page.press("[data-to=voices]")
    choose("/voice/bass/feel", "funk")
    listener.expect("/state/voice/bass/feel", "funk")
    choose("/feel", "ballad")
    listener.expect("/state/voice/bass/feel", "ballad")
    page.until(f"return {select('/voice/lead/feel')}.value === 'ballad'")
    listener.send("/feel", "latin")
    page.until(f"return {select('/feel')}.value === 'latin'")


def test_every_client_sees_a_stored_snapshot(page, panel_daemon, listener):
    full = "return document.querySelector('.slot[data-name={}]')?.classList.contains('full')"
    listener.send("/weight/variety", 0.9)
    listener.send("/snapshot/store", "E")
    listener.send("/snapshot/store", "verse")
    page.until(full.format("E"))
    page.until(full.format("verse"))
    page.press("#store")
    page.press(".slot[data-name=B]")
    page.until(full.format("B"))
    assert not page.run(full.format("C"))
    listener.send("/weight/variety", 0.25)
    page.until("return sideman.store.get('/weight/variety') === 0.25")
    page.press(".slot[data-name=E]")
    listener.expect("/state/voice/lead/weight/variety", 0.9)
    later = [message[1:] for message in speaks(panel_daemon.port)]
    assert ["/state/snapshot", "E, verse, B"] in later


# Uses every control of the page; the addresses that the page would send.
USE_EVERY_CONTROL = """
const sent = new Set(), { connection } = sideman, { send, sendChanging } = connection;
connection.send = connection.sendChanging = (address) => sent.add(address);
const press = (it) => {
  for (const kind of ["pointerdown", "pointerup"])
    it.dispatchEvent(new PointerEvent(kind, { pointerId: 1 }));
  it.click();
};
document.querySelector("#latch").click(); // pads release
for (const form of document.querySelectorAll("#symbol, #editor")) {
  form.querySelector("input, textarea").value = "C7";
  form.requestSubmit();
}
for (const it of document.querySelectorAll("select, #key, #tempo, #sounds input"))
  it.dispatchEvent(new Event("change"));
const buttons = ".pad, header button, #play button, #voices button, #clear-keys";
for (const it of document.querySelectorAll(buttons))
  if (!["listen", "latch"].includes(it.id)) press(it);
document.querySelector("#latch").click();
for (const scope of document.querySelectorAll("#scope .chip")) {
  scope.click();
  for (const it of document.querySelectorAll("#parameters input"))
    it.dispatchEvent(new Event("input"));
}
document.querySelector("#scope .chip").click();
document.querySelector("#store").click();
for (const it of document.querySelectorAll(".slot")) it.click();
document.querySelector("#editor").hidden = true;
Object.assign(connection, { send, sendChanging });
return [...sent];
"""
# addresses for instruments and programs, without a control on the page
OTHER_ADDRESSES = {"/note", "/learn", "/subscribe", "/subscribe/again", "/unsubscribe", "/stats"}


def test_the_page_has_a_control_for_every_address(page):
    """The page records the addresses of its messages instead of sending them."""
    said = set(page.run(USE_EVERY_CONTROL))
    page.run("document.activeElement.blur()")
    table = {address for address, _ in registry.addresses(("lead", "answer", "bass", "pad"))}
    assert said == table - OTHER_ADDRESSES

"""The session of Open Stage Control in Chromium, laid out by the rules of its client's stylesheet.

The program itself is in no package registry. What is measured are real letters, in windows of
monitors, tablets and telephones: no text is cut, and none is too small.
"""

import html
import itertools
import json
import re

import pytest
from browser import Browser

pytestmark = pytest.mark.long
WINDOWS = {
    (1280, 800): 10, (1024, 768): 9, (768, 1024): 9, (360, 640): 8, (390, 844): 9,
    (640, 360): 7, (844, 390): 8,
}  # fmt: skip
# the rules for the widgets in use: their boxes, and how a text lies in each
STYLE = """
* { box-sizing: border-box; margin: 0 }
html { font-size: 1px }
body { font-family: Roboto, sans-serif; font-size: 13rem; font-weight: 500 }
div { overflow: hidden; position: absolute; contain: strict }
.root, .tab { inset: 0 }
.tab { top: 30rem }
label, value { display: flex; align-items: center; justify-content: center; overflow: hidden;
  white-space: pre; text-align: center; letter-spacing: 1rem; line-height: 100%;
  overflow-wrap: break-word }
label { position: absolute; inset: 0; padding: 8rem }
.button > label { inset: 1rem; border: 2rem solid; padding: 0; line-height: normal }
.switch { display: grid; padding: 1rem }
value { padding: 4rem; line-height: normal }
.left { justify-content: flex-start; text-align: left }
"""
MEASURE = """
const found = [];
for (const it of document.querySelectorAll("label, value")) {
  const text = document.createRange(), room = it.getBoundingClientRect();
  text.selectNodeContents(it);
  const { left, right, top, bottom, width } = text.getBoundingClientRect();
  if (!width) continue;
  const cut = left < room.left - 1 || right > room.right + 1
    || top < room.top - 1 || bottom > room.bottom + 1;
  found.push([it.textContent, parseFloat(getComputedStyle(it).fontSize), cut]);
}
return found;
"""


def scoped(css, widget):
    """CSS as the client applies it to one widget: its package scope-css does the same."""
    css = re.sub(r"([^\r\n,{}]+)(,(?=[^}]*{)|\s*{)", rf"{widget} \1\2", css)
    return re.sub(rf"{widget}\s*@", "@", re.sub(rf"{widget}\s*:host", widget, css))


def drawn(widget, number, shown_tab):
    """The HTML of a widget and of all inside it."""
    name = f"w{next(number)}"
    sides = ("left", "top", "width", "height")
    place = "".join(f"{side}: {widget[side]};" for side in sides if side in widget)
    place += "".join(f"min-{side}: {widget[side]};" for side in sides[2:] if side in widget)
    if widget["type"] == "switch":
        place += f"grid-template: none / repeat({widget['gridTemplate']}, 1fr);"
    text = {"text": "default", "button": "label"}.get(widget["type"])
    inside = f"<style>{scoped(widget.get('css', ''), '#' + name)}</style>"
    if text:
        inside += f"<label class='{widget.get('align', '')}'>{html.escape(widget[text])}</label>"
    inside += "".join(f"<value>{html.escape(each)}</value>" for each in widget.get("values", ()))
    for child in (*widget.get("widgets", ()), *widget.get("tabs", ())[shown_tab : shown_tab + 1]):
        inside += drawn(child, number, shown_tab)
    return f"<div id={name} class={widget['type']} style='{place}'>{inside}</div>"


@pytest.fixture(scope="module")
def browser():
    opened = Browser()
    yield opened
    opened.close()


@pytest.mark.parametrize("tab", [0, 1, 2])
def test_every_text_is_whole_and_can_be_read_in_each_window(browser, root, tmp_path, tab):
    session = json.loads((root / "patches/open-stage-control/sideman.json").read_text())
    body = drawn(session["content"], itertools.count(), tab)
    page = tmp_path / "session.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{body}")
    browser.driver.get(page.as_uri())
    for (width, height), smallest in WINDOWS.items():
        browser.resize(width, height, touch=False)
        found = browser.run(MEASURE)
        assert len(found) > 100
        assert [text for text, _, cut in found if cut] == [], (width, height)
        assert [it for it in found if it[1] < smallest] == [], (width, height)

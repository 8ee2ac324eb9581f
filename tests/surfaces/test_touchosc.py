"""The scripts of a TouchOSC layout in Lua 5.1, with only the names that its manual gives them.

https://hexler.net/touchosc/manual/script
"""

import zlib
from types import SimpleNamespace
from xml.etree.ElementTree import fromstring

import pytest
from lupa import lua51

from perform.surfaces import formats, pages
from perform.surfaces.colours import INK, TEXT, shares
from perform.surfaces.layout import RENEW_MS
from perform.surfaces.touchosc.lua import FLASH_MS

GIVEN = {"error", "ipairs", "next", "pairs", "print", "select", "tonumber", "tostring", "unpack",
         "type",
         "string", "table", "math"}  # fmt: skip


class Control:
    """A control as scripts see it; reading or setting an unknown property fails."""

    def __init__(self, node, parent=None):
        self.node, self.parent = node, parent
        for held in node.iterfind("properties/property"):
            setattr(self, held.findtext("key"), held.findtext("value"))
        self.values = SimpleNamespace(
            **{it.findtext("key"): it.findtext("default") for it in node.iterfind("values/value")}
        )
        self.children = SimpleNamespace()
        self.notify = None
        for child in node.iterfind("children/node"):
            control = Control(child, self)
            setattr(self.children, control.name, control)
        self.complete = True

    def __setattr__(self, name, value):
        assert name in vars(self) or "complete" not in vars(self), name
        super().__setattr__(name, value)

    def every(self):
        """The control and all below it."""
        yield self
        for child in vars(self.children).values():
            yield from child.every()

    def findByName(self, name, recursive=False):  # noqa: N802 - as TouchOSC calls it
        """The first control below this one with that name, or nil."""
        assert recursive
        return next((it for it in self.every() if it is not self and it.name == name), None)


class OpenLayout:
    """An open layout: a clock, the messages that it sent, and contexts of Lua for its scripts."""

    def __init__(self, data):
        document = fromstring(zlib.decompress(data))
        self.root = Control(document[0])
        self.now = 1000.0
        self.sent = []

    def run(self, control):
        """The names that a control's script defines, in a context of its own."""
        lua = lua51.LuaRuntime(register_eval=False)
        names = lua.globals()
        for name in set(names) - GIVEN - {"_G"}:
            names[name] = None
        names.self, names.root = control, self.root
        names.getMillis = lambda: self.now
        names.Color = lambda *parts: parts
        names.sendOSC = self.send
        lua.execute(control.script)
        return lua, names

    def send(self, message, *_):
        """A path alone, or a table of a path and its arguments."""
        if isinstance(message, str):
            self.sent.append((message,))
        else:
            self.sent.append((message[1], *(it.value for it in message[2].values())))

    def find(self, name):
        return self.root.findByName(name, recursive=True)


@pytest.fixture(scope="module")
def data():
    return formats.render_files(
        "touchosc", pages.build_surface(pages.shipped_rig(), ("blues", "reels"))
    )[".tosc"]


@pytest.fixture
def open_layout(data):
    layout = OpenLayout(data)
    lua, names = layout.run(layout.root)

    def receive(path, *values):
        tags = {str: "s", int: "i", float: "f"}
        given = lua.table_from([lua.table(tag=tags[type(it)], value=it) for it in values])
        assert names.onReceiveOSC(lua.table(path, given), lua.table()) is False

    def press(control):
        _, own = layout.run(control)
        own.onValueChanged("x")
        own.onValueChanged("touch")

    layout.root.notify = lambda _, *what: names.onReceiveNotify(*what)
    layout.receive, layout.update, layout.press = receive, names.update, press
    return layout


def lit(label):
    return label.background is True and label.textColor == (*map(float, rounded(INK)), 1)


def dark(label):
    return label.background is False and label.textColor == (*map(float, rounded(TEXT)), 1)


def rounded(colour):
    return (f"{share:g}" for share in shares(colour))


def test_it_subscribes_and_renews_the_subscription(open_layout):
    open_layout.update()
    assert open_layout.sent == [("/sideman/subscribe", 9001)]
    open_layout.now += RENEW_MS - 1
    open_layout.update()
    assert len(open_layout.sent) == 1
    open_layout.now += 1
    open_layout.update()
    assert open_layout.sent[1:] == [("/sideman/subscribe/again", 9001)]


def test_the_option_that_is_set_is_lit_and_the_one_before_goes_dark(open_layout):
    open_layout.receive("/sideman/state/chord", "F7")
    assert lit(open_layout.find("/chord=F7"))
    open_layout.receive("/sideman/state/chord", "Ab9")  # on no pad
    assert dark(open_layout.find("/chord=F7"))
    open_layout.receive("/sideman/state/transport", "start")
    open_layout.receive("/sideman/state/tempo", 96.0)  # a fader moves by its own message
    open_layout.receive("/sideman/state/voice/bass/model", "reels")
    assert lit(open_layout.find("/transport=start"))
    assert lit(open_layout.find("/voice/bass/model=reels"))


def test_the_beat_and_the_voices_flash(open_layout):
    open_layout.update()
    open_layout.receive("/sideman/beat", 0, 3)
    open_layout.receive("/sideman/note", "bass", 40, 100)
    beat, bass = open_layout.find("beat"), open_layout.find("light bass")
    assert beat.values.text == "1.4"
    assert lit(beat)
    assert lit(bass)
    open_layout.now += FLASH_MS
    open_layout.update()
    assert dark(beat)
    assert dark(bass)
    open_layout.receive("/sideman/note", "bass", 40, 0)
    open_layout.receive("/sideman/note", "another voice", 40, 100)
    assert dark(bass)


def test_whose_turn_it_is_is_a_band_of_its_own_and_nothing_without_a_turn(open_layout):
    player, voice = (open_layout.find(f"/turn={whose}") for whose in ("player", "voice"))

    def seen():
        bars = open_layout.find("/turn/bars").values.text
        return [it for it in (player, voice) if int(it.visible)], bars

    assert seen() == ([], "")
    open_layout.receive("/sideman/state/turn/bars", 3)
    open_layout.receive("/sideman/state/turn", "player")
    open_layout.receive("/sideman/state/voice/lead/turn", "voice")
    assert seen() == ([player], "3")
    open_layout.receive("/sideman/state/turn", "voice")
    assert seen() == ([voice], "3")
    open_layout.receive("/sideman/state/turn/bars", 0)
    open_layout.receive("/sideman/state/turn", "")
    assert seen() == ([], "")


def test_an_error_reply_is_shown_with_its_reason(open_layout):
    open_layout.receive("/sideman/error", "/sideman/tempo", "takes 20 to 300, not 9999")
    shown = open_layout.find("refused").values.text
    assert shown == "/sideman/tempo: takes 20 to 300, not 9999"


@pytest.mark.parametrize(
    ("latch", "sent"),
    [(0, [("/sideman/chord", "F7"), ("/sideman/chord/release",)]), (1, [])],
)
def test_a_chord_ends_with_the_last_pad_unless_latched(open_layout, latch, sent):
    pads = [it for it in open_layout.root.every() if "notify" in getattr(it, "script", "")]
    assert len(pads) == 7 * 12
    open_layout.find("latch").values.x = latch

    def touch(chord, x):
        pad = next(it for it in pads if it.script.count(f"'{chord}'"))
        pad.values.x = x
        open_layout.press(pad)

    for chord, x in (("C7", 1), ("F7", 1), ("G7", 1), ("C7", 0), ("G7", 0), ("F7", 0)):
        touch(chord, x)
    assert open_layout.sent == sent


@pytest.mark.parametrize(
    ("address", "share", "figure"),
    [
        ("/tempo", 0.0, "20"),
        ("/weight/variety", 0.25, "0.25"),
        ("/target/density", 0.0, "free"),
        ("/target/density", 1.0, "1.00"),
    ],
)
def test_a_fader_shows_its_value(data, address, share, figure):
    layout = OpenLayout(data)
    group = next(it for it in layout.root.every() if it.name.endswith(f" {address}"))
    fader = group.children.fader
    fader.values.x = share
    _, names = layout.run(fader)
    names.onValueChanged("x")
    assert group.children.figure.values.text == figure

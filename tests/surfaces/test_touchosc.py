"""The scripts of a TouchOSC layout in the Lua that TouchOSC has (5.1), with the names alone that its manual gives
them: https://hexler.net/touchosc/manual/script.
"""

import zlib
from types import SimpleNamespace
from xml.etree.ElementTree import fromstring

import pytest
from lupa import lua51

from perform.surfaces import formats, layout
from perform.surfaces.colours import INK, TEXT, shares
from perform.surfaces.layout import ASK_AGAIN_MS
from perform.surfaces.touchosc.lua import FLASH_MS

GIVEN = {"error", "ipairs", "next", "pairs", "print", "select", "tonumber", "tostring", "unpack", "type",
         "string", "table", "math"}  # fmt: skip


class Control:
    """A control as scripts see it; a property that its type has not is neither read nor set."""

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
        self.whole = True

    def __setattr__(self, name, value):
        assert name in vars(self) or "whole" not in vars(self), name
        super().__setattr__(name, value)

    def every(self):
        """The control and all below it."""
        yield self
        for child in vars(self.children).values():
            yield from child.every()

    def findByName(self, name, recursive=False):  # noqa: N802 - as TouchOSC calls it
        """The first control below this one that is called so, or nil."""
        assert recursive
        return next((it for it in self.every() if it is not self and it.name == name), None)


class Player:
    """A layout that is open: a clock, what it sent, and contexts of Lua for its scripts."""

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

    def called(self, name):
        return self.root.findByName(name, recursive=True)


@pytest.fixture(scope="module")
def data():
    return formats.made("touchosc", layout.surface(layout.shipped(), ("blues", "reels")))[".tosc"]


@pytest.fixture
def open_layout(data):
    player = Player(data)
    lua, names = player.run(player.root)

    def hear(path, *values):
        tags = {str: "s", int: "i", float: "f"}
        given = lua.table_from([lua.table(tag=tags[type(it)], value=it) for it in values])
        assert names.onReceiveOSC(lua.table(path, given), lua.table()) is False

    def press(control):
        _, own = player.run(control)
        own.onValueChanged("x")
        own.onValueChanged("touch")

    player.root.notify = lambda _, *what: names.onReceiveNotify(*what)
    player.hear, player.update, player.press = hear, names.update, press
    return player


def lit(label):
    return label.background is True and label.textColor == (*map(float, rounded(INK)), 1)


def out(label):
    return label.background is False and label.textColor == (*map(float, rounded(TEXT)), 1)


def rounded(colour):
    return (f"{share:g}" for share in shares(colour))


def test_it_asks_to_be_told_and_again_every_few_seconds(open_layout):
    open_layout.update()
    assert open_layout.sent == [("/sideman/subscribe", 9001)]
    open_layout.now += ASK_AGAIN_MS - 1
    open_layout.update()
    assert len(open_layout.sent) == 1
    open_layout.now += 1
    open_layout.update()
    assert open_layout.sent[1:] == [("/sideman/subscribe/again", 9001)]


def test_what_stands_is_lit_and_what_stood_goes_out(open_layout):
    open_layout.hear("/sideman/state/chord", "F7")
    assert lit(open_layout.called("/chord=F7"))
    open_layout.hear("/sideman/state/chord", "Ab9")  # on no pad
    assert out(open_layout.called("/chord=F7"))
    open_layout.hear("/sideman/state/transport", "start")
    open_layout.hear("/sideman/state/tempo", 96.0)  # a fader follows by itself
    open_layout.hear("/sideman/state/voice/bass/model", "reels")
    assert lit(open_layout.called("/transport=start"))
    assert lit(open_layout.called("/voice/bass/model=reels"))


def test_the_beat_and_the_voices_flash(open_layout):
    open_layout.update()
    open_layout.hear("/sideman/beat", 0, 3)
    open_layout.hear("/sideman/note", "bass", 40, 100)
    beat, bass = open_layout.called("beat"), open_layout.called("light bass")
    assert beat.values.text == "1.4"
    assert lit(beat)
    assert lit(bass)
    open_layout.now += FLASH_MS
    open_layout.update()
    assert out(beat)
    assert out(bass)
    open_layout.hear("/sideman/note", "bass", 40, 0)
    open_layout.hear("/sideman/note", "somebody else", 40, 100)
    assert out(bass)


def test_what_was_refused_is_read_with_its_reason(open_layout):
    open_layout.hear("/sideman/error", "/sideman/tempo", "takes 20 to 300, not 9999")
    said = open_layout.called("refused").values.text
    assert said == "/sideman/tempo: takes 20 to 300, not 9999"


@pytest.mark.parametrize(
    ("latch", "sent"),
    [(0, [("/sideman/chord", "F7"), ("/sideman/chord/release",)]), (1, [])],
)
def test_a_chord_goes_with_the_last_pad_unless_latched(open_layout, latch, sent):
    pads = [it for it in open_layout.root.every() if "notify" in getattr(it, "script", "")]
    assert len(pads) == 7 * 12
    open_layout.called("latch").values.x = latch

    def touch(chord, x):
        pad = next(it for it in pads if it.script.count(f"'{chord}'"))
        pad.values.x = x
        open_layout.press(pad)

    for chord, x in (("C7", 1), ("F7", 1), ("G7", 1), ("C7", 0), ("G7", 0), ("F7", 0)):
        touch(chord, x)
    assert open_layout.sent == sent


@pytest.mark.parametrize(
    ("of", "share", "figure"),
    [
        ("/tempo", 0.0, "20"),
        ("/weight/variety", 0.25, "0.25"),
        ("/target/density", 0.0, "free"),
        ("/target/density", 1.0, "1.00"),
    ],
)
def test_a_fader_says_where_it_stands(data, of, share, figure):
    player = Player(data)
    group = next(it for it in player.root.every() if it.name.endswith(f" {of}"))
    fader = group.children.fader
    fader.values.x = share
    _, names = player.run(fader)
    names.onValueChanged("x")
    assert group.children.figure.values.text == figure

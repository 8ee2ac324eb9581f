"""The structure of every format, as the programs that open it require it."""

import json
import re
import zlib
from collections import Counter
from itertools import combinations
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from perform.config import load
from perform.control import registry
from perform.errors import RigError, SidemanError
from perform.surfaces import formats, layout, pages

MODELS = ("bass", "blues", "blues-bars", "funk", "reels", "sideman", "swing")
SHIPPED = {
    "touchosc": "touchosc/sideman",
    "max": "max/sideman",
    "pd": "pd/sideman",
    "open-stage-control": "open-stage-control/sideman",
}


def surface_of(*voices, models=MODELS):
    lines = "".join(f"[[voices]]\nname = {json.dumps(name)}\n" for name in voices)
    rig = load.parse_rig('[inputs.osc]\nlisten = "127.0.0.1:9000"\n' + lines)
    return pages.build_surface(rig, models)


@pytest.fixture(scope="module")
def shipped():
    return pages.build_surface(pages.shipped_rig(), MODELS)


@pytest.mark.parametrize("kind", formats.FORMATS)
def test_the_shipped_files_are_up_to_date(kind, shipped, root):
    for suffix, data in formats.render_files(kind, shipped).items():
        path = (root / "patches" / SHIPPED[kind]).with_suffix(suffix)
        found = path.read_bytes()
        if suffix == ".tosc":  # another zlib may pack the same otherwise
            found = zlib.compress(zlib.decompress(found), 9)
        main = path.with_suffix(formats.FORMATS[kind].suffix)
        assert found == data, f"run: perform surface {kind} -o {main.relative_to(root)}"


def test_every_control_is_on_a_surface(shipped):
    present = {item.address for item in shipped.items()}
    missing = {address for address, _ in registry.addresses(shipped.voices)} - present
    assert {registry.find(it)[0].address for it in missing} == {*pages.NOT_ON_SURFACES} - {"/note"}


def overlap(one, other):
    return (
        one[0] + one[2] > other[0] + 1e-6
        and other[0] + other[2] > one[0] + 1e-6
        and one[1] + one[3] > other[1] + 1e-6
        and other[1] + other[3] > one[1] + 1e-6
    )


def overlapping(rects):
    """Pairs of rectangles that overlap."""
    rows = sorted(rects, key=lambda it: it[1][0])
    for number, (name, rect) in enumerate(rows):
        for other, beside in rows[number + 1 :]:
            if beside[0] >= rect[0] + rect[2]:
                break
            if overlap(rect, beside):
                yield name, other


def test_the_items_of_a_page_do_not_overlap(shipped):
    for page in (shipped.bar, *shipped.pages):
        whole = layout.Rect(0, 0, 1280, 640)
        rects = [(item.label, rect) for item, rect in layout.place_items(page, whole, 4)]
        assert list(overlapping(rects)) == []
        assert all(
            r.x >= 0 and r.y >= 0 and r.x + r.w <= 1280 and r.y + r.h <= 640 for _, r in rects
        )


# what TouchOSC 1.5 writes for each type of node, from layouts that its editor saved
COMMON = {"background", "color", "cornerRadius", "frame", "grabFocus", "interactive", "locked",
          "name",
          "orientation", "outline", "outlineStyle", "pointerPriority", "shape",
          "visible"}  # fmt: skip
OWN = {
    "GROUP": set(),
    "PAGER": {"tabLabels", "tabbar", "tabbarDoubleTap", "tabbarSize", "textSizeOff", "textSizeOn"},
    "BUTTON": {"buttonType", "press", "release", "valuePosition"},
    "FADER": {"bar", "barDisplay", "cursor", "cursorDisplay", "grid", "gridColor", "gridSteps",
              "response",
              "responseFactor"},
    "LABEL": {"font", "textAlignH", "textAlignV", "textClip", "textColor", "textLength",
              "textSize"},
}  # fmt: skip
OPTIONAL = {"GROUP": {"script", "tabLabel", "tabColorOff", "tabColorOn", "textColorOff",
            "textColorOn"},
       "BUTTON": {"script"}, "FADER": {"script"}}  # fmt: skip
VALUES = {"GROUP": {"touch"}, "PAGER": {"page", "touch"}, "BUTTON": {"x", "touch"},
          "FADER": {"x", "touch"}, "LABEL": {"text", "touch"}}  # fmt: skip
# the parts of a message in the editor's order; triggers, where there are any, precede the path
OSC_PARTS = [
    "enabled",
    "send",
    "receive",
    "feedback",
    "noDuplicates",
    "connections",
    "path",
    "arguments",
]
SHAPES = {"b": [], "i": [], "f": [], "s": [], "c": list("rgba"), "r": list("xywh")}


def checked_layout(data):
    document = fromstring(zlib.decompress(data))
    assert document.tag == "lexml"
    assert document.get("version") == "6"
    nodes = list(document.iter("node"))
    assert len(document) == 1
    assert len({node.get("ID") for node in nodes}) == len(nodes)
    for node in nodes:
        check_node(node)
    return nodes


def check_node(node):
    kind = node.get("type")
    keys = [held.findtext("key") for held in node.iterfind("properties/property")]
    assert keys == sorted(set(keys))
    assert COMMON | OWN[kind] <= set(keys) <= COMMON | OWN[kind] | OPTIONAL.get(kind, set())
    for held in node.iterfind("properties/property"):
        assert [part.tag for part in held.find("value")] == SHAPES[held.get("type")]
    assert {value.findtext("key") for value in node.iterfind("values/value")} == VALUES[kind]
    if node.find("children") is not None:
        assert kind in ("GROUP", "PAGER")
    for osc in node.iterfind("messages/osc"):
        assert {osc.findtext("send"), osc.findtext("receive")} == {"0", "1"}
        assert osc.findtext("feedback") == "0"  # feedback is not sent back
        assert re.fullmatch("[01]{10}", osc.findtext("connections"))
        assert (osc.find("triggers/trigger") is not None) == (osc.findtext("send") == "1")
        assert [part.tag for part in osc if part.tag != "triggers"] == OSC_PARTS
        for part in osc.iter("partial"):
            assert part.findtext("type") in ("CONSTANT", "VALUE")
            assert part.findtext("conversion") in ("STRING", "FLOAT", "INTEGER")
            assert float(part.findtext("scaleMin")) < float(part.findtext("scaleMax"))


def test_a_touchosc_layout_has_the_structure_of_published_ones(shipped):
    nodes = checked_layout(formats.render_files("touchosc", shipped)[".tosc"])
    received = {
        osc.findtext("path/partial/value")
        for node in nodes
        for osc in node.iterfind("messages/osc")
        if osc.findtext("receive") == "1"
    }
    expected = {
        f"/sideman{it.feedback}"
        for it in shipped.items()
        if it.kind in ("fader", "switch", "shown")
    }
    assert received == expected


def test_a_touchosc_script_finds_every_label_that_it_lights(shipped):
    nodes = checked_layout(formats.render_files("touchosc", shipped)[".tosc"])
    named = Counter(
        held.findtext("value")
        for node in nodes
        for held in node.iterfind("properties/property")
        if held.findtext("key") == "name"
    )
    lit = ["beat", "latch", *(f"light {it}" for it in shipped.voices), "/turn=player", "/turn/bars"]
    for item in shipped.items():
        if item.kind in ("choice", "pads"):
            lit += [f"{item.address}={option}" for option in item.options]
    assert {name: named[name] for name in lit} == dict.fromkeys(lit, 1)


def checked_patcher(patcher):
    """The boxes, checked: every cord joins an existing outlet and inlet, and no boxes overlap."""
    boxes = {box["box"]["id"]: box["box"] for box in patcher["boxes"]}
    assert len(boxes) == len(patcher["boxes"])
    for line in patcher["lines"]:
        (source, outlet), (target, inlet) = (
            line["patchline"]["source"],
            line["patchline"]["destination"],
        )
        assert 0 <= outlet < boxes[source]["numoutlets"]
        assert 0 <= inlet < boxes[target]["numinlets"]
    assert list(overlapping([(name, box["patching_rect"]) for name, box in boxes.items()])) == []
    shown = [
        (name, box["presentation_rect"]) for name, box in boxes.items() if "presentation" in box
    ]
    assert list(overlapping(shown)) == []
    _, _, wide, high = patcher["rect"]
    assert all(x >= 0 and y >= 0 and x + w <= wide and y + h <= high for _, (x, y, w, h) in shown)
    for box in boxes.values():
        assert len(box.get("outlettype", [])) == box["numoutlets"]
        if box["maxclass"] == "newobj":
            check_object(box)
        if "patcher" in box:
            checked_patcher(box["patcher"])
    return boxes


# the inlets and outlets of the objects in use, from Max's reference
INLETS_AND_OUTLETS = {
    "r": (0, 1), "s": (1, 0), "p": (1, 0), "udpsend": (1, 0), "udpreceive": (1, 1), "prepend": (1,
          1),
    "loadmess": (1, 1), "closebang": (1, 1), "metro": (2, 1), "gate": (2, 1), "==": (2, 1),
                 "+": (2, 1),
    "sprintf": (2, 1), "unpack": (1, 2), "pcontrol": (1, 1), "print": (1, 0), "sideman": (1, 1),
}  # fmt: skip


def check_object(box):
    name, *arguments = box["text"].split()
    count = len(arguments) + 1
    expected = (count, count) if name in ("route", "sel") else INLETS_AND_OUTLETS[name]
    assert (box["numinlets"], box["numoutlets"]) == expected, box["text"]


def test_a_max_patcher_opens_cleanly(shipped):
    files = formats.render_files("max", shipped)
    whole = json.loads(files[".maxpat"])["patcher"]
    assert whole["openinpresentation"] == 1
    boxes = checked_patcher(whole)
    sliders = [box for box in boxes.values() if "patcher" in box]
    assert len(sliders) == 1 + len(shipped.voices)
    help_patcher = json.loads(files[".maxhelp"])["patcher"]
    examples = [
        box["text"]
        for box in checked_patcher(help_patcher).values()
        if box["maxclass"] == "message"
    ]
    assert len(examples) == len(set(examples)) >= 40


def test_sliders_of_max_have_unique_names(shipped):
    text = formats.render_files("max", shipped)[".maxpat"].decode()
    names = re.findall(r'"parameter_longname":"([^"]+)"', text)
    assert len(names) == len(set(names)) > 100
    assert '"parameter_initial_enable":1' not in text  # opening the patcher moves nothing


# properties of each type of widget in Open Stage Control 1.26
EVERY = {"type", "id", "left", "top", "width", "height", "colorText", "colorWidget", "alphaStroke",
         "alphaFillOff",
         "alphaFillOn", "padding", "css", "value", "default", "address", "preArgs", "typeTags",
         "decimals",
         "target", "bypass", "onCreate", "onValue", "comments", "visible"}  # fmt: skip
WIDGETS = {
    "root": {"colorBg", "scroll", "widgets"},
    "panel": {"colorBg", "scroll", "widgets", "tabs", "onTouch"},
    "tab": {"colorBg", "label", "widgets"},
    "text": {"align"},
    "led": set(),
    "button": {"label", "mode", "on", "off"},
    "switch": {"values", "layout", "gridTemplate", "mode", "colorTextOn"},
    "fader": {"range", "horizontal", "design"},
}


def test_a_session_of_open_stage_control_has_documented_properties(shipped):
    session = json.loads(formats.render_files("open-stage-control", shipped)[".json"])
    assert session["type"] == "session"
    names = []

    def check(widget):
        assert set(widget) <= EVERY | WIDGETS[widget["type"]]
        assert not (widget.get("widgets") and widget.get("tabs"))
        names.append(widget["id"])
        for share in ("left", "top", "width", "height"):
            assert 0 <= float(widget.get(share, "0%").rstrip("%")) <= 100
        for child in (*widget.get("widgets", ()), *widget.get("tabs", ())):
            check(child)

    check(session["content"])
    assert len(names) == len(set(names))
    text = json.dumps(session)
    assert all(reference in names for reference in re.findall(r"@\{(\w+)\}", text))
    expected = {it.feedback for it in shipped.items() if it.feedback.startswith("/state")}
    assert {f"/sideman{it}" for it in expected} == set(
        re.findall(r"OSC\{(/sideman/state[^,]+),", text)
    )


def test_the_cords_of_pure_data_join_existing_objects(shipped):
    assert checked_canvases(formats.render_files("pd", shipped)[".pd"]) > 500


def test_faders_of_pure_data_begin_at_the_default_values(shipped):
    """The patch uses "set" when it opens, so that it sends nothing."""
    patch = formats.render_files("pd", shipped)[".pd"].decode()
    first = dict(re.findall(r"\\; (\S+):hear set ([^\s;]+)", patch))
    faders = {it.address: f"{it.bounds[2]:g}" for it in shipped.items() if it.kind == "fader"}
    assert first == faders
    assert first["/tempo"] == "120"


def checked_canvases(data):
    """The number of cords; each joins objects of its own canvas."""
    stack, cords = [], 0
    for line in data.decode().splitlines():
        assert line.startswith("#")
        assert line.endswith(";")
        words = line[:-1].split(" ")
        if words[0] == "#N":
            stack.append(0)
        elif words[1] == "connect":
            assert 0 <= int(words[2]) < stack[-1]
            assert 0 <= int(words[4]) < stack[-1]
            cords += 1
        else:
            if words[1] == "restore":
                stack.pop()
            stack[-1] += 1
    assert len(stack) == 1
    return cords


@pytest.mark.parametrize(
    ("kind", "suffix", "shown"),
    [
        ("touchosc", ".tosc", r"PREFIX \.\. '/error'.*?called\('refused'\)"),
        ("max", ".maxpat", r"route /sideman/error.*?sprintf set %s: %s"),
        ("pd", ".pd", r"obj \d+ \d+ route chord beat note error|route [^;]*error"),
        ("open-stage-control", ".json", r"OSC\{/sideman/error, , false\}"),
    ],
)
def test_every_surface_shows_the_last_error_reply(kind, suffix, shown, shipped):
    data = formats.render_files(kind, shipped)[suffix]
    text = (zlib.decompress(data) if suffix == ".tosc" else data).decode()
    assert re.search(shown, text, re.DOTALL)


@pytest.mark.parametrize("kind", formats.FORMATS)
def test_the_picture_shows_what_the_file_holds(kind, shipped):
    """Every pad, voice and fader; and another file gives another picture."""
    drawn = formats.render_files(kind, shipped)[".svg"].decode()
    texts = set(re.findall(r">([^<>]+)</text>", drawn))
    pads = next(it for it in shipped.items() if it.kind == "pads")
    faders = {it.label for page in shipped.pages[:3] for it in page.items if it.kind == "fader"}
    assert {*pads.options, *shipped.voices, *faders, "PANIC", "tempo"} <= {
        it.strip() for it in texts
    }
    other = formats.render_files(kind, surface_of("trumpet"))[".svg"].decode()
    assert "trumpet</text>" in other
    assert ">pad</text>" not in other


NAMES = st.lists(
    st.text(st.sampled_from("abcXYZ0189-_.éß語"), min_size=1, max_size=12),
    min_size=1,
    max_size=9,
    unique=True,
)


@pytest.mark.long
@given(NAMES)
@example(["all", "play", "bar", "beat", "latch"])
@settings(max_examples=3)
def test_any_voices_give_valid_files(names):
    files = {kind: formats.render_files(kind, surface_of(*names)) for kind in formats.FORMATS}
    checked_layout(files["touchosc"][".tosc"])
    checked_patcher(json.loads(files["max"][".maxpat"])["patcher"])
    checked_canvases(files["pd"][".pd"])
    session = json.loads(files["open-stage-control"][".json"])
    assert len(session["content"]["widgets"][1]["tabs"]) == len(names) + 2
    for each in files.values():
        fromstring(each[".svg"])


@pytest.mark.parametrize("name", ["a b", "a;b", 'a"b', "$1", "a,b"])
def test_a_name_that_cannot_be_part_of_an_address_is_rejected(name):
    with pytest.raises(RigError, match="letters"):
        surface_of(name)


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(SidemanError, match="touchosc"):
        formats.render_files("touchOSC", surface_of("lead"))


def test_pages_and_items_stay_apart_with_any_number_of_voices():
    for surface in (surface_of("a"), surface_of(*"abcdefghijkl", models=tuple("nopqrstu"))):
        for page, other in combinations((surface.bar, *surface.pages), 2):
            assert page.name != other.name
        for page in surface.pages:
            rects = [
                (it.label, r) for it, r in layout.place_items(page, layout.Rect(0, 0, 1280, 640), 4)
            ]
            assert list(overlapping(rects)) == []

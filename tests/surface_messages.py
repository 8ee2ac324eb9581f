"""Everything that a finished surface can say: (address, values) of each message, read from the file itself."""

import json
import re
import zlib
from itertools import chain
from xml.etree.ElementTree import fromstring

SAMPLES = (0.0, 0.5, 1.0)  # of a fader's way


def of_touchosc(data):
    """Messages of the nodes, and those of the scripts."""
    root = fromstring(zlib.decompress(data))
    for osc in root.iter("osc"):
        if osc.findtext("send") != "1":
            continue
        path = "".join(part.findtext("value") for part in osc.iterfind("path/partial"))
        for share in SAMPLES:
            yield path, tuple(_argument(part, share) for part in osc.iterfind("arguments/partial"))
    for held in root.iter("property"):
        if held.findtext("key") == "script":
            script = held.findtext("value")
            for prefix, port in re.findall(r"local PREFIX, PORT = '([^']+)', (\d+)", script):
                for asked in re.findall(r"'(/subscribe\S*)'", script):
                    yield f"{prefix}{asked}", (int(port),)
                for path in re.findall(r"sendOSC\(PREFIX \.\. '([^']+)'\)", script):
                    yield f"{prefix}{path}", ()


def _argument(part, share):
    low, high = float(part.findtext("scaleMin")), float(part.findtext("scaleMax"))
    value = (
        part.findtext("value")
        if part.findtext("type") == "CONSTANT"
        else low + share * (high - low)
    )
    return {"STRING": str, "FLOAT": float, "INTEGER": round}[part.findtext("conversion")](value)


def of_max(data):
    """What message boxes say, and what a knob says through a "prepend"."""
    yield from _of_patcher(json.loads(data)["patcher"])


def _of_patcher(patcher):
    boxes = {box["box"]["id"]: box["box"] for box in patcher["boxes"]}
    cords = [line["patchline"] for line in patcher["lines"]]
    into = {}
    for cord in cords:
        into.setdefault(cord["destination"][0], []).append(boxes[cord["source"][0]])
    for box in boxes.values():
        text = box.get("text", "")
        if box["maxclass"] == "message" and text.startswith("/"):
            address, *words = re.findall(r'"[^"]*"|\S+', text)
            yield address, tuple(_max_atom(word) for word in words)
        elif text.startswith("prepend /"):
            for value in chain.from_iterable(_values(source) for source in into[box["id"]]):
                yield text.split()[1], (value,)
        if "patcher" in box:
            yield from _of_patcher(box["patcher"])


def _values(box):
    if box["maxclass"] == "textbutton":
        return [0, 1]
    bounds = box["saved_attribute_attributes"]["valueof"]
    low, high = bounds["parameter_mmin"], bounds["parameter_mmax"]
    return [low + share * (high - low) for share in SAMPLES]


def _max_atom(word):
    if word.startswith('"'):
        return word.strip('"')
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            pass
    return word


def of_openstage(data):
    """What widgets send, and their scripts."""
    yield from _of_widget(json.loads(data)["content"])


def _of_widget(widget):
    address = widget.get("address")
    match widget["type"]:
        case "fader":
            low, high = widget["range"]["min"], widget["range"]["max"]
            yield from ((address, (low + share * (high - low),)) for share in SAMPLES)
        case "switch":
            yield from ((address, (option,)) for option in widget["values"])
        case "button" if address:
            values = {"toggle": [(0,), (1,)], "momentary": [()], "tap": [(widget.get("on"),)]}
            yield from ((address, value) for value in values[widget["mode"]])
    for script in (widget.get("onCreate", ""), widget.get("onTouch", "")):
        yield from ((found, ()) for found in re.findall(r'send\("([^"]+)"\)', script))
    for child in (*widget.get("widgets", ()), *widget.get("tabs", ())):
        yield from _of_widget(child)


def of_puredata(data):
    """What its knobs send, the names that they send to, with a value where they have one."""
    for line in re.split(r"(?<!\\);\n", data.decode()):
        words = line.split(" ")
        match words[:1] + words[4:5]:
            case ["#X", "bng"] if words[9] != "empty":
                yield words[9], ""  # a bang
            case ["#X", "tgl"]:
                yield from ((words[7], value) for value in "01")
            case ["#X", "vsl" | "hsl"]:
                low, high = float(words[7]), float(words[8])
                yield from ((words[11], f"{low + share * (high - low):g}") for share in SAMPLES)

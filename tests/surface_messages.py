"""The messages that a surface file can send: (address, values) of each, read from the file."""

import json
import re
import zlib
from itertools import chain
from xml.etree.ElementTree import fromstring

POSITIONS = (0.0, 0.5, 1.0)  # of a fader, from low to high


def of_touchosc(data):
    """The messages of a TouchOSC layout's nodes and scripts."""
    root = fromstring(zlib.decompress(data))
    for osc in root.iter("osc"):
        if osc.findtext("send") != "1":
            continue
        path = "".join(part.findtext("value") for part in osc.iterfind("path/partial"))
        for position in POSITIONS:
            yield (
                path,
                tuple(_argument(part, position) for part in osc.iterfind("arguments/partial")),
            )
    for node in root.iter("property"):
        if node.findtext("key") == "script":
            script = node.findtext("value")
            for prefix, port in re.findall(r"local PREFIX, PORT = '([^']+)', (\d+)", script):
                for address in re.findall(r"'(/subscribe\S*)'", script):
                    yield f"{prefix}{address}", (int(port),)
                for address in re.findall(r"sendOSC\(PREFIX \.\. '([^']+)'\)", script):
                    yield f"{prefix}{address}", ()


def _argument(part, position):
    low, high = float(part.findtext("scaleMin")), float(part.findtext("scaleMax"))
    value = (
        part.findtext("value")
        if part.findtext("type") == "CONSTANT"
        else low + position * (high - low)
    )
    return {"STRING": str, "FLOAT": float, "INTEGER": round}[part.findtext("conversion")](value)


def of_max(data):
    """The messages of a Max patch: of its message boxes, and of faders through a "prepend"."""
    yield from _of_patcher(json.loads(data)["patcher"])


def _of_patcher(patcher):
    boxes = {box["box"]["id"]: box["box"] for box in patcher["boxes"]}
    lines = [line["patchline"] for line in patcher["lines"]]
    sources = {}
    for line in lines:
        sources.setdefault(line["destination"][0], []).append(boxes[line["source"][0]])
    for box in boxes.values():
        text = box.get("text", "")
        if box["maxclass"] == "message" and text.startswith("/"):
            address, *words = re.findall(r'"[^"]*"|\S+', text)
            yield address, tuple(_max_atom(word) for word in words)
        elif text.startswith("prepend /"):
            for value in chain.from_iterable(_values(source) for source in sources[box["id"]]):
                yield text.split()[1], (value,)
        if "patcher" in box:
            yield from _of_patcher(box["patcher"])


def _values(box):
    if box["maxclass"] == "textbutton":
        return [0, 1]
    bounds = box["saved_attribute_attributes"]["valueof"]
    low, high = bounds["parameter_mmin"], bounds["parameter_mmax"]
    return [low + position * (high - low) for position in POSITIONS]


def _max_atom(word):
    if word.startswith('"'):
        return word.strip('"')
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            pass
    return word


def of_open_stage_control(data):
    """The messages of an Open Stage Control session's widgets and scripts."""
    yield from _of_widget(json.loads(data)["content"])


def _of_widget(widget):
    address = widget.get("address")
    match widget["type"]:
        case "fader":
            low, high = widget["range"]["min"], widget["range"]["max"]
            yield from ((address, (low + it * (high - low),)) for it in POSITIONS)
        case "switch":
            yield from ((address, (option,)) for option in widget["values"])
        case "button" if address:
            values = {"toggle": [(0,), (1,)], "momentary": [()], "tap": [(widget.get("on"),)]}
            yield from ((address, value) for value in values[widget["mode"]])
    for script in (widget.get("onCreate", ""), widget.get("onTouch", "")):
        yield from ((sent, ()) for sent in re.findall(r'send\("([^"]+)"\)', script))
    for child in (*widget.get("widgets", ()), *widget.get("tabs", ())):
        yield from _of_widget(child)


def of_pure_data(data):
    """(receiver, value) of each control in a Pd patch; "" is a bang, without a value."""
    for line in re.split(r"(?<!\\);\n", data.decode()):
        words = line.split(" ")
        match words[:1] + words[4:5]:
            case ["#X", "bng"] if words[9] != "empty":
                yield words[9], ""
            case ["#X", "tgl"]:
                yield from ((words[7], value) for value in "01")
            case ["#X", "vsl" | "hsl"]:
                low, high = float(words[7]), float(words[8])
                yield from ((words[11], f"{low + it * (high - low):g}") for it in POSITIONS)

"""What msgspec finds wrong with a rig, as a message that names the mend."""

import re

import msgspec

from perform.errors import did_you_mean, nearest_name

CHOICE = "="  # before the path of a choice in `_words`
SLIP = 0.85  # a key that is as like as this to a known one is misspelt, and not in the wrong table


def explain(message: str, rig: type) -> str:
    """A msgspec message about a table of type `rig`, with what may be written there instead."""
    found, _, path = message.partition(" - at `$")
    path = path.strip("`").lstrip(".").replace("[...]", "")
    where = f" at `{path}`" if path else ""
    words = _words(msgspec.inspect.type_info(rig))
    place = re.sub(r"\[\d+]", "[]", path)
    known = words.get(place, set()) | words.get(f"{CHOICE}{place}", set())
    if key := re.fullmatch(r"Object contains unknown field `([^`]+)`", found):
        table = where and f" in [{path}]"
        return f"unknown key {key[1]!r}{table}{_mend_key(key[1], path, known, words)}"
    if value := re.fullmatch(r"Invalid (?:enum )?value '([^']+)'", found):
        return f"unknown value {value[1]!r}{where}{did_you_mean(value[1], known)}"
    mend = f"; each begins [[{path}]]" if f"{path}[]" in words else ""
    return f"{found}{where}{mend}"


def _mend_key(key: str, path: str, known: set[str], words: dict[str, set[str]]) -> str:
    if key in known:
        return f"; it is for another kind of {path}"
    homes = [_table(it) for it, keys in words.items() if key in keys and it[:1] != CHOICE]
    if not homes or nearest_name(key, known, SLIP) is not None:
        return did_you_mean(key, known)
    return f"; it belongs {' or '.join(homes)}"


def _table(path: str) -> str:
    """Where in a rig the keys of a table are written."""
    if not path:
        return "at the top"
    return f"in [[{path[:-2]}]]" if path.endswith("[]") else f"in [{path}]"


def _words(kind: msgspec.inspect.Type, path: str = "") -> dict[str, set[str]]:
    """What may be written at every path of a type.

    At the path of a table ("", "clock", "voices[]") its keys; at that of a choice, behind a mark
    ("=clock.source"), its values.
    """
    found: dict[str, set[str]] = {}
    inner: list[tuple[msgspec.inspect.Type, str]] = []
    match kind:
        case msgspec.inspect.StructType(fields=fields, tag_field=tag_field, tag=tag):
            found[path] = {field.encode_name for field in fields}
            if tag_field:
                found[path].add(tag_field)
                found[f"{CHOICE}{path}.{tag_field}"] = {str(tag)}
            inner = [(field.type, f"{path}.{field.encode_name}".strip(".")) for field in fields]
        case msgspec.inspect.UnionType(types=types):
            inner = [(one, path) for one in types]
        case msgspec.inspect.DictType(value_type=one):
            inner = [(one, path)]
        case msgspec.inspect.CollectionType(item_type=one):
            inner = [(one, f"{path}[]")]
        case msgspec.inspect.LiteralType(values=values):
            found[f"{CHOICE}{path}"] = {str(value) for value in values}
    for one, where in inner:
        for there, more in _words(one, where).items():
            found.setdefault(there, set()).update(more)
    return found

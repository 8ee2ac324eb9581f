"""Address patterns of OSC 1.0: ? * [a-c] [!a-c] {lead,bass}, each within one part of an address."""

import functools
import re
from collections.abc import Iterable

from perform.errors import MessageError

SIGNS = "*?[{"
LONGEST = 200  # characters
MAX_ALTERNATIVES = 64
_WORDS = re.compile(r"\{([^{}]*)\}")
_PARTS = re.compile(r"(\*+)|(\?)|\[(!?)([^\[\]]+)\]|([^*?\[\]{}]+)|(.)", re.DOTALL)


def is_pattern(address: str) -> bool:
    """Whether an address may stand for several."""
    return any(sign in address for sign in SIGNS)


def matching(pattern: str, addresses: Iterable[str]) -> list[str]:
    """The addresses that a pattern matches, in their order. MessageError for a broken pattern."""
    found = _compiled(pattern)
    return [address for address in addresses if any(one.fullmatch(address) for one in found)]


def below_prefix(address: str, prefix: str) -> str:
    """What of an address is below a prefix, which a pattern may match; "" where it is not below.

    MessageError for a broken pattern.
    """
    if address.startswith(prefix + "/"):
        return address[len(prefix) :]
    if not is_pattern(address):
        return ""
    parts = address.split("/")
    count = prefix.count("/") + 1
    head, rest = "/".join(parts[:count]), parts[count:]
    return "/" + "/".join(rest) if rest and matching(head, [prefix]) else ""


@functools.lru_cache(64)
def _compiled(pattern: str) -> tuple[re.Pattern[str], ...]:
    """A regular expression for each choice of words. They take linear time, whatever is sent."""
    if len(pattern) > LONGEST:
        raise MessageError(f"an address pattern has at most {LONGEST} characters")
    choices = [pattern]
    while len(choices) <= MAX_ALTERNATIVES and (words := _WORDS.search(choices[0])):
        choices = [
            choice.replace(words[0], word, 1) for choice in choices for word in words[1].split(",")
        ]
    if len(choices) > MAX_ALTERNATIVES:
        raise MessageError(f"an address pattern has at most {MAX_ALTERNATIVES} choices")
    return tuple(re.compile(_expression(choice)) for choice in choices)


def _expression(choice: str) -> str:
    """A regular expression for a pattern without words in braces."""
    pieces = [""]  # the fixed ones between the stars
    for stars, one, negated, letters, text, other in _PARTS.findall(choice):
        if other:
            raise MessageError(f"a {other} without its other end")
        if stars:
            pieces.append("")
        elif one:
            pieces[-1] += "[^/]"
        elif letters:
            chosen = re.escape(letters).replace(r"\-", "-")
            try:
                re.compile(f"[{chosen}]")
            except re.error:
                raise MessageError(f"[{letters}] is no range of letters") from None
            pieces[-1] += f"(?!/)[{'^' if negated else ''}{chosen}]"
        else:
            pieces[-1] += re.escape(text)
    first, *rest = pieces
    if not rest:
        return first
    *middle, last = rest
    # each star takes as little as it can, for good: no later piece makes it try again
    return first + "".join(f"(?>[^/]*?{piece})" for piece in middle) + f"[^/]*{last}"

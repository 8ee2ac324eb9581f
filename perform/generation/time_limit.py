"""How long the search for a bar may take."""

import time
from collections.abc import Callable


def time_limit(seconds: float | None) -> Callable[[], bool]:
    """A function, to be called after every step of a search, that says whether the time is used up:
    whether another step as long as the last would end more than `seconds` from now. None: never.
    """
    if seconds is None:
        return lambda: False
    last = time.monotonic()
    until = last + seconds

    def expired() -> bool:
        nonlocal last
        now = time.monotonic()
        step, last = now - last, now
        return now + step > until

    return expired

"""Keys that are played on a chord keyboard in virtual time."""

from perform.events import ChordChanged
from perform.inputs.chord_keyboard import ChordKeyboard

ON, OFF, PEDAL = 0x90, 0x80, 0xB0


def play(messages, settings=None, **around):
    """The chords of (milliseconds, message) pairs: their symbols, and "released"."""
    keyboard = ChordKeyboard(settings, **around)
    events = []

    def settle_until(now):
        while keyboard.deadline is not None and keyboard.deadline <= now:
            changed = keyboard.settle(keyboard.deadline)
            events.extend([changed] if changed else [])

    for when, message in messages:
        settle_until(when / 1000)
        released = keyboard.handle(message, when / 1000)
        events.extend([] if released is None else [released])
    settle_until(float("inf"))
    return [it.chord.symbol if isinstance(it, ChordChanged) else "released" for it in events]

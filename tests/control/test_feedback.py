"""What a client that follows the performance gets of values that change."""

import asyncio

import virtual_loop

from perform.control import feedback
from perform.control.feedback import Feedback
from perform.events import Beat, ChordSounds, StateChanged


class Sender:
    def __init__(self):
        self.sent, self.closed = [], False

    def send_message(self, address, *values):
        self.sent.append((address, *values))

    def close(self):
        self.closed = True


def test_a_fast_value_is_sent_sixty_times_a_second_and_its_last_value_at_the_end():
    async def sweep():
        sender = Sender()
        output = Feedback(sender)
        for step in range(1000):
            output.send(StateChanged("/swing", step / 999))
            output.send(StateChanged("/tempo", 120.0))
        output.send(Beat(0, 0, 0))
        await asyncio.sleep(0.05)
        output.send(StateChanged("/swing", 1.0))
        output.close()
        return sender

    sender = asyncio.run(sweep())
    assert sender.sent == [
        ("/state/swing", 0.0),
        ("/state/tempo", 120.0),
        ("/beat", 0, 0),
        ("/state/swing", 1.0),
    ]
    assert sender.closed


def test_chords_are_sent_at_most_sixty_times_a_second_and_the_last_one_always():
    async def play():
        sender = Sender()
        output = Feedback(sender)
        for step in range(300):
            output.send(ChordSounds(step, f"C{step}"))
            await asyncio.sleep(0.001)
        output.send(ChordSounds(0, "Dm7"))
        output.send(ChordSounds(0, "Am7"))
        output.close()
        return sender.sent

    sent = virtual_loop.run(play(), feedback)
    for address in ("/chord", "/state/chord"):
        chords = [symbol for there, symbol in sent if there == address]
        assert chords[0] == "C0"
        assert chords[-1] == "Am7"
        assert 3 <= len(chords) <= 60


def test_a_chord_that_is_pressed_again_after_its_release_is_no_echo():
    async def stab():
        output, accepted = Feedback(Sender()), []
        for _ in range(4):
            for address, values, sounds in (
                ("/chord", ("C",), "C"),
                ("/chord/release", (), "N.C."),
            ):
                accepted.append(output.accepts(address, values))
                output.send(ChordSounds(0, sounds))
                await asyncio.sleep(0.08)
        echo = not output.accepts("/chord", ("N.C.",))
        output.close()
        return accepted, echo

    assert virtual_loop.run(stab(), feedback) == ([True] * 8, True)

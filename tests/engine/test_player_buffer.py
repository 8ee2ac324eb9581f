"""The buffer of the player's notes."""

from perform.engine.player_buffer import PlayerBuffer
from perform.music.note import Note

BAR = 1920


def test_notes_are_in_their_bar_and_held_ones_end_with_it():
    buffer = PlayerBuffer()
    buffer.note_on(60, 60, 3, 0)
    buffer.note_off(60, 3, 240, BAR)
    buffer.note_on(64, 62, 3, 1800)
    buffer.note_off(64, 4, 100, BAR)
    buffer.note_off(99, 4, 100, BAR)
    buffer.note_on(65, 65, 5, 0)  # began and ended just before its bar
    buffer.note_off(65, 4, BAR - 10, BAR)
    assert buffer.bar(5) == (Note(0, 1, 65),)
    assert buffer.bar(3) == (Note(0, 240, 60), Note(1800, 120, 62))
    assert buffer.latest(4) == buffer.bar(3)
    assert buffer.latest(3) == ()
    for bar in range(4, 400):
        buffer.note_on(60, 60, bar, 0)
    assert buffer.bar(3) == ()

"""The songs of a set in the panel."""

import pytest
from panelled import panelled, write_rig

SET = """
[[songs]]
name = "Autumn Leaves"
tempo = 250
[[songs]]
name = "Bye Bye, <Blackbird>"
chart = "C7 | F7"
tempo = 260
[[songs]]
name = "Jam"
"""
SHOWN = "return [place.textContent, song.value, coming.textContent]"
CHOOSE = "song.value = arguments[0]; song.dispatchEvent(new Event('change'))"


@pytest.fixture(scope="module")
def panel_daemon(tmp_path_factory):
    folder = tmp_path_factory.mktemp("panel")
    path, ports = write_rig(folder)
    (folder / "gig.toml").write_text(SET)
    path.write_text(path.read_text() + "[set]\nfile = 'gig.toml'\n")
    yield from panelled((path, ports))


def shows(page, *expected):
    page.until(f"{SHOWN}.join() === arguments[0]", ",".join(expected))


def test_the_page_shows_and_selects_songs(page, listener):
    shows(page, "1/3", "Autumn Leaves", "")
    page.press("#song-next")
    listener.expect("/state/song", "Bye Bye, <Blackbird>")
    listener.expect("/state/tempo", 260.0)
    shows(page, "2/3", "Bye Bye, <Blackbird>", "")
    page.until("return document.querySelectorAll('#bars li').length === 2")
    page.run(CHOOSE, "Jam")
    listener.expect("/state/song", "Jam")
    page.press("#song-next")
    page.until("return banner.textContent.includes('is the last song of the set')")
    page.press("#panic")  # the focus is on no field
    page.keys("\ue00e")  # Page Up, as a pedal sends it
    listener.expect("/state/song/place", "2/3")
    shows(page, "2/3", "Bye Bye, <Blackbird>", "")


@pytest.mark.long
def test_while_it_plays_the_coming_song_is_shown_until_the_bar_line(page, listener):
    listener.send("/song", 1)
    shows(page, "1/3", "Autumn Leaves", "")
    listener.send("/tempo", 40.0)
    listener.send("/transport", "start")
    listener.expect("/beat", 0, 0)
    listener.send("/song/next")
    shows(page, "1/3", "Bye Bye, <Blackbird>", "at the next bar")
    listener.send("/transport", "stop")
    shows(page, "2/3", "Bye Bye, <Blackbird>", "")

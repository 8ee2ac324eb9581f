"""A patch in real Pure Data, as pixels: every text is readable and whole, and windows fit."""

import contextlib
import os
import socket

import numpy as np
import pytest
from loopback import free_port
from parts import Program, eventually, need

from perform.net.osc import encode
from perform.surfaces import colours, formats, pages
from perform.surfaces.pd import writer

pytestmark = pytest.mark.long
LEAST_CONTRAST = 4.5  # of text, by WCAG 2
MODELS = ("bass", "blues", "blues-bars", "funk", "reels", "sideman", "swing")
# Opens the window of a subpatch: what comes at the port is a message to the first word.
DRIVER = """#N canvas 0 0 200 200 12;
#X obj 10 10 netreceive {port};
#X obj 10 40 list split 1;
#X obj 10 70 t b a;
#X obj 10 100 list;
#X obj 10 130 list trim;
#X obj 10 160 send;
#X connect 0 0 1 0;
#X connect 1 0 2 0;
#X connect 1 1 3 1;
#X connect 2 0 3 0;
#X connect 2 1 5 1;
#X connect 3 0 4 0;
#X connect 4 0 5 0;
"""


class Display(Program):
    """An X server without a screen, with its `pixels` and its `name`."""

    def __init__(self, folder):
        self._picture = folder / "Xvfb_screen0"
        reading, writing = os.pipe()
        super().__init__(
            "Xvfb", "-displayfd", str(writing), "-fbdir", str(folder), "-screen", "0",
            "1366x800x24", "-s", "0", "-nolisten", "tcp", pass_fds=(writing,),
        )  # fmt: skip
        os.close(writing)
        with os.fdopen(reading) as numbers:
            self.name = f":{numbers.readline().strip()}"

    @property
    def pixels(self):
        """Red, green and blue of each pixel by row and column, from the file in XWD format."""
        data = self._picture.read_bytes()
        head = np.frombuffer(data, ">u4", 25)
        width, height, stride, start = head[4], head[5], head[12], head[0] + 12 * head[19]
        rows = np.frombuffer(data, np.uint8, stride * height, start).reshape(height, stride)
        return rows[:, : 4 * width].reshape(height, width, 4)[:, :, 2::-1]


def rgb(colour):
    return np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)], np.uint8)


def luminance(pixels):
    share = pixels / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def contrast(pixels):
    """The contrast between the lightest and the darkest pixel."""
    light = luminance(pixels)
    return (light.max() + 0.05) / (light.min() + 0.05)


def ground_of(pixels):
    """The rectangle (left, top, right, bottom) of the canvas's background, which is on top."""
    rows, columns = np.nonzero((pixels == rgb(colours.GROUND)).all(axis=2))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def unreadable(pixels, items):
    """The texts whose first or last letter cannot be read."""
    left, top, *_ = ground_of(pixels)
    found = []
    for item in items:
        if item.kind not in ("text", "button") or not item.text:
            continue
        x, y, _, h = item.rect
        letter, middle = writer.LETTER * item.size, top - writer.EDGE + y + h / 2
        for place in {0, len(item.text) - 1}:
            begin = left - writer.EDGE + x + 4 + place * letter
            rows = slice(int(middle - item.size / 2), int(middle + item.size / 2))
            cell = pixels[rows, int(begin) : int(begin + letter)]
            if not cell.size or contrast(cell) < LEAST_CONTRAST:
                found.append((item.text, item.text[place]))
    return found


@pytest.fixture
def shown(tmp_path):
    """The patch in Pure Data. Yields (display, screens, send, open a window)."""
    for program in ("pd", "wish", "Xvfb"):
        need(program)
    back, steering = free_port(), free_port()
    surface = pages.build_surface(pages.shipped_rig(), MODELS, feedback_port=back)
    patch = formats.render_files("pd", surface)[".pd"]
    (tmp_path / "sideman.pd").write_bytes(patch)
    (tmp_path / "driver.pd").write_text(DRIVER.format(port=steering))
    with contextlib.ExitStack() as ends:
        display = ends.enter_context(Display(tmp_path))
        files = [str(tmp_path / f"{name}.pd") for name in ("driver", "sideman")]
        program = ends.enter_context(
            Program(
                "pd", "-noaudio", "-nomidi", "-noprefs", "-stderr", *files,
                env={"DISPLAY": display.name},
            )
        )  # fmt: skip
        eventually(lambda: (display.pixels == rgb(colours.QUIET)).all(axis=2).sum() > 10_000)
        line = ends.enter_context(socket.create_connection(("127.0.0.1", steering)))
        sender = ends.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

        def send(address, *values):
            sender.sendto(encode(f"/sideman{address}", *values), ("127.0.0.1", back))

        yield display, formats.FORMATS["pd"].read_screens(patch), send, line
        assert not [it for it in list(program.lines) if "error" in it]


def is_lit(display, colour, pixels=500):
    return (display.pixels == rgb(colours.bright(colour))).all(axis=2).sum() > pixels


def test_every_text_of_the_patch_can_be_read_and_its_windows_fit(shown):
    display, (front, everything, _), send, line = shown
    for address, value in (
        ("/state/chord", "F#m7b5"), ("/state/key", "Bb minor"), ("/state/metre", "4/4"),
        ("/state/transport", "start"), ("/state/mode", "trade"), ("/state/mode/bars", 4),
    ):  # fmt: skip
        send(address, value)
    eventually(lambda: all(is_lit(display, colour) for colour in ("go", "chord", "time")))
    pixels = display.pixels
    left, _, right, _ = ground_of(pixels)
    assert right - left >= writer.WIDTH - 2 * writer.EDGE
    row = (pixels == rgb(colours.QUIET)).all(axis=2).sum(axis=1)
    assert (row > writer.WIDTH / 2).sum() >= writer.OPEN - 2 * writer.EDGE
    now = {"N.C.": "F#m7b5", "auto": "Bb minor"}  # the large texts that messages have changed
    items = [
        it._replace(text=now[it.text]) if it.text in now and it.size > 16 else it
        for it in front.items
        if it.ink != colours.GROUND  # no turn, so its bands are not seen
    ]
    assert unreadable(pixels, items) == []

    for whose, label in (("player", "YOUR TURN"), ("voice", "SIDEMAN'S TURN")):
        send("/state/turn/bars", 3)
        send("/state/turn", whose)
        colour = {"player": "player", "voice": "voice0"}[whose]
        eventually(lambda colour=colour: is_lit(display, colour, 8_000))
        (text,) = (it for it in front.items if it.text == label)
        assert text.size >= 28
        assert unreadable(display.pixels, [text]) == []
        other = {"player": "voice0", "voice": "player"}[whose]
        assert not is_lit(display, other, 8_000)
    send("/state/turn/bars", 0)
    send("/state/turn", "")
    eventually(lambda: not is_lit(display, "voice0", 8_000))

    line.sendall(b"pd-all vis 1;\n")
    eventually(lambda: is_lit(display, "target"))
    pixels = display.pixels
    left, _, right, _ = ground_of(pixels)
    assert right - left >= writer.WIDTH - 2 * writer.EDGE
    assert unreadable(pixels, everything.items) == []

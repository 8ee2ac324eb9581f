"""Those who play with the daemon in a session of mistakes: keyboard, synthesizer, clock, peers."""

import asyncio
import contextlib
import random
import socket
import threading
import time
import warnings

from parts import MidiRecorder, connected, instrument

from perform.net.osc import decode, encode

CHUNK = 100  # messages at once: the queue of a JACK client is short
CHUNK_SECONDS = 0.012  # longer than a cycle of JACK
KEY_SECONDS = 0.004  # between two keys of a chord


class Keyboard:
    """A keyboard with a cable: a port named `name`, while it is plugged in."""

    def __init__(self, name):
        self.name = name
        self._held = []
        self._port = None
        self.plug()

    def plug(self):
        if self._port is None:
            self._port = instrument("output", self.name)

    def unplug(self):
        port, self._port = self._port, None
        if port is not None:
            port.close()

    close = unplug

    def send(self, *messages):
        for place, message in enumerate(messages):
            if self._port is not None:
                self._port.send(message)
            if place % CHUNK == CHUNK - 1:
                time.sleep(CHUNK_SECONDS)

    def press(self, notes, channel=0):
        for note in notes:
            self.send([0x90 | channel, note, 90])
            time.sleep(KEY_SECONDS)

    def release(self, notes, channel=0):
        self.send(*([0x80 | channel, note, 0] for note in notes))

    # --- what its player does ---------------------------------------------------------------

    def chord(self, *notes):
        self.press(notes)
        self.release([note for note in self._held if note not in notes])
        self._held = list(notes)

    def lost_off(self, *notes):
        self.press(notes)
        self.release(notes[1:])

    def half(self, *notes):
        self.press(notes[:2])

    def roll(self, *notes):
        for note in notes:
            self.press([note])
            time.sleep(0.03)
        self.release(notes)

    def layer(self, *notes):
        for channel in (0, 3):
            self.press(notes, channel)
        self.release(notes, 3)

    def pedal(self, *notes):
        self.send([0xB0, 64, 127])
        self.press(notes)
        self.release(notes)

    def pedal_up(self, *_):
        self.send([0xB0, 64, 0])

    def solo(self, *notes):
        """A melody above; its last note never ends."""
        for note in notes:
            self.send([0x90, note + 24, 90])
            time.sleep(0.02)
        self.release([note + 24 for note in notes[:-1]])

    def flood_notes(self, count, seed):
        chance = random.Random(seed)
        for _ in range(count):
            note = chance.randrange(128)
            self.send([0x90 | chance.choice((0, 0, 9)), note, chance.randint(1, 127)])
            if chance.random() < 0.6:
                self.release([note])

    def flood_cc(self, count, seed):
        chance = random.Random(seed)
        kinds = (0xB0, 0xE0, 0xD0, 0xA0)
        self.send(*(
            [kind, chance.randrange(128), chance.randrange(128)][: 2 if kind == 0xD0 else 3]
            for kind in (chance.choice(kinds) for _ in range(count))
        ))  # fmt: skip

    def sysex(self, count, seed):
        chance = random.Random(seed)
        self.send([0xF0, *(chance.randrange(128) for _ in range(count)), 0xF7])

    def sysex_open(self, count, seed):
        """It never ends; the next message interrupts it."""
        self.send([0xF0, *(seed % 128 for _ in range(min(count, 200)))], [0x90, 60, 90])

    def odd(self, count, seed):
        chance = random.Random(seed)
        for _ in range(count % 60):
            status = chance.choice((0xC0, 0xF1, 0xF2, 0xF3, 0xF6, 0xF8, 0xFA, 0xFC, 0xFF, 0xF5))
            length = {0xC0: 2, 0xF1: 2, 0xF2: 3, 0xF3: 2}.get(status, 1)
            self.send([status, 5, 6][:length])

    def channel_off(self, *_):
        self.send([0xB0, 123, 0], [0xB0, 121, 0])

    def sensing(self, *notes):
        """It says that it is there, and then says so no more."""
        self.send([0xFE])
        self.press(notes)


class Synth:
    """A synthesizer with a cable. `plugs`: for each time it was plugged in, (moment, message)s."""

    def __init__(self, name):
        self.name = name
        self.plugs = []
        self._recorder = None
        self.plug()

    def plug(self):
        if self._recorder is None:
            self._recorder = MidiRecorder(instrument("input", self.name))
            self.plugs.append(self._recorder.heard)

    def unplug(self):
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.close()

    close = unplug


class Listener:
    """What a virtual port of the daemon sends, clock included. `plugs`: as of a `Synth`."""

    def __init__(self, name):
        self._recorder = MidiRecorder(connected("input", name), timing=True)
        self.plugs = [self._recorder.heard]

    def close(self):
        self._recorder.close()


class ClockLeader:
    """A sequencer that sends MIDI clock to the port `name`, with the mistakes of its user."""

    def __init__(self, name, bpm):
        self._port, self._sending = connected("output", name), threading.Lock()
        self._bpm, self._skip, self._silent = bpm, 0, 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._roll)
        self._thread.start()

    def _roll(self):
        due = time.monotonic()
        while not self._ended.wait(max(0.0, due - time.monotonic())):
            due += 60 / self._bpm / 24
            if self._skip:
                self._skip -= 1
            elif due >= self._silent:
                self.send([0xF8])

    def send(self, *messages):
        with self._sending:
            for message in messages:
                self._port.send(message)

    def close(self):
        self._ended.set()
        self._thread.join()
        self._port.close()

    def steady(self, bpm):
        """No more mistakes."""
        self._bpm, self._skip, self._silent = bpm, 0, 0.0

    def tempo(self, bpm):
        self._bpm = bpm

    def gap(self, pulses):
        self._skip = pulses

    def silence(self, seconds):
        self._silent = time.monotonic() + seconds

    def burst(self, pulses):
        self.send(*[[0xF8]] * pulses)

    def locate(self, sixteenth):
        self.send([0xF2, sixteenth & 0x7F, sixteenth >> 7])

    def storm(self, count, seed):
        """Starts and stops as from a button that bounces; at last it rolls."""
        chance = random.Random(seed)
        self.send(*([chance.choice((0xFA, 0xFB, 0xFC))] for _ in range(count)), [0xFA])

    def start(self):
        self.send([0xFA])

    again = start

    def stop(self):
        self.send([0xFC])

    def continue_(self):
        self.send([0xFB])


class LinkPeer:
    """Two programs in a Link session. `seen`: (moment, tempo, playing) as the first reads them."""

    def __init__(self, bpm, *, sync):
        import aalink

        self._loop = asyncio.new_event_loop()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self._links = [aalink.Link(bpm, self._loop), aalink.Link(bpm, self._loop)]
        self.first.start_stop_sync_enabled = sync
        self.first.enabled = True
        self.seen = []

    @property
    def first(self):
        return self._links[0]

    def look(self):
        self.seen.append((time.monotonic(), self.first.tempo, self.first.playing))

    def tempo(self, bpm):
        self.first.tempo = bpm

    def leave(self):
        self._links[1].enabled = False

    def join(self):
        self._links[1].enabled = True

    other = leave

    def play(self):
        self.first.playing = True

    def stop(self):
        self.first.playing = False

    def close(self):
        for link in self._links:
            link.enabled = False
        self._loop.close()


class OscBand:
    """The programs that send OSC. `heard`: (moment, address, values) that come to the output."""

    def __init__(self, port, tcp):
        self.port, self.tcp = port, tcp
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind(("127.0.0.1", 0))
        self.heard = []
        self._guests = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def own_port(self):
        return self.socket.getsockname()[1]

    def _listen(self):
        while data := self.socket.recv(65536):
            now = time.monotonic()
            self.heard += [(now, a.removeprefix("/sideman"), v) for a, v in decode(data)]

    def of(self, address):
        """(moment, values) of each message to an address so far."""
        return [(moment, values) for moment, it, values in list(self.heard) if it == address]

    def close(self):
        self.socket.sendto(b"", self.socket.getsockname())
        self._thread.join(5)
        self.socket.close()
        for guest in self._guests:
            guest.close()

    # --- what its programs do ---------------------------------------------------------------

    def send(self, address, *values):
        self.raw(encode(f"/sideman{address}", *values))

    def raw(self, data, sender=None):
        with contextlib.suppress(ConnectionRefusedError):  # the daemon has ended
            (sender or self.socket).sendto(data, ("127.0.0.1", self.port))

    def flood(self, count, seed):
        chance = random.Random(seed)
        for place in range(count):
            address = chance.choice(("/weight/steps", "/swing", "/voice/pad/accent", "/humanise"))
            self.send(address, chance.random())
            if place % CHUNK == CHUNK - 1:
                time.sleep(0.003)

    def garbage(self, count, seed):
        chance = random.Random(seed)
        for _ in range(count):
            self.raw(chance.choice((b"", b"/", b"#bundle\0")) + chance.randbytes(seed % 64 + 1))

    def future(self, count, _seed):
        """A bundle that is due tomorrow, and one of yesterday."""
        inner = encode("/sideman/swing", 0.4)
        for days in (1, -1):
            moment = int((time.time() + 86400 * days + 2208988800) * 2**32)
            size = len(inner).to_bytes(4, "big")
            self.raw(b"#bundle\0" + moment.to_bytes(8, "big") + (size + inner) * (count % 5 + 1))

    def tcp_half(self, count, _seed):
        """A connection that ends in the middle of a message."""
        with socket.socket() as one:
            one.connect(("127.0.0.1", self.tcp))
            one.sendall(b"\x00\x00\x40\x00" + b"/sideman/ch" + b"x" * count)

    def subscribe(self, *_):
        """One more client, which stays and does not read."""
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
        self._guests.append(one)
        self.raw(encode("/sideman/subscribe"), one)

    def vanish(self, *_):
        """A client that subscribes and ends."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind(("127.0.0.1", 0))
            self.raw(encode("/sideman/subscribe"), one)

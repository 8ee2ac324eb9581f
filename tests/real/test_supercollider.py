"""The SuperCollider recipe as it stands: sclang and scsynth, on a JACK server, play what Sideman improvises."""

import itertools
import socket
import wave

import numpy as np
from loopback import free_port
from parts import Program, eventually, is_quiet, need

from perform.net.osc import decode, encode

# What a player does by hand: the file is loaded, listened to for three seconds, and ended by Cmd-period.
HAND = """
Server.default = s = Server(\\test, NetAddr("127.0.0.1", {server}));
~sideman = NetAddr("127.0.0.1", {port});
ServerQuit.add({{ 0.exit }}, s);
"{recipe}".load;
s.doWhenBooted {{
    s.recHeaderFormat = "wav"; s.recSampleFormat = "int16";
    s.prepareForRecord("{wav}"); s.sync; 0.3.wait;
    s.record; 3.wait; s.stopRecording; 0.2.wait;
    CmdPeriod.run; 0.5.wait;
    "left: %".format(OSCdef.all.keys.select {{ |key| key.asString.beginsWith("sideman") }}.size).postln;
    s.quit;
}};
"""


def test_supercollider_sends_chords_and_plays_the_notes(jack, partner, root, tmp_path):
    need("sclang")
    need("scsynth")
    wav = tmp_path / "heard.wav"
    hand = tmp_path / "hand.scd"
    hand.write_text(
        HAND.format(
            server=free_port(),
            port=partner.port,
            recipe=root / "patches" / "supercollider" / "sideman.scd",
            wav=wav,
        )
    )
    (tmp_path / "home").mkdir(mode=0o700)
    quiet = {  # no window, no settings of whoever runs the tests
        "HOME": str(tmp_path / "home"),
        "XDG_RUNTIME_DIR": str(tmp_path / "home"),
        "QT_QPA_PLATFORM": "offscreen",
        "QTWEBENGINE_DISABLE_SANDBOX": "1",
        "SC_JACK_DEFAULT_OUTPUTS": "",
    }
    told, was_quiet = [], is_quiet()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as witness:
        witness.bind(("127.0.0.1", 0))
        witness.settimeout(0.02)
        witness.sendto(encode("/sideman/subscribe"), ("127.0.0.1", partner.port))
        program = Program("sclang", str(hand), env=quiet, cwd=tmp_path)
        try:

            def ended():
                try:
                    told.extend(decode(witness.recv(4096)))
                except TimeoutError:
                    pass
                return program.process.poll() is not None

            eventually(ended)
        finally:
            program.end()
    heard = "\n".join(program.lines)
    assert "ERROR" not in heard, heard
    assert program.saw("left: 0"), heard
    chords = [values[0] for address, values in told if address == "/sideman/chord"]
    assert chords[:3] == ["Dm7", "G7", "Cmaj7"], (chords, heard)
    on_time = told_before_the_bar(told)
    assert any(on_time)
    # sclang may send late where others have the processor
    assert sum(on_time) >= len(on_time) - 1 or not (was_quiet and is_quiet())
    with wave.open(str(wav)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    assert np.abs(samples).max() > 500
    assert ("/sideman/state/transport", ("stop",)) in told


def told_before_the_bar(told):
    """Of each chord after the first, whether it sounded on a bar line: its bundle was applied at its time."""
    line = [
        (where, values) for where, values in told if where in ("/sideman/chord", "/sideman/beat")
    ]
    after = [
        following
        for (where, values), following in itertools.pairwise(line)
        if where == "/sideman/chord" and values != ("Dm7",)
    ]
    return [where == "/sideman/beat" and values[1] == 0 for where, values in after]

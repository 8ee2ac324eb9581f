"""The shipped SuperCollider recipe: sclang and scsynth play the daemon's notes over JACK."""

import itertools
import socket
import wave

import numpy as np
import pytest
from loopback import free_port
from parts import Program, eventually, is_quiet, need

from perform.net.osc import decode, encode

# The steps of a player: load the file, listen for three seconds, end it by Cmd-period.
PLAYER = """
Server.default = s = Server(\\test, NetAddr("127.0.0.1", {server}));
~sideman = NetAddr("127.0.0.1", {port});
ServerQuit.add({{ 0.exit }}, s);
"{recipe}".load;
s.doWhenBooted {{
    s.recHeaderFormat = "wav"; s.recSampleFormat = "int16";
    s.prepareForRecord("{wav}"); s.sync; 0.3.wait;
    s.record; 3.wait; s.stopRecording; 0.2.wait;
    CmdPeriod.run; 0.5.wait;
    "left: %".format(
        OSCdef.all.keys.select {{ |key| key.asString.beginsWith("sideman") }}.size
    ).postln;
    s.quit;
}};
"""


@pytest.mark.long
def test_supercollider_sends_chords_and_plays_the_daemons_notes(jack, partner, root, tmp_path):
    need("sclang")
    need("scsynth")
    wav = tmp_path / "heard.wav"
    script = tmp_path / "hand.scd"
    script.write_text(
        PLAYER.format(
            server=free_port(),
            port=partner.port,
            recipe=root / "patches" / "supercollider" / "sideman.scd",
            wav=wav,
        )
    )
    (tmp_path / "home").mkdir(mode=0o700)
    quiet = {  # no window, and no settings of the user
        "HOME": str(tmp_path / "home"),
        "XDG_RUNTIME_DIR": str(tmp_path / "home"),
        "QT_QPA_PLATFORM": "offscreen",
        "QTWEBENGINE_DISABLE_SANDBOX": "1",
        "SC_JACK_DEFAULT_OUTPUTS": "",
    }
    received, was_quiet = [], is_quiet()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(0.02)
        client.sendto(encode("/sideman/subscribe"), ("127.0.0.1", partner.port))
        program = Program("sclang", str(script), env=quiet, cwd=tmp_path)
        try:

            def ended():
                try:
                    received.extend(decode(client.recv(4096)))
                except TimeoutError:
                    pass
                return program.process.poll() is not None

            eventually(ended)
        finally:
            program.end()
    printed = "\n".join(program.lines)
    assert "ERROR" not in printed, printed
    assert program.saw("left: 0"), printed
    chords = [values[0] for address, values in received if address == "/sideman/chord"]
    assert chords[:3] == ["Dm7", "G7", "Cmaj7"], (chords, printed)
    on_time = chords_on_bar_lines(received)
    assert any(on_time)
    # on a busy machine, sclang may send late
    assert sum(on_time) >= len(on_time) - 1 or not (was_quiet and is_quiet())
    with wave.open(str(wav)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    assert np.abs(samples).max() > 500
    assert ("/sideman/state/transport", ("stop",)) in received


def chords_on_bar_lines(received):
    """For each chord but Dm7, whether its bundle took effect on a bar line."""
    line = [
        (where, values)
        for where, values in received
        if where in ("/sideman/chord", "/sideman/beat")
    ]
    after = [
        following
        for (where, values), following in itertools.pairwise(line)
        if where == "/sideman/chord" and values != ("Dm7",)
    ]
    return [where == "/sideman/beat" and values[1] == 0 for where, values in after]

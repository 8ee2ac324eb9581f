"""Sound, by the real fluidsynth: files, and aloud."""

import os
import sys
import wave
from pathlib import Path
from unittest.mock import AsyncMock

import mido
import numpy as np
import pytest

from perform.commands import demo
from perform.errors import SidemanError
from perform.events import NoteMessage
from perform.outputs import soundfont
from perform.outputs.audio import PEAK, render_wav
from perform.outputs.midi_file import MidiFileOutput
from perform.outputs.speaker import Speaker, drivers

FONT = soundfont.find_soundfont()


@pytest.fixture
def font():
    if lacking := soundfont.missing(FONT):
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must have sound: {lacking}")
        pytest.skip(f"sound is not installed: {lacking}")
    return FONT


def samples(path):
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 44100)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2).astype(int)


@pytest.mark.parametrize(
    ("pitches", "velocity", "seconds"),
    [((60,), 8, 0.2), (range(36, 90, 3), 127, 1.5)],  # the second would clip unless made softer
    ids=["soft", "loud"],
)
def test_the_loudest_sample_of_a_wav_is_at_minus_one_decibel(
    font, tmp_path, pitches, velocity, seconds
):
    song = mido.MidiFile(ticks_per_beat=480)
    track = song.add_track()
    track += [mido.Message("note_on", note=pitch, velocity=velocity) for pitch in pitches]
    track.append(mido.Message("note_off", note=60, time=round(960 * seconds)))
    song.save(tmp_path / "x.mid")
    render_wav(tmp_path / "x.mid", tmp_path / "x.wav", font)
    sound = samples(tmp_path / "x.wav")
    assert len(sound) == round((seconds + 1.5) * 44100)
    assert np.abs(sound).max() == round(PEAK) == 29204


def test_notes_sound_through_a_driver_and_the_last_rings_out(font, tmp_path, monkeypatch):
    """fluidsynth's file driver is a sound card that writes down what it plays."""
    monkeypatch.chdir(tmp_path)
    speaker = Speaker(font, ["nosuch", "file"], {"lead": 1})
    assert speaker.open()
    speaker.send(NoteMessage(0, "lead", 60, 100))
    speaker.send(NoteMessage(0, "lead", 60, 0))
    speaker.close()
    speaker.close()
    assert np.abs(samples(tmp_path / "fluidsynth.wav")).max() > 1000
    assert not speaker.fault


def test_a_demo_plays_aloud_and_says_what_is_written(font, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "drivers", lambda: ["file"])
    demo.run(1, Path("left"), None, 0, quiet=False)
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("a twelve-bar blues, aloud;")
    assert last == "written: left/demo.mid and left/demo.wav"
    aloud, written = samples(tmp_path / "fluidsynth.wav"), samples(tmp_path / "left" / "demo.wav")
    assert np.abs(aloud).max() > 3000
    assert np.abs(written).max() == round(PEAK)


def test_a_demo_whose_sound_card_fails_plays_on(font, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(demo, "drivers", lambda: ["nosuch"])
    monkeypatch.setattr(demo, "_play", AsyncMock())
    MidiFileOutput(tmp_path / "demo.mid", {}, 120.0).close()
    demo.run(1, tmp_path, None, 0, quiet=False)
    said = capfd.readouterr()
    assert said.out.count("the sound card does not open (tried nosuch); the files hold") == 1
    assert said.err == ""


def test_a_sound_card_that_fails_is_a_line(font, capfd, monkeypatch):
    monkeypatch.setenv("CI", "true")  # with it, pyfluidsynth writes to standard output
    speaker = Speaker(font, ["nosuch"], {"lead": 1})
    assert not speaker.open()
    assert speaker.fault == "the sound card does not open (tried nosuch)"
    speaker.close()
    speaker.send(NoteMessage(0, "lead", 60, 100))
    assert capfd.readouterr() == ("", "")


def test_a_sound_card_that_goes_away_is_a_line(font, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    speaker = Speaker(font, ["file"], {"lead": 1})
    assert speaker.open()
    speaker._process.kill()
    speaker._process.wait()
    speaker.send(NoteMessage(0, "lead", 60, 100))
    assert speaker.fault == "the sound card went away"
    speaker.close()


def test_sound_cards_are_found_by_what_serves_them(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "no such server")
    monkeypatch.delenv("PULSE_SERVER", raising=False)
    assert set(drivers()) <= {"alsa"}
    (tmp_path / "pulse").mkdir()
    (tmp_path / "pulse" / "native").touch()
    assert drivers()[0] == "pulseaudio"


@pytest.mark.parametrize(
    ("platform", "release", "mend"),
    [
        ("linux", {"ID": "raspbian", "ID_LIKE": "debian"}, "apt install timgm6mb-soundfont"),
        ("linux", {"ID": "fedora"}, "dnf install fluid-soundfont-gm"),
        ("linux", {"ID": "own"}, "name a .sf2 file with --soundfont"),
        ("darwin", {}, "brew install fluid-synth"),
    ],
)
def test_what_sound_lacks_is_named_for_the_system_at_hand(
    font, monkeypatch, platform, release, mend
):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(soundfont.platform, "freedesktop_os_release", lambda: release)
    assert soundfont.missing(None) == mend
    assert soundfont.missing(font) == ""


def test_without_the_extra_and_the_library_all_three_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(soundfont.platform, "freedesktop_os_release", lambda: {"ID": "debian"})
    monkeypatch.setattr(soundfont.ctypes.util, "find_library", lambda _: None)
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    assert soundfont.missing(None) == (
        "pip install '.[audio]' && apt install fluidsynth timgm6mb-soundfont"
    )
    with pytest.raises(SidemanError, match="sound needs fluidsynth"):
        soundfont.synthesizer(tmp_path, 1.0, 44100.0)

"""Golden scores, and rendered files."""

import mido
import numpy as np
import pytest

from perform.commands import render as commands
from perform.commands.render import CANNED, play_chart, render
from perform.config.voices import VoiceConfig
from perform.engine.metre import parse_metre
from perform.errors import SidemanError
from perform.events import Beat, ChordSounds, NoteMessage
from perform.generation.canned import CannedSource
from perform.music.chart import parse_chart
from perform.music.pitch import pitch_name
from perform.outputs.memory import MemoryOutput
from perform.outputs.piano_roll import BAR_LINE, OTHER_TONE, PianoRollOutput
from perform.runtime.chart_events import BLUES

CHART, BAR = parse_chart(BLUES), 1920


def score(model, seed=0):
    """The performance as text, a line for each note: tick, name, velocity."""
    memory = MemoryOutput()
    play_chart(CHART, VoiceConfig(name="lead", model=model), seed, [memory])
    lines = []
    for output in memory.events:
        if isinstance(output, ChordSounds):
            lines.append(f"{output.tick} [{output.symbol}]")
        elif isinstance(output, NoteMessage):
            lines.append(f"{output.tick} {pitch_name(output.pitch)} {output.velocity}")
    return "\n".join(lines) + "\n"


def test_the_canned_blues_is_the_golden_score(root):
    assert score("canned") == (root / "tests" / "golden" / "blues.txt").read_text()


def test_the_same_seed_gives_the_same_notes_and_another_seed_does_not():
    assert score("blues", 3) == score("blues", 3)
    assert score("blues", 3) != score("blues", 4)


def test_the_same_render_is_the_same_bytes(tmp_path):
    for name in ("one.mid", "two.mid", "one.png", "two.png"):
        render(CHART, tmp_path / name, VoiceConfig(name="lead", model="canned"), seed=1)
    for kind in (".mid", ".png"):
        assert (tmp_path / f"one{kind}").read_bytes() == (tmp_path / f"two{kind}").read_bytes()


def test_the_midi_file_has_tempo_chords_and_paired_notes(tmp_path):
    render(CHART, tmp_path / "x.mid", VoiceConfig(name="Trąbka 笛", channel=5), tempo=90)
    song = mido.MidiFile(tmp_path / "x.mid", charset="utf-8")
    assert song.tracks[1].name == "Trąbka 笛"
    messages = [message for track in song.tracks for message in track]
    assert [m.tempo for m in messages if m.type == "set_tempo"] == [mido.bpm2tempo(90)]
    assert [m.text for m in messages if m.type == "marker"][:3] == ["C7", "F7", "C7"]
    ons = sum(m.type == "note_on" for m in messages)
    assert ons == sum(m.type == "note_off" for m in messages) > 20
    assert {m.channel for m in messages if m.type == "note_on"} == {4}
    assert song.length == pytest.approx(12 * 4 * 60 / 90, abs=4 * 60 / 90)


def test_the_picture_is_a_picture(tmp_path):
    render(CHART, tmp_path / "x.png", VoiceConfig(name="lead", model="canned"))
    image = pytest.importorskip("matplotlib.image").imread(tmp_path / "x.png")
    assert image.shape[2] == 3
    assert len(np.unique(image.reshape(-1, 3), axis=0)) == 6


@pytest.mark.parametrize("text", ["3/4", "6/8", "7/8", "5/4"])
def test_a_chart_in_another_metre_is_written_and_drawn_in_it(tmp_path, text):
    metre = parse_metre(text)
    chart = parse_chart("Am7 | D7 G7 | Cmaj7 | % | Fmaj7")
    for name in ("x.mid", "x.png"):
        render(chart, tmp_path / name, VoiceConfig(name="lead", model="canned"), metre=metre)
    song = mido.MidiFile(tmp_path / "x.mid")
    assert song.length == pytest.approx(5 * metre.bar / 960, abs=metre.bar / 960)
    messages = [message for track in song.tracks for message in track]
    signature = next(m for m in messages if m.type == "time_signature")
    assert signature.numerator / signature.denominator == metre.bar / BAR
    image = pytest.importorskip("matplotlib.image").imread(tmp_path / "x.png")
    lines = np.flatnonzero((np.abs(image[13] * 255 - BAR_LINE) < 1).all(axis=1))
    assert list(np.diff(lines)) == 3 * [metre.bar // 10]  # four bars a row, ten ticks a pixel


def test_music_that_begins_inside_a_bar_is_drawn_from_there(tmp_path):
    picture = PianoRollOutput(tmp_path / "x.png")
    for output in (
        Beat(960, 4, 2),
        NoteMessage(960, "lead", 60, 90),
        NoteMessage(1440, "lead", 60, 0),
    ):
        picture.send(output)
    for output in (Beat(1440, 4, 3), Beat(1920, 5, 0), Beat(2400, 5, 1)):
        picture.send(output)
    picture.close()
    image = pytest.importorskip("matplotlib.image").imread(tmp_path / "x.png")
    assert (np.abs(image * 255 - OTHER_TONE) < 1).all(axis=2).any()


@pytest.mark.parametrize(("name", "mend"), [("x.mp3", "end it in"), ("no/x.mid", "make it first")])
def test_a_file_that_cannot_be_written_is_an_error(tmp_path, name, mend):
    with pytest.raises(SidemanError, match=mend):
        render(CHART, tmp_path / name, VoiceConfig(name="lead", model="canned"))


def requests(chart, seed=0):
    """The seed and the context of each bar that a render requests."""
    found = []

    class Recording(CannedSource):
        def phrase(self, seed, _conditions, _steering, context):
            found.append((seed, context))
            return super().phrase(seed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "source_of", lambda _: Recording())
        play_chart(parse_chart(chart), VoiceConfig(name="lead"), seed, [MemoryOutput()])
    return found


def seeds(chart, seed=0):
    return [seed for seed, _ in requests(chart, seed)]


def test_the_first_bars_are_requested_over_the_chart():
    contexts = [context for _, context in requests("Dm7 | G7 | C")[:2]]
    assert [context.chords[0].root for context in contexts] == [2, 7]
    assert [context.following.root for context in contexts] == [7, 0]


def test_equal_seeds_on_two_charts_give_different_bars():
    assert seeds("C7 | F7 | G7 | C7") == seeds("C7 | F7 | G7 | C7")
    assert not set(seeds("C7 | F7 | G7 | C7")) & set(seeds("C7 | F7 | G7 | Am"))
    assert not set(seeds("C7 | F7 | G7 | C7")) & set(seeds("C7 | F7 | G7 | C7", seed=1))


def test_a_render_knows_what_comes_so_an_approach_leads_into_each_chord():
    memory = MemoryOutput()
    voice = VoiceConfig(name="lead", model=CANNED, knobs={"approach": 1.0, "land": 0.0})
    play_chart(parse_chart("C7 | Eb7 | F#7 | A7"), voice, 0, [memory])
    sounds = [note for note in memory.notes if note.velocity]
    for line in range(BAR, 4 * BAR, BAR):
        last = max(note for note in sounds if note.tick < line)
        first = min(note for note in sounds if note.tick >= line)
        if last.tick >= line - 480:
            assert abs(first.pitch - last.pitch) == 1

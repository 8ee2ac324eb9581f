"""What players do to voices while they play: turns, judgements, blends, and who has the room."""

import pytest

from perform.engine.engine import Engine
from perform.engine.settings import EngineSettings
from perform.engine.voicing import VoiceSettings
from perform.events import (
    ChordChanged,
    ModeChanged,
    NoteMessage,
    ParameterChanged,
    PhraseJudged,
    PhraseReady,
    PhraseRequested,
    TransportChanged,
    VoiceMuted,
    VoiceSoloed,
)
from perform.music.chord import parse_chord
from perform.music.note import Note
from perform.outputs.memory import MemoryOutput
from perform.runtime import offline

BAR, BEAT = 1920, 480
C = ChordChanged(parse_chord("C"))


class Beats:
    """A source whose bars have a note on every beat, its pitch by the seed."""

    def phrase(self, seed, *_):
        return tuple(Note(beat * BEAT, 240, 60 + seed % 12) for beat in range(4))


class Crowded:
    """A source with a note on every sixteenth."""

    def phrase(self, *_):
        return tuple(Note(start, 120, 60) for start in range(0, BAR, 120))


def play(engine, bars, *events, sources=lambda _: Beats()):
    memory = MemoryOutput()
    offline.play(engine, sources, [(0, C), *events], bars * BAR, [memory])
    return memory


def bars_with(memory, voice="lead"):
    return sorted({s.tick // BAR for s in memory.sounds if s.velocity and s.voice == voice})


def counts(memory, voice, bars):
    ticks = [s.tick // BAR for s in memory.sounds if s.velocity and s.voice == voice]
    return [ticks.count(bar) for bar in range(bars)]


# --- turns ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tick", "mode", "silent"),
    [
        (3 * BAR + 5, "trade", [5, 6, 9, 10]),
        (3 * BAR + 1000, "trade", [5, 6, 9, 10]),
        (3 * BAR, "trade", [5, 6, 9, 10]),
        (3 * BAR - 30, "trade", [5, 6, 9, 10]),  # a hair ahead of the bar that is meant
        (3 * BAR + 5, "answer", [4, 7, 8]),  # what was laid out for bar 3 still sounds
    ],
)
def test_turns_are_counted_from_the_bar_in_which_the_mode_was_set(tick, mode, silent):
    engine = Engine([VoiceSettings(name="lead", form="A")])
    memory = play(engine, 11, (tick, ModeChanged("lead", mode, 2)))
    assert bars_with(memory) == [bar for bar in range(11) if bar not in silent]


def test_turns_are_counted_from_a_start():
    engine = Engine([VoiceSettings(name="lead", form="A")], EngineSettings(fallback=bar_of(0)))
    engine.handle(C, 0)
    engine.handle(TransportChanged("start"), 0)
    engine.advance(3 * BAR + 5)
    engine.handle(ModeChanged("lead", "trade", 2), 3 * BAR + 5)
    engine.handle(TransportChanged("start"), 0)
    sounds = [o for o in engine.advance(6 * BAR - 30) if isinstance(o, NoteMessage) and o.velocity]
    assert sorted({sound.tick // BAR for sound in sounds}) == [0, 1, 4, 5]


def test_a_turn_ends_on_a_landing():
    """Twos of a form of four would never hear its last bar."""
    engine = Engine([VoiceSettings(name="lead", form="ABAC", mode="trade", bars=2)])
    memory = play(engine, 6)
    lasts = [
        [s.tick % BAR for s in memory.sounds if s.velocity and s.tick // BAR == bar][-1]
        for bar in (1, 5)
    ]
    ends = [max(s.tick for s in memory.sounds if s.tick // BAR == bar) % BAR for bar in (1, 5)]
    assert lasts == [1440, 1440]
    assert ends == [BAR - 60, BAR - 60]


@pytest.mark.parametrize(("bars", "landings"), [(4, [6, 14]), (8, [6, 10])])
def test_no_turn_comes_to_rest_before_its_sentence_is_over(bars, landings):
    """Fours that begin with bar 3 do not land on bar 3, the last of a form that is counted from the start."""
    engine = Engine([VoiceSettings(name="lead", form="ABAC")])
    memory = play(engine, 16, (3 * BAR - 30, ModeChanged("lead", "trade", bars)))
    off = {bar: [s.tick for s in memory.sounds if s.tick // BAR == bar] for bar in range(3, 16)}
    assert [bar for bar, ticks in off.items() if ticks and ticks[-1] % BAR == BAR - 60] == landings


# --- judgements -------------------------------------------------------------------------------------


def started(**voice):
    engine = Engine([VoiceSettings(name="lead", form="ABCD", **voice)])
    engine.handle(C, 0)
    engine.prepare()
    engine.handle(TransportChanged("start"), 0)
    for bar in range(4):
        engine.handle(PhraseReady("lead", bar, bar_of(bar)), 0)
        engine.advance(0)
    return engine


def bar_of(number):
    return (Note(960, 240, 60 + number), Note(1440, 240, 60 + number))


def liked(engine, tick):
    engine.handle(PhraseJudged(None, True), tick)
    asked = [o for o in engine.advance(tick + 60) if isinstance(o, PhraseRequested) and o.steering]
    return asked[-1].steering.liked


@pytest.mark.parametrize(
    ("tick", "heard"),
    [
        (960, 0),
        (1800, 0),
        (BAR - 10, 0),  # the next bar is laid out already
        (BAR + 200, 0),  # it has begun, but nothing of it was heard yet
        (BAR + 1000, 1),
    ],
)
def test_what_is_judged_is_what_was_heard(tick, heard):
    engine = started()
    for bar in (1, 2):
        engine.handle(PhraseReady("lead", bar, bar_of(bar)), 0)
    engine.advance(tick)
    assert liked(engine, tick) == (bar_of(heard),)


def test_in_its_rest_the_turn_that_ended_is_judged():
    engine = started(mode="trade", bars=1)
    engine.handle(PhraseReady("lead", 1, bar_of(1)), 0)
    engine.advance(BAR + 1000)
    assert liked(engine, BAR + 1000) == (bar_of(0),)


def test_in_a_hold_the_bar_that_is_held_is_judged():
    engine = started()
    for bar in (1, 2):
        engine.handle(PhraseReady("lead", bar, bar_of(bar)), 0)
    engine.handle(ModeChanged("lead", "hold", 4), 100)
    engine.advance(BAR + 1000)
    assert liked(engine, BAR + 1000) == (bar_of(0),)


# --- blends -----------------------------------------------------------------------------------------


def test_a_blend_keeps_the_motif():
    asked = []

    class Of(Beats):
        def __init__(self, model):
            self.model = model

        def phrase(self, seed, *_):
            asked.append((seed, self.model))
            return super().phrase(seed if self.model == "one" else seed + 6)

    engine = Engine(
        [
            VoiceSettings(
                name="lead",
                model="one",
                other="two",
                form="ABAC",
                fit="shift",
                parameters={"land": 0.0},
            )
        ]
    )
    fade = [
        (bar * BAR + 100 + 7 * bar, ParameterChanged("lead", "blend", bar / 40))
        for bar in range(41)
    ]
    memory = play(engine, 44, *fade, sources=Of)
    bars = [
        [(s.tick % BAR, s.pitch) for s in memory.sounds if s.velocity and s.tick // BAR == bar]
        for bar in range(44)
    ]
    assert all(bars[bar] == bars[bar + 2] for bar in range(0, 44, 4))
    models = [model for _, model in asked]
    assert models[0] == "one"
    assert set(models[-2:]) == {"two"}


# --- room -------------------------------------------------------------------------------------------


def test_a_silent_voice_gives_its_room_to_the_others_and_takes_it_back():
    voices = [
        VoiceSettings(name=name, form="A", parameters={"share": 0.5, "land": 0.0})
        for name in ("lead", "second")
    ]
    events = [
        (1 * BAR + 100, VoiceMuted("lead", True)),
        (3 * BAR + 100, VoiceMuted("lead", False)),
        (5 * BAR + 100, VoiceSoloed("second", True)),
        (7 * BAR + 100, VoiceSoloed("second", False)),
    ]
    memory = play(Engine(voices), 9, *events, sources=lambda _: Crowded())
    assert counts(memory, "second", 9) == [4, 4, 8, 8, 4, 4, 8, 8, 4]
    assert counts(memory, "lead", 9)[::4] == [8, 8, 8]
    assert counts(memory, "lead", 9)[2] == 0

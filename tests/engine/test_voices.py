"""Voices while they play: turns, judgements, blends, and the shared room of a bar."""

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
    StateChanged,
    TransportChanged,
    VoiceMuted,
    VoiceSoloed,
)
from perform.interfaces import GeneratedBar
from perform.music.chord import parse_chord
from perform.music.note import Note
from perform.outputs.memory import MemoryOutput
from perform.runtime import offline

BAR, BEAT = 1920, 480
C = ChordChanged(parse_chord("C"))


class Beats:
    """A source whose bars have a note on every beat, its pitch by the seed."""

    def phrase(self, seed, *_):
        return GeneratedBar(tuple(Note(beat * BEAT, 240, 60 + seed % 12) for beat in range(4)))


class Crowded:
    """A source with a note on every sixteenth."""

    def phrase(self, *_):
        return GeneratedBar(tuple(Note(start, 120, 60) for start in range(0, BAR, 120)))


def play(engine, bars, *events, sources=lambda _: Beats()):
    memory = MemoryOutput()
    offline.play(engine, sources, [(0, C), *events], bars * BAR, [memory])
    return memory


def bars_with(memory, voice="lead"):
    return sorted({s.tick // BAR for s in memory.notes if s.velocity and s.voice == voice})


def counts(memory, voice, bars):
    ticks = [s.tick // BAR for s in memory.notes if s.velocity and s.voice == voice]
    return [ticks.count(bar) for bar in range(bars)]


# --- turns ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tick", "mode", "silent"),
    [
        (3 * BAR + 5, "trade", [5, 6, 9, 10]),
        (3 * BAR + 1000, "trade", [5, 6, 9, 10]),
        (3 * BAR, "trade", [5, 6, 9, 10]),
        (3 * BAR - 30, "trade", [5, 6, 9, 10]),  # just before the intended bar
        (3 * BAR + 5, "answer", [4, 7, 8]),  # bar 3 was laid out before
    ],
)
def test_turns_are_counted_from_the_bar_in_which_the_mode_was_set(tick, mode, silent):
    engine = Engine([VoiceSettings(name="lead", form="A")])
    memory = play(engine, 11, (tick, ModeChanged("lead", mode, 2)))
    assert bars_with(memory) == [bar for bar in range(11) if bar not in silent]


def test_a_start_counts_turns_anew():
    engine = Engine([VoiceSettings(name="lead", form="A")], EngineSettings(fallback=bar_of(0)))
    engine.handle(C, 0)
    engine.handle(TransportChanged("start"), 0)
    engine.advance(3 * BAR + 5)
    engine.handle(ModeChanged("lead", "trade", 2), 3 * BAR + 5)
    engine.handle(TransportChanged("start"), 0)
    sounds = [o for o in engine.advance(6 * BAR - 30) if isinstance(o, NoteMessage) and o.velocity]
    assert sorted({sound.tick // BAR for sound in sounds}) == [0, 1, 4, 5]


def test_it_is_published_whose_turn_it_is_and_for_how_many_bars():
    engine = Engine([VoiceSettings(name="lead"), VoiceSettings(name="bass")])
    events = [
        (BAR + 5, ModeChanged("lead", "answer", 2)),
        (6 * BAR + 5, ModeChanged("lead", "flow")),
        (7 * BAR + 5, ModeChanged("bass", "trade", 1)),
        (8 * BAR + 5, TransportChanged("stop")),
    ]
    memory = play(engine, 9, *events)
    turns, values = [], {}
    for output in memory.events:
        if isinstance(output, StateChanged) and "/turn" in output.address:
            values[output.address] = output.value
            turns.append((output.address, output.value))
    assert [it for it in turns if it[0] == "/voice/lead/turn"] == [
        ("/voice/lead/turn", whose) for whose in ("player", "voice", "player", "")
    ]
    assert [it for it in turns if it[0] == "/turn"] == [
        ("/turn", whose) for whose in ("player", "voice", "player", "", "voice", "player", "")
    ]
    lead_bars = [value for address, value in turns if address == "/voice/lead/turn/bars"]
    assert lead_bars == [2, 1, 2, 1, 2, 1, 0]
    assert [it[1] for it in turns if it[0] == "/voice/bass/turn"] == ["voice", "player", ""]
    assert set(values.values()) == {"", 0}  # no turn while stopped


@pytest.fixture
def trading():
    """Three voices; the lead trades fours, the second answers in twos, from the first bar on."""
    engine = Engine([VoiceSettings(name=name) for name in ("lead", "answer", "pad")])
    for event in (C, TransportChanged("start")):
        engine.handle(event, 0)
    engine.advance(5)
    return engine, [
        *engine.handle(ModeChanged("lead", "trade", 4), 5),
        *engine.handle(ModeChanged("answer", "answer", 2), 5),
    ]


def test_the_turn_of_all_is_that_of_the_voices_that_can_be_heard(trading):
    engine, outputs = trading
    values = {"/turn": "", "/turn/bars": 0}
    for tick, event, whose, bars in (
        (5, None, "voice", 4),
        (BAR, None, "voice", 3),
        (BAR + 5, VoiceMuted("lead", muted=True), "player", 1),
        (2 * BAR, None, "voice", 2),
        (2 * BAR + 5, VoiceSoloed("pad", soloed=True), "", 0),
        (2 * BAR + 9, VoiceSoloed("pad", soloed=False), "voice", 2),
        (3 * BAR + 5, VoiceMuted("lead", muted=False), "voice", 1),
        (4 * BAR, None, "player", 2),
        (4 * BAR + 5, TransportChanged("stop"), "", 0),
        (4 * BAR + 9, VoiceMuted("lead", muted=True), "", 0),
    ):
        outputs += engine.advance(tick)
        outputs += engine.handle(event, tick) if event else []
        values |= {it.address: it.value for it in outputs if isinstance(it, StateChanged)}
        assert (values["/turn"], values["/turn/bars"]) == (whose, bars), tick
        outputs = []


def test_a_turn_ends_with_a_landing():
    """A turn of two bars never has the last bar of a form of four."""
    engine = Engine([VoiceSettings(name="lead", form="ABAC", mode="trade", bars=2)])
    memory = play(engine, 6)
    lasts = [
        [s.tick % BAR for s in memory.notes if s.velocity and s.tick // BAR == bar][-1]
        for bar in (1, 5)
    ]
    ends = [max(s.tick for s in memory.notes if s.tick // BAR == bar) % BAR for bar in (1, 5)]
    assert lasts == [1440, 1440]
    assert ends == [BAR - 60, BAR - 60]


@pytest.mark.parametrize(("bars", "landings"), [(4, [6, 14]), (8, [6, 10])])
def test_in_turns_the_form_is_counted_from_the_turns_first_bar(bars, landings):
    """Turns from bar 3 on do not land on bar 3, the last of the form from the start."""
    engine = Engine([VoiceSettings(name="lead", form="ABAC")])
    memory = play(engine, 16, (3 * BAR - 30, ModeChanged("lead", "trade", bars)))
    ticks_of = {bar: [s.tick for s in memory.notes if s.tick // BAR == bar] for bar in range(3, 16)}
    assert [
        bar for bar, ticks in ticks_of.items() if ticks and ticks[-1] % BAR == BAR - 60
    ] == landings


# --- judgements ----------------------------------------------------------------------------------


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
    outputs = engine.advance(tick + 60)
    steered = [o for o in outputs if isinstance(o, PhraseRequested) and o.steering]
    return steered[-1].steering.liked


@pytest.mark.parametrize(
    ("tick", "bar"),
    [
        (960, 0),
        (1800, 0),
        (BAR - 10, 0),  # the next bar is laid out already
        (BAR + 200, 0),  # it has begun, but none of its notes
        (BAR + 1000, 1),
    ],
)
def test_the_judged_bar_is_the_one_that_was_heard(tick, bar):
    engine = started()
    for ahead in (1, 2):
        engine.handle(PhraseReady("lead", ahead, bar_of(ahead)), 0)
    engine.advance(tick)
    assert liked(engine, tick) == (bar_of(bar),)


def test_between_turns_the_last_bar_of_the_turn_is_judged():
    engine = started(mode="trade", bars=1)
    engine.handle(PhraseReady("lead", 1, bar_of(1)), 0)
    engine.advance(BAR + 1000)
    assert liked(engine, BAR + 1000) == (bar_of(0),)


def test_in_hold_mode_the_held_bar_is_judged():
    engine = started()
    for bar in (1, 2):
        engine.handle(PhraseReady("lead", bar, bar_of(bar)), 0)
    engine.handle(ModeChanged("lead", "hold", 4), 100)
    engine.advance(BAR + 1000)
    assert liked(engine, BAR + 1000) == (bar_of(0),)


# --- blends --------------------------------------------------------------------------------------


def test_a_repeated_bar_keeps_its_model_while_blend_changes():
    requests = []

    class ModelSource(Beats):
        def __init__(self, model):
            self.model = model

        def phrase(self, seed, *_):
            requests.append((seed, self.model))
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
    memory = play(engine, 44, *fade, sources=ModelSource)
    bars = [
        [(s.tick % BAR, s.pitch) for s in memory.notes if s.velocity and s.tick // BAR == bar]
        for bar in range(44)
    ]
    assert all(bars[bar] == bars[bar + 2] for bar in range(0, 44, 4))
    models = [model for _, model in requests]
    assert models[0] == "one"
    assert set(models[-2:]) == {"two"}


# --- room ----------------------------------------------------------------------------------------


def test_a_silent_voice_leaves_its_room_to_the_others_until_it_plays_again():
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

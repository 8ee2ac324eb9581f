"""Playing together: modes, several voices, charts and keys, on the virtual clock."""

from hypothesis import given
from hypothesis import strategies as st

from perform.config.voices import VoiceConfig
from perform.engine.engine import Engine
from perform.engine.form import plays
from perform.engine.harmony import Harmony
from perform.engine.key import key_of
from perform.engine.metre import parse_metre
from perform.engine.player_buffer import PlayerBuffer
from perform.engine.settings import EngineSettings
from perform.engine.voicing import VoiceSettings
from perform.events import (
    ChartChanged,
    ChordChanged,
    ChordSounds,
    KeyChanged,
    MetreChanged,
    ModeChanged,
    NoteMessage,
    ParameterChanged,
    PhraseJudged,
    PhraseReady,
    PhraseRequested,
    PlayerNoteOff,
    PlayerNoteOn,
    TransportChanged,
    TurnLengthChanged,
    VampLeft,
    VoiceMuted,
    VoiceSoloed,
)
from perform.music.chart import Chart, parse_chart
from perform.music.chord import parse_chord
from perform.music.note import Note
from perform.outputs.memory import MemoryOutput
from perform.runtime import offline

BAR, BEAT = 1920, 480
APPROACHING = {"approach": 1.0, "land": 0.0}


class Numbered:
    """A source whose bars can be told apart: one note on every beat, its pitch by the seed."""

    def __init__(self):
        self.asked = []

    def phrase(self, seed, _wish=None, steering=None):
        self.asked.append((seed, steering))
        return tuple(Note(beat * BEAT, 240, 48 + seed % 12) for beat in range(4))


def play(engine, bars, events=(), source=None, bar=BAR):
    memory = MemoryOutput()
    start = [(0, ChordChanged(parse_chord("C")))]
    if not any(isinstance(event, ChartChanged) for _, event in events):
        events = sorted([*start, *events], key=lambda timed: timed[0])
    offline.play(engine, lambda _: source or Numbered(), events, bars * bar, [memory])
    return memory


def struck(memory, voice="lead"):
    return [s for s in memory.sounds if s.velocity and s.voice == voice]


def bars_of(sounds, bar=BAR):
    found = {}
    for sound in sounds:
        found.setdefault(sound.tick // bar, []).append((sound.tick % bar, sound.pitch))
    return found


def test_a_motif_returns_changed_as_often_as_asked():
    def thirds(**parameters):
        engine = Engine(
            [VoiceSettings(name="lead", form="AAAB", fit="shift", parameters=parameters)]
        )
        heard = bars_of(struck(play(engine, 80)))
        return sum(heard[bar] == heard[bar - 1] for bar in range(80) if bar % 4 in (1, 2))

    assert thirds() == 40
    assert thirds(vary=1.0) <= 12
    assert thirds(repeat=0.0) < 10  # the source's pitches come round after twelve seeds
    assert 10 < thirds(vary=0.5) < 35


# --- voices and modes ---------------------------------------------------------------------------


def test_mute_and_solo_silence_and_bring_back():
    engine = Engine([VoiceSettings(name=name, form="ABCD") for name in ("lead", "bass", "pad")])
    events = [
        (BAR, VoiceMuted("bass", True)),
        (2 * BAR, VoiceSoloed("pad", True)),
        (3 * BAR, VoiceSoloed("pad", False)),
    ]
    memory = play(engine, 4, events)
    there = {name: sorted(bars_of(struck(memory, name))) for name in ("lead", "bass", "pad")}
    assert there == {"lead": [0, 1, 3], "bass": [0], "pad": [0, 1, 2, 3]}


def test_an_answer_listens_then_replies_with_what_it_heard():
    source = Numbered()
    engine = Engine(
        [VoiceSettings(name="lead", mode="answer", bars=2, form="ABCDEFGH")], EngineSettings()
    )
    keys = []
    for bar in (0, 1):
        for beat in (0, 3):
            at = bar * BAR + beat * BEAT
            keys += [(at, PlayerNoteOn(60 + bar)), (at + 240, PlayerNoteOff(60 + bar))]
    memory = play(engine, 8, keys, source)
    assert sorted(bars_of(struck(memory))) == [2, 3, 6, 7]
    heard = {
        tuple(note.pitch for note in steering.player)
        for _, steering in source.asked
        if steering is not None
    }
    assert {(60, 60), (61, 61)} <= heard
    assert any(
        steering.player == (Note(0, 240, 60), Note(1440, 240, 60))
        for _, steering in source.asked
        if steering is not None
    )


def test_trading_begins_and_takes_turns():
    assert [plays("trade", bar, 4) for bar in (0, 3, 4, 7, 8)] == [True, True, False, False, True]
    assert [plays("answer", bar, 4) for bar in (0, 4, 8)] == [False, True, False]
    assert all(plays(mode, bar, 4) for mode in ("flow", "hold") for bar in range(9))


def test_turns_are_of_as_many_bars_as_were_said_last():
    engine = Engine([VoiceSettings(name="lead", bars=1)])
    events = [
        (5, ModeChanged("lead", "trade")),
        (4 * BAR - 5, TurnLengthChanged("lead", 2)),
        (8 * BAR - 5, ModeChanged(None, "flow")),
        (8 * BAR - 4, ModeChanged(None, "trade")),
    ]
    heard = bars_of(struck(play(engine, 12, events)))
    assert [bar for bar in range(12) if heard.get(bar)] == [0, 2, 4, 5, 8, 9]


def test_who_is_told_to_listen_is_silent_at_once():
    for since, bars in ((2 * BAR + 700, [0, 1, 2, 3, 5]), (3 * BAR - 30, [0, 1, 2, 4, 6])):
        engine = Engine([VoiceSettings(name="lead", bars=1)])
        heard = bars_of(struck(play(engine, 7, [(since, ModeChanged("lead", "answer"))])))
        assert sorted(heard) == bars
        assert [tick for tick, _ in heard[2]] == [
            tick for tick in range(0, BAR, BEAT) if 2 * BAR + tick < since
        ]


def test_hold_repeats_the_bar_that_plays_until_it_flows_again():
    engine = Engine([VoiceSettings(name="lead", form="ABCDEFGH", fit="shift")])
    events = [
        (2 * BAR + 5, ModeChanged("lead", "hold", 4)),
        (5 * BAR + 5, ModeChanged(None, "flow", 4)),
    ]
    heard = bars_of(struck(play(engine, 7, events)))
    assert heard[2] == heard[3] == heard[4] == heard[5] != heard[6]
    assert heard[1] != heard[2]


def test_the_ear_keeps_a_bars_notes_and_ends_what_is_held_over():
    buffer = PlayerBuffer()
    buffer.note_on(60, 60, 3, 0)
    buffer.note_off(60, 3, 240, BAR)
    buffer.note_on(64, 62, 3, 1800)
    buffer.note_off(64, 4, 100, BAR)
    buffer.note_off(99, 4, 100, BAR)
    buffer.note_on(65, 65, 5, 0)  # struck a hair before its bar, and up again before it
    buffer.note_off(65, 4, BAR - 10, BAR)
    assert buffer.bar(5) == (Note(0, 1, 65),)
    assert buffer.bar(3) == (Note(0, 240, 60), Note(1800, 120, 62))
    assert buffer.latest(4) == buffer.bar(3)
    assert buffer.latest(3) == ()
    for bar in range(4, 400):
        buffer.note_on(60, 60, bar, 0)
    assert buffer.bar(3) == ()


def test_voices_that_share_the_room_thin_out_and_leave_each_others_notes():
    class Same:
        def phrase(self, *_):
            return tuple(Note(beat * 240, 120, 60) for beat in range(8))

    def crowd(share):
        voices = [
            VoiceSettings(
                name=name, low=48, high=84, form="A", parameters={"share": share, "land": 0.0}
            )
            for name in ("lead", "second", "third", "fourth")
        ]
        memory = play(Engine(voices), 4, source=Same())
        together = {}
        for sound in memory.sounds:
            if sound.velocity:
                together.setdefault(sound.tick, []).append(sound.pitch)
        clashes = sum(len(p) - len(set(p)) for p in together.values())
        return len([s for s in memory.sounds if s.velocity]), clashes

    everybody, doubled = crowd(1.0)
    fewer, apart = crowd(0.5)
    assert doubled > 0 == apart
    assert fewer < everybody


def test_what_is_left_of_a_chart_that_is_taken_away_is_not_played():
    events = [
        (0, ChartChanged(parse_chart("C7 F7"))),
        (2 * BAR + 200, ChartChanged()),
        (2 * BAR + 300, ChordChanged(parse_chord("Dm7"))),
    ]
    told = play(Engine([VoiceSettings(name="lead")]), 5, events).outputs
    assert [o.symbol for o in told if isinstance(o, ChordSounds)][-2:] == ["C7", "Dm7"]


def test_blend_takes_its_share_from_the_other_model():
    engine = Engine([VoiceSettings(name="lead", model="one", other="two", form="ABCDEFGH")])
    engine.handle(ChordChanged(parse_chord("C")), 0)
    engine.handle(ParameterChanged("lead", "blend", 0.5), 0)
    models = [w.model for w in engine.prepare()]
    engine.handle(TransportChanged("start"), 0)
    for tick in range(0, 200 * BAR, BEAT):
        outputs = engine.advance(tick)
        models += [o.model for o in outputs if isinstance(o, PhraseRequested)]
    assert 0.35 < models.count("two") / len(models) < 0.65


def test_more_draws_phrases_near_and_no_asks_for_others():
    engine = Engine([VoiceSettings(name="lead", form="ABCD")])
    engine.handle(ChordChanged(parse_chord("C")), 0)
    wanted = {w.bar: w for w in engine.prepare()}
    engine.handle(TransportChanged("start"), 0)
    liked = (Note(0, 240, 61),)
    engine.handle(PhraseReady("lead", 0, liked), 0)
    wanted |= {o.bar: o for o in engine.advance(0) if isinstance(o, PhraseRequested)}
    engine.handle(PhraseJudged(None, True), 10)
    asked = {o.bar: o for o in engine.advance(480) if isinstance(o, PhraseRequested)}
    assert asked[1].steering.liked == (liked,)
    assert asked[1].seed == wanted[1].seed
    engine.handle(PhraseJudged("lead", False), 490)
    asked = {o.bar: o for o in engine.advance(960) if isinstance(o, PhraseRequested)}
    assert asked[1].steering.liked == ()
    assert asked[1].steering.disliked == (liked,)
    assert asked[1].seed != wanted[1].seed


# --- charts and keys ----------------------------------------------------------------------------


def follow(text):
    return ChartChanged(parse_chart(text))


def test_a_chart_is_followed_in_time_and_a_vamp_goes_round_until_next():
    engine = Engine([VoiceSettings(name="lead")])
    events = [(0, follow("Dm7 G7 | Cmaj7 |: Am7 | D7 :| Gmaj7")), (5 * BAR + 9, VampLeft())]
    memory = play(engine, 9, events)
    chords = [(o.tick / BAR, o.symbol) for o in memory.outputs if isinstance(o, ChordSounds)]
    assert chords == [
        (0, "Dm7"), (0.5, "G7"), (1, "Cmaj7"), (2, "Am7"), (3, "D7"), (4, "Am7"), (5, "D7"),
        (6, "Gmaj7"), (7, "Dm7"), (7.5, "G7"), (8, "Cmaj7"),
    ]  # fmt: skip


def test_a_live_chord_wins_until_the_chart_has_its_next():
    engine = Engine([VoiceSettings(name="lead")])
    events = [(0, follow("C | % | F")), (500, ChordChanged(parse_chord("Ab7")))]
    memory = play(engine, 3, events)
    chords = [(o.tick, o.symbol) for o in memory.outputs if isinstance(o, ChordSounds)]
    assert chords == [(0, "C"), (500, "Ab7"), (2 * BAR, "F")]


def test_bars_ahead_are_asked_for_over_the_chord_that_is_to_come():
    engine = Engine([VoiceSettings(name="lead", parameters={"weight/chord-tones": 1.0})])
    source = Numbered()
    play(engine, 4, [(0, follow("Cm | F7 | Bb | Eb"))], source)
    tones = [steering.tones for _, steering in source.asked if steering]
    assert (0, 4, 7, 10) in tones
    assert (0, 3, 7) in tones


class Alternating:
    """A source of two bars by turns: one that ends on F4, and one that enters a seventh above it."""

    def __init__(self):
        self.asked = 0

    def phrase(self, _seed, _wish=None, _steering=None):
        pitches = ((60, 62, 64, 65), (76, 77, 79, 72))[self.asked % 2]
        self.asked += 1
        return tuple(Note(beat * BEAT, 240, pitch) for beat, pitch in enumerate(pitches))


def test_a_bar_enters_in_the_octave_where_the_line_is():
    def second(**given):
        voice = VoiceSettings(**{"name": "lead", "fit": "shift", "form": "ABCD", **given})
        return [
            pitch for _, pitch in bars_of(struck(play(Engine([voice]), 2, (), Alternating())))[1]
        ]

    assert second() == [64, 65, 67, 60]
    assert second(low=61) == [76, 77, 79, 72]  # it would not hold the whole bar
    assert second(parameters={"target/register": 0.5}) == [
        76,
        77,
        79,
        72,
    ]  # its height is asked for


def test_an_approach_leads_into_the_next_chord_by_a_semitone():
    voice = VoiceSettings(name="lead", low=48, high=72, form="AB", parameters=APPROACHING)
    heard = bars_of(struck(play(Engine([voice]), 8, [(0, follow("C | F"))])))
    for bar in range(7):
        last, first = heard[bar][-1], heard[bar + 1][0]
        assert last[0] == 1440
        assert abs(last[1] - first[1]) <= 1


def test_an_approach_leads_to_a_note_that_it_is_on_already():
    engine = Engine([VoiceSettings(name="lead", form="AB", parameters=APPROACHING)])
    heard = bars_of(
        struck(play(engine, 8, [(0, follow("C"))]))
    )  # each bar ends where the next begins
    gaps = {abs(heard[bar][-1][1] - heard[bar + 1][0][1]) for bar in range(7)}
    assert gaps == {1}
    low = VoiceSettings(name="lead", low=48, high=60, form="AB", parameters=APPROACHING)
    assert min(s.pitch for s in struck(play(Engine([low]), 8, [(0, follow("C"))]))) >= 48


def test_a_bass_has_the_written_bass_on_strong_beats():
    voice = VoiceConfig(name="bass", role="bass", knobs={"land": 0.0})
    heard = bars_of(struck(play(Engine([voice.settings()]), 4, [(0, follow("C/Bb"))]), "bass"))
    low = [pitch for bar in heard.values() for tick, pitch in bar if tick in (0, 960)]
    assert {pitch % 12 for pitch in low} == {10}
    assert len(set(low)) == 1  # and stays on it, whatever the line above would do


def test_a_set_key_is_heard():
    class Scale:
        def phrase(self, *_):
            return tuple(Note(beat * 240, 120, 60 + beat) for beat in range(8))

    def pitches(*events):
        engine = Engine([VoiceSettings(name="lead", low=48, high=84, parameters={"land": 0.0})])
        chord = [(0, ChordChanged(parse_chord("Em7")))]
        return {s.pitch % 12 for s in struck(play(engine, 4, [*events, *chord], Scale()))}

    assert 6 in pitches((0, KeyChanged(frozenset())))
    assert pitches((0, KeyChanged(key_of(0, False)))) <= key_of(0, False)


@given(st.integers(1, 5), st.data())
def test_a_cursor_always_stands_on_the_chart(length, data):
    bars = tuple(((0.0, parse_chord("C")),) for _ in range(length))
    first = data.draw(st.integers(0, length - 1))
    vamp = (first, data.draw(st.integers(first, length - 1)))
    harmony = Harmony()
    harmony.set_chart(Chart(bars, (vamp,)))
    for _ in range(30):
        if data.draw(st.booleans()):
            harmony.leave_vamp()
        assert harmony.chord_ahead(1) is not None or harmony.cursor < 0
        harmony.begin_bar()
        assert 0 <= harmony.cursor < length


# --- anything at all ----------------------------------------------------------------------------

anything = st.one_of(
    st.builds(ParameterChanged, st.sampled_from([None, "lead", "bass", "none"]),
              st.sampled_from(["swing", "humanise", "vary", "repeat", "share", "approach", "blend", "articulation",
                               "weight/steps", "nonsense"]), st.floats(0, 1)),
    st.builds(ModeChanged, st.sampled_from([None, "lead"]), st.sampled_from(["flow", "answer", "trade", "hold"]),
              st.integers(1, 4)),
    st.builds(TurnLengthChanged, st.sampled_from([None, "lead"]), st.integers(1, 4)),
    st.builds(VoiceMuted, st.sampled_from(["lead", "bass"]), st.booleans()),
    st.builds(VoiceSoloed, st.sampled_from(["lead", "bass"]), st.booleans()),
    st.builds(PhraseJudged, st.none(), st.booleans()),
    st.builds(PlayerNoteOn, st.integers(0, 127)),
    st.builds(PlayerNoteOff, st.integers(0, 127)),
    st.sampled_from(["3/4", "4/4", "6/8", "7/8", "12/8"]).map(lambda text: MetreChanged(*parse_metre(text))),
    st.sampled_from(["C | F", "|: Dm7 :| G7", "Am7 D7"]).map(follow),
    st.builds(VampLeft),
    st.sampled_from(["C7", "F#m7b5", "N.C."]).map(lambda s: ChordChanged(parse_chord(s))),
    st.sampled_from(["start", "stop", "continue"]).map(TransportChanged),
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 12 * BAR), anything), max_size=40))
def test_whatever_is_turned_every_note_ends_and_time_goes_on(events):
    engine = Engine([VoiceSettings(name="lead"), VoiceSettings(name="bass", low=28, high=50)])
    memory = play(engine, 13, sorted(events, key=lambda timed: timed[0]))
    held, last = set(), 0
    for sound in memory.sounds:
        assert isinstance(sound, NoteMessage)
        key = (sound.voice, sound.pitch)
        assert (key in held) == (sound.velocity == 0)
        held ^= {key}
        assert 0 <= sound.pitch <= 127
        last = max(last, sound.tick)
    assert not held

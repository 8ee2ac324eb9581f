"""Playing together: modes, several voices, charts and keys."""

from hypothesis import given
from hypothesis import strategies as st

from perform.config.voices import VoiceConfig
from perform.engine.engine import Engine
from perform.engine.form import plays
from perform.engine.key import key_of
from perform.engine.metre import parse_metre
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
from perform.interfaces import GeneratedBar
from perform.music.chart import parse_chart
from perform.music.chord import parse_chord
from perform.music.note import Note
from perform.outputs.memory import MemoryOutput
from perform.runtime import offline

BAR, BEAT = 1920, 480
APPROACHING = {"approach": 1.0, "land": 0.0}


class Numbered:
    """A source whose bars differ: one note on every beat, its pitch by the seed."""

    def __init__(self):
        self.requests = []

    def phrase(self, seed, _conditions=None, steering=None, _context=None):
        self.requests.append((seed, steering))
        return GeneratedBar(tuple(Note(beat * BEAT, 240, 48 + seed % 12) for beat in range(4)))


def play(engine, bars, events=(), source=None, bar=BAR):
    memory = MemoryOutput()
    start = [(0, ChordChanged(parse_chord("C")))]
    if not any(isinstance(event, ChartChanged) for _, event in events):
        events = sorted([*start, *events], key=lambda timed: timed[0])
    offline.play(engine, lambda _: source or Numbered(), events, bars * bar, [memory])
    return memory


def note_ons(memory, voice="lead"):
    return [s for s in memory.notes if s.velocity and s.voice == voice]


def bars_of(sounds, bar=BAR):
    found = {}
    for sound in sounds:
        found.setdefault(sound.tick // bar, []).append((sound.tick % bar, sound.pitch))
    return found


def test_a_repeated_bar_varies_as_often_as_vary_says():
    def equal_repeats(**parameters):
        engine = Engine(
            [VoiceSettings(name="lead", form="AAAB", fit="shift", parameters=parameters)]
        )
        bars = bars_of(note_ons(play(engine, 80)))
        return sum(bars[bar] == bars[bar - 1] for bar in range(80) if bar % 4 in (1, 2))

    assert equal_repeats() == 40
    assert equal_repeats(vary=1.0) <= 12
    assert equal_repeats(repeat=0.0) < 10  # the source repeats its pitches after twelve seeds
    assert 10 < equal_repeats(vary=0.5) < 35


# --- voices and modes ---------------------------------------------------------------------------


def test_mute_and_solo_silence_voices_and_let_them_play_again():
    engine = Engine([VoiceSettings(name=name, form="ABCD") for name in ("lead", "bass", "pad")])
    events = [
        (BAR, VoiceMuted("bass", True)),
        (2 * BAR, VoiceSoloed("pad", True)),
        (3 * BAR, VoiceSoloed("pad", False)),
    ]
    memory = play(engine, 4, events)
    there = {name: sorted(bars_of(note_ons(memory, name))) for name in ("lead", "bass", "pad")}
    assert there == {"lead": [0, 1, 3], "bass": [0], "pad": [0, 1, 2, 3]}


def test_an_answer_rests_and_then_plays_like_the_player():
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
    assert sorted(bars_of(note_ons(memory))) == [2, 3, 6, 7]
    pitches = {
        tuple(note.pitch for note in steering.player)
        for _, steering in source.requests
        if steering is not None
    }
    assert {(60, 60), (61, 61)} <= pitches
    assert any(
        steering.player == (Note(0, 240, 60), Note(1440, 240, 60))
        for _, steering in source.requests
        if steering is not None
    )


def test_a_trade_begins_with_the_voice_and_an_answer_with_the_player():
    assert [plays("trade", bar, 4) for bar in (0, 3, 4, 7, 8)] == [True, True, False, False, True]
    assert [plays("answer", bar, 4) for bar in (0, 4, 8)] == [False, True, False]
    assert all(plays(mode, bar, 4) for mode in ("flow", "hold") for bar in range(9))


def test_a_turn_has_the_last_set_length():
    engine = Engine([VoiceSettings(name="lead", bars=1)])
    events = [
        (5, ModeChanged("lead", "trade")),
        (4 * BAR - 5, TurnLengthChanged("lead", 2)),
        (8 * BAR - 5, ModeChanged(None, "flow")),
        (8 * BAR - 4, ModeChanged(None, "trade")),
    ]
    bars = bars_of(note_ons(play(engine, 12, events)))
    assert [bar for bar in range(12) if bars.get(bar)] == [0, 2, 4, 5, 8, 9]


def test_a_voice_that_is_set_to_answer_is_silent_at_once():
    for since, bars in ((2 * BAR + 700, [0, 1, 2, 3, 5]), (3 * BAR - 30, [0, 1, 2, 4, 6])):
        engine = Engine([VoiceSettings(name="lead", bars=1)])
        played = bars_of(note_ons(play(engine, 7, [(since, ModeChanged("lead", "answer"))])))
        assert sorted(played) == bars
        assert [tick for tick, _ in played[2]] == [
            tick for tick in range(0, BAR, BEAT) if 2 * BAR + tick < since
        ]


def test_hold_repeats_the_current_bar_until_another_mode():
    engine = Engine([VoiceSettings(name="lead", form="ABCDEFGH", fit="shift")])
    events = [
        (2 * BAR + 5, ModeChanged("lead", "hold", 4)),
        (5 * BAR + 5, ModeChanged(None, "flow", 4)),
    ]
    bars = bars_of(note_ons(play(engine, 7, events)))
    assert bars[2] == bars[3] == bars[4] == bars[5] != bars[6]
    assert bars[1] != bars[2]


def test_voices_that_share_the_room_play_less_and_not_the_same_notes():
    class Same:
        def phrase(self, *_):
            return GeneratedBar(tuple(Note(beat * 240, 120, 60) for beat in range(8)))

    def crowd(share):
        voices = [
            VoiceSettings(
                name=name, low=48, high=84, form="A", parameters={"share": share, "land": 0.0}
            )
            for name in ("lead", "second", "third", "fourth")
        ]
        memory = play(Engine(voices), 4, source=Same())
        together = {}
        for sound in memory.notes:
            if sound.velocity:
                together.setdefault(sound.tick, []).append(sound.pitch)
        clashes = sum(len(p) - len(set(p)) for p in together.values())
        return len([s for s in memory.notes if s.velocity]), clashes

    all_notes, clashes = crowd(1.0)
    fewer, no_clashes = crowd(0.5)
    assert clashes > 0 == no_clashes
    assert fewer < all_notes


def test_chords_of_a_chart_that_was_removed_do_not_come():
    events = [
        (0, ChartChanged(parse_chart("C7 F7"))),
        (2 * BAR + 200, ChartChanged()),
        (2 * BAR + 300, ChordChanged(parse_chord("Dm7"))),
    ]
    outputs = play(Engine([VoiceSettings(name="lead")]), 5, events).events
    assert [o.symbol for o in outputs if isinstance(o, ChordSounds)][-2:] == ["C7", "Dm7"]


def test_blend_is_the_share_of_the_other_model():
    engine = Engine([VoiceSettings(name="lead", model="one", other="two", form="ABCDEFGH")])
    engine.handle(ChordChanged(parse_chord("C")), 0)
    engine.handle(ParameterChanged("lead", "blend", 0.5), 0)
    models = [request.model for request in engine.prepare()]
    engine.handle(TransportChanged("start"), 0)
    for tick in range(0, 200 * BAR, BEAT):
        outputs = engine.advance(tick)
        models += [o.model for o in outputs if isinstance(o, PhraseRequested)]
    assert 0.35 < models.count("two") / len(models) < 0.65


def test_a_like_and_a_dislike_change_the_requests():
    engine = Engine([VoiceSettings(name="lead", form="ABCD")])
    engine.handle(ChordChanged(parse_chord("C")), 0)
    before = {request.bar: request for request in engine.prepare()}
    engine.handle(TransportChanged("start"), 0)
    liked = (Note(0, 240, 61),)
    engine.handle(PhraseReady("lead", 0, liked), 0)
    before |= {o.bar: o for o in engine.advance(0) if isinstance(o, PhraseRequested)}
    engine.handle(PhraseJudged(None, True), 10)
    after = {o.bar: o for o in engine.advance(480) if isinstance(o, PhraseRequested)}
    assert after[1].steering.liked == (liked,)
    assert after[1].seed == before[1].seed
    engine.handle(PhraseJudged("lead", False), 490)
    after = {o.bar: o for o in engine.advance(960) if isinstance(o, PhraseRequested)}
    assert after[1].steering.liked == ()
    assert after[1].steering.disliked == (liked,)
    assert after[1].seed != before[1].seed


# --- charts and keys ----------------------------------------------------------------------------


def follow(text):
    return ChartChanged(parse_chart(text))


def test_a_chart_is_followed_in_time_and_a_vamp_repeats_until_it_is_left():
    engine = Engine([VoiceSettings(name="lead")])
    events = [(0, follow("Dm7 G7 | Cmaj7 |: Am7 | D7 :| Gmaj7")), (5 * BAR + 9, VampLeft())]
    memory = play(engine, 9, events)
    chords = [(o.tick / BAR, o.symbol) for o in memory.events if isinstance(o, ChordSounds)]
    assert chords == [
        (0, "Dm7"), (0.5, "G7"), (1, "Cmaj7"), (2, "Am7"), (3, "D7"), (4, "Am7"), (5, "D7"),
        (6, "Gmaj7"), (7, "Dm7"), (7.5, "G7"), (8, "Cmaj7"),
    ]  # fmt: skip


def test_a_live_chord_holds_until_the_next_of_the_chart():
    engine = Engine([VoiceSettings(name="lead")])
    events = [(0, follow("C | % | F")), (500, ChordChanged(parse_chord("Ab7")))]
    memory = play(engine, 3, events)
    chords = [(o.tick, o.symbol) for o in memory.events if isinstance(o, ChordSounds)]
    assert chords == [(0, "C"), (500, "Ab7"), (2 * BAR, "F")]


def test_bars_ahead_are_requested_over_their_coming_chords():
    engine = Engine([VoiceSettings(name="lead", parameters={"weight/chord-tones": 1.0})])
    source = Numbered()
    play(engine, 4, [(0, follow("Cm | F7 | Bb | Eb"))], source)
    tones = [steering.tones for _, steering in source.requests if steering]
    assert (0, 4, 7, 10) in tones
    assert (0, 3, 7) in tones


class Alternating:
    """Gives two bars in turn: one ends on F4, and the other enters a seventh above it."""

    def __init__(self):
        self.count = 0

    def phrase(self, *_):
        pitches = ((60, 62, 64, 65), (76, 77, 79, 72))[self.count % 2]
        self.count += 1
        notes = (Note(beat * BEAT, 240, pitch) for beat, pitch in enumerate(pitches))
        return GeneratedBar(tuple(notes))


def test_a_bar_enters_in_the_octave_of_the_bar_before():
    def second(**given):
        voice = VoiceSettings(**{"name": "lead", "fit": "shift", "form": "ABCD", **given})
        return [
            pitch for _, pitch in bars_of(note_ons(play(Engine([voice]), 2, (), Alternating())))[1]
        ]

    assert second() == [64, 65, 67, 60]
    assert second(low=61) == [76, 77, 79, 72]  # an octave lower would leave the range
    # the player steers the register
    assert second(parameters={"target/register": 0.5}) == [76, 77, 79, 72]


def test_an_approach_leads_into_the_next_chord_by_a_semitone():
    voice = VoiceSettings(name="lead", low=48, high=72, form="AB", parameters=APPROACHING)
    bars = bars_of(note_ons(play(Engine([voice]), 8, [(0, follow("C | F"))])))
    for bar in range(7):
        last, first = bars[bar][-1], bars[bar + 1][0]
        assert last[0] == 1440
        assert abs(last[1] - first[1]) <= 1


def test_an_approach_to_its_own_pitch_moves_a_semitone_away():
    engine = Engine([VoiceSettings(name="lead", form="AB", parameters=APPROACHING)])
    # each bar ends on the pitch with which the next begins
    bars = bars_of(note_ons(play(engine, 8, [(0, follow("C"))])))
    gaps = {abs(bars[bar][-1][1] - bars[bar + 1][0][1]) for bar in range(7)}
    assert gaps == {1}
    low = VoiceSettings(name="lead", low=48, high=60, form="AB", parameters=APPROACHING)
    assert min(s.pitch for s in note_ons(play(Engine([low]), 8, [(0, follow("C"))]))) >= 48


def test_a_bass_has_the_written_bass_on_strong_beats():
    voice = VoiceConfig(name="bass", role="bass", knobs={"land": 0.0})
    bars = bars_of(note_ons(play(Engine([voice.settings()]), 4, [(0, follow("C/Bb"))]), "bass"))
    low = [pitch for bar in bars.values() for tick, pitch in bar if tick in (0, 960)]
    assert {pitch % 12 for pitch in low} == {10}
    assert len(set(low)) == 1  # whatever the phrase would play


def test_a_set_key_decides_the_notes():
    class Scale:
        def phrase(self, *_):
            return GeneratedBar(tuple(Note(beat * 240, 120, 60 + beat) for beat in range(8)))

    def pitches(*events):
        engine = Engine([VoiceSettings(name="lead", low=48, high=84, parameters={"land": 0.0})])
        chord = [(0, ChordChanged(parse_chord("Em7")))]
        return {s.pitch % 12 for s in note_ons(play(engine, 4, [*events, *chord], Scale()))}

    assert 6 in pitches((0, KeyChanged(frozenset())))
    assert pitches((0, KeyChanged(key_of(0, False)))) <= key_of(0, False)


# --- random events ----------------------------------------------------------------------------

PARAMETERS = (
    "swing", "humanise", "vary", "repeat", "share", "approach", "blend", "articulation",
    "weight/steps", "no such parameter",
)  # fmt: skip
METRES = ("3/4", "4/4", "6/8", "7/8", "12/8")
voices = st.sampled_from([None, "lead"])
names = st.sampled_from(["lead", "bass"])
events_of_all_kinds = st.one_of(
    st.builds(
        ParameterChanged,
        st.sampled_from([None, "lead", "bass", "none"]),
        st.sampled_from(PARAMETERS),
        st.floats(0, 1),
    ),
    st.builds(
        ModeChanged, voices, st.sampled_from(["flow", "answer", "trade", "hold"]), st.integers(1, 4)
    ),
    st.builds(ParameterChanged, voices, st.just("transpose"), st.integers(-24, 24).map(float)),
    st.builds(TurnLengthChanged, voices, st.integers(1, 4)),
    st.builds(VoiceMuted, names, st.booleans()),
    st.builds(VoiceSoloed, names, st.booleans()),
    st.builds(PhraseJudged, st.none(), st.booleans()),
    st.builds(PlayerNoteOn, st.integers(0, 127)),
    st.builds(PlayerNoteOff, st.integers(0, 127)),
    st.sampled_from(METRES).map(lambda text: MetreChanged(*parse_metre(text))),
    st.sampled_from(["C | F", "|: Dm7 :| G7", "Am7 D7"]).map(follow),
    st.builds(VampLeft),
    st.sampled_from(["C7", "F#m7b5", "N.C."]).map(lambda s: ChordChanged(parse_chord(s))),
    st.sampled_from(["start", "stop", "continue"]).map(TransportChanged),
)


@given(st.lists(st.tuples(st.integers(0, 12 * BAR), events_of_all_kinds), max_size=40))
def test_after_any_changes_every_note_ends_and_time_goes_on(events):
    engine = Engine([VoiceSettings(name="lead"), VoiceSettings(name="bass", low=28, high=50)])
    memory = play(engine, 13, sorted(events, key=lambda timed: timed[0]))
    held, last = set(), 0
    for sound in memory.notes:
        assert isinstance(sound, NoteMessage)
        key = (sound.voice, sound.pitch)
        assert (key in held) == (sound.velocity == 0)
        held ^= {key}
        assert 0 <= sound.pitch <= 127
        last = max(last, sound.tick)
    assert not held

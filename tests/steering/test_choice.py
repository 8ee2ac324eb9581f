"""The choice among candidate bars: by taste, join, arrival and motif, as a draw."""

import numpy as np

from perform.music.chord import parse_chord
from perform.music.line_context import LineContext, Motif, context_chord
from perform.music.note import Note
from perform.music.pianoroll import encode
from perform.steering.choice import Candidates, candidate_scores, choose
from perform.steering.phrasing import late_entrance, row_excess

DM7 = parse_chord("Dm7")
C7 = parse_chord("C7")


def roll(*notes):
    return encode([Note(*note) for note in notes], bars=1).rolls[0]


def candidates(*rolls, logits=None):
    count = len(rolls)
    return Candidates(
        np.stack(rolls),
        np.zeros(count) if logits is None else np.array(logits, float),
        np.zeros(count, bool),
    )


LINE = [(0, 240, 60), (240, 240, 62), (480, 240, 64), (1680, 240, 65)]


def test_without_taste_the_first_candidate_plays():
    pool = candidates(roll((0, 480, 60)), roll(*LINE), logits=[-9, 9])
    assert choose(pool, LineContext(taste=0.0), 1) == 0


def test_a_candidate_is_drawn_as_often_as_its_logit_says():
    """Two candidates with odds of three to one, over 400 seeds: 300 and a deviation of 9."""
    pool = candidates(roll(*LINE), roll(*LINE), logits=[0.0, np.log(3)])
    drawn = sum(choose(pool, LineContext(), seed) for seed in range(400))
    assert 265 < drawn < 335


def test_the_same_seed_chooses_the_same_candidate():
    pool = candidates(*[roll((0, 240 + 30 * i, 60)) for i in range(9)])
    assert [choose(pool, LineContext(), s) for s in range(20)] == [
        choose(pool, LineContext(), s) for s in range(20)
    ]


def test_repeated_notes_cost():
    pool = candidates(roll((0, 240, 60), (240, 240, 60), (480, 240, 60)), roll(*LINE[:3]))
    repeated, moving = candidate_scores(pool, LineContext())
    assert repeated < moving


def test_a_leap_over_the_bar_line_costs_unless_the_note_goes_on():
    context = LineContext(before=(Note(-480, 480, 60),))
    pool = candidates(roll((0, 240, 79)), roll((0, 240, 62)))
    far, near = candidate_scores(pool, context)
    assert far < near
    tied = pool._replace(tied=np.array([True, False]))
    assert len(set(candidate_scores(tied, context))) == 1


def test_a_bar_that_leads_into_the_next_chord_is_worth_more():
    """E is a semitone below F, the third of Dm7; G# is a third from F and from C."""
    context = LineContext(
        (context_chord(C7, frozenset(C7.scale)),), context_chord(DM7, frozenset(DM7.scale))
    )
    near, far = candidate_scores(
        candidates(roll((0, 240, 60), (1680, 240, 64)), roll((0, 240, 60), (1680, 240, 68))),
        context,
    )
    assert near > far


def test_a_bar_with_the_rhythm_of_the_motif_is_worth_more():
    motif = Motif(tuple(Note(*note) for note in LINE))
    other = roll((120, 120, 60), (600, 120, 62))
    same, different = candidate_scores(
        candidates(roll(*[(s, d, p + 5) for s, d, p in LINE]), other), LineContext(motif=motif)
    )
    assert same > different + 2.0


def test_swung_quavers_are_like_those_of_the_motif():
    """A third of a beat is between two columns of a roll."""
    swung = [(0, 320, 60), (320, 160, 62), (480, 320, 64), (800, 160, 65)]
    motif = Motif(tuple(Note(*note) for note in swung))
    plain = [(0, 320, 60), (480, 160, 62), (960, 320, 64), (1440, 160, 65)]
    same, other = candidate_scores(candidates(roll(*swung), roll(*plain)), LineContext(motif=motif))
    assert same == 2.5
    assert other < same - 0.5


def test_a_long_note_outside_the_scale_costs_unless_it_moves_on_by_step():
    context = LineContext((context_chord(C7, frozenset(C7.scale)),))
    stays, resolves, short = candidate_scores(
        candidates(
            roll((0, 480, 66), (480, 480, 60)),
            roll((0, 480, 66), (480, 480, 67)),
            roll((240, 240, 66), (480, 480, 60)),
        ),
        context,
    )
    assert stays < resolves == short


def test_a_bar_in_the_register_that_is_asked_for_is_worth_more():
    low, high = candidate_scores(
        candidates(roll((0, 240, 52)), roll((0, 240, 76))), LineContext(register=0.9)
    )
    assert low < high


def test_a_bass_begins_on_the_root_and_does_not_tie():
    context = LineContext((context_chord(C7, frozenset(C7.scale)),), grounded=True)
    pool = candidates(*[roll((0, 480, pitch)) for pitch in (60, 64, 60)])
    root, third, tied = candidate_scores(
        pool._replace(tied=np.array([False, False, True])), context
    )
    assert tied < third < root


def test_a_walking_bass_plays_every_beat_and_in_a_ballad_the_first_and_the_third():
    context = LineContext((context_chord(C7, frozenset(C7.scale)),), grounded=True)
    four = roll(*[(at * 480, 480, pitch) for at, pitch in enumerate((60, 62, 64, 65))])
    two = roll((0, 960, 60), (960, 960, 62))
    late = roll((0, 960, 60), (1440, 480, 64))
    pool = candidates(four, two, late)

    def scores(**values):
        return candidate_scores(pool, context._replace(**values)).tolist()

    walking, in_two, syncopated = scores(feel="swing")
    assert walking > in_two + 3
    assert walking > syncopated + 3
    for values in ({"feel": "ballad"}, {"feel": "swing", "density": 0.1}):
        walking, in_two, syncopated = scores(**values)
        assert in_two > walking > syncopated
    assert len(set(scores(feel="latin"))) == 1
    assert len(set(scores(feel="swing", grounded=False))) == 1


def test_a_pick_up_leads_on_at_once_and_near():
    """The same candidates after a line without a rest before its last beat cost nothing more."""
    near, wide, late = roll((0, 240, 64)), roll((0, 240, 69)), roll((480, 240, 64))
    pool = candidates(near, wide, late)
    pickup = (Note(-1440, 480, 60), Note(-480, 240, 60), Note(-240, 240, 62))
    scores = candidate_scores(pool, LineContext(before=pickup)).tolist()
    assert scores[0] > scores[1] == scores[2]
    line = (Note(-1440, 960, 60), *pickup[1:])
    assert len(set(candidate_scores(pool, LineContext(before=line)))) == 1
    tied = pool._replace(tied=np.ones(3, bool))
    assert len(set(candidate_scores(tied, LineContext(before=pickup)))) == 1


def test_short_notes_between_rests_cost():
    line = roll((0, 480, 60), (480, 240, 62), (720, 240, 64), (960, 480, 65))
    stabs = roll((0, 240, 60), (480, 240, 62), (960, 240, 64), (1440, 480, 65))
    whole, broken = candidate_scores(candidates(line, stabs), LineContext())
    assert whole - broken == 4.0


QUAVERS = [(at, 240, 60 + at // 240 % 3) for at in range(0, 1920, 240)]


def onsets(*phrases):
    found = np.zeros((len(phrases), 64), bool)
    for row, phrase in zip(found, phrases, strict=True):
        row[[note[0] // 30 for note in phrase]] = True
    return found


def test_a_long_row_of_quavers_tires_and_lines_of_swing_bear_a_longer_one():
    """Two bars of quavers before: a bar of quavers fills twelve beats, one that stops on the second
    beat nine, one that begins after a rest none.
    """
    before = tuple(Note(at, 240, 60) for at in range(-3840, 0, 240))
    bars = onsets(QUAVERS, [*QUAVERS[:3], (1440, 240, 60)], [(480, 960, 60)])
    swing = row_excess(bars, LineContext(before=before, feel="swing"))
    assert swing.tolist() == [12 - 0.5 - 8, 9 - 8, 0]
    shuffle = row_excess(bars, LineContext(before=before, feel="shuffle"))
    assert shuffle.tolist() == [12 - 0.5 - 4, 9 - 4, 0]
    alone = row_excess(bars, LineContext(feel="swing"))
    assert not alone.any()
    tune = row_excess(bars, LineContext(before=before, feel="straight"))
    assert not tune.any()
    full = row_excess(bars, LineContext(before=before, feel="shuffle", density=1.0))
    assert not full.any()


def test_swung_quavers_are_a_row_and_quarters_are_none():
    swung = [(at + off, 160, 60) for at in range(0, 1920, 480) for off in (0, 330)]
    quarters = [(at, 480, 60) for at in range(0, 1920, 480)]
    assert (row_excess(onsets(swung, quarters), LineContext(feel="ballad")) == [0, 0]).all()
    before = tuple(Note(at - 1920, 160, 60) for at, _, _ in swung)
    found = row_excess(onsets(swung, quarters), LineContext(before=before, feel="ballad"))
    assert found[0] > 3
    assert found[1] == 0


def test_a_line_that_begins_does_not_begin_with_a_pick_up():
    late, early = onsets([(1680, 240, 60)], [(480, 240, 60), (960, 240, 62)])
    bars = np.stack([late, early])
    assert late_entrance(bars, LineContext()).tolist() == [2.5, 0]
    going_on = LineContext(before=(Note(-240, 240, 60),))
    assert not late_entrance(bars, going_on).any()
    assert late_entrance(bars, LineContext(density=0.1))[0] == 0.5
    scores = candidate_scores(
        candidates(roll((1680, 240, 60)), roll((480, 240, 60))), LineContext(feel="latin")
    )
    assert scores[0] < scores[1]

"""Metrics and statistics, each against a plain computation."""

import json
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats as reference
from scipy.linalg import sqrtm, svdvals

from perform.errors import DatasetError, FeatureError
from training.augment.corruptions import CORRUPTIONS
from training.data import dataset
from training.evaluation.samples import draw, load_pair
from training.evaluation.score import score
from training.experiment import stats
from training.features.registry import open_extractor
from training.features.spr import FOLDER, SprExtractor
from training.metrics import precision_recall
from training.metrics.fid import frechet
from training.metrics.kid import kernel_distance
from training.metrics.mgeval import compare, density
from training.metrics.musical import describe, divergence, onset_shares, pitch_class_shares

RNG = np.random.default_rng(5)


@pytest.fixture(scope="module")
def own():
    return dataset.open_data().rolls


@pytest.fixture(scope="module")
def spr():
    return SprExtractor()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        from training.data.corpus import import_corpus

        first = import_corpus(["ryansMammoth"], limit=200)
        again = import_corpus(["ryansMammoth"], limit=200)
    assert np.array_equal(first.rolls, again.rolls)  # the second time from the cache
    return first


@pytest.mark.parametrize(("n", "m", "d"), [(200, 150, 8), (500, 500, 3)])
def test_the_fid_is_equation_1_computed_directly(n, m, d):
    a = RNG.normal(size=(n, d)) @ RNG.normal(size=(d, d))
    b = RNG.normal(size=(m, d)) + 1
    first, second = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = sqrtm(first @ second).real
    direct = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(first + second - 2 * root)
    assert frechet(a, b) == pytest.approx(direct, rel=1e-6)


@pytest.mark.parametrize(
    ("n", "m", "d"), [(20, 30, 32), (12, 12, 32), (32, 40, 32), (40, 100, 200)]
)
def test_the_fid_of_fewer_bars_than_features_is_equation_1_too(n, m, d):
    """The root of a product of singular covariances cannot be computed directly, but its trace can.

    It is the sum of the singular values of X Y' with C = X'X and C' = Y'Y.
    """
    a = RNG.normal(size=(n, d)) @ RNG.normal(size=(d, d))
    b = RNG.normal(size=(m, d)) + 1
    x, y = ((s - s.mean(0)) / np.sqrt(len(s) - 1) for s in (a, b))
    spread = (x**2).sum() + (y**2).sum() - 2 * svdvals(x @ y.T).sum()
    direct = ((a.mean(0) - b.mean(0)) ** 2).sum() + spread
    assert frechet(a, b) == pytest.approx(direct, rel=1e-6)


def test_equal_sets_have_distance_0_and_a_shift_has_its_square():
    a = RNG.normal(size=(50, 6))
    assert frechet(a, a) == pytest.approx(0, abs=1e-9)
    assert frechet(a, a + 2.0) == pytest.approx(24, rel=1e-9)


def test_the_kernel_distance_is_the_plain_double_sum_and_unbiased():
    a, b = RNG.normal(size=(7, 3)), RNG.normal(size=(9, 3)) + 0.3

    def k(x, y):
        return (x @ y / 3 + 1) ** 3

    def within(s):
        pairs = [k(x, y) for i, x in enumerate(s) for j, y in enumerate(s) if i != j]
        return np.mean(pairs)

    plain = within(a) + within(b) - 2 * np.mean([k(x, y) for x in a for y in b])
    assert kernel_distance(a, b) == pytest.approx(plain, rel=1e-9)
    same = [kernel_distance(*RNG.normal(size=(2, 20, 3))) for _ in range(400)]
    assert abs(np.mean(same)) < 3 * np.std(same) / 20


def test_equal_bars_lie_in_balls_without_a_radius(own, spr):
    often = spr.features(np.repeat(own[:12], 8, axis=0))  # as a riff's bars do
    expected = {"precision": 1, "recall": 1, "density": 8 / 5, "coverage": 1}
    assert precision_recall.measure(often[::-1].copy(), often) == expected


def test_precision_and_recall_see_what_is_missing_and_what_is_outside():
    real = RNG.normal(size=(200, 4))
    same = precision_recall.measure(real, real)
    assert same["precision"] == same["recall"] == 1.0
    assert set(precision_recall.measure(real + 100, real).values()) == {0}
    few = np.repeat(real[:2], 100, axis=0) + 1e-6 * RNG.normal(size=(200, 4))
    narrow = precision_recall.measure(few, real)
    assert narrow["precision"] == 1.0
    assert narrow["recall"] < 0.1
    assert narrow["coverage"] < 0.2


def test_musical_figures_of_bars_against_themselves(own):
    figures = describe(own, own)
    assert figures["pitch_class_kl"] == figures["onset_kl"] == 0
    assert figures["pitch_class_overlap"] == pytest.approx(1)
    assert pitch_class_shares(own).sum() == pytest.approx(1)
    assert onset_shares(own)[0] > onset_shares(own)[1]
    p, q = np.array([0.75, 0.25]), np.array([0.25, 0.75])
    assert divergence(p, q) == pytest.approx(0.5 * np.log(3), rel=0.01)


def test_sets_of_bars_are_compared_bar_by_bar(own):
    noise = np.where(RNG.random((96, 48, 64)) > 0.98, 1, -1).astype(np.int8)
    same, other = compare(own, own), compare(noise, own)
    for name in ("pitches", "rhythm", "count", "range", "interval"):
        assert same[f"{name}_inter_overlap"] > 0.9 > other[f"{name}_inter_overlap"]
        assert same[f"{name}_inter_kl"] < 0.1 < other[f"{name}_inter_kl"]
    assert not compare(own, own[:1])  # one bar has no distances within its set


@pytest.mark.parametrize("digits", [0, 12])  # many equal values, and none
def test_a_density_is_that_of_scipy(digits):
    values, grid = np.abs(RNG.normal(scale=3, size=400)).round(digits), np.linspace(0, 9, 50)
    expected = reference.gaussian_kde(values)(grid)
    assert density(values, grid) == pytest.approx(expected / expected.sum(), rel=1e-9)


def test_the_shipped_extractor_gives_features(spr, own):
    features = spr.features(own)
    assert features.shape == (96, spr.dimension)
    assert np.allclose(features[:3], spr.features(own[:3]), atol=1e-5)


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(CORRUPTIONS))
def test_the_fid_rises_with_the_strength_of_every_corruption(name, spr, corpus):
    rng = np.random.default_rng(0)
    order = rng.permutation(len(corpus.rolls))
    plain, others = corpus.rolls[order[:1000]], spr.features(corpus.rolls[order[1000:2000]])
    levels = [
        frechet(spr.features(CORRUPTIONS[name](plain, level, rng)), others)
        for level in (0, 0.2, 0.4, 0.6, 0.8, 1.0)
    ]
    assert levels == sorted(levels)
    assert levels[-1] > 5 * levels[0]


@pytest.mark.long
def test_tunes_are_moved_onto_the_chord_that_they_imply(corpus):
    assert corpus.counts.kept > 2000
    assert corpus.counts.lost == 0
    on_root = pitch_class_shares(corpus.rolls)
    assert on_root[[0, 4, 7]].sum() > 0.6  # random notes would give a quarter
    assert {each.file.split("/")[0] for each in corpus.provenance} == {"ryansMammoth"}


def test_scores_use_equal_counts_and_favour_real_bars(own, spr):
    order = np.random.default_rng(1).permutation(96)
    known, held = own[order[:55]], own[order[55:]]
    noise = np.where(RNG.random((200, 48, 64)) > 0.98, 1, -1).astype(np.int8)
    real = score(np.repeat(held, 5, 0), {"training": known, "held_out": held}, known, spr)
    bad = score(noise, {"training": known, "held_out": held}, known, spr)
    assert real.count == bad.count == 41
    for name in ("training", "held_out"):
        assert real.references[name]["fid"] < bad.references[name]["fid"]
        assert real.references[name]["coverage"] > bad.references[name]["coverage"]
    assert real.figures["copies"] == 0
    assert score(known, {"training": known}, known, spr).figures["copies"] == 1
    assert real.figures["remembered"] < 0.1
    assert (
        score(known, {"training": known, "held_out": held}, known, spr).figures["remembered"] > 0.6
    )
    alike = score(held, {"training": known, "held_out": known}, known, spr)
    assert alike.figures["remembered"] == 0.5
    assert alike.figures["copies"] == 0
    assert score(held, {"training": known}, known, spr, trained_on=held).figures["copies"] == 1


def test_the_distance_to_held_out_bars_does_not_depend_on_the_training_bars(own, spr):
    held, made = own[:30], np.repeat(own[60:], 4, 0)
    far = [
        score(made, {"training": known, "held_out": held}, own[30:], spr, limit=20)
        for known in (own[30:60], own[30:])
    ]
    assert far[0].references["held_out"] == far[1].references["held_out"]


def test_too_few_bars_for_a_distance_are_an_error(own, spr):
    with pytest.raises(DatasetError, match="a distance needs 12"):
        score(own, {"training": own[:5]}, own, spr)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # the converter's own
def test_an_extractor_is_trained_measured_and_loaded(corpus, tmp_path):
    from training.train.extractor import PROOF, draw_proof, make_extractor, split_tunes

    manifest = make_extractor(corpus, tmp_path, epochs=1)
    assert SprExtractor(tmp_path).digest == manifest.sha256
    assert set(manifest.proof) == set(CORRUPTIONS)
    assert (tmp_path / PROOF).read_bytes() == draw_proof(manifest.proof)
    shipped = json.loads((FOLDER / "manifest.json").read_text())["proof"]
    assert (FOLDER / PROOF).read_bytes().startswith(b"\x89PNG")
    assert set(shipped) == set(manifest.proof)
    # one epoch is too short for most corruptions, but not for added notes
    assert manifest.proof["note addition"] == sorted(manifest.proof["note addition"])
    training, held_out = split_tunes(corpus)
    tunes = [{corpus.provenance[i].file for i in part} for part in (training, held_out)]
    assert not tunes[0] & tunes[1]


def test_an_extractor_that_cannot_be_opened_is_an_error(tmp_path):
    with pytest.raises(FeatureError, match="there are spr and inception"):
        open_extractor("vgg")
    with pytest.raises(FeatureError, match="--extractor inception"):
        open_extractor("spr", tmp_path / "weights.h5")
    for name in ("manifest.json", "extractor.tflite"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    (tmp_path / "extractor.tflite").write_bytes(b"changed")
    with pytest.raises(FeatureError, match="its manifest says"):
        SprExtractor(tmp_path)


def test_statistics_agree_with_scipy_and_by_hand():
    table = np.array([[1.0, 2, 3], [1, 2, 3], [1, 3, 2], [1, 2, 3]])
    found = stats.friedman(table)
    assert found.statistic == pytest.approx(reference.friedmanchisquare(*table.T).statistic)
    assert found.kendall_w == pytest.approx(found.statistic / 8)
    assert stats.mean_ranks(table).tolist() == [1, 2.25, 2.75]
    p = stats.nemenyi(table)
    assert np.allclose(p, p.T)
    assert p[0, 2] < p[0, 1] < 1
    assert stats.critical_difference(3, 30) == pytest.approx(2.343 * np.sqrt(12 / 180), rel=1e-3)


def test_an_effect_has_a_direction_a_size_and_an_interval():
    a = RNG.normal(size=30)
    effect = stats.effect(a, a + 1 + RNG.normal(scale=0.1, size=30))
    assert effect.delta == -1
    assert effect.low <= effect.median <= effect.high < -0.9
    assert effect.p < 1e-5
    assert stats.effect(a, a).p == 1
    with pytest.raises(DatasetError, match="three arms"):
        stats.friedman(np.ones((5, 2)))


def test_p_values_are_corrected_as_holm_corrects_them():
    assert stats.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert stats.holm([0.9, 0.6]).tolist() == [1, 1]


@pytest.mark.long
def test_both_sides_of_a_distance_are_treated_alike(own, tmp_path, monkeypatch, command):
    """Of sets of unequal size, as many random bars of each as the smaller one has."""
    from training.data.corpus import import_corpus

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    part = dataset.select(import_corpus(["ryansMammoth"], limit=40), np.arange(300))
    dataset.save(part, tmp_path / "many.npz")
    answers = []
    for words in (["many.npz", dataset.OWN_BARS], [dataset.OWN_BARS, "many.npz"]):
        monkeypatch.chdir(tmp_path)
        answers.append(json.loads(command("fid", *words, "--json")[1]))
    assert answers[0]["count"] == 96
    for name in ("fid", "kid"):
        assert answers[0][name] == pytest.approx(answers[1][name], rel=1e-6)
    assert answers[0]["precision"] == answers[1]["recall"]
    spr = SprExtractor()
    first = frechet(spr.features(part.rolls[:96]), spr.features(own))
    assert answers[0]["fid"] != pytest.approx(first, rel=1e-3)  # not just the first bars
    assert np.array_equal(draw(part.rolls, 400, 0), part.rolls)


def test_a_source_against_itself_is_drawn_twice_and_a_chord_is_for_midi_files(own, tmp_path):
    npz = tmp_path / "own.npz"
    dataset.save(dataset.open_data(), npz)
    one, other = load_pair(npz, npz, 48)
    assert not np.array_equal(one, other)
    assert np.array_equal(load_pair(npz, dataset.OWN_BARS, 96, "C")[0], own)
    with pytest.raises(DatasetError, match="--chord is for MIDI files"):
        load_pair(npz, npz, 48, "C")


def test_the_command_fid_needs_no_tensorflow(root):
    words = ["fid", "models/blues-bars", "training/bars", "--json"]
    code = (
        "import sys; from training.cli import main; sys.argv[1:] = sys.argv[1:]\n"
        "try: main()\n"
        "finally: assert 'tensorflow' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=root, capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)
    assert answer["count"] == 96
    assert answer["extractor"] == "spr"
    assert 0 < answer["fid"] < 20

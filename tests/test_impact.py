"""Intervals by hand, verdicts in every direction, and coverage where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from workbench.impact import NO_CHANGE, Change, difference, estimate, interval, paired
from workbench.metrics import METRICS, Metric, metrics_of

A = np.array([[1.0, 0, 1, 0], [1, 0, 0, 0]])
B = np.array([[1.0, 1, 1, 0], [1, 1, 1, 1]])


def probabilities(
    y: np.ndarray, n_classes: int, *, skill: float, noise: float, seed: int, seeds: int = 5
) -> np.ndarray:
    """Probabilities of a model whose seeds agree on most of each row, shape (seeds, n, n_classes)."""
    common = np.random.default_rng(99).normal(size=(len(y), n_classes))
    own = np.random.default_rng(seed).normal(size=(seeds, len(y), n_classes))
    odds = np.exp(common + noise * own + skill * np.eye(n_classes)[y])
    return odds / odds.sum(axis=-1, keepdims=True)


def test_one_version_by_hand() -> None:
    # Row means 1, 0, .5, 0: variance .6875 / 3. Seed means .5, .25: variance .03125. What is left of the table is
    # .125 six times and .375 twice: residual mean square (6 · .125² + 2 · .375²) / 3 = .125.
    rows, seeds, cells = 0.6875 / 3 / 4, 0.03125 / 2, 0.125 / 8
    se = (rows + seeds - cells) ** 0.5
    df = (rows + seeds - cells) ** 2 / (rows**2 / 3 + seeds**2 / 1)

    found = interval(A, span=1)

    assert found.mean == 0.375
    assert (found.se, found.df) == pytest.approx((se, df))
    half = stats.t.ppf(0.975, df) * se
    assert (found.low, found.high) == pytest.approx((0.375 - half, 0.375 + half))


def test_two_versions_by_hand() -> None:
    # d = 0, 1, .5, .5: variance .5 / 3. D = .25, .75: variance .125. What is left is .25 eight times: .5 / 3.
    rows, seeds, cells = 0.5 / 3 / 4, 0.125 / 2, 0.5 / 3 / 8
    se = (rows + seeds - cells) ** 0.5
    df = (rows + seeds - cells) ** 2 / (rows**2 / 3 + seeds**2 / 1)

    found = paired(A, B, span=1)

    assert found.change == 0.5
    assert (found.se, found.df) == pytest.approx((se, df))
    half = stats.t.ppf(0.975, df) * se
    assert (found.low, found.high) == pytest.approx((0.5 - half, 0.5 + half))
    assert found.detectable == pytest.approx((stats.t.ppf(0.975, df) + stats.t.ppf(0.8, df)) * se)
    assert found.verdict == "cannot tell"


@pytest.mark.parametrize(("better", "up", "down"), [(True, "gain", "loss"), (False, "loss", "gain")])
def test_the_verdict_knows_the_metrics_direction_and_the_change_keeps_its_sign(
    better: bool, up: str, down: str
) -> None:
    random = np.random.default_rng(0)
    low = random.normal(size=(5, 400))
    high = low + 1 + 0.1 * random.normal(size=(5, 400))

    rise, fall = (paired(*pair, greater_is_better=better) for pair in ((low, high), (high, low)))

    assert (rise.verdict, fall.verdict) == (up, down)
    assert rise.change == pytest.approx(1, abs=0.05) and fall.change == -rise.change
    assert (fall.low, fall.high) == (-rise.high, -rise.low)


def test_no_change_is_for_identical_inputs_only() -> None:
    assert paired(A, A, identical=True) == NO_CHANGE
    assert NO_CHANGE.verdict == "no change"
    assert paired(A, A).verdict == "cannot tell"


def test_equal_scores_leave_room_for_three_rows_in_n() -> None:
    scores = np.tile([0.0, 1, 1, 1], (5, 75))

    found = paired(scores, scores)

    assert (found.change, found.se, found.verdict) == (0, 0, "cannot tell")
    assert found.high == -found.low == found.detectable == pytest.approx(3 / 300, rel=0.01)


def test_perfect_scores_are_not_certain() -> None:
    perfect = np.ones((5, 300))

    assert interval(perfect, span=1).low == pytest.approx(1 - 3 / 300, rel=0.01)
    assert interval(perfect).low == -np.inf
    assert paired(perfect, perfect, span=1).detectable == pytest.approx(3 / 300, rel=0.01)
    assert paired(perfect, perfect).detectable == np.inf


def test_rounding_is_not_spread() -> None:
    shifted = A + 0.1

    assert paired(A, shifted).se == 0
    assert paired(A, shifted).change == pytest.approx(0.1)


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (1, 1)])
def test_one_seed_or_one_row_cannot_tell_anything(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    a, b = random.normal(size=shape), random.normal(size=shape) + 100

    found = paired(a, b)

    assert (found.verdict, found.low, found.high, found.detectable) == ("cannot tell", -np.inf, np.inf, np.inf)
    assert interval(a).high == np.inf


@pytest.mark.parametrize("scores", [np.zeros(3), np.zeros((0, 3)), np.zeros((2, 0)), np.zeros((1, 2, 3))])
def test_scores_of_another_shape_are_refused(scores: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"scores must have the shape \(n_seeds, n_rows\)"):
        interval(scores)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_scores_that_are_no_numbers_are_named(bad: float) -> None:
    holed = B.copy()
    holed[1, 2:] = bad

    with pytest.raises(ValueError, match="b holds 2 scores that are not finite, the first at seed 1, row 2"):
        paired(A, holed)
    with pytest.raises(ValueError, match="scores holds 2 scores"):
        interval(holed)


def test_versions_with_other_rows_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2, 4\) is not \(2, 3\)"):
        paired(A, B[:, :3])


@given(arrays(float, (2, 3, 6), elements=st.floats(-1e6, 1e6, width=32)), st.booleans())
def test_a_comparison_turned_round_is_its_mirror_image(scores: np.ndarray, better: bool) -> None:
    there, back = (paired(*pair, greater_is_better=better) for pair in (scores, scores[::-1]))

    assert there.change == -back.change and there.se == back.se and there.detectable == back.detectable
    assert (there.verdict, back.verdict) in {("gain", "loss"), ("loss", "gain"), ("cannot tell", "cannot tell")}
    assert there.low <= there.change <= there.high


@pytest.mark.parametrize("name", ["accuracy", "log_loss", "mae"])
def test_a_mean_over_rows_is_compared_by_its_row_scores(name: str) -> None:
    metric, random = METRICS[name], np.random.default_rng(0)
    if metric.task == "classification":
        y = random.integers(0, 3, 200)
        a, b = (probabilities(y, 3, skill=1, noise=0.5, seed=seed) for seed in (1, 2))
    else:
        y = random.normal(size=200)
        a, b = (y + random.normal(size=(5, 200)) for _ in range(2))
    scores = [np.stack([metric.row_score(y, of_seed) for of_seed in version]) for version in (a, b)]

    assert difference(metric, y, a, b) == paired(*scores, greater_is_better=metric.greater_is_better, span=metric.span)
    assert estimate(metric, y, a) == interval(scores[0], span=metric.span)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_the_first_term_is_the_variance_of_a_bootstrap_over_rows(metric: Metric) -> None:
    random = np.random.default_rng(1)
    if metric.task == "classification":
        y = random.choice(3, 300, p=[0.6, 0.3, 0.1])
        a, b = (probabilities(y, 3, skill=skill, noise=0.3, seed=seed) for skill, seed in ((1, 1), (1.3, 2)))
    else:
        y = random.normal(size=300)
        a, b = (y + spread * random.normal(size=300) + 0.1 * random.normal(size=(5, 300)) for spread in (1, 0.9))
    deviations = []
    for _ in range(400):
        rows = random.integers(0, 300, 300)
        deviations.append(
            np.mean(
                [metric.score(y[rows], t[rows]) - metric.score(y[rows], s[rows]) for s, t in zip(a, b, strict=True)]
            )
        )
    by_seed = [metric.score(y, t) - metric.score(y, s) for s, t in zip(a, b, strict=True)]
    # For scores of rows that have bounds, the noise of single cells counts once.
    once = metric.row_score is not None and metric.span is not None
    cells = paired(metric.row_scores(y, a), metric.row_scores(y, b)).sources.per_cell if once else 0.0
    variance = np.var(deviations, ddof=1) + np.var(by_seed, ddof=1) / 5 - cells / (5 * 300)

    found = difference(metric, y, a, b)

    assert found.change == pytest.approx(np.mean(by_seed))
    assert found.se == pytest.approx(variance**0.5, rel=0.12)
    assert found == difference(metric, y, a, b)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_every_metric_finds_a_model_that_became_better(metric: Metric) -> None:
    random = np.random.default_rng(2)
    if metric.task == "classification":
        y = random.integers(0, 3, 1000)
        a, b = (probabilities(y, 3, skill=skill, noise=0.3, seed=seed) for skill, seed in ((1, 1), (2, 2)))
    else:
        y = random.normal(size=1000)
        a, b = (y + spread * random.normal(size=(5, 1000)) for spread in (1, 0.5))

    assert difference(metric, y, a, b).verdict == "gain"
    assert difference(metric, y, b, a).verdict == "loss"
    assert difference(metric, y, a, a).verdict == "cannot tell"
    assert difference(metric, y, a, b, identical=True) == NO_CHANGE


@pytest.mark.parametrize("metric", metrics_of("classification"), ids=lambda metric: metric.name)
def test_intervals_of_shares_stay_between_0_and_1_and_perfection_is_not_certain(metric: Metric) -> None:
    y = np.array([0, 1] * 20)
    perfect = np.tile(np.eye(2)[y], (5, 1, 1))

    found = estimate(metric, y, perfect)

    assert metric.bounds[0] <= found.low <= found.mean <= found.high <= metric.bounds[1]
    assert found.low < found.high


def test_a_rare_class_leaves_more_room_than_a_frequent_one() -> None:
    y = np.array([0] * 95 + [1] * 5)
    perfect = np.tile(np.eye(2)[y], (5, 1, 1))

    accuracy, balanced = (estimate(METRICS[name], y, perfect) for name in ("accuracy", "balanced_accuracy"))

    assert balanced.low < accuracy.low


@pytest.mark.parametrize(
    ("name", "y", "shape", "message"),
    [
        ("roc_auc", [0, 0, 0], (2, 3, 2), "roc_auc is undefined: 1 of 2 classes have no row"),
        ("r2", [1.0, 1.0, 1.0], (2, 3), "r2 is undefined: all labels are the same number"),
        ("accuracy", [], (2, 0, 2), "accuracy is undefined: there are no rows"),
        ("accuracy", [0, 1, 1], (2, 4, 2), "do not fit 3 labels"),
        ("accuracy", [0, 1, 1], (3, 2), "do not fit 3 labels"),
        ("rmse", [0.0, 1.0, 1.0], (0, 3), "do not fit 3 labels"),
    ],
)
def test_predictions_without_a_score_are_refused(
    name: str, y: list[float], shape: tuple[int, ...], message: str
) -> None:
    predictions = np.full(shape, 0.5)

    with pytest.raises(ValueError, match=message):
        estimate(METRICS[name], np.array(y), predictions)
    with pytest.raises(ValueError, match=message):
        difference(METRICS[name], np.array(y), predictions, predictions)


def test_predictions_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="2 predictions are not finite"):
        estimate(METRICS["rmse"], np.array([1.0, 2.0]), np.array([[1.0, np.nan], [np.inf, 1.0]]))


def test_versions_with_other_predictions_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(5, 3\) is not \(4, 3\)"):
        difference(METRICS["mae"], np.zeros(3), np.zeros((5, 3)), np.zeros((4, 3)))


def test_a_small_resample_without_a_score_has_no_ends() -> None:
    found = estimate(METRICS["r2"], np.array([1.0, 2.0]), np.array([[1.0, 1.5], [1.2, 2.0]]))

    assert (found.low, found.high) == (-np.inf, 1)


@pytest.mark.parametrize("effect", [0.0, 0.3])
@pytest.mark.parametrize(
    ("row_spread", "seed_spread", "cell_spread"), [(1.0, 0.0, 1.0), (1.0, 0.1, 0.3), (0.1, 0.5, 0.1)]
)
def test_intervals_cover_the_truth_in_95_of_100_simulated_comparisons(
    effect: float, row_spread: float, seed_spread: float, cell_spread: float
) -> None:
    random = np.random.default_rng(3)
    replicates, seeds, rows = 1500, 5, 200
    covered = 0
    for _ in range(replicates):
        hard = random.normal(size=rows)
        d = effect + row_spread * random.normal(size=rows) + seed_spread * random.normal(size=(seeds, 1))
        a = hard + cell_spread * random.normal(size=(seeds, rows))
        found = paired(a, hard + d + cell_spread * random.normal(size=(seeds, rows)), span=10)
        covered += found.low <= effect <= found.high

    assert covered / replicates >= 0.94


def test_noise_of_single_cells_counts_once_where_scores_have_bounds() -> None:
    random = np.random.default_rng(9)
    replicates, seeds, rows = 1500, 10, 200
    means, once, twice = [], [], []
    for _ in range(replicates):
        scores = random.normal(size=(1, rows)) + 2 * random.normal(size=(seeds, rows))
        bounded, unbounded = interval(scores, span=1), interval(scores)
        means.append(bounded.mean)
        once.append(bounded.se**2)
        twice.append(unbounded.se**2)

    true = (1 + 4 / 10) / rows
    assert np.var(means) == pytest.approx(true, rel=0.12)
    # What seeds do to all rows alike is not estimated below 0, which makes the sum a little too large; without bounds
    # the noise of cells counts twice, (1 + 2 · 4 / 10) / 200.
    assert true < np.mean(once) < 1.12 * true
    assert np.mean(twice) == pytest.approx((1 + 2 * 4 / 10) / rows, rel=0.05)


def near_one(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:
    """Two models that hardly err, on 200 rows under five seeds, with the true ROC AUC of each."""
    y = np.repeat([0, 1], 100)
    hard = 3.2 * y + random.normal(size=200)
    odds = [hard + spread * random.normal(size=(5, 200)) for spread in (1.0, 0.6)]
    true = [float(stats.norm.cdf(3.2 / (2 * (1 + spread**2)) ** 0.5)) for spread in (1.0, 0.6)]
    a, b = (np.stack([1 - 1 / (1 + np.exp(-each)), 1 / (1 + np.exp(-each))], axis=2) for each in odds)
    return y, a, b, true[0], true[1]


def test_the_interval_of_a_roc_auc_near_1_covers_it_and_its_change() -> None:
    random, metric, replicates = np.random.default_rng(6), METRICS["roc_auc"], 400
    of_score = of_change = 0
    for _ in range(replicates):
        y, a, b, true_a, true_b = near_one(random)
        score, change = estimate(metric, y, b), difference(metric, y, a, b)
        of_score += score.low <= true_b <= score.high < 1
        of_change += change.low <= true_b - true_a <= change.high
        assert score.mean - score.low > score.high - score.mean, "there is more room below than above"

    assert of_score / replicates >= 0.93
    assert of_change / replicates >= 0.93


def test_the_detectable_change_is_found_in_80_of_100_cases() -> None:
    random = np.random.default_rng(4)

    def compare(effect: float) -> Change:
        a = random.normal(size=200) + 0.1 * random.normal(size=(5, 200))
        return paired(a, a + effect + random.normal(size=200) + 0.1 * random.normal(size=(5, 1)))

    detectable = np.mean([compare(0).detectable for _ in range(200)])
    found = np.mean([compare(detectable).verdict == "gain" for _ in range(800)])

    assert 0.74 < found < 0.86

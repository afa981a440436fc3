"""What would settle a change, and what seeds alone would move: by hand, by property, and where the truth is known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from workbench.impact import NO_CHANGE, Sources, interval, paired, together
from workbench.impact.sources import MOST_ROWS, MOST_SEEDS, UNKNOWN, needed

LEVEL = 0.95


def test_rows_needed_by_hand_where_the_seeds_agree() -> None:
    # 100 rows of variance 0.25 and no noise of seeds: t is normal, n' = 0.25 · ((1.96 + 0.84) / 0.02)².
    sources = Sources(per_row=0.25, rows=100, per_seed=0.0, seeds=5)

    found = needed(sources, -0.02, level=LEVEL)

    assert found.rows == pytest.approx(0.25 * ((1.959964 + 0.841621) / 0.02) ** 2, rel=0.001)
    assert found.seeds is None


def test_rows_needed_by_hand_where_the_seeds_take_their_part_first() -> None:
    sources = Sources(per_row=0.25, rows=500, per_seed=1e-4, seeds=5)

    rows = needed(sources, 0.02, level=LEVEL).rows

    assert rows is not None
    df = replace(sources, rows=rows).df
    target = 0.02 / (stats.t.ppf(0.975, df) + stats.t.ppf(0.8, df))
    assert rows == pytest.approx(0.25 / (target**2 - 1e-4 / 5), rel=0.001)
    assert df < 40, "the seeds count: with the normal distribution fewer rows would seem enough"


@pytest.mark.parametrize("once", [True, False])
def test_noise_of_single_cells_is_averaged_out_by_more_rows(once: bool) -> None:
    # W = 4e-4 on 500 rows is more than the target allows, but is noise of cells: 0.2 / 500.
    sources = Sources.measured(per_row=0.25, rows=500, by_seed=4e-4, seeds=5, resampled=False, per_cell=0.2, once=once)

    assert (sources.per_seed, sources.by_seed) == (pytest.approx(0, abs=1e-18), pytest.approx(4e-4))
    rows = needed(sources, 0.02, level=LEVEL).rows
    df = replace(sources, rows=rows).df
    target = 0.02 / (stats.t.ppf(0.975, df) + stats.t.ppf(0.8, df))
    assert rows == pytest.approx((0.25 if once else 0.25 + 0.2 / 5) / target**2, rel=0.001)


def test_the_parts_of_the_variance_are_those_that_were_planted() -> None:
    random = np.random.default_rng(7)
    found = []
    for _ in range(200):
        rows, seeds, cells = random.normal(size=400), 0.3 * random.normal(size=(5, 1)), random.normal(size=(5, 400))
        sources = paired(np.zeros((5, 400)), rows + seeds + 2 * cells).sources
        found.append((sources.per_row, sources.per_seed, sources.per_cell, sources.by_seed))
    per_row, per_seed, per_cell, by_seed = np.mean(found, axis=0)
    assert per_row == pytest.approx(1 + 4 / 5, rel=0.05) and per_cell == pytest.approx(4, rel=0.05)
    assert per_seed == pytest.approx(0.09, rel=0.2) and by_seed == pytest.approx(0.09 + 4 / 400, rel=0.2)


@given(st.floats(0, 1), st.integers(2, 10_000), st.floats(0, 1), st.integers(2, 50), st.floats(0, 100), st.booleans())
@example(0.0, 45, 1.5345455454849832e-283, 2, 1.0, False)
def test_the_noise_of_cells_counts_once_and_the_sum_is_no_less_than_its_parts(
    per_row, rows, by_seed, seeds, per_cell, resampled
) -> None:
    split = Sources.measured(
        per_row=per_row, rows=rows, by_seed=by_seed, seeds=seeds, resampled=resampled, per_cell=per_cell, once=True
    )
    whole = Sources(per_row, rows, by_seed, seeds, resampled)

    assert split.per_seed >= 0 and split.per_cell >= 0
    assert (split.of_rows, split.of_seeds) == pytest.approx((whole.of_rows, whole.of_seeds))
    assert max(split.of_rows, split.of_seeds) <= split.se**2 * (1 + 1e-9)
    assert split.se <= whole.se * (1 + 1e-9)
    assert split.df >= (min(rows, seeds) - 1) / 2 * (1 - 1e-9)
    assert replace(split, once=False).se == pytest.approx(whole.se)


def test_where_the_seeds_alone_are_noisier_more_of_them_are_asked_for() -> None:
    sources = Sources(per_row=0.25, rows=500, per_seed=4e-4, seeds=5)

    found = needed(sources, 0.02, level=LEVEL)

    assert found.rows is None and found.seeds is not None

    def only(seeds: int) -> float:
        return (stats.t.ppf(0.975, seeds - 1) + stats.t.ppf(0.8, seeds - 1)) * math.sqrt(4e-4 / seeds)

    assert only(found.seeds) <= 0.02 < only(found.seeds - 1)


@pytest.mark.parametrize("change", [0.0, math.nan, math.inf, 1e-9])
def test_what_nothing_settles_has_no_number(change: float) -> None:
    assert needed(Sources(0.25, 500, 4e-4, 5), change, level=LEVEL) == UNKNOWN


def test_another_set_of_train_rows_is_settled_by_no_number_of_samples() -> None:
    fits = Sources(per_row=0.25, rows=500, per_seed=4e-4, seeds=20)

    assert needed(fits, 0.02, level=LEVEL).rows is not None
    assert needed(replace(fits, resampled=True), 0.02, level=LEVEL) == UNKNOWN


@given(
    st.floats(1e-4, 1), st.integers(2, 10_000), st.one_of(st.just(0.0), st.floats(1e-8, 1e-2)), st.integers(2, 50),
    st.floats(1e-4, 0.5), st.booleans(), st.sampled_from([0.95, 0.99, together(20)]),
)  # fmt: skip
def test_what_is_asked_for_is_the_least_that_is_enough(
    per_row, rows, per_seed, seeds, change, resampled, level
) -> None:
    sources = Sources(per_row, rows, per_seed, seeds, resampled)
    if sources.detectable(level) <= change:
        return

    found = needed(sources, change, level=level)

    assert found.rows is None or found.seeds is None
    if found.rows is not None:
        assert rows < found.rows <= MOST_ROWS
        assert replace(sources, rows=found.rows).detectable(level) <= change
        assert replace(sources, rows=found.rows - 1).detectable(level) > change
        assert needed(sources, -change, level=level) == found
    if found.seeds is not None:
        assert seeds < found.seeds <= MOST_SEEDS
        assert replace(sources, rows=MOST_ROWS, seeds=found.seeds).detectable(level) <= change


def test_with_as_many_rows_the_change_is_found_in_80_of_100_cases() -> None:
    random = np.random.default_rng(8)

    def scores(rows: int, effect: float) -> tuple[np.ndarray, np.ndarray]:
        before = random.normal(size=rows) + 0.1 * random.normal(size=(5, rows))
        moved = effect + random.normal(size=rows) + 0.02 * random.normal(size=(5, 1))
        return before, before + moved + 0.1 * random.normal(size=(5, rows))

    asked = []
    for _ in range(100):
        seen = paired(*scores(200, 0.15))
        sized = replace(seen, change=0.15, verdict="cannot tell")
        assert sized.needed.rows is not None
        asked.append(sized.needed.rows)
    rows = int(np.median(asked))
    found = np.mean([paired(*scores(rows, 0.15)).verdict == "gain" for _ in range(400)])

    assert 200 < rows < 1000
    assert 0.73 < found < 0.87


def test_only_what_cannot_be_told_needs_more() -> None:
    random = np.random.default_rng(1)
    a = random.normal(size=(5, 100))
    close, far = paired(a, a + 0.05 + random.normal(size=100)), paired(a, a + 5 + 0.1 * random.normal(size=(5, 100)))

    assert close.verdict == "cannot tell" and close.needed.rows > 100
    assert far.verdict == "gain" and far.needed == UNKNOWN
    assert NO_CHANGE.needed == UNKNOWN
    assert paired(a, a).needed == UNKNOWN, "equal scores: no change was seen"
    assert paired(a[:1], a[:1] + 1).needed == UNKNOWN, "one seed: nothing is known of the noise"
    assert paired(a[:, :1], a[:, :1] + 1).needed == UNKNOWN, "one row likewise"


def test_the_noise_floor_by_hand() -> None:
    # Seed means .5 and .25: variance .03125; t of one degree of freedom is 12.706.
    scores = np.array([[1.0, 0, 1, 0], [1, 0, 0, 0]])

    assert interval(scores).noise_floor == pytest.approx(12.7062 * math.sqrt(2 * 0.03125 / 2), rel=1e-4)
    assert interval(scores[:1]).noise_floor == math.inf
    assert interval(np.tile(scores[0], (5, 1))).noise_floor == 0, "a model that ignores its seed"


def test_other_seeds_on_the_same_data_stay_within_the_noise_floor_in_95_of_100_cases() -> None:
    random = np.random.default_rng(5)
    rows = random.normal(size=300)
    within = 0
    for _ in range(2000):
        one, other = (interval(rows + 0.3 * random.normal(size=(5, 1)) + random.normal(size=(5, 300))) for _ in "ab")
        within += abs(one.mean - other.mean) <= one.noise_floor

    assert 0.93 < within / 2000 < 0.97


def test_many_looked_at_together_are_held_together_inside_what_is_held_together() -> None:
    assert together(3) == pytest.approx(1 - 0.05 / 3)
    assert together(10, level=together(3)) == pytest.approx(1 - 0.05 / 30)
    assert together(0) == together(1) == LEVEL

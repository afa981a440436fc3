"""A curve whose parameters are known is found again, and its interval holds what is to come."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.impact import paired
from workbench.impact.curves import drawn, fit, likely

SIZES = [500.0, 1000.0, 2000.0, 4000.0, 8000.0]
DONE = [0.0, 100.0, 200.0, 300.0, 400.0, 500.0]


def exactly(n, figures, form, **more):
    """Fit figures without noise."""
    figures = np.asarray(figures)
    return fit(n, figures, np.tile(figures, (3, 1)), form=form, **more)


@settings(max_examples=40, deadline=None)
@given(a=st.floats(0.6, 0.99), b=st.floats(-0.2, 0.2), c=st.floats(0.1, 1.5))
def test_a_power_law_is_found_again(a, b, c):
    def truth(n):
        return a - b * (n / 8000) ** -c

    curves = exactly(SIZES, [truth(n) for n in SIZES], "power law")
    gain = truth(16000) - truth(8000)
    assert float(curves.gain(8000, 16000.0)[0]) == pytest.approx(gain, rel=3e-3, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(a=st.floats(0.6, 0.99), b=st.floats(-0.2, 0.2), tau=st.floats(60, 2000))
def test_saturation_is_found_again(a, b, tau):
    def truth(n):
        return a - b * np.exp(-n / tau)

    curves = exactly(DONE, [truth(n) for n in DONE], "saturation")
    gain = truth(600) - truth(500)
    assert float(curves.gain(500, 600.0)[0]) == pytest.approx(gain, rel=1e-2, abs=1e-6)


def test_figures_without_noise_leave_no_doubt():
    curves = exactly(SIZES, [0.9 - 0.1 * (n / 500) ** -0.5 for n in SIZES], "power law")
    change, low, high = likely(curves.gain(8000, 16000.0))
    assert high - low < 1e-12 and change == pytest.approx(0.1 * (16**-0.5 - 32**-0.5), rel=0.01)


def test_no_curve_leaves_the_bounds_of_its_metric():
    curves = exactly([1.0, 2.0, 3.0], [0.90, 0.95, 0.995], "saturation", bounds=(0.0, 1.0))
    assert float(curves.at(1000.0)[0]) <= 1.0


def test_level_figures_stay_level():
    curves = exactly(SIZES, [0.8] * 5, "power law")
    assert likely(curves.gain(8000, 16000.0)) == pytest.approx((0, 0, 0), abs=1e-9)


@pytest.mark.parametrize(
    ("n", "form", "says"),
    [([1, 2, 2], "saturation", "needs 3"), ([0, 1, 2], "power law", "begin at 0"), ([-1, 1, 2], "saturation", "begin")],
)
def test_too_little_for_a_curve_is_refused(n, form, says):
    with pytest.raises(ValueError, match=says):
        exactly(n, [0.1] * len(n), form)


@pytest.mark.parametrize("once", [True, False])
def test_draws_vary_as_a_comparison_of_two_says(once):
    """The difference of two figures has the standard error of their paired interval."""
    random = np.random.default_rng(4)
    hard = random.normal(size=(1, 1500))
    a, b = ((hard + 0.3 * random.normal(size=(8, 1500)) < cut).astype(float) for cut in (0.6, 0.7))
    figures, draws = drawn([a, b], once=once, count=40_000)
    change = paired(a, b, span=1 if once else None)
    assert figures[1] - figures[0] == pytest.approx(change.change)
    # A t distribution with 7 degrees of freedom is wider than its scale; the middle of it tells the scale.
    middle = np.quantile(draws[:, 1] - draws[:, 0], [0.25, 0.75])
    assert (middle[1] - middle[0]) / 1.349 == pytest.approx(change.se, rel=0.06)


def test_one_seed_or_equal_models_make_no_trouble():
    alike = np.ones((5, 20))
    figures, draws = drawn([alike, alike], count=10)
    assert (figures == 1).all() and (draws == 1).all()
    assert drawn([np.zeros((1, 20))], count=4)[1].shape == (4, 1)


def test_the_interval_covers_what_is_to_come():
    """Models of which each is right on a row by a hardness that all share, and by luck; 95 % at most miss by chance."""
    tau, n_rows, covered, runs = 300.0, 1000, 0, 40
    truth = {n: 0.86 - 0.05 * float(np.exp(-n / tau)) for n in (*DONE, 600.0)}
    random = np.random.default_rng(11)
    for run in range(runs):
        hard = random.normal(size=(1, n_rows))
        scores = []
        for n in DONE:
            cut = NormalDist(0, np.sqrt(1 + 2 * 0.25**2)).inv_cdf(truth[n])
            luck = 0.25 * random.normal(size=(1, n_rows)) + 0.25 * random.normal(size=(5, n_rows))
            scores.append((hard + luck < cut).astype(float))
        figures, draws = drawn(scores, count=200, random_state=run)
        _, low, high = likely(fit(DONE, figures, draws, form="saturation", bounds=(0, 1)).gain(500, 600.0))
        covered += low <= truth[600.0] - truth[500.0] <= high
    assert covered >= 0.9 * runs


def test_figures_off_the_curve_widen_the_interval():
    random = np.random.default_rng(2)
    draws = 1e-4 * random.normal(size=(500, 5))
    smooth = np.array([0.9 - 0.1 * (n / 500) ** -0.5 for n in SIZES])
    rough = smooth + np.array([0, 0.006, -0.006, 0.006, 0])
    width = {}
    for name, figures in (("smooth", smooth), ("rough", rough)):
        _, low, high = likely(fit(SIZES, figures, figures + draws, form="power law").gain(8000, 16000.0))
        width[name] = high - low
    assert width["rough"] > 5 * width["smooth"]

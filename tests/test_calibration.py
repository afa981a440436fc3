"""The statistical promises in small: benchmarks/calibration.py makes them in full."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.stats import binom

ROOT = Path(__file__).parents[1]
REPLICATES, PAIRS, SEEDS = 300, 80, 24


@pytest.fixture(scope="module")
def calibration() -> ModuleType:
    """The benchmark's functions; benchmarks/ is no package."""
    spec = importlib.util.spec_from_file_location("calibration", ROOT / "benchmarks" / "calibration.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["calibration"] = module
    spec.loader.exec_module(module)
    return module


def at_most(share: float, tries: int) -> float:
    """What a true share of ``share`` gives in ``tries`` in 999 of 1,000 cases."""
    return binom.ppf(0.999, tries, share) / tries


@pytest.mark.slow
@pytest.mark.parametrize("name", ["adult", "digits"])
@pytest.mark.parametrize("model", ["linear", "boosting", "network"])
def test_verdicts_claim_little_that_is_not_there_and_intervals_cover_what_is(
    calibration: ModuleType, name: str, model: str
) -> None:
    task = calibration.adult(ROOT / "data" / "adult.csv") if name == "adult" else calibration.digits()

    measured = calibration.measure(task, model, ["accuracy", "log_loss"], seeds=SEEDS, number=REPLICATES, pairs=0)

    for row in measured.values():
        assert row.same.claims <= at_most(0.06, REPLICATES)
        assert 1 - row.coverage <= at_most(0.06, REPLICATES)
        assert row.same.rows_only > 0.1, "the replicates would not notice an interval that knows rows only"
    for planted in measured["accuracy"].large:
        assert planted.truth == pytest.approx(0.05, abs=0.02)
        assert planted.claims > 0.95


@pytest.mark.slow
def test_edits_without_meaning_are_seldom_called_a_gain_or_a_loss(calibration: ModuleType) -> None:
    claims = calibration.neutral_edits(calibration.cancer(), "linear", ["accuracy", "log_loss"], pairs=PAIRS)

    assert all(share <= at_most(0.06, PAIRS) for share in claims.values())


@pytest.mark.slow
def test_the_network_varies_by_seed_and_boosting_does_not(calibration: ModuleType) -> None:
    task = calibration.digits()
    labels = task.y[task.train]

    network, boosting = (
        calibration.predictions(task, model, task.train, labels, [0, 1], leave_out=False)
        for model in ("network", "boosting")
    )

    assert (network[0].argmax(axis=1) != network[1].argmax(axis=1)).mean() > 0.01
    assert np.array_equal(boosting[0], boosting[1])


@pytest.mark.slow
def test_each_seed_leaves_out_another_tenth_of_the_rows(calibration: ModuleType) -> None:
    task = calibration.digits()

    boosting = calibration.predictions(task, "boosting", task.train, task.y[task.train], [0, 1])

    assert not np.array_equal(boosting[0], boosting[1])

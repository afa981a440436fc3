"""Effects by class: adjusted for how many are looked at, so that equal versions seldom seem to differ in one."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.compare.effects import Scored
from workbench.impact import together

CLASSES = [f"c{number}" for number in range(10)]


def versions(random: np.random.Generator, *, rows: int = 600, harm: int | None = None) -> Scored:
    """Two equally good versions under five seeds; ``harm`` makes the second one worse at one class."""
    y = random.integers(0, len(CLASSES), rows)
    hard = random.normal(size=(rows, len(CLASSES)))

    def predicted(skill: np.ndarray) -> np.ndarray:
        own = 0.3 * random.normal(size=(rows, len(CLASSES))) + 0.3 * random.normal(size=(5, rows, len(CLASSES)))
        odds = np.exp(hard + own + skill[:, None] * np.eye(len(CLASSES))[y])
        return odds / odds.sum(axis=2, keepdims=True)

    skill = np.full(rows, 2.0)
    worse = np.where(y == harm, 0.5, skill) if harm is not None else skill
    return Scored(y, predicted(skill), predicted(worse), identical=False, resampled=False)


def claims(scored: Scored, level: float) -> set[str]:
    """Classes of which something is claimed."""
    found = scored.by_class(CLASSES, level=level)
    return {name for name, effect in found.items() if effect.verdict in ("gain", "loss")}


def test_two_equally_good_versions_differ_in_some_class_in_at_most_5_of_100_cases() -> None:
    random = np.random.default_rng(1)
    pairs = [versions(random) for _ in range(150)]

    adjusted = np.mean([bool(claims(pair, together(len(CLASSES)))) for pair in pairs])
    each_by_itself = np.mean([bool(claims(pair, 0.95)) for pair in pairs])

    assert adjusted <= 0.05
    assert each_by_itself > 0.15, "why it is adjusted"


def test_a_class_that_was_harmed_is_found_all_the_same() -> None:
    random = np.random.default_rng(2)

    found = versions(random, rows=3000, harm=4).by_class(CLASSES, level=together(len(CLASSES)))

    assert found["c4"].verdict == "loss" and found["c4"].change < -0.2
    assert [name for name, effect in found.items() if effect.verdict == "loss"] == ["c4"]


def test_what_a_class_would_need_is_counted_in_its_own_rows() -> None:
    scored = versions(np.random.default_rng(3), rows=400)
    found = scored.by_class(CLASSES, level=0.95)
    for number, name in enumerate(CLASSES):
        own = int((scored.y == number).sum())
        assert found[name].rows_needed is None or found[name].rows_needed > own
    assert any(effect.rows_needed for effect in found.values())


def test_a_class_without_a_test_row_and_a_regression_have_no_effect() -> None:
    scored = versions(np.random.default_rng(4), rows=50)
    only = scored.y != 7
    fewer = Scored(scored.y[only], scored.a[:, only], scored.b[:, only], identical=False, resampled=False)
    assert "c7" not in fewer.by_class(CLASSES, level=0.95)
    assert Scored(np.zeros(3), np.zeros((5, 3)), np.zeros((5, 3)), False, False).by_class([], level=0.95) == {}


def test_one_test_row_of_a_class_has_no_ends_and_no_number() -> None:
    y = np.array([0, 0, 0, 1])
    a = np.tile(np.eye(2)[[0, 1, 0, 1]], (5, 1, 1))
    found = Scored(y, a, a[:, :, ::-1], identical=False, resampled=False).by_class(["many", "one"], level=together(2))
    assert found["one"].verdict == "cannot tell"
    assert found["one"].low is found["one"].detectable is found["one"].rows_needed is found["one"].noise_floor is None
    assert found["one"].change == pytest.approx(-1)

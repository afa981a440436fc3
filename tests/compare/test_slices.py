"""The change by slice: the figures of the rows themselves, intervals for as many slices as are looked at."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.compare import compare
from workbench.compare.slices import LEAST_ROWS, MOST_VALUES, cut
from workbench.evaluation import evaluate, read_predictions
from workbench.impact import paired
from workbench.lake import read_versions, view_of
from workbench.reporting import report_comparison

ROWS = 600


def people() -> pd.DataFrame:
    """Rows whose label depends on x, the same way in each city; every second row is a test row."""
    random = np.random.default_rng(3)
    x = random.normal(size=ROWS)
    return pd.DataFrame(
        {
            "id": range(1, ROWS + 1),
            "x": x,
            "city": [("Oslo", "Rome", None)[place // 2 % 3] for place in range(ROWS)],
            "flag": random.choice([True, False], ROWS),
            "name": [f"name {place}" for place in range(ROWS)],
            "since": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(ROWS) % 40, unit="D"),
            "y": np.where(x + random.normal(scale=0.4, size=ROWS) > 0, "yes", "no"),
        }
    )


@pytest.fixture
def two(lake, make, publish):
    """Version 2 has the labels of Rome's train rows turned around."""

    def two(frame=None, gone=True, **definition):
        frame = people() if frame is None else frame
        settled = {"key": ("id",), "label": "y", "model": "tabular", "lanes": [0, 2] * (len(frame) // 2)}
        make(frame, "t", **{**settled, **definition})
        other = {"yes": "no", "no": "yes"}
        rome = [place for place in range(0, len(frame), 2) if frame["city"][place] == "Rome"]
        publish("t", {place + 1: {"y": other[frame["y"][place]]} for place in rome if gone})
        return tuple(view_of(lake, version) for version in read_versions(lake, "t"))

    return two


def test_a_slice_that_is_harmed_is_found_and_said_first(lake, two):
    a, b = two()
    found = compare(lake, a, b, slices=True)
    slices = found.slices
    assert slices.metric == "accuracy" and slices.least_rows == LEAST_ROWS
    assert {(each.column, each.kind, each.value) for each in slices.found if each.column in ("city", "flag")} == {
        ("city", "value", "Oslo"), ("city", "value", "Rome"), ("city", "missing", "missing"),
        ("flag", "value", "true"), ("flag", "value", "false"),
    }  # fmt: skip
    assert sum(each.column == "x" and each.kind == "range" for each in slices.found) == 4
    [first] = [each for each in slices.found if each.column == "since" and each.value.startswith("2026-01-02")]
    assert first.value == "2026-01-02 to 2026-01-10" and first.kind == "range"
    assert not any(each.column == "name" for each in slices.found), f"more than {MOST_VALUES} values are no category"
    worst = slices.found[0]
    assert (worst.name, worst.rows, worst.effect.verdict) == ("city = Rome", ROWS // 6, "loss")
    ranks = [(each.effect.verdict != "loss", each.effect.change) for each in slices.found]
    assert ranks == sorted(ranks)
    text = report_comparison(found)
    assert "accuracy by slice, the most harmed first" in text and "city = Rome" in text
    assert any(f"{len(slices.found)} slices with 30 or more test rows were looked at" in note for note in found.notes)


def test_the_figures_are_those_of_the_rows(lake, two):
    a, b = two()
    found = compare(lake, a, b, slices=True)
    hits, keys = [], []
    labels = dict(b.fetch("SELECT id, y FROM {rows} WHERE _lane = 2"))
    for view in (a, b):
        evaluation = evaluate(lake, view)
        kept = read_predictions(lake, evaluation.id)
        keys = [int(json.loads(key)["id"]) for key in kept.row_key]
        said = np.array(evaluation.train_classes)[kept.by_seed(5).argmax(axis=2)]
        hits.append((said == np.array([labels[key] for key in keys])).astype(float))
    cities = dict(b.fetch("SELECT id, city FROM {rows}"))
    level = 1 - 0.05 / len(found.slices.found)
    assert found.slices.level == level
    for city in ("Oslo", "Rome", None):
        mask = np.array([cities[key] == city for key in keys])
        wanted = paired(hits[0][:, mask], hits[1][:, mask], span=1.0, level=level)
        usual = paired(hits[0][:, mask], hits[1][:, mask], span=1.0)
        [each] = [each for each in found.slices.found if each.column == "city" and each.value == (city or "missing")]
        assert (each.rows, each.effect.change) == (mask.sum(), pytest.approx(wanted.change))
        assert (each.effect.low, each.effect.high) == pytest.approx((wanted.low, wanted.high))
        assert (
            each.effect.low < usual.low and each.effect.high > usual.high and each.effect.detectable > usual.detectable
        )
        assert each.effect.a_mean == pytest.approx(hits[0][:, mask].mean())


def test_only_who_asks_gets_slices_and_json_has_them(lake, two):
    a, b = two()
    plain, found = compare(lake, a, b), compare(lake, a, b, slices=True)
    assert plain.slices is None
    before = json.loads(json.dumps(plain.to_dict(), allow_nan=False))
    after = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert {**after, "slices": None, "notes": before["notes"]} == before, "nothing else is different"
    assert set(after["slices"]) == {"metric", "level", "least_rows", "not_looked_at", "found"}
    assert set(after["slices"]["found"][0]) == {"column", "kind", "value", "rows", "effect"}


def test_equal_versions_have_no_change_in_any_slice(lake, two):
    a = two(gone=False)[0]
    found = compare(lake, a, a, slices=True)
    assert {each.effect.verdict for each in found.slices.found} == {"no change"}


def test_with_few_test_rows_there_is_no_slice(lake, two):
    frame = people().iloc[:100].reset_index(drop=True)
    a, b = two(frame, lanes=[2 if place < 2 * LEAST_ROWS - 2 and place % 2 else 0 for place in range(100)])
    found = compare(lake, a, b, slices=True)
    assert found.test_rows == LEAST_ROWS - 1 and found.slices.found == () and found.slices.not_looked_at > 0
    assert not any("slices" in note for note in found.notes)
    assert "by slice" not in report_comparison(found)


def test_in_regression_the_slices_are_about_the_error_and_more_is_harm(lake, make, publish):
    frame = people().assign(y=lambda frame: frame["x"] * 2)
    make(frame, "t", key=("id",), label="y", task="regression", model="tabular", lanes=[0, 2] * (ROWS // 2))
    rome = [place for place in range(0, ROWS, 2) if frame["city"][place] == "Rome"]
    publish("t", {place + 1: {"y": float(frame["y"][place]) + 30} for place in rome})
    found = compare(lake, *(view_of(lake, version) for version in read_versions(lake, "t")), slices=True)
    assert (found.metric, found.slices.metric) == ("r2", "mae")
    worst = found.slices.found[0]
    assert worst.name == "city = Rome" and worst.effect.verdict == "loss" and worst.effect.change > 0


numbers = st.lists(st.one_of(st.none(), st.floats(allow_nan=False), st.integers(-3, 3).map(float)), min_size=1)
texts = st.lists(st.one_of(st.none(), st.sampled_from("abc"), st.text(max_size=2)), min_size=1, max_size=40)


@given(numbers)
def test_every_row_is_in_one_slice_of_a_number(values):
    found = list(cut(pd.Series(values, dtype="float64"), "DOUBLE"))
    assert (sum(mask.astype(int) for _, _, mask in found) == 1).all()
    there = [value for value in values if value is not None]
    bins = [mask for kind, _, mask in found if kind == "range"]
    assert len(bins) <= 4
    for value in there:
        same = {
            next(n for n, (_, _, mask) in enumerate(found) if mask[place])
            for place, v in enumerate(values)
            if v == value
        }
        assert len(same) == 1, "equal values are never parted"
    if len(set(there)) == len(there) > 4:
        assert max(mask.sum() for mask in bins) <= math.ceil(len(there) / 4)


@given(texts)
def test_every_row_is_in_one_slice_of_a_text(values):
    found = list(cut(pd.Series(values, dtype="str"), "VARCHAR"))
    assert (sum(mask.astype(int) for _, _, mask in found) == 1).all()
    for kind, value, mask in found:
        assert {values[place] for place in np.flatnonzero(mask)} == {None if kind == "missing" else value}


def test_many_slices_of_two_equally_good_versions_claim_nothing():
    random, rows, slices = np.random.default_rng(0), 80, 20
    claimed = {0.95: 0, 1 - 0.05 / slices: 0}
    for _ in range(60):
        right = random.beta(2, 0.5, size=rows * slices)
        hits = np.where(random.random((2, 5, rows * slices)) < right, 1.0, 0.0)
        both = random.random(rows * slices) < 0.8
        hits[1][:, both] = hits[0][:, both]
        for level in claimed:
            parts = [hits[:, :, first : first + rows] for first in range(0, rows * slices, rows)]
            said = {paired(a, b, span=1.0, level=level).verdict for a, b in parts}
            claimed[level] += said != {"cannot tell"}
    unadjusted, adjusted = claimed.values()
    assert adjusted <= 0.05 * 60 < unadjusted

"""Rows a page at a time: filters, search, order and profiles, whatever the columns are called and hold."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from workbench.errors import UnknownName, UsageError
from workbench.lake import view_of
from workbench.versions import changes_csv, diff
from workbench.versions.browse import BINS, Filter, count, page, profile, rows_of

FRAME = pd.DataFrame(
    {
        "id": [10, 20, 30, 40, 50],
        "x": [0.5, None, 2.0, -1.0, float("nan")],
        "city": ["Oslo", "oslo bay", None, "Rome", "50%"],
        "paid": [True, False, None, True, False],
        "day": pd.to_datetime(["2026-01-01", "2026-02-01", None, "2026-03-01", "2026-01-31"]),
    }
)


@pytest.fixture
def view(lake, make):
    return view_of(lake, make(FRAME, key=("id",)))


def ids(view, *filters, **options):
    return [row[0] for row in page(view, filters, limit=10, **options).cells]


def test_a_page_is_in_order_of_row_identity(view):
    shown = page(view, limit=2, offset=1)
    assert shown.rids == (2, 3)
    assert shown.cells_of(2) == {"id": 20, "x": None, "city": "oslo bay", "paid": False, "day": "2026-02-01T00:00:00"}
    assert shown.cells_of(5) == {}
    assert page(view, limit=2, offset=9).rids == ()


@pytest.mark.parametrize(
    ("order", "wanted"),
    [
        (("x", False), [40, 10, 30, 20, 50]),
        (("x", True), [50, 30, 10, 40, 20]),
        (("city", False), [50, 10, 40, 20, 30]),
    ],
)
def test_pages_are_sorted_with_missing_values_last(view, order, wanted):
    # DuckDB sorts NaN as the largest number.
    found = ids(view, order=order)
    assert [each for each in found if each != 50 or order[0] == "city"] == [
        each for each in wanted if each != 50 or order[0] == "city"
    ]
    assert found[-1] in (20, 30, 50)


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        (Filter("city", "equals", "Oslo"), [10]),
        (Filter("city", "contains", "OSLO"), [10, 20]),
        (Filter("city", "contains", "%"), [50]),
        (Filter("city", "missing"), [30]),
        (Filter("x", "missing"), [20, 50]),
        (Filter("x", "equals", "2"), [30]),
        (Filter("x", "between", "-1", "0.5"), [10, 40]),
        (Filter("x", "between", "", "0"), [40]),
        (Filter("x", "between"), [10, 30, 40]),
        (Filter("id", "equals", "2e1"), [20]),
        (Filter("id", "equals", "20.5"), []),
        (Filter("id", "contains", "0"), [10, 20, 30, 40, 50]),
        (Filter("paid", "equals", "yes"), [10, 40]),
        (Filter("day", "between", "2026-01-31", "2026-02-01"), [20, 50]),
        (Filter("day", "equals", "2026-03-01"), [40]),
        (Filter("city", "equals", "' OR true --"), []),
    ],
)
def test_filters(view, wanted, there):
    assert ids(view, wanted) == there
    assert count(view, [wanted]) == len(there)


def test_filters_are_combined_with_and(view):
    assert ids(view, Filter("city", "contains", "o"), Filter("x", "missing")) == [20]


@pytest.mark.parametrize(
    ("wanted", "error", "said"),
    [
        (Filter("x", "equals", "many"), UsageError, "needs a number"),
        (Filter("paid", "equals", "maybe"), UsageError, "needs true or false"),
        (Filter("day", "between", "soon", ""), UsageError, "needs a time"),
        (Filter("z", "missing"), UnknownName, "no column 'z'"),
        (Filter("x", "like", "1"), UnknownName, "no test 'like'"),
    ],
)
def test_a_filter_that_does_not_fit_is_said(view, wanted, error, said):
    with pytest.raises(error, match=said):
        page(view, [wanted], limit=1)


def test_search_looks_into_the_key_columns_or_the_row_identity(lake, make, view):
    assert ids(view, search="0") == [10, 20, 30, 40, 50]
    assert ids(view, search="3") == [30]
    bare = view_of(lake, make(pd.DataFrame({"a": ["3", "x", "y"]}), "bare"))
    assert page(bare, limit=5, search="3").rids == (3,)


def test_rows_come_in_the_order_asked_for(view):
    assert rows_of(view, [4, 1, 99]).rids == (4, 1)
    assert rows_of(view, []).rids == ()


def test_excluded_rows_are_shown_and_named_so(lake, view, publish):
    after = view_of(lake, publish("t", {2: {"_excluded": True}}))
    assert page(after, limit=5).excluded == (False, True, False, False, False)
    assert count(after) == 5


ODD = ['say "hi"', "Größe", "größe", "select", "a b", "_rid", "c1", "{rows}", "it's"]


def test_odd_column_names_can_be_filtered_sorted_and_profiled(lake, make):
    frame = pd.DataFrame([[str(row * 10 + place) for place in range(len(ODD))] for row in range(3)], columns=ODD)
    odd = view_of(lake, make(frame, "odd"))
    for place, name in enumerate(ODD):
        wanted = [Filter(name, "equals", str(10 + place))]
        shown = page(odd, wanted, (name, True), limit=5)
        assert shown.rids == (2,) and shown.cells[0][place] == str(10 + place)
    assert [found.column.name for found in profile(odd)] == ODD
    assert all(found.distinct == 3 for found in profile(odd))


def test_a_profile_counts_what_is_there(view):
    found = {each.column.name: each for each in profile(view)}
    assert {name: each.missing for name, each in found.items()} == {"id": 0, "x": 2, "city": 1, "paid": 1, "day": 1}
    assert {name: each.distinct for name, each in found.items()} == {"id": 5, "x": 3, "city": 4, "paid": 2, "day": 4}
    assert (found["x"].low, found["x"].high) == (-1.0, 2.0)
    assert sum(found["x"].bins) == 3 and found["x"].bins[0] == found["x"].bins[-1] == 1
    assert found["paid"].top == (("false", 2), ("true", 2))
    assert found["day"].low == "2026-01-01T00:00:00" and found["day"].bins == ()
    assert found["city"].low is None


def test_a_profile_agrees_with_pandas(lake, make):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"n": random.integers(0, 120, 3000), "v": random.normal(size=3000), "w": random.choice(["a", "b", "c"], 3000)}
    )
    found = {each.column.name: each for each in profile(view_of(lake, make(frame)))}
    whole = pd.cut(frame["n"], np.linspace(frame["n"].min(), frame["n"].max() + 1, BINS + 1), right=False)
    assert list(found["n"].bins) == whole.value_counts(sort=False).tolist()
    assert list(found["v"].bins) == np.histogram(frame["v"], bins=BINS)[0].tolist()
    assert dict(found["w"].top) == frame["w"].value_counts().to_dict()
    assert found["v"].exact and found["v"].distinct == frame["v"].nunique()


def test_a_profile_of_nothing_infinite_or_constant(lake, make):
    frame = pd.DataFrame({"none": pd.Series([None, None], dtype="float64"), "one": [7, 7], "inf": [float("inf"), 1.0]})
    none, one, inf = profile(view_of(lake, make(frame)))
    assert (none.missing, none.low, sum(none.bins)) == (2, None, 0)
    assert one.bins == (2, *(0,) * (BINS - 1))
    assert (inf.low, inf.high, sum(inf.bins)) == (1.0, 1.0, 1)


def test_changes_as_csv_run_in_no_spreadsheet(lake, make, publish):
    frame = pd.DataFrame({"id": [1, 2], "note": ["a", "-5"], "day": [datetime.date(2026, 1, 1)] * 2})
    first = make(frame, key=("id",))
    found = diff(lake, first, publish("t", {1: {"note": "=1+1"}, 2: {"note": "+6"}}))
    lines = changes_csv(found).splitlines()
    assert lines[0] == "id,change,column,old,new,author,reason"
    assert lines[1].startswith("1,changed,note,a,'=1+1,")
    assert lines[2].startswith("2,changed,note,-5,+6,")
    assert "a,=1+1," in changes_csv(found, formula_safe=False)
    assert changes_csv(diff(lake, first, first)) == "change,column,old,new,author,reason\n"

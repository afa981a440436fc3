"""What must hold of any table: the result depends neither on the batches nor on the way to it, and is pandera's own."""

from __future__ import annotations

from itertools import count

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from workbench.lake import newest, read_versions, touch, view_of
from workbench.validation import revalidate, stored_validation, validate, validated

SAME_LAKE = settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
NUMBERS = count(1)

numbers = st.one_of(st.none(), st.integers(-3, 12))
fractions = st.one_of(st.none(), st.floats(-3, 12, allow_nan=False).map(lambda value: round(value, 1)))
words = st.one_of(st.none(), st.sampled_from(["a", "bb", "ccc", "", "bb ", "é"]))
texts = st.one_of(st.none(), st.sampled_from(["1", "2", "02", "x", "3.5", "7", ""]))
tables = st.lists(st.tuples(numbers, fractions, words, texts), min_size=1, max_size=12)

EVERYTHING = """
def at_most_the_mean(values):
    return values <= values.mean()

def short_table(table):
    return len(table) < 9

def wide(table):
    return table["n"].fillna(0) <= table["x"].fillna(5)

def cells(table):
    return table[["n", "x"]] >= 0

def reciprocal(value):
    return 1 / value > 0

def per_word(groups):
    return all(len(group) < 4 for group in groups.values())

schema = pa.DataFrameSchema(
    {
        "id": pa.Column(int, unique=True),
        "n": pa.Column(int, [pa.Check.in_range(0, 9), pa.Check(at_most_the_mean), pa.Check.gt(2, ignore_na=False)],
                       unique=True, nullable=True),
        "x": pa.Column(float, [pa.Check.lt(10), pa.Check(reciprocal, element_wise=True), pa.Check(at_most_the_mean)]),
        "s": pa.Column(str, [pa.Check.isin(["a", "bb"], raise_warning=True), pa.Check.str_length(1, 2),
                             pa.Check(per_word, groupby="t")],
                       unique=True, report_duplicates="exclude_first", nullable=True),
        "t": pa.Column(int, [pa.Check.le(5), pa.Check(at_most_the_mean)], unique=True),
        "gone": pa.Column(int, pa.Check.gt(0)),
    },
    checks=[pa.Check(short_table), pa.Check(wide), pa.Check(cells),
            pa.Check(lambda row: row["id"] != 3, element_wise=True, name="not_three")],
    unique=["s", "t"],
    report_duplicates="exclude_last",
)
"""


def frame_of(rows):
    frame = pd.DataFrame(rows, columns=["n", "x", "s", "t"])
    frame = frame.astype({"n": "Int64", "x": "float64", "s": "str", "t": "str"})
    frame.insert(0, "id", range(1, len(frame) + 1))
    return frame


def new_dataset(make, rows):
    return make(frame_of(rows), f"t{next(NUMBERS)}", key=("id",))


@pytest.fixture
def everything(schema):
    return schema(EVERYTHING)


@SAME_LAKE
@given(rows=tables)
def test_the_result_does_not_depend_on_the_batches(make, lake, everything, rows):
    view = view_of(lake, new_dataset(make, rows))
    whole = validate(view, everything)
    assert validate(view, everything, batch_size=1) == whole
    assert validate(view, everything, batch_size=7) == whole


@SAME_LAKE
@given(rows=tables)
def test_the_failure_cases_are_panderas_own(make, lake, schema, rows):
    rules = schema(
        """
        def at_most_the_mean(values):
            return values <= values.mean()

        schema = pa.DataFrameSchema(
            {
                "id": pa.Column("int64", pa.Check.ne(3)),
                "n": pa.Column("Int64", [pa.Check.in_range(0, 9), pa.Check(at_most_the_mean)]),
                "x": pa.Column("float64", [pa.Check.lt(10), pa.Check.ge(0, ignore_na=False)], nullable=True),
                "s": pa.Column("str", [pa.Check.isin(["a", "bb"]), pa.Check.str_matches("^[a-z]+$", ignore_na=False),
                                       pa.Check(lambda v: len(v) < 3, element_wise=True, name="short")]),
                "t": pa.Column("str", unique=True, report_duplicates="exclude_first", nullable=True),
            },
            checks=pa.Check(lambda d: d["x"] <= d["id"], name="wide"),
        )
        """
    )
    version = new_dataset(make, rows)
    found = validate(view_of(lake, version), rules).cases.to_pylist()
    ours = {(row["column_name"], row["check_name"].replace("unique", "field_uniqueness"), row["rid"]) for row in found}
    try:
        rules.pandera.validate(frame_of(rows), lazy=True)
        theirs = set()
    except SchemaErrors as errors:
        cases = errors.failure_cases
        cases = cases[~((cases["check"] == "field_uniqueness") & cases["index"].isna())]
        theirs = {
            (None if check == "wide" else column, check, int(index) + 1)
            for column, check, index in zip(cases["column"], cases["check"], cases["index"], strict=True)
        }
    assert ours == theirs


changes = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.one_of(
            st.fixed_dictionaries({}, optional={"n": numbers, "x": fractions, "s": words, "t": texts}),
            st.just({"_excluded": True}),
            st.just({"_excluded": False}),
            st.just("gone"),
        ),
    ),
    max_size=5,
)


@SAME_LAKE
@given(rows=tables, edits=st.lists(changes, min_size=1, max_size=2))
def test_an_incremental_validation_equals_a_full_one(make, publish, lake, everything, rows, edits):
    first = new_dataset(make, rows)
    dataset = first.dataset
    known = {1: validated(lake, first, everything)}
    for edit in edits:
        head = newest(lake, dataset)
        there = {row[0] for row in view_of(lake, head).fetch("SELECT _rid FROM {rows}")}
        edit = {rid: change for rid, change in edit if rid in there}
        gone = tuple(rid for rid, change in edit.items() if change == "gone")
        publish(dataset, {rid: change for rid, change in edit.items() if change != "gone"}, gone=gone)
        old = stored_validation(lake, head, everything.fingerprint)
        new = newest(lake, dataset)
        full = validate(view_of(lake, new), everything)
        with lake.session() as session:
            touch(session, head, new)
            touched = [row[0] for row in session.rows("SELECT _rid FROM touched_rows")]
        assert revalidate(head, view_of(lake, new), everything, old, touched) == full
        assert validated(lake, new, everything) == full
        known[new.version] = full
    for version in read_versions(lake, dataset):
        assert stored_validation(lake, version, everything.fingerprint) == known[version.version]

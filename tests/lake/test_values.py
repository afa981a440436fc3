"""Values written into a statement are the values that binding them would give, whatever they hold."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.lake.sql import rendered
from workbench.lake.values import from_text, to_json, to_text

QUIET = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    st.text("'\"?;-\\$\n", max_size=8),
    st.datetimes(min_value=datetime(1600, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)),
    st.datetimes(min_value=datetime(1600, 1, 1), max_value=datetime(2200, 1, 1)),
)


@pytest.fixture
def session(lake):
    with lake.session() as session:
        yield session


@QUIET
@given(given_values=st.lists(values, min_size=1, max_size=5))
def test_a_value_comes_back_as_it_went_in(session, given_values):
    back = session.row("SELECT " + ", ".join("?" * len(given_values)), given_values)
    for was, found in zip(given_values, back, strict=True):
        if isinstance(was, float) and math.isnan(was):
            assert math.isnan(found)
        else:
            assert (type(found), found) == (type(was), was)


@QUIET
@given(value=values)
def test_a_value_has_the_type_that_binding_gives_it(session, value):
    if isinstance(value, int) and not isinstance(value, bool):
        return
    bound = session._connection.execute("SELECT typeof(?)", [value]).fetchone()[0]
    assert session.row("SELECT typeof(?)", [value])[0] == bound


def test_question_marks_inside_names_and_values_are_left_alone(session):
    assert session.row("""SELECT '?' || ? AS "what?", 'it''s?'""", ["!"]) == ("?!", "it's?")
    assert rendered("""SELECT '?', "?", ?""", ["a'b"]) == """SELECT '?', "?", 'a''b'::VARCHAR"""


@pytest.mark.parametrize("value", ["a\0b", [1, 2], b"x", "x" * 200_000])
def test_what_is_better_bound_is_bound(session, value):
    assert rendered("SELECT ?", [value]) is None
    assert session.row("SELECT ?", [value]) == (value,)


@pytest.mark.parametrize("params", [["a"], ["a", "b", "c"]])
def test_too_few_or_too_many_values_are_refused(session, params):
    with pytest.raises(Exception, match="parameter"):
        session.row("SELECT ?, ?", params)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (None, "BIGINT", None), ("7", "BIGINT", 7), ("7", "DOUBLE", 7.0), ("0.5", "DECIMAL(3,1)", 0.5),
        ("inf", "DOUBLE", "inf"), ("nan", "DOUBLE", "nan"), ("true", "BOOLEAN", True), ("7", "VARCHAR", "7"),
        ("2026-01-31", "DATE", "2026-01-31"),
    ],
)  # fmt: skip
def test_canonical_text_reads_back_as_a_json_value(text, kind, value):
    found = from_text(text, kind)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None), (math.nan, None), (True, "true"), (7, "7"), (7.0, "7"), (0.1, "0.1"), (1e300, "1e+300"),
        ("a", "a"), ("", ""), (datetime(2026, 1, 31, 12), "2026-01-31 12:00:00"),
    ],
)  # fmt: skip
def test_a_value_is_written_as_the_text_of_a_correction(value, text):
    assert to_text(value) == text


@pytest.mark.parametrize(
    ("value", "shown"),
    [(math.inf, "inf"), (0.5, 0.5), (b"\x01", "01"), ([1, b"\x02"], [1, "02"]), ({"a": math.nan}, {"a": "nan"})],
)
def test_what_json_lacks_is_shown_as_text(value, shown):
    assert to_json(value) == shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float64(0.5), "0.5"), (np.float64(3), "3"), (np.float32("nan"), None), (np.int64(7), "7"),
        (np.bool_(True), "true"), (np.str_("a"), "a"), (pd.NA, None), (pd.NaT, None),
        (pd.Timestamp("2026-01-31"), "2026-01-31 00:00:00"),
    ],
)  # fmt: skip
def test_values_of_numpy_and_pandas_are_written_as_those_of_python(value, text):
    assert to_text(value) == text

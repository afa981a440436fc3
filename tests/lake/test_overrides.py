"""Where a dataset departs from what its source last said is remembered, so that a refresh keeps the team's work."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.lake import newest, publish_rows, view_of
from workbench.versions import restore

FRAME = pd.DataFrame({"id": [1, 2, 3, 4], "x": [0.5, 1.0, None, 2.0], "y": ["a", "", None, "d"]})


@pytest.fixture
def first(make):
    return make(FRAME, key=("id",))


@pytest.fixture
def overrides(lake, first):
    def overrides():
        return sorted(
            lake.read("SELECT rid, column_name, state, source_value, row_key FROM lake.workbench.overrides"),
            key=str,
        )

    return overrides


def cell(rid, column, source):
    return (rid, column, "cell", source, None)


def test_the_first_value_replaced_is_the_source_s(publish, overrides):
    publish("t", {1: {"x": 7.0, "y": "b"}, 3: {"x": 1.5}})
    publish("t", {1: {"x": 8.0}})
    assert overrides() == [cell(1, "x", "0.5"), cell(1, "y", "a"), cell(3, "x", None)]


def test_a_value_that_returns_to_the_source_s_is_no_difference(publish, overrides):
    publish("t", {1: {"x": 7.0}, 2: {"y": "b"}, 3: {"y": "b"}})
    publish("t", {1: {"x": 0.5}, 2: {"y": None}, 3: {"y": None}})
    assert overrides() == [cell(2, "y", "")], "missing is not the empty text that the source has"
    publish("t", {2: {"y": ""}})
    assert overrides() == []


def test_excluding_a_row_is_no_difference_from_the_source(publish, overrides):
    publish("t", {1: {"_excluded": True}})
    assert overrides() == []


def test_deleted_rows_are_remembered_by_their_key_and_forgotten_when_they_return(lake, first, publish, overrides):
    second = publish("t", {}, gone=(2, 4))
    assert overrides() == [(2, None, "deleted", None, '{"id":"2"}'), (4, None, "deleted", None, '{"id":"4"}')]
    restore(lake, first, author="ann", message="back")
    assert overrides() == []
    restore(lake, second, author="ann", message="and gone again")
    assert len(overrides()) == 2


def test_restoring_forgets_the_corrections_it_takes_back_and_keeps_the_others(lake, first, publish, overrides):
    second = publish("t", {1: {"x": 7.0}})
    publish("t", {1: {"x": 8.0}, 4: {"y": "e"}})
    restore(lake, second, author="ann", message="back to 2")
    assert overrides() == [cell(1, "x", "0.5")]
    restore(lake, first, author="ann", message="back to 1")
    assert overrides() == []


def test_what_the_source_itself_says_is_no_difference_from_it(lake, first, overrides):
    with lake.session() as session:
        session.run(f"CREATE TEMP TABLE new_rows AS SELECT * FROM {view_of(lake, first).rows} WHERE _rid < 3")
        session.run("UPDATE new_rows SET x = 99")
        session.run("INSERT INTO new_rows SELECT 5, 0, false, 50, 1, 'new'")
        session.run("CREATE TEMP TABLE gone_rows AS SELECT 4::BIGINT AS _rid")
        lake.write(
            lambda s: publish_rows(
                s, newest(s, "t"), kind="refresh", author="ann", message="source", source_spoke=True
            ),
            session=session,
        )
    last = newest(lake, "t")
    assert (last.rows_added, last.rows_removed, last.cells_changed, last.rows) == (1, 1, 2, 4)
    assert overrides() == []


def test_a_row_that_only_the_team_added_is_remembered_until_it_leaves(lake, first, publish, overrides):
    with lake.session() as session:
        session.run("CREATE TEMP TABLE new_rows AS SELECT 5 AS _rid, 0 AS _lane, false AS _excluded, 50 AS id, "
                    "1.0 AS x, 'new' AS y")  # fmt: skip
        session.run("CREATE TEMP TABLE gone_rows (_rid BIGINT)")
        lake.write(
            lambda s: publish_rows(s, newest(s, "t"), kind="publish", author="ann", message="one more"),
            session=session,
        )
    assert overrides() == [(5, None, "added", None, '{"id":"50"}')]
    publish("t", {}, gone=(5,))
    assert overrides() == []

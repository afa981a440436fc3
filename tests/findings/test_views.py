"""Filters that somebody named, and the order by group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from workbench.errors import UnknownName, UsageError
from workbench.findings import (
    CheckResult,
    Filter,
    findings_table,
    get_view,
    queue,
    record,
    remove_view,
    save_view,
    saved_views,
)
from workbench.lake import Lake, Version


@pytest.fixture
def people(make: Callable[..., Version]) -> Version:
    return make(pd.DataFrame({"id": range(1, 6), "city": ["NYC", "nyc", "NYC", "N.Y.", "NYC"]}), "people", key=("id",))


def test_a_view_is_read_as_it_was_saved(lake: Lake, people: Version) -> None:
    wanted = Filter(status=None, check="schema", cause="missing", score_at_most=0.25, search="x'y")
    saved = save_view(lake, "people", "  my   view ", wanted, order="row", author="ann")
    assert (saved.name, saved.wanted, saved.order, saved.author) == ("my view", wanted, "row", "ann")
    assert saved_views(lake, "people") == [saved]
    assert saved_views(lake, "others") == []


def test_the_newest_of_a_name_counts_and_can_be_removed(lake: Lake, people: Version) -> None:
    save_view(lake, "people", "mine", Filter(check="schema"), author="ann")
    save_view(lake, "people", "mine", Filter(check="label"), author="ben")
    save_view(lake, "people", "another", Filter(), author="ann")
    assert [(view.name, view.author) for view in saved_views(lake, "people")] == [("another", "ann"), ("mine", "ben")]
    assert get_view(lake, "people", "mine").wanted == Filter(check="label")
    remove_view(lake, "people", "mine", author="ann")
    assert [view.name for view in saved_views(lake, "people")] == ["another"]
    with pytest.raises(UnknownName, match="saved view 'mine'"):
        remove_view(lake, "people", "mine", author="ann")
    save_view(lake, "people", "mine", Filter(check="data"), author="ann")
    assert get_view(lake, "people", "mine").wanted == Filter(check="data")


@pytest.mark.parametrize(
    ("name", "wanted", "error"),
    [
        ("  ", Filter(), UsageError),
        ("x" * 61, Filter(), UsageError),
        ("v", Filter(status="opne"), UnknownName),
        ("v", Filter(lane="tset"), UnknownName),
        ("v", Filter(score_at_most=3), UsageError),
    ],
)
def test_what_makes_no_sense_is_not_saved(
    lake: Lake, people: Version, name: str, wanted: Filter, error: type[Exception]
) -> None:
    with pytest.raises(error):
        save_view(lake, "people", name, wanted, author="ann")
    assert saved_views(lake, "people") == []


def test_findings_of_the_same_value_follow_one_another_the_largest_group_first(lake: Lake, people: Version) -> None:
    def row(rid: int, value: str) -> dict[str, Any]:
        return {
            "check_code": "schema.city.isin", "rid": rid, "row_key": f'{{"id": "{rid}"}}', "column_name": "city",
            "observed": value, "severity": "error", "message": "wrong", "suggestion": None, "score": None,
            "evidence": "{}", "evidence_key": "",
        }  # fmt: skip

    rows = [row(rid, value) for rid, value in enumerate(["NYC", "nyc", "NYC", "N.Y.", "NYC"], start=1)]
    table = findings_table({name: [each[name] for each in rows] for name in rows[0]})
    part = CheckResult("schema.city.isin", "failed")
    record(lake, people, [CheckResult("schema", "failed", "", table, (part,))], author="robot")
    assert [finding.rid for finding in queue(lake, "people", order="group")] == [1, 3, 5, 4, 2]
    pages = [queue(lake, "people", order="group", limit=2, offset=offset) for offset in (0, 2, 4)]
    assert [[finding.rid for finding in page] for page in pages] == [[1, 3], [5, 4], [2]]

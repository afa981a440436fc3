"""Findings of given rows, and findings gone and new between two versions."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from workbench.errors import UnknownName
from workbench.findings import (
    FINDING_FIELDS,
    CheckResult,
    came_and_went,
    find,
    findings_table,
    insert_decisions,
    of_rows,
    queue,
    record,
)


def ages(*wrong: int) -> CheckResult:
    """The result of a schema check that the ages of some rows break."""
    rows = [
        {
            **{"check_code": "schema.age.in_range", "rid": rid, "row_key": json.dumps({"id": str(rid)})},
            **{"column_name": "age", "observed": "-1", "severity": "error", "message": "wrong", "evidence": "{}"},
            "evidence_key": "",
        }
        for rid in wrong
    ]
    table = findings_table({name: [row.get(name) for row in rows] for name in FINDING_FIELDS})
    outcome = "failed" if wrong else "passed"
    return CheckResult("schema", outcome, "", table, (CheckResult("schema.age.in_range", outcome),))


@pytest.fixture
def two(lake, make, publish):
    """Rows 1 to 3 are wrong at version 1, rows 3 to 4 at version 2."""
    first = make(pd.DataFrame({"id": range(1, 6), "age": [-1, -1, -1, 4, 5]}), key=("id",))
    record(lake, first, [ages(1, 2, 3)], author="ann")
    second = publish("t", {1: {"age": 1}, 2: {"age": 2}, 4: {"age": -1}})
    record(lake, second, [ages(3, 4)], author="ann")
    return first, second


def test_findings_of_rows_are_those_of_the_queue(lake, two):
    assert [finding.rid for finding in of_rows(lake, "t", [4, 1, 5, 3])] == [3, 4]
    assert [finding.rid for finding in of_rows(lake, "t", [4, 1, 5, 3], 1)] == [1, 3]
    assert of_rows(lake, "t", [3]) == [finding for finding in queue(lake, "t") if finding.rid == 3]
    assert of_rows(lake, "t", []) == []
    assert {finding.status for finding in of_rows(lake, "t", [1, 2, 3], status=None)} == {"fixed", "open"}
    with pytest.raises(UnknownName, match="9"):
        of_rows(lake, "t", [1], 9)


def test_findings_gone_and_new_are_counted_in_either_direction(lake, two):
    assert came_and_went(lake, "t", 1, 2) == {"schema.age.in_range": (2, 1)}
    assert came_and_went(lake, "t", 2, 1) == {"schema.age.in_range": (1, 2)}
    assert came_and_went(lake, "t", 2, 2) == {}
    with pytest.raises(UnknownName):
        came_and_went(lake, "t", 1, 3)


def test_an_answer_alone_makes_nothing_go(lake, two):
    kept = find(lake, "t", [finding.finding for finding in of_rows(lake, "t", [3])])
    lake.write(lambda session: insert_decisions(session, kept, "keep", author="ann"))
    assert of_rows(lake, "t", [3]) == []
    assert came_and_went(lake, "t", 1, 2) == {"schema.age.in_range": (2, 1)}

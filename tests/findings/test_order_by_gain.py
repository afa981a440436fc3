"""The queue by expected gain: the newest scoring counts, what has none comes after, what was answered stays quiet."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pandas as pd
import pytest

from workbench.findings import FINDING_FIELDS, CheckResult, findings_table, insert_decisions, queue, record
from workbench.findings.listing import ORDERS
from workbench.lake import Lake, Session, Version


@pytest.fixture
def people(make: Callable[..., Version], lake: Lake) -> list[str]:
    """The findings about six rows, the last two of them test rows, by row."""
    frame = pd.DataFrame({"id": range(1, 7), "age": [999] * 6})
    version = make(frame, "people", key=("id",), lanes=[0, 0, 0, 1, 2, 2])
    rows = {name: [None] * 6 for name in FINDING_FIELDS} | {
        "check_code": ["schema.age.in_range"] * 6, "rid": [*range(1, 7)], "column_name": ["age"] * 6,
        "row_key": [json.dumps({"id": str(n)}) for n in range(1, 7)], "observed": ["999"] * 6,
        "severity": ["error"] * 6, "message": ["wrong"] * 6, "evidence": ["{}"] * 6, "evidence_key": [""] * 6,
        "score": [0.6, 0.5, 0.4, 0.3, 0.2, 0.1],
    }  # fmt: skip
    part = CheckResult("schema.age.in_range", "failed")
    record(lake, version, [CheckResult("schema", "failed", "", findings_table(rows), (part,))], author="robot")
    return [finding.finding for finding in queue(lake, "people", order="row")]


def by_gain(lake: Lake, **page: int) -> list[str]:
    return [finding.finding for finding in queue(lake, "people", order="gain", **page)]


def insert_scoring(session: Session, dataset: str, number: int, order: list[str]) -> None:
    record = {"dataset": dataset, "round": number, "version": 1, "content": "", "result": "{}", "author": "ann"}
    session.insert("rankings", [{**record, "created_at": datetime.now(UTC)}])
    gains = {"dataset": dataset, "round": number, "gain": 0.1, "doubt": 0.5}
    places = enumerate(order)
    session.insert("expected_gains", [{**gains, "finding": f, "place": at, "quality_rank": at} for at, f in places])


def scored(lake: Lake, number: int, order: list[str]) -> None:
    """Put findings in the order of a scoring."""

    def work(session: Session) -> None:
        insert_scoring(session, "people", number, order)

    lake.write(work, message="scoring")


def test_without_a_scoring_it_is_by_urgency(lake, people):
    assert by_gain(lake) == [finding.finding for finding in queue(lake, "people")]
    assert [*ORDERS] == ["score", "row", "group", "gain"]


def test_the_newest_scoring_counts_and_what_has_none_comes_after_by_urgency(lake, people):
    scored(lake, 1, people)
    assert by_gain(lake) == people
    scored(lake, 2, [people[2], people[0]])
    # Worst score first, test rows last.
    rest = [people[3], people[1], people[5], people[4]]
    assert by_gain(lake) == [people[2], people[0], *rest]
    assert [by_gain(lake, limit=2, offset=at) for at in (0, 2, 4)] == [[people[2], people[0]], rest[:2], rest[2:]]


def test_what_was_answered_stays_out_of_it_whatever_is_expected_of_it(lake, people):
    scored(lake, 1, people)
    first = queue(lake, "people", order="gain", limit=1)
    lake.write(lambda session: insert_decisions(session, first, "keep", author="ann"))
    assert by_gain(lake) == people[1:]
    scored(lake, 2, people[::-1])
    assert by_gain(lake) == people[:0:-1]


def test_another_datasets_scoring_has_no_part_in_it(lake, people):
    usual = by_gain(lake)

    def work(session: Session) -> None:
        insert_scoring(session, "others", 9, [people[5]])

    lake.write(work, message="scoring")
    assert by_gain(lake) == usual

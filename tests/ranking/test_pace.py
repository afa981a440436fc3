"""Decisions take time: it is measured from the answers that people gave, without their pauses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from workbench.findings import Filter, queue
from workbench.iterations import decide
from workbench.ranking import rescore
from workbench.ranking.pace import Pace, pace

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def answer(lake, finding: str, after: float, author: str = "ann") -> None:
    """Keep a finding, so many seconds after nine."""
    decide(lake, "bugs", [finding], "keep", author=author)
    moment = START + timedelta(seconds=after)
    lake.write(
        lambda s: s.run("UPDATE lake.workbench.decisions SET created_at = ? WHERE finding = ?", [moment, finding]),
        message="at that time",
    )


@pytest.fixture
def labels(bugs) -> list[str]:
    return [each.finding for each in queue(bugs, "bugs", Filter(check="label.issue"), limit=8)]


def test_before_any_answer_every_decision_takes_alike(bugs):
    found = pace(bugs, "bugs")
    assert found == Pace({}) and found.of("label.issue") == found.of("data.leak") == 1 and found.told() == ""


def test_pauses_programs_and_other_people_do_not_count(bugs, labels):
    # Six and ten seconds; then somebody else, a pause of an hour, and an answer at once.
    for finding, after in zip(labels[:3], (0, 6, 16), strict=True):
        answer(bugs, finding, after)
    answer(bugs, labels[3], 18, author="ben")
    answer(bugs, labels[4], 3616)
    answer(bugs, labels[5], 3616.1)
    found = pace(bugs, "bugs")
    assert found.mean == pytest.approx(8) and found.seconds == {"label.issue": pytest.approx(8)}


def test_an_answer_to_many_is_one_decision(bugs, labels):
    answer(bugs, labels[0], 0)
    decide(bugs, "bugs", labels[1:5], "keep", author="ann")
    moment = START + timedelta(seconds=30)
    several = ", ".join(f"'{finding}'" for finding in labels[1:5])
    bugs.write(
        lambda s: s.run(f"UPDATE lake.workbench.decisions SET created_at = ? WHERE finding IN ({several})", [moment]),
        message="at that time",
    )
    assert pace(bugs, "bugs").mean == pytest.approx(30)


def test_a_check_with_few_answers_is_near_the_mean_and_people_are_told():
    found = Pace({"label.issue": 6.4, "schema.age.in_range": 20.2}, 8.0)
    assert (found.of("label.issue"), found.of("data.leak")) == (pytest.approx(0.8), 1)
    assert found.told() == (
        " Gains count per minute of review: a decision on label.issue takes 6 s, one on schema.age.in_range 20 s."
    )


def test_an_order_says_what_it_reckoned_with(bugs, labels):
    answer(bugs, labels[0], 0)
    answer(bugs, labels[1], 5)
    assert rescore(bugs, "bugs", author="ann").to_dict()["seconds"] == {"label.issue": pytest.approx(5)}

"""A second opinion on a test label is given without having seen the first, and counts when both say the same."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from workbench import iterations
from workbench.drafts import Correction, discussion_of, give_opinion, new_draft, second_opinions, stage
from workbench.errors import DataError, RequirementsNotMet, UsageError
from workbench.reviewing import staged_on
from workbench.settings import Policies, Policy

PEOPLE = pd.DataFrame({"id": [10, 20, 30, 40], "age": [1, 2, 3, 4], "grade": [1, 2, 3, 1]})
POLICY = Policy(second_opinion=True)


@pytest.fixture
def draft(lake, make):
    """A draft of ann's that corrects a train label, a test label and another cell of a test row."""
    make(PEOPLE, "people", key=("id",), label="grade", lanes=[0, 2, 2, 1])
    number = new_draft(lake, "people", author="ann").draft
    cells = [(10, "grade", 2), (20, "grade", 3), (30, "age", 9)]
    stage(lake, number, [Correction({"id": key}, column=column, new=new) for key, column, new in cells], author="ann")
    return number


def seen(lake, draft, reader):
    return [(e.key["id"], e.state, e.new, e.answers) for e in second_opinions(lake, lake, draft, reader=reader)]


def gate(lake, draft):
    (asked,) = iterations.requirements(lake, draft, policy=POLICY)
    return asked


def test_it_is_asked_for_test_labels_only_and_hidden_from_who_has_not_answered(lake, draft):
    assert seen(lake, draft, "ann") == [("20", "waiting", "3", ())]
    assert seen(lake, draft, "ben") == [("20", "waiting", None, ())]
    shown = iterations.shown_corrections(lake, draft, reader="ben", policy=POLICY)
    assert [(c.key["id"], c.old, c.new, c.hidden) for c in shown] == [
        ("10", "1", "2", False),
        ("20", None, None, True),
        ("30", "3", "9", False),
    ]
    assert not any(c.hidden for c in iterations.shown_corrections(lake, draft, reader="ann", policy=POLICY))
    assert not any(c.hidden for c in iterations.shown_corrections(lake, draft, reader="ben", policy=Policy()))


def test_an_equal_answer_opens_the_gate(lake, draft):
    assert gate(lake, draft).met is False and "wait for a second person" in gate(lake, draft).why
    with pytest.raises(RequirementsNotMet, match="1 of 1 test labels wait"):
        iterations.publish(lake, draft, message="x", author="ann", policy=POLICY)
    assert give_opinion(lake, draft, 2, " 3 ", author="ben").state == "agreed"
    assert gate(lake, draft).met is True
    assert seen(lake, draft, "cleo") == [("20", "agreed", "3", (("ben", "3"),))]
    assert iterations.publish(lake, draft, message="x", author="ann", policy=POLICY).version.version == 2


def test_where_two_differ_a_third_person_decides_without_seeing_either(lake, draft):
    answered = give_opinion(lake, draft, 2, "2", author="ben")
    assert (answered.state, answered.new, answered.answers) == ("differs", "3", (("ben", "2"),))
    assert "two people differ" in gate(lake, draft).why
    assert seen(lake, draft, "cleo") == [("20", "differs", None, ())]
    assert give_opinion(lake, draft, 2, "3", author="cleo").state == "agreed"
    assert gate(lake, draft).met is True


def test_who_gives_way_agrees(lake, draft):
    give_opinion(lake, draft, 2, "1", author="ben")
    stage(lake, draft, [Correction({"id": 20}, column="grade", new=1)], author="ann")
    assert gate(lake, draft).met is True


def test_nobody_is_their_own_second_person_or_answers_twice(lake, draft):
    with pytest.raises(UsageError, match="a second opinion is somebody else's"):
        give_opinion(lake, draft, 2, "3", author="Ann")
    give_opinion(lake, draft, 2, "2", author="ben")
    with pytest.raises(UsageError, match="ben has answered this already"):
        give_opinion(lake, draft, 2, "3", author="ben")
    with pytest.raises(UsageError, match="corrects no test label"):
        give_opinion(lake, draft, 1, "2", author="ben")
    with pytest.raises(DataError, match="does not fit"):
        give_opinion(lake, draft, 2, "much", author="cleo")


def test_the_discussion_does_not_tell_what_was_answered(lake, draft):
    give_opinion(lake, draft, 2, "2", author="ben")
    (event,) = discussion_of(lake, draft).events
    assert (event.kind, event.author, event.text) == ("opinion", "ben", "")
    stored = lake.read("SELECT text FROM lake.workbench.draft_events")
    assert json.loads(stored[0][0])["value"] == "2"


def test_review_does_not_tell_it_either(lake, draft):
    settings = lake.settings
    lake.settings = settings.model_copy(update={"policies": Policies(second_opinion=True)})
    try:
        told = {reader: staged_on(lake, "people", [1, 2, 3], reader=reader) for reader in ("ann", "ben")}
    finally:
        lake.settings = settings
    assert {who: sorted(found) for who, found in told.items()} == {"ann": [1, 2, 3], "ben": [1, 3]}

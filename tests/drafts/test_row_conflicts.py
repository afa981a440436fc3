"""Deleting, excluding or restoring a row conflicts with any newer change of it, as correcting a cell does."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.attribution import revert
from workbench.drafts import Correction, conflicts_of, new_draft, publish_draft, rebase, stage
from workbench.errors import ConflictError
from workbench.ingest import refresh
from workbench.lake import newest, view_of

PEOPLE = pd.DataFrame({"id": [10, 20, 30], "age": [31, 210, 45], "city": ["NYC", "Oslo", "Rome"]})
SET = Correction({"id": 20}, column="age", new=21)


@pytest.fixture
def people(make):
    return make(PEOPLE, "people", key=("id",))


def act(action, key=20):
    return Correction({"id": key}, action)


def begin(lake, *corrections):
    draft = new_draft(lake, "people", author="me").draft
    stage(lake, draft, corrections, author="me")
    return draft


def publish(lake, draft, **options):
    return publish_draft(lake, draft, author="me", message="m", **options)


def told(lake, draft):
    return [(c.column, c.expected, c.found, c.new, c.gone, c.why) for c in conflicts_of(lake, draft)]


CHANGED = (None, {"age": 210}, {"age": 21}, "{}", False, "the row was changed")


@pytest.mark.parametrize("action", ["delete", "exclude"])
def test_a_row_that_a_colleague_corrected_meanwhile(lake, people, action):
    mine, theirs = begin(lake, act(action)), begin(lake, SET)
    publish(lake, theirs)
    assert told(lake, mine) == [(None, {"age": 210}, {"age": 21}, action, False, "the row was changed")]
    with pytest.raises(ConflictError) as error:
        publish(lake, mine)
    assert error.value.conflicts[0].texts() == ("age 210", "age 21", action)
    rows = view_of(lake, newest(lake, "people")).fetch("SELECT age, _excluded FROM {rows} WHERE id = 20")
    assert rows == [(21, False)]


def test_two_drafts_that_delete_and_exclude_one_row(lake, people):
    mine, theirs = begin(lake, act("delete")), begin(lake, act("exclude"))
    publish(lake, theirs)
    assert told(lake, mine) == [
        (None, {"(excluded)": False}, {"(excluded)": True}, "delete", False, "the row was changed")
    ]


@pytest.mark.parametrize("action", ["delete", "exclude"])
def test_two_drafts_that_want_the_same_do_not_conflict(lake, people, action):
    mine, theirs = begin(lake, act(action), act(action, 30)), begin(lake, act(action))
    publish(lake, theirs)
    assert told(lake, mine) == []
    assert publish(lake, mine).version.version == 3


def test_a_restored_row_that_was_corrected_meanwhile(lake, people):
    publish(lake, begin(lake, act("exclude")))
    mine, theirs = begin(lake, act("restore")), begin(lake, SET)
    publish(lake, theirs)
    assert told(lake, mine) == [(None, {"age": 210}, {"age": 21}, "restore", False, "the row was changed")]


def test_a_cell_of_a_row_that_a_colleague_excluded_or_deleted(lake, people):
    mine, theirs = begin(lake, SET, Correction({"id": 30}, column="age", new=46)), begin(lake, act("exclude"))
    publish(lake, theirs)
    assert told(lake, mine) == [("age", 210, 210, 21, False, "the row was excluded")]
    publish(lake, begin(lake, act("delete", 30)))
    assert told(lake, mine)[1:] == [("age", 45, None, 46, True, "the row was deleted")]


def test_each_is_decided_in_a_rebase(lake, people):
    mine = begin(lake, act("delete"), act("exclude", 30))
    publish(lake, begin(lake, SET, Correction({"id": 30}, column="city", new="Roma")))
    rids = {c.key["id"]: c.rid for c in conflicts_of(lake, mine)}
    rebase(lake, mine, {(rids["20"], None): "mine", (rids["30"], None): "theirs"}, author="me")
    assert told(lake, mine) == []
    made = publish(lake, mine).version
    assert view_of(lake, made).fetch("SELECT id, city, _excluded FROM {rows} ORDER BY id") == [
        (10, "NYC", False), (30, "Roma", False),
    ]  # fmt: skip


def test_the_rest_is_published_and_the_deletion_waits_in_a_new_draft(lake, people):
    mine = begin(lake, act("delete"), Correction({"id": 10}, column="city", new="New York"))
    publish(lake, begin(lake, SET))
    done = publish(lake, mine, skip_conflicts=True)
    assert [c.new for c in done.conflicts] == ["delete"] and done.version.rows == 3
    assert publish(lake, done.rest.draft).version.rows == 2


def test_a_refresh_that_changed_the_row_conflicts_as_a_colleague_does(lake, people):
    mine = begin(lake, act("delete"), act("exclude", 30))
    refresh(lake, "people", PEOPLE.assign(city=["NYC", "Bergen", "Rome"]), author="nightly")
    assert told(lake, mine) == [(None, {"city": "Oslo"}, {"city": "Bergen"}, "delete", False, "the row was changed")]


def test_a_way_back_that_brings_a_row_in_again_conflicts_with_its_correction(lake, people):
    excluded = publish(lake, begin(lake, act("exclude"))).version
    publish(lake, begin(lake, SET))
    with pytest.raises(ConflictError, match="1 row to be excluded or restored changed after people@2") as error:
        revert(lake, people, excluded, ["people@2"], by="version", author="me")
    assert [(c.key, c.new) for c in error.value.conflicts] == [({"id": 20}, "restore")]

"""What people say of a draft, and that an approval holds for the corrections it was given for, and for no others."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.drafts import (
    Correction,
    approve,
    comment,
    content_of,
    discard,
    discussion_of,
    new_draft,
    publish_draft,
    redo,
    review_state,
    send_back,
    stage,
    submit,
    undo,
    withdraw,
)
from workbench.errors import UnknownName, UsageError

PEOPLE = pd.DataFrame({"id": [10, 20, 30], "age": [31, 210, 45], "city": ["NYC", "Oslo", None]})


@pytest.fixture
def draft(lake, make):
    """A draft of ann's with one correction."""
    make(PEOPLE, "people", key=("id",))
    number = new_draft(lake, "people", title="ages", author="ann").draft
    fix(lake, number, 20, "age", 21)
    return number


def fix(lake, draft, key, column, new, author="ann"):
    stage(lake, draft, [Correction(key={"id": key}, column=column, new=new)], author=author)


def test_a_draft_is_submitted_sent_back_mended_and_approved(lake, draft):
    assert review_state(lake, draft) == "in work"
    assert submit(lake, draft, text="please look", author="ann").state == "submitted"
    assert send_back(lake, draft, "30 is in Bern", author="ben").state == "sent back"
    fix(lake, draft, 30, "city", "Bern")
    assert review_state(lake, draft) == "in work"
    submit(lake, draft, author="ann")
    assert approve(lake, draft, text="fine", author="ben").state == "approved"
    said = [(event.kind, event.author, event.text) for event in discussion_of(lake, draft).events]
    assert said == [
        ("submitted", "ann", "please look"),
        ("sent back", "ben", "30 is in Bern"),
        ("submitted", "ann", ""),
        ("approved", "ben", "fine"),
    ]


def test_any_change_after_the_approval_takes_it_back_and_undoing_the_change_gives_it_again(lake, draft):
    submit(lake, draft, author="ann")
    approve(lake, draft, author="ben")
    fix(lake, draft, 10, "age", 32)
    assert review_state(lake, draft) == "in work"
    undo(lake, draft, author="ann")
    assert review_state(lake, draft) == "approved"
    redo(lake, draft, author="ann")
    assert review_state(lake, draft) == "in work"


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.tuples(st.sampled_from([10, 20, 30]), st.integers(0, 120)), min_size=1, max_size=3))
def test_the_fingerprint_follows_the_corrections_and_nothing_else(lake, draft, cells):
    one, other = (new_draft(lake, "people", author="ann").draft for _ in range(2))
    seen = [content_of(lake, one)]
    for key, age in cells:
        fix(lake, one, key, "age", age)
        fix(lake, other, key, "age", age, author="ben")
        seen.append(content_of(lake, one))
        assert seen[-1] == content_of(lake, other), "who and when make no difference"
    assert len(set(seen)) == len(seen), "each step changes it"
    for content in reversed(seen[:-1]):
        undo(lake, one, author="ann")
        assert content_of(lake, one) == content


@pytest.mark.parametrize("writer", ["ann", " Ann "])
def test_nobody_approves_what_they_wrote(lake, draft, writer):
    submit(lake, draft, author="cleo")
    with pytest.raises(UsageError, match="nobody approves their own corrections"):
        approve(lake, draft, author=writer)


def test_who_wrote_one_correction_of_somebody_elses_draft_does_not_approve_it(lake, draft):
    fix(lake, draft, 10, "age", 32, author="ben")
    submit(lake, draft, author="ann")
    with pytest.raises(UsageError, match="ben wrote some of draft") as error:
        approve(lake, draft, author="ben")
    assert "ann, ben" in error.value.hint
    undo(lake, draft, author="ben")
    submit(lake, draft, author="ann")
    assert approve(lake, draft, author="ben").state == "approved"


def test_what_has_changed_since_somebody_looked_is_not_approved(lake, draft):
    seen = submit(lake, draft, author="ann").content
    fix(lake, draft, 10, "age", 32)
    submit(lake, draft, author="ann")
    with pytest.raises(UsageError, match="has changed since you looked"):
        approve(lake, draft, seen=seen, author="ben")
    assert review_state(lake, draft) == "submitted"


def test_what_makes_no_sense_is_refused_and_leaves_no_event(lake, draft):
    with pytest.raises(UsageError, match="in work, not submitted"):
        approve(lake, draft, author="ben")
    with pytest.raises(UsageError, match="in work, not submitted"):
        send_back(lake, draft, "no", author="ben")
    with pytest.raises(UsageError, match="needs a text"):
        comment(lake, draft, "  ", author="ben")
    empty = new_draft(lake, "people", author="ann").draft
    with pytest.raises(UsageError, match="holds no corrections"):
        submit(lake, empty, author="ann")
    assert not discussion_of(lake, draft).events
    submit(lake, draft, author="ann")
    with pytest.raises(UsageError, match="submitted as it is already"):
        submit(lake, draft, author="ann")
    with pytest.raises(UsageError, match="needs a reason"):
        send_back(lake, draft, " ", author="ben")
    with pytest.raises(UsageError, match="not ben's to withdraw"):
        withdraw(lake, draft, author="ben")
    assert withdraw(lake, draft, author="ann").state == "in work"
    with pytest.raises(UnknownName, match="no draft '99'"):
        discussion_of(lake, 99)


def test_a_closed_draft_takes_no_more_words(lake, draft):
    publish_draft(lake, draft, author="ann", message="age")
    other = new_draft(lake, "people", author="ann").draft
    discard(lake, other, author="ann")
    for closed, became in ((draft, "published as people@2"), (other, "discarded")):
        for say in (
            lambda number: comment(lake, number, "late", author="ben"),
            lambda number: submit(lake, number, author="ann"),
            lambda number: approve(lake, number, author="ben"),
        ):
            with pytest.raises(UsageError, match=became):
                say(closed)
        assert not discussion_of(lake, closed).events

"""What a draft would do: findings before and after, as the queue would show them."""

from __future__ import annotations

from workbench.drafts import Correction, discussion_of
from workbench.findings import queue


def counts(found, code):
    return next(((each.before, each.after, each.gone, each.new) for each in found.checks if each.check == code), None)


def test_a_finding_goes_and_another_comes(people, draft_of):
    rows = people["people"].at(1).to_pandas(columns=["id", "a", "age"]).set_index("id")
    number = draft_of((0, "age", 21), (2, "a", rows.a[3]), (2, "age", rows.age[3]))
    found = people.draft_findings(number)
    assert counts(found, "schema.age.in_range") == (1, 0, 1, 0)
    assert counts(found, "data.duplicate") == (0, 1, 0, 1)
    (new,) = [each for each in found.appeared if each["check"] == "data.duplicate"]
    assert new["key"] in ('{"id":"2"}', '{"id":"3"}')
    said = found.to_dict()["findings"]
    assert said["after"] == said["before"] - said["gone"] + said["new"] and not found.unknown


def test_what_somebody_kept_is_not_counted_and_does_not_come_back(people, draft_of):
    people["people"].check()
    (finding,) = [each for each in people["people"].findings() if each.check == "schema.age.in_range"]
    people["people"].decide([finding.finding], "keep", reason="a tortoise")
    found = people.draft_findings(draft_of((5, "a", 0.25)))
    assert counts(found, "schema.age.in_range") is None
    # Another impossible age of the same row is another finding.
    found = people.draft_findings(draft_of((0, "age", 300)))
    assert counts(found, "schema.age.in_range") == (0, 1, 0, 1)


def test_looking_changes_nothing_but_the_discussion(people, draft_of):
    people["people"].check()
    number, before = draft_of((0, "age", 21)), queue(people.lake, "people")
    people.draft_findings(number)
    assert queue(people.lake, "people") == before
    talk = discussion_of(people.lake, number)
    assert [event.kind for event in talk.events] == ["findings"]
    assert talk.found("findings")["findings"]["gone"] == 1
    people.stage(number, [Correction(key={"id": 3}, column="age", new=33)])
    assert discussion_of(people.lake, number).found("findings") is None, "of the draft as it was"


def test_new_findings_on_test_rows_are_counted_and_not_shown(people, draft_of):
    twin = people["people"].at(1).to_pandas(columns=["a", "age"]).iloc[200]
    found = people.draft_findings(draft_of((201, "a", twin.a), (201, "age", int(twin.age))))
    assert counts(found, "data.duplicate") == (0, 1, 0, 1) and not found.appeared


def test_a_check_that_breaks_is_named_and_not_counted(people, draft_of, monkeypatch):
    from workbench.checks import label_issue

    def broken(believed, **_):
        raise ZeroDivisionError("no labels left")

    monkeypatch.setattr(label_issue, "find_doubts", broken)
    found = people.draft_findings(draft_of((0, "age", 21)))
    assert found.unknown == {"label.issue": "ZeroDivisionError: no labels left"}
    assert counts(found, "label.issue") is None and counts(found, "schema.age.in_range") == (1, 0, 1, 0)

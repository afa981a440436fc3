"""The Drafts page: what is proposed, what stands against it, and one thing to do next."""

from __future__ import annotations

import re

import pytest

import workbench
from workbench.drafts import Correction, give_opinion
from workbench.ui.drafting import Seen, next_action

SPITEFUL = "ages ![x](http://example.invalid/x.png) <b>bold</b>"


def words(page):
    """All that the page says."""
    markup = " ".join(re.sub("<[^>]*>", " ", element.value) for element in page.get("html"))
    said = [element.value for kind in ("title", "subheader", "text", "error", "caption") for element in page.get(kind)]
    return re.sub(r"\s+", " ", " ".join([markup, *said]))


def primary(page):
    """The primary buttons of the page, by key."""
    return [button.key for button in page.button if button.proto.type == "primary"]


def draft_by(url, author, *cells, title="ages"):
    with workbench.open(url, author=author) as lake:
        number = lake["people"].draft(title=title).draft
        lake.stage(number, [Correction(key={"id": key}, column=column, new=new) for key, column, new in cells])
    return number


@pytest.fixture
def policy(tmp_path, monkeypatch):
    """Write the policies: ``policy("approval = true")``."""
    monkeypatch.chdir(tmp_path)

    def policy(text):
        (tmp_path / "workbench.toml").write_text(f"[policies]\n{text}\n")

    return policy


def test_without_a_draft_the_page_says_how_one_begins(visit, measured):
    page = visit(measured, "drafts", dataset="people")
    assert not page.exception and "Corrections wait in a draft until they are published" in words(page)
    assert "Published and discarded (2)" in [expander.label for expander in page.expander]


def test_a_draft_is_shown_checked_by_nobody_and_published(visit, measured):
    number = draft_by(measured, "ben", (0, "a", 0.5), (1, "a", 0.25), title=SPITEFUL)
    page = visit(measured, "drafts", dataset="people")
    said = words(page)
    assert not page.exception and f"Draft {number} “ages ![x](http://example.invalid/x.png) &lt;b&gt;bold" in said
    assert "in work by ben 2 corrections on v3" in said and "not evaluated as it is" in said
    assert "Nothing is asked of it" in said and primary(page) == ["draft-publish"]
    assert "Checks: not run, so new findings are not known" in said and "Effect on the model: not measured" in said
    page = page.button(key="draft-publish").click().run()
    assert "A version needs a message" in words(page)
    page.text_input(key=f"draft-message-{number}").input("halves")
    page = page.button(key="draft-publish").click().run()
    assert not page.exception and "people@4 is published: 2 cells changed" in words(page)
    with workbench.open(measured) as lake:
        assert (lake["people"].newest.author, lake["people"].newest.message) == ("Zoë", "halves")


def test_a_draft_that_is_not_there_is_said_and_a_closed_one_can_be_read(visit, measured):
    page = visit(measured, "drafts", dataset="people", draft="77")
    assert [error.value for error in page.error] == ["This draft is not there"] and not page.exception
    page = visit(measured, "drafts", dataset="people", draft="1")
    assert not page.exception and "It was published as v2." in words(page) and not primary(page)


def test_what_somebody_else_submitted_is_approved_or_sent_back(visit, measured, policy):
    policy("approval = true")
    number = draft_by(measured, "ben", (0, "a", 0.5))
    with workbench.open(measured, author="ben") as lake:
        lake.submit(number, text="please look")
    page = visit(measured, "drafts", dataset="people", draft=str(number))
    assert primary(page) == ["draft-approve"] and "please look" in words(page)
    page = page.button(key="draft-send-back").click().run()
    assert "needs a reason" in words(page)
    page.text_area(key="draft-reason").input("row 1 as well")
    page = page.button(key="draft-send-back").click().run()
    assert not page.exception and "Zoë sent it back: row 1 as well" in words(page) and not primary(page)
    with workbench.open(measured, author="ben") as lake:
        assert lake.discussion(number).state == "sent back"
        lake.stage(number, [Correction(key={"id": 1}, column="a", new=0.5)])
        lake.submit(number)
    page = page.run()
    page = page.button(key="draft-approve").click().run()
    assert not page.exception and primary(page) == ["draft-publish"]
    with workbench.open(measured) as lake:
        assert lake.discussion(number).state == "approved"
        assert [each.met for each in lake.requirements(number)] == [True]


def test_my_own_draft_is_submitted_and_then_waits_and_is_never_approved_by_me(visit, measured, policy):
    policy("approval = true")
    number = draft_by(measured, "Zoë", (0, "a", 0.5))
    page = visit(measured, "drafts", dataset="people", draft=str(number))
    assert primary(page) == ["draft-submit"]
    page = page.button(key="draft-submit").click().run()
    assert not primary(page) and "It waits for somebody else than Zoë" in words(page)
    assert not [button for button in page.button if button.key in ("draft-approve", "draft-publish")]
    page = page.button(key="draft-withdraw").click().run()
    assert primary(page) == ["draft-submit"] and not page.exception


def test_what_is_not_known_is_found_out_first(visit, measured, policy):
    policy("no_loss = true")
    number = draft_by(measured, "ben", (0, "a", 0.5))
    page = visit(measured, "drafts", dataset="people", draft=str(number))
    assert primary(page) == ["draft-evaluate"] and "nobody has evaluated it as it is" in words(page)
    page = page.button(key="draft-evaluate").click().run()
    assert not page.exception and primary(page) == ["draft-publish"]
    with workbench.open(measured) as lake:
        assert [event.kind for event in lake.discussion(number).events] == ["evaluated"]


def test_findings_before_and_after_are_looked_for_on_request(visit, measured):
    number = draft_by(measured, "ben", (0, "a", 0.5))
    page = visit(measured, "drafts", dataset="people", draft=str(number))
    assert "findings not looked for as it is" in words(page)
    page = page.button(key="draft-findings").click().run()
    with workbench.open(measured) as lake:
        said = lake.draft_findings(number).to_dict()["findings"]
    assert not page.exception and f"findings {said['before']} → {said['after']}, {said['new']} new" in words(page)
    assert "ran the checks" in words(page)


def test_a_finding_that_a_draft_brings_is_named(visit, measured):
    with workbench.open(measured) as lake:
        rows = lake["people"].at().to_pandas(columns=["id", "a", "b"]).set_index("id")
    number = draft_by(measured, "ben", (1, "a", rows.a[0]), (1, "b", rows.b[0]))
    page = visit(measured, "drafts", dataset="people", draft=str(number))
    page = page.button(key="draft-findings").click().run()
    said = words(page)
    assert not page.exception and "New with this draft" in said
    assert "Findings by check" in [expander.label for expander in page.expander]
    assert "data.duplicate 0 1 0 1" in said or "data.contradiction 0 2 0 2" in said


def test_conflicts_are_decided_cell_by_cell(visit, measured):
    number = draft_by(measured, "Zoë", (0, "a", 0.5), (1, "a", 0.25), (2, "a", 0.75))
    other = draft_by(measured, "ben", (0, "a", 7.5), (1, "a", 8.5))
    with workbench.open(measured, author="ben") as lake:
        lake.publish(other, message="other")
        rids = [conflict.rid for conflict in lake.conflicts(number)]
    page = visit(measured, "drafts", dataset="people", draft=str(number))
    assert primary(page) == ["draft-apply"] and page.button(key="draft-apply").disabled
    assert "2 conflicts with v4" in words(page) and "draft 0.5" in words(page)
    page.button_group(key=f"clash-{number}-{rids[0]}-a").set_value("mine")
    page = page.run()
    assert "1 not decided yet" in words(page)
    page.button_group(key=f"clash-{number}-{rids[1]}-a").set_value("theirs")
    page = page.run()
    page = page.button(key="draft-apply").click().run()
    assert not page.exception and "1 of its conflicts kept, 1 dropped" in words(page)
    with workbench.open(measured) as lake:
        assert [(c.key["id"], c.old, c.new) for c in lake.corrections(number)] == [
            ("0", "7.5", "0.5"),
            ("2", lake.corrections(number)[1].old, "0.75"),
        ]
        assert lake.draft(number).base == 4 and not lake.conflicts(number)


def test_a_test_label_is_asked_about_without_saying_what_the_draft_says(visit, measured, policy):
    policy("second_opinion = true")
    with workbench.open(measured) as lake:
        given = lake["people"].at().to_pandas().set_index("id")["answer"][250]
    new = "no" if given == "yes" else "yes"
    number = draft_by(measured, "ben", (250, "answer", new))
    page = visit(measured, "drafts", dataset="people", draft=str(number))
    assert primary(page) == ["draft-answer"] and "0 of 1 test label have one" in words(page)
    grid = page.dataframe[0].value
    assert new not in grid.to_numpy().ravel().tolist() and "(hidden until you answer)" in grid.to_numpy().ravel()
    page.selectbox(key="draft-opinion").select(new)
    page = page.button(key="draft-answer").click().run()
    assert not page.exception and primary(page) == ["draft-publish"]
    with workbench.open(measured, author="Zoë") as lake:
        assert lake.second_opinions(number)[0].state == "agreed"


def test_where_two_differ_both_see_it(visit, measured, policy):
    policy("second_opinion = true")
    number = draft_by(measured, "Zoë", (250, "answer", "perhaps"))
    with workbench.open(measured) as lake:
        rid = lake.corrections(number)[0].rid
        give_opinion(lake.lake, number, rid, "yes", author="ben")
    page = visit(measured, "drafts", dataset="people", draft=str(number))
    assert not page.exception and "perhaps (Zoë)" in words(page) and "yes (ben)" in words(page) and not primary(page)


def test_a_comment_stands_in_the_discussion_as_plain_text(visit, measured):
    number = draft_by(measured, "ben", (0, "a", 0.5))
    page = visit(measured, "drafts", dataset="people", draft=str(number))
    page = page.button(key="draft-comment").click().run()
    assert "A comment needs a text" in words(page)
    page.text_input(key="draft-comment-text").input(SPITEFUL)
    page = page.button(key="draft-comment").click().run()
    assert not page.exception and page.text_input(key="draft-comment-text").value == ""
    assert any("&lt;b&gt;bold" in element.value for element in page.get("html"))
    with workbench.open(measured) as lake:
        assert [event.text for event in lake.discussion(number).events] == [SPITEFUL]


def test_a_draft_is_undone_and_discarded(visit, measured):
    number = draft_by(measured, "Zoë", (0, "a", 0.5))
    page = visit(measured, "drafts", dataset="people", draft=str(number))
    page = page.button(key="draft-undo").click().run()
    assert "Nothing is staged in it yet" in words(page) and not primary(page)
    page = page.button(key="draft-discard").click().run()
    assert not page.exception and "The draft is discarded" in words(page)
    with workbench.open(measured) as lake:
        assert lake.draft(number).state == "discarded"


def test_review_publishes_through_the_same_gate(visit, measured, policy):
    policy("approval = true")
    number = draft_by(measured, "Zoë", (0, "a", 0.5))
    page = visit(measured, "review", dataset="people")
    page.text_input(key=f"draft-message-{number}").input("halves")
    page = page.button(key="draft-publish").click().run()
    assert "may not be published yet: it is not submitted for approval" in words(page)
    with workbench.open(measured) as lake:
        assert lake["people"].newest.version == 3 and lake.draft(number).state == "open"


def test_a_typo_in_the_policy_is_said(visit, measured, policy):
    policy("aproval = true")
    page = visit(measured, "drafts", dataset="people")
    assert not page.exception and "'policies.aproval' is no part of a policy" in words(page)


def test_the_next_action_of_nothing_is_nothing(measured):
    number = draft_by(measured, "ben", (0, "a", 0.5))
    with workbench.open(measured) as lake:
        lake.discard(number)
        seen = Seen(
            lake.draft(number), lake["people"].newest, lake.lake.settings.policies.of("people"),
            lake.corrections(number), [], lake.discussion(number), [], [], "ann",
        )  # fmt: skip
    assert next_action(seen) == ""

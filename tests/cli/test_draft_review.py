"""Drafts in a shell: submit, send back, approve, rebase, publish; a policy refuses with exit code 1."""

from __future__ import annotations

import pytest


@pytest.fixture
def draft(people, tmp_path):
    """The shell, with draft 1 of ann's that mends one age."""
    (tmp_path / "workbench.toml").write_text("[policies.people]\napproval = true\n")
    (tmp_path / "fixes.csv").write_text("id,column,new\n2,age,21\n")
    assert people("draft", "new", "people", "--title", "ages").code == 0
    assert people("draft", "add", "1", "fixes.csv").code == 0
    return people


def as_ben(shell, *arguments):
    return shell("--author", "ben", *arguments)


def test_submit_send_back_approve_and_publish(draft):
    refused = draft("draft", "publish", "1", "-m", "ages", "--json")
    assert refused.code == 1 and [each["met"] for each in refused.json["requirements"]] == [False]
    assert draft("draft", "submit", "1", "-m", "please look").code == 0
    assert draft("draft", "approve", "1").code == 2
    assert as_ben(draft, "draft", "send-back", "1").code == 2, "a reason is needed"
    assert as_ben(draft, "draft", "send-back", "1", "-m", "and row 4").code == 0
    assert draft("draft", "comment", "1", "row 4 is right").code == 0
    assert draft("draft", "submit", "1").code == 0
    assert as_ben(draft, "draft", "approve", "1", "-m", "fine", "--json").json["review"] == "approved"
    shown = draft("draft", "show", "1", "--json").json
    assert (shown["state"], shown["review"], shown["requirements"][0]["met"]) == ("open", "approved", True)
    assert [event["kind"] for event in shown["discussion"]] == [
        "submitted", "sent back", "comment", "submitted", "approved"
    ]  # fmt: skip
    assert draft("draft", "publish", "1", "-m", "ages").code == 0
    assert draft("draft", "comment", "1", "late").code == 2


def test_what_is_missing_is_said_and_a_change_takes_the_approval_back(draft, tmp_path):
    draft("draft", "submit", "1")
    as_ben(draft, "draft", "approve", "1")
    draft("draft", "undo", "1")
    (tmp_path / "fixes.csv").write_text("id,column,new\n3,age,46\n")
    draft("draft", "add", "1", "fixes.csv")
    refused = draft("draft", "publish", "1", "-m", "ages")
    assert refused.code == 1 and "it was changed since it was approved. Nothing was published" in refused.err
    assert "workbench draft submit 1" in refused.err
    assert "in work" in draft("draft", "show", "1").err


def test_withdrawing_and_a_typo_in_the_policy(draft, tmp_path):
    draft("draft", "submit", "1")
    assert "in work" in draft("draft", "withdraw", "1").err
    (tmp_path / "workbench.toml").write_text("[policies.people]\naproval = true\n")
    wrong = draft("draft", "show", "1")
    assert wrong.code == 2 and "'policies.people.aproval' is no part of a policy" in wrong.err


def test_conflicts_are_decided_by_key_and_column(people, tmp_path):
    (tmp_path / "mine.csv").write_text("id,column,new\n2,age,21\n3,city,Oslo\n5,age,53\n")
    (tmp_path / "theirs.csv").write_text("id,column,new\n2,age,22\n3,city,New York\n")
    for number, file in (("1", "mine.csv"), ("2", "theirs.csv")):
        people("draft", "new", "people")
        people("draft", "add", number, file)
    people("draft", "publish", "2", "-m", "theirs")
    undecided = people("draft", "rebase", "1", "--mine", "2:age", "--json")
    assert undecided.code == 1 and [c["column"] for c in undecided.json["conflicts"]] == ["city"]
    assert people("draft", "rebase", "1", "--mine", "9:age").code == 2
    assert people("draft", "rebase", "1", "--mine", "2:age", "--theirs", "2:age").code == 2
    moved = people("draft", "rebase", "1", "--mine", "2:age", "--all", "theirs", "--json").json
    assert (moved["base"], moved["corrections"], moved["mine"], moved["theirs"]) == (2, 2, 1, 1)
    assert people("draft", "publish", "1", "-m", "mine", "--json").json["cells_changed"] == 2


def test_a_second_opinion_in_a_shell(people, tmp_path):
    (tmp_path / "workbench.toml").write_text("[policies]\nsecond_opinion = true\n")
    (tmp_path / "pets.csv").write_text("id,kind,split\n1,cat,train\n2,dog,train\n3,cat,test\n")
    people("import", "pets", "pets.csv", "--key", "id", "--label", "kind", "--split-column", "split")
    (tmp_path / "fixes.csv").write_text("id,column,new\n3,kind,parrot\n")
    people("draft", "new", "pets")
    people("draft", "add", "1", "fixes.csv")
    assert "parrot" in people("draft", "show", "1").out
    assert "parrot" not in as_ben(people, "draft", "show", "1", "--json").out
    assert "(hidden)" in as_ben(people, "draft", "opinion", "1").out
    assert people("draft", "publish", "1", "-m", "x").code == 1
    assert as_ben(people, "draft", "opinion", "1", "9", "x").code == 2
    assert as_ben(people, "draft", "opinion", "1", "3", "parrot", "--json").json[0]["state"] == "agreed"
    assert people("draft", "publish", "1", "-m", "x").code == 0


def test_findings_before_and_after_in_a_shell(draft):
    told = draft("draft", "findings", "1")
    assert told.code == 0 and "schema.age.in_range" in told.out
    found = draft("draft", "findings", "1", "--json").json
    (age,) = [each for each in found["checks"] if each["check"] == "schema.age.in_range"]
    assert (age["before"], age["after"], age["gone"], age["new"]) == (1, 0, 1, 0)
    assert f"findings {found['findings']['before']} → {found['findings']['after']}" in told.err
    assert "ran the checks: findings" in draft("draft", "show", "1").err

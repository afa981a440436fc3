"""``workbench rescore``: why the queue is in its order, for people and for programs."""

from __future__ import annotations

import pytest

import workbench


@pytest.fixture
def bugs(bugs):
    """That project, its dataset checked."""
    assert bugs("check", "bugs", "--json").code in (0, 1)
    return bugs


def test_it_says_why_and_what_to_expect_and_then_what_came_of_it(bugs):
    ran = bugs("rescore", "bugs")
    assert ran.code == 0, ran.err
    head = "signal answered confirmed tried pays a decision"
    assert ran.out.split("of the next rows")[0].split() == head.split()
    assert "label quality" in ran.out and "KNN-Shapley" in ran.out
    assert "Nobody has answered a scored finding yet" in ran.err
    assert "tried before anybody looked, change balanced accuracy on the validation rows by" in ran.err
    assert "pt of balanced accuracy" in ran.err and "round 1, after 0 decisions" in ran.err
    first = bugs("findings", "bugs", "--order", "gain", "--limit", "10", "--json").json
    names = [finding["finding"] for finding in first]
    assert bugs("decide", "bugs", *names, "--suggested").code == 0
    again = bugs("rescore", "bugs")
    assert "first rows were confirmed" in again.err and "round 2, after 10 decisions" in again.err
    assert again.out.split("round")[1].split()[:3] == ["decisions", "predicted", "realised"]
    assert names[0] not in bugs("findings", "bugs", "--order", "gain", "--json").out


def test_json_and_python_say_the_same(bugs):
    document = bugs("rescore", "bugs", "--json").json
    with workbench.open("sqlite:data/lake/catalog.sqlite", author="ann") as lake:
        assert lake.ranking("bugs").to_dict() == document == lake.rescore("bugs").to_dict()
        in_python = [finding.finding for finding in lake["bugs"].findings(order="gain")]
    told = bugs("findings", "bugs", "--order", "gain", "--limit", "1000", "--json").json
    assert [finding["finding"] for finding in told] == in_python
    assert document["expected"] >= 0 and document["next"] == 100 and len(document["shares"]) == 2


def test_what_cannot_be_ordered_is_said_with_exit_code_2(people):
    ran = people("rescore", "people")
    assert ran.code == 2 and "never checked" in ran.err and "workbench check people" in ran.err

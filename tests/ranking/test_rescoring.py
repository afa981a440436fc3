"""The queue is scored anew as answers come in: only its order changes, and what was predicted is held to account."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest

from workbench.drafts import Correction, new_draft, stage
from workbench.errors import Cancelled, UsageError
from workbench.findings import Filter, count, queue, tally
from workbench.iterations import decide, undo
from workbench.lake import Lake, migrations, newest, open_lake
from workbench.ranking import FIRST, can_rank, decided_since, newest_ranking, rescore
from workbench.ranking.keeping import answers
from workbench.ranking.signals import PRODUCT, VALUE


def first(lake: Lake, n: int) -> list:
    return queue(lake, "bugs", limit=n, order="gain")


def review(lake: Lake, truth: np.ndarray, n: int) -> int:
    """Answer the first findings as somebody does who knows the truth; how many were wrong."""
    right = {f.finding: truth[f.rid - 1] for f in first(lake, n) if truth[f.rid - 1] != f.value}
    kept = [f.finding for f in first(lake, n) if f.finding not in right]
    if kept:
        decide(lake, "bugs", kept, "keep", author="ann")
    decide(lake, "bugs", [*right], "fix", values=[*right.values()], author="ann")
    return len(right)


def test_open_findings_about_train_rows_are_ordered_and_the_rest_comes_after(bugs):
    found = rescore(bugs, "bugs", author="ann")
    assert (found.round, found.version, found.draft, found.decisions, found.rounds) == (1, 1, None, 0, ())
    assert [share.signal for share in found.shares] == [PRODUCT, VALUE]
    assert 0 <= found.expected < 1 and 0.5 < found.score < 1
    assert "Nobody has answered a scored finding yet" in found.explanation
    ordered = first(bugs, 1000)
    assert len(ordered) == count(bugs, "bugs") > found.findings > 20
    assert {finding.lane for finding in ordered[: found.findings]} == {"train"}
    assert "train" not in {finding.lane for finding in ordered[found.findings :]}
    rest = [f.finding for f in queue(bugs, "bugs") if f.lane != "train"]
    assert [f.finding for f in ordered[found.findings :]] == rest


def test_it_is_the_same_every_time_and_nothing_is_done_twice(ranked):
    bugs, found = ranked, newest_ranking(ranked, "bugs")
    order = [f.finding for f in first(bugs, 1000)]
    told = []
    again = rescore(bugs, "bugs", author="ann", progress=lambda *said: told.append(said))
    assert again == found and told == []
    for table in ("rankings", "expected_gains"):
        bugs.write(lambda s, table=table: s.run(f"DELETE FROM lake.workbench.{table}"), message="forget")
    assert rescore(bugs, "bugs", author="ann").round == 1
    assert [f.finding for f in first(bugs, 1000)] == order


def test_a_round_of_answers_teaches_which_signal_leads(ranked, truth):
    bugs, promised = ranked, newest_ranking(ranked, "bugs")
    wrong = review(bugs, truth, 20)
    assert 12 < wrong <= 20
    assert decided_since(bugs, "bugs", promised.seen) == 20
    after = rescore(bugs, "bugs", author="ann")
    assert (after.round, after.decisions) == (2, 20)
    assert sum(share.asked for share in after.shares) >= 20
    assert {share.confirmed <= wrong for share in after.shares} == {True}
    assert after.draft is not None and f"{after.shares[0].confirmed} of {after.shares[0].asked} times" in (
        after.explanation
    )
    assert (promised.trial.times, after.trial.times) == (1, 2)
    assert after.trial.gains.tolist() == [share.gain for share in after.shares]
    (came,) = after.rounds
    assert came.decisions == 20 and came.told == pytest.approx(promised.scale * came.predicted)
    assert came.realised == pytest.approx(after.score - promised.score)
    low, high = came.interval
    assert low < came.realised < high
    assert after.expected == pytest.approx(after.to_dict()["scale"] * after.expected / after.scale)


def test_nothing_that_was_answered_comes_back_and_nothing_open_is_lost(ranked, truth):
    bugs = ranked
    review(bugs, truth, 20)
    before = tally(bugs, "bugs", by=("status",))
    rescore(bugs, "bugs", author="ann")
    assert tally(bugs, "bugs", by=("status",)) == before
    assert {finding.status for finding in first(bugs, 1000)} == {"open"}
    kept = {f.finding for f in queue(bugs, "bugs", Filter("kept"))}
    assert kept and not kept & {f.finding for f in first(bugs, 1000)}


def test_an_answer_that_was_taken_back_teaches_nothing(ranked, truth):
    bugs = ranked
    finding = first(bugs, 1)[0]
    decided = decide(bugs, "bugs", [finding.finding], "fix", values=[truth[finding.rid - 1]], author="ann")
    assert len(answers(bugs, "bugs")) == 1
    undo(bugs, decided.draft, author="ann")
    assert answers(bugs, "bugs") == []
    decide(bugs, "bugs", [finding.finding], "unsure", author="ann")
    assert answers(bugs, "bugs") == []
    after = rescore(bugs, "bugs", author="ann")
    assert [share.asked for share in after.shares] == [0, 0]


def test_answers_that_come_while_it_is_scored_do_no_harm_and_count_from_then_on(ranked, truth):
    bugs = ranked
    review(bugs, truth, 5)
    late = first(bugs, 1)[0]

    def meanwhile(stage: str, done: int, total: int) -> None:
        if stage == "reading rows":
            decide(bugs, "bugs", [late.finding], "exclude", author="ann")

    during = rescore(bugs, "bugs", author="ann", progress=meanwhile)
    assert during.rounds[0].decisions == 5 and decided_since(bugs, "bugs", during.seen) == 1
    assert late.finding not in [finding.finding for finding in first(bugs, 1000)]
    after = rescore(bugs, "bugs", author="ann")
    assert [each.decisions for each in after.rounds] == [5, 1] and after.decisions == 6
    assert after.realised == pytest.approx(sum(each.realised for each in after.rounds))


def test_another_persons_draft_does_not_count(ranked, truth):
    bugs = ranked
    review(bugs, truth, 10)
    draft = new_draft(bugs, "bugs", author="bob").draft
    assert rescore(bugs, "bugs", author="bob").draft == draft


def test_without_validation_rows_label_quality_leads_alone_and_says_so(unvalidated, truth):
    bugs = unvalidated
    found = rescore(bugs, "bugs", author="ann")
    assert (found.expected, found.score) == (None, None)
    assert found.explanation == (
        "There are no validation rows to value train rows against, so the order goes by label quality alone."
    )
    doubts = [doubt for (doubt,) in bugs.read("SELECT doubt FROM lake.workbench.expected_gains ORDER BY place")]
    labels = [doubt for doubt in doubts if doubt is not None]
    assert labels == doubts[: len(labels)] == sorted(labels, reverse=True) and len(labels) >= 30
    review(bugs, truth, 5)
    after = rescore(bugs, "bugs", author="ann")
    assert after.expected is None and after.rounds[0].realised is None and after.shares[0].asked == 5


def test_test_labels_have_no_part_in_it(ranked, truth):
    bugs = ranked
    order = [f.finding for f in first(bugs, 1000) if f.lane == "train"]
    draft = new_draft(bugs, "bugs", author="bob").draft
    wrong = [Correction({"id": n}, column="kind", new="ant") for n in range(321, 401) if truth[n - 1] != "ant"]
    stage(bugs, draft, wrong, author="bob")
    found = rescore(bugs, "bugs", author="bob")
    assert (found.round, found.draft) == (2, draft)
    assert [f.finding for f in first(bugs, 1000) if f.lane == "train"] == order


def test_a_cancelled_scoring_leaves_the_order_as_it_was(ranked, truth):
    bugs, found = ranked, newest_ranking(ranked, "bugs")
    review(bugs, truth, 3)

    def stop(stage: str, done: int, total: int) -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        rescore(bugs, "bugs", author="ann", progress=stop)
    assert newest_ranking(bugs, "bugs") == found


def test_two_at_once_score_once(bugs):
    both = [threading.Thread(target=rescore, args=(bugs, "bugs"), kwargs={"author": "ann"}) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert bugs.read("SELECT count(*) FROM lake.workbench.rankings") == [(1,)]


def test_what_cannot_be_ordered_says_so(lake, make):
    bare = make(pd.DataFrame({"id": [1, 2]}), "bare", key=("id",))
    with pytest.raises(UsageError, match="bare@1 has no label column"):
        rescore(lake, "bare", author="ann")
    assert not can_rank(bare)
    make(pd.DataFrame({"id": [1, 2], "y": ["a", "b"]}), "fresh", key=("id",), label="y")
    with pytest.raises(UsageError, match="never checked") as caught:
        rescore(lake, "fresh", author="ann")
    assert "workbench check fresh" in caught.value.hint
    make(pd.DataFrame({"id": [1, 2], "y": [0.5, 1.5]}), "sized", key=("id",), label="y", task="regression")
    with pytest.raises(UsageError, match="a number as its label"):
        rescore(lake, "sized", author="ann")


def test_a_lake_of_an_older_workbench_gets_the_tables(bugs, settings):
    bugs.write(
        lambda s: [
            s.run("DROP TABLE lake.workbench.rankings"),
            s.run("DROP TABLE lake.workbench.expected_gains"),
            s.run("DELETE FROM lake.workbench.migrations WHERE name = '0007_rankings'"),
        ],
        message="as before",
    )
    assert "0007_rankings" in {name for name, _ in migrations.MIGRATIONS}
    with open_lake(settings) as again:
        assert newest(again, "bugs").version == 1 and newest_ranking(again, "bugs") is None
        assert [f.finding for f in queue(again, "bugs", order="gain")] == [f.finding for f in queue(again, "bugs")]
        assert rescore(again, "bugs", author="ann").round == 1


def test_it_is_written_as_json(bugs):
    document = rescore(bugs, "bugs", author="ann").to_dict()
    assert document["next"] == FIRST and 0 <= document["scale"] <= 2 and document["rounds"] == []
    assert [share["signal"] for share in document["shares"]] == [PRODUCT, VALUE]
    assert all(share["tried"] > 0 and abs(share["gain"]) < 1 and share["error"] > 0 for share in document["shares"])
    assert not {"content", "evaluation"} & document.keys()

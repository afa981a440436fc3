"""What an edit would do is what it does once it is published, and trying it leaves nothing behind."""

from __future__ import annotations

import dataclasses
import json

import pytest

from workbench.compare import compare
from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.errors import Cancelled, UnknownName, UsageError
from workbench.findings import Filter, queue
from workbench.iterations import decide, validate
from workbench.lake import view_of
from workbench.recipes import ExcludeStep, Recipe, SetStep
from workbench.whatif import of_draft, of_findings, of_recipe, what_if
from workbench.whatif.telling import against_text, lines, verdict_text


def told(outcome):
    """What is said of an edit, by what it is about."""
    return dict(lines(outcome))


def traces(lake):
    """All that an edit could leave behind."""
    tables = ("versions", "drafts", "corrections", "decisions", "draft_events", "findings", "sightings", "measurements")
    counted = {name: lake.read(f"SELECT count(*) FROM lake.workbench.{name}")[0][0] for name in tables}
    return counted, lake.read("SELECT * FROM lake.data.t ORDER BY _rid")


def test_a_fix_would_help_as_much_as_it_then_does(lake, dirty, doubtful):
    tried = what_if(lake, [of_findings(lake, "t", doubtful, "fix")]).outcomes[0]
    draft = decide(
        lake, "t", [f.finding for f in doubtful if f.lane != "test"], "fix", use_suggestion=True, author="ann"
    ).draft
    made = publish_draft(lake, draft, author="ann", message="all").version
    then = compare(lake, view_of(lake, dirty), view_of(lake, made))
    assert tried.verdict == then.verdict == "gain"
    assert (tried.comparison.change, tried.comparison.low) == (then.change, then.low)
    assert tried.rows == tried.cells == 173 and tried.lanes == {"train": 170, "validation": 3}
    counted = dict(view_of(lake, made).fetch("SELECT y, count(*) FROM {rows} GROUP BY y"))
    assert {name: after for name, (_, after) in tried.classes.items()} == counted


def test_nothing_is_left_behind(lake, dirty, doubtful, truth):
    draft = new_draft(lake, "t", author="ann").draft
    stage(lake, draft, [Correction({"id": 1}, column="z", new=0.5)], author="ann")
    before = traces(lake)
    recipe = Recipe("ages", (SetStep("age", "999", None),))
    edits = [of_findings(lake, "t", doubtful, "fix"), of_recipe(lake, "t", recipe), of_draft(lake, "t", draft)]
    found = what_if(lake, edits)
    assert [outcome.name for outcome in found.outcomes] == ["fix", "recipe ages", f"draft {draft}"]
    assert traces(lake) == before
    assert {finding.status for finding in queue(lake, "t", Filter(status=None))} == {"open"}


def test_labels_of_test_rows_are_left_out_and_it_is_said(lake, dirty, doubtful):
    for decision in ("fix", "exclude"):
        outcome = what_if(lake, [of_findings(lake, "t", doubtful, decision)], measured=False).outcomes[0]
        assert outcome.left_out == {"labels of test rows, which are judged one by one": 3}
        assert "test" not in outcome.lanes and outcome.findings == 173
        assert "left out: 3 labels of test rows" in told(outcome)["findings"]


def test_what_changes_nothing_is_no_change_and_never_a_gain(lake, dirty, doubtful):
    keep = what_if(lake, [of_findings(lake, "t", doubtful, "keep")]).outcomes[0]
    assert keep.rows == 0 and keep.verdict == "no change" and verdict_text(keep) == "NO CHANGE"
    same = [dataclasses.replace(finding, suggestion=finding.value) for finding in doubtful]
    idle = what_if(lake, [of_findings(lake, "t", same, "fix")]).outcomes[0]
    assert idle.findings == 173 and idle.rows == 0 and idle.verdict == "no change" and idle.comparison is None
    assert told(idle)["rows"] == "none would differ" and told(idle)["model"].startswith("NO CHANGE")


def test_what_no_model_reads_is_no_change(lake, dirty):
    """Rows of the validation lane, and a column that the model ignores."""
    notes = Recipe("notes", (SetStep("note", "as is", "seen"),))
    outcome = what_if(lake, [of_recipe(lake, "t", notes)]).outcomes[0]
    assert outcome.rows == 940 and outcome.verdict == "no change" and outcome.comparison.change == 0
    validation = [f for f in queue(lake, "t", Filter(lane="validation")) if f.check == "label.issue"]
    outcome = what_if(lake, [of_findings(lake, "t", validation, "fix")]).outcomes[0]
    assert outcome.rows == 3 and outcome.verdict == "no change"


def test_harm_is_told_before_it_is_done(lake, dirty):
    turned = Recipe("turned", (SetStep("y", "yes", "no", where=(("age", "40"),)),))
    found = what_if(lake, [of_recipe(lake, "t", turned)])
    assert "step 1" in found.outcomes[0].notes[0]  # classes of test rows are not merged
    assert found.outcomes[0].rows == 0 and found.outcomes[0].verdict == "no change"


def test_failures_are_those_that_validation_then_finds(lake, dirty):
    recipe = Recipe("ages", (SetStep("age", "999", None),))
    outcome = what_if(lake, [of_recipe(lake, "t", recipe)], measured=False).outcomes[0]
    assert (outcome.failures.before, outcome.failures.after) == (2, 1)
    assert told(outcome)["failures"] == "2 → 1: schema.age.in_range 2 → 1"
    draft = new_draft(lake, "t", author="ann").draft
    stage(lake, draft, [Correction({"id": 9}, column="age", new=None)], author="ann")
    assert validate(lake, publish_draft(lake, draft, author="ann", message="m").version).failures == 1


def test_a_draft_is_tried_as_it_stands(lake, dirty, truth):
    draft = new_draft(lake, "t", author="ann").draft
    changes = [Correction({"id": 1}, "exclude"), Correction({"id": 2}, "delete")]
    stage(lake, draft, [*changes, Correction({"id": 541}, column="y", new="yes")], author="ann")
    outcome = what_if(lake, [of_draft(lake, "t", draft)], measured=False).outcomes[0]
    found = "no" if truth["y"][540] == "yes" else "yes"
    assert (outcome.excluded, outcome.deleted, outcome.cells) == (1, 1, int(found == "no"))
    assert outcome.lanes["train"] == 2
    with pytest.raises(UnknownName):
        of_draft(lake, "t", 99)


def test_two_answers_are_set_against_each_other(lake, dirty, doubtful):
    found = what_if(lake, [of_findings(lake, "t", doubtful, each) for each in ("fix", "exclude", "keep")])
    fix, exclude, _ = found.outcomes
    assert exclude.excluded == 173 and exclude.cells == 0
    assert len(found.against) == 1
    assert found.against[0].change == pytest.approx(exclude.comparison.b_mean - fix.comparison.b_mean)
    assert against_text(found.against[0]).startswith("exclude against fix: ")
    # Two edits and the one against the other: each at 1 - 0.05 / 3.
    assert {each.comparison.level for each in (fix, exclude)} == {found.against[0].level} == {1 - 0.05 / 3}
    assert "3 comparisons are looked at, so each one's interval is at 98.33 %" in found.notes[0]


def test_nothing_is_fitted_twice(lake, dirty, doubtful):
    what_if(lake, [of_findings(lake, "t", doubtful, "fix")])
    stages = []
    edits = [of_findings(lake, "t", doubtful, "fix")]
    found = what_if(lake, edits, progress=lambda stage, done, total: stages.append(stage))
    assert not [stage for stage in stages if stage.startswith("evaluating")]
    document = json.loads(json.dumps(found.to_dict(), allow_nan=False))["options"][0]
    assert {"option": "fix", "base": "t@1", "rows": 173, "verdict": "gain"}.items() <= document.items()
    assert document["slices"]["looked_at"] > 0 and set(document["classes"]) == {"yes", "no"}


def test_it_can_be_stopped(lake, dirty, doubtful):
    def stop(stage, done, total):
        if stage.startswith("evaluating") and done:
            raise Cancelled("stopped")

    before = traces(lake)
    with pytest.raises(Cancelled):
        what_if(lake, [of_findings(lake, "t", doubtful, "fix")], progress=stop)
    assert traces(lake) == before


def test_what_cannot_be_measured_is_said(lake, make, dirty):
    every = Recipe("all", (ExcludeStep((("age", "40"),)),))
    outcome = what_if(lake, [of_recipe(lake, "t", every)]).outcomes[0]
    assert outcome.comparison is None and outcome.verdict is None and verdict_text(outcome) == "–"
    assert "could not be measured" in outcome.notes[-1]
    make(view_of(lake, dirty).to_pandas()[["id", "note"]], "plain", key=("id",))
    plain = what_if(lake, [of_recipe(lake, "plain", Recipe("r", (SetStep("note", "as is", "x"),)))]).outcomes[0]
    assert plain.rows == 940 and plain.failures is None and plain.classes == {}
    assert plain.notes == ("plain has no label column, so there is no figure of a model",)


def test_a_suggestion_that_does_not_fit_is_left_out(lake, dirty):
    ages = [dataclasses.replace(f, suggestion="forty") for f in queue(lake, "t") if f.column == "age"]
    ages[1] = dataclasses.replace(ages[1], suggestion="21")
    outcome = what_if(lake, [of_findings(lake, "t", ages, "fix")], measured=False).outcomes[0]
    assert outcome.rows == outcome.findings == 1
    assert outcome.left_out == {"whose suggested value does not fit the column's type": 1}


def test_bad_questions_are_refused(lake, dirty, doubtful):
    with pytest.raises(UnknownName, match="answer"):
        of_findings(lake, "t", doubtful, "guess")
    with pytest.raises(UsageError, match="is for 'other'"):
        of_recipe(lake, "t", Recipe("r", (SetStep("age", "1", "2"),), dataset="other"))

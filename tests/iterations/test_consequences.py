"""What publishing a draft would mean is said before; what was found out about it is kept for its version."""

from __future__ import annotations

import dataclasses
import importlib

import pytest

from workbench.drafts import Correction
from workbench.findings import outcomes
from workbench.iterations import measurements
from workbench.lake import newest
from workbench.validation import load_schema, stored_validation

NOTHING_KNOWN = [
    "Validation: not run",
    "Checks: not run, so new findings are not known",
    "Effect on the model: not measured",
]


def test_of_a_draft_that_nobody_looked_at_that_is_what_is_said(people, draft_of):
    assert people.consequences(draft_of((0, "age", 21))).lines() == NOTHING_KNOWN


def test_the_class_balance_is_counted_and_a_strong_shift_is_named(people, draft_of):
    labels = people["people"].at(1).to_pandas(columns=["id", "y"]).set_index("id").y
    yes = labels[labels == "yes"].index
    few = people.consequences(draft_of(*((int(key), "y", "no") for key in yes[:6])))
    assert few.classes == {"yes": (len(yes), len(yes) - 6), "no": (300 - len(yes), 306 - len(yes))}
    assert few.shifted == ()
    many = people.consequences(draft_of(*((int(key), "y", "no") for key in yes[:40])))
    assert set(many.shifted) == {"yes", "no"}
    assert any(line.startswith("Strong shift: more than 10% of the rows of") for line in many.lines())
    number = draft_of((5, "age", 31))
    people.stage(number, [Correction({"id": int(key)}, "exclude") for key in yes[:30]])
    assert people.consequences(number).classes["yes"] == (len(yes), len(yes) - 30)
    document = people.consequences(number).to_dict()
    assert document["shifted"] == ["yes"] and document["new_findings"] is None and document["verdict"] is None


@pytest.fixture
def fits(monkeypatch):
    """Count the fits."""
    made = []

    def counting(real):
        def counted(*args, **more):
            made.append(more["stage"])
            return real(*args, **more)

        return counted

    for module, name in (("evaluate", "ask"), ("crossing", "ask"), ("out_of_fold", "predict_others")):
        place = importlib.import_module(f"workbench.evaluation.{module}")
        monkeypatch.setattr(place, name, counting(getattr(place, name)))
    return made


def test_what_was_found_out_about_a_draft_is_on_record_for_its_version(people, draft_of, fits, tmp_path):
    number = draft_of((0, "age", 21), (3, "a", 0.5))
    people.check_draft(number)
    people.draft_findings(number)
    verdict = people.evaluate_draft(number).verdict
    known = people.consequences(number)
    assert known.new_findings is not None and known.effect["verdict"] == verdict
    assert "Validation: failures 1 → 0" in known.lines()
    assert fits
    fits.clear()
    done = people.publish(number, message="ages")
    assert done.carried == ("validation", "checks", "effect on the model") and done.stale == ()
    assert fits == [], "nothing is fitted again"
    head = newest(people.lake, "people")
    schema = load_schema(tmp_path / "people.py").fingerprint
    assert stored_validation(people.lake, head, schema).failures == 0
    assert {each.version for each in outcomes(people.lake, "people")} == {2}
    document = people["people"].documents()[-1]
    assert document["metrics"] and document["verdict"] == verdict
    assert fits == []


def test_a_version_that_merged_with_anothers_says_what_does_not_count_for_it(people, draft_of):
    mine, theirs = draft_of((0, "age", 21)), draft_of((1, "age", 31))
    people.check_draft(mine)
    people.publish(theirs, message="theirs")
    done = people.publish(mine, message="mine")
    assert done.carried == () and done.stale == ("validation: found on v1, but v2 was published meanwhile",)
    assert measurements(people.lake, "people") == []


def test_comparing_puts_the_figures_of_both_into_the_list_of_versions(people, draft_of, fits):
    people.publish(draft_of((3, "a", 0.5)), message="a")
    people["people"].compare(1, 2)
    assert all(document["metrics"] for document in people["people"].documents())
    assert people["people"].documents()[1]["verdict"]
    fits.clear()
    people["people"].evaluate(2)
    assert fits == []


def test_classes_that_the_schema_forbids_are_neither_suggested_nor_offered(people, draft_of, tmp_path):
    from workbench.reviewing import classes_offered, forbidden_suggestions

    people.publish(draft_of(*((key, "y", "maybe") for key in range(20))), message="a third class")
    file = tmp_path / "people.py"
    file.write_text(file.read_text().replace('{"age"', '{"y": pa.Column(str, pa.Check.isin(["yes", "no"])), "age"'))
    people["people"].check(only=["label"])
    doubted = people["people"].findings(check="label")
    assert doubted and {each.suggestion for each in doubted} <= {"yes", "no", None}
    assert {name for each in doubted for name, _ in each.evidence.get("likely") or ()} <= {"yes", "no"}
    assert set(classes_offered(people.lake, newest(people.lake, "people"))) == {"yes", "no"}

    right = next(each for each in doubted if each.suggestion)
    old = dataclasses.replace(right, suggestion="maybe")
    assert forbidden_suggestions(people.lake, newest(people.lake, "people"), [old]) == {old.finding}
    assert forbidden_suggestions(people.lake, newest(people.lake, "people"), [right]) == set()

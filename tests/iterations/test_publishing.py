"""A draft becomes a version when the policy allows it, and never otherwise; what is judged is what is published."""

from __future__ import annotations

import threading

import pytest

import workbench
from workbench import drafts, iterations
from workbench.drafts import Correction
from workbench.errors import RequirementsNotMet, UsageError
from workbench.lake import newest
from workbench.settings import Policy


def asked(lake, number, **policy):
    return {each.requirement: each for each in iterations.requirements(lake.lake, number, policy=Policy(**policy))}


def publish(lake, number, *, author="ann", **policy):
    return iterations.publish(lake.lake, number, message="round", author=author, policy=Policy(**policy))


def test_without_a_policy_nothing_is_asked(people, draft_of):
    number = draft_of((0, "age", 21))
    assert people.requirements(number) == []
    assert people.publish(number, message="age").version.version == 2


def test_an_approval_of_somebody_else_is_needed_and_holds_for_the_corrections_as_they_were(people, draft_of):
    number = draft_of((0, "age", 21))
    with pytest.raises(RequirementsNotMet, match="it is not submitted for approval. Nothing was published") as error:
        publish(people, number, approval=True)
    assert error.value.exit_code == 1 and error.value.requirements[0].met is False
    people.submit(number)
    with pytest.raises(RequirementsNotMet, match="it waits for approval"):
        publish(people, number, approval=True)
    drafts.approve(people.lake, number, author="ben")
    people.stage(number, [Correction(key={"id": 1}, column="age", new=31)])
    with pytest.raises(RequirementsNotMet, match="it was changed since it was approved"):
        publish(people, number, approval=True)
    people.undo(number)
    assert publish(people, number, approval=True).version.cells_changed == 1


def test_whoever_joins_after_the_approval_makes_it_void(people, draft_of):
    number = draft_of((0, "age", 21))
    people.submit(number)
    drafts.approve(people.lake, number, author="ben")
    drafts.stage(people.lake, number, [Correction(key={"id": 1}, column="age", new=31)], author="ben")
    assert asked(people, number, approval=True)["approval"].met is False


def test_validation_is_unknown_until_somebody_checks_the_draft_as_it_is(people, draft_of):
    number = draft_of((0, "age", 21))
    assert asked(people, number, validation="pass")["validation"].met is None
    people.check_draft(number)
    found = asked(people, number, validation="pass")["validation"]
    assert (found.met, found.why) == (True, "failures 1 → 0")
    people.stage(number, [Correction(key={"id": 1}, column="age", new=31)])
    assert asked(people, number, validation="pass")["validation"].met is None


@pytest.mark.parametrize(
    ("cells", "met"),
    [
        ([(1, "age", 31)], {"any": None, "no worse": True, "pass": False}),
        ([(0, "age", 21), (1, "city", "b")], {"any": None, "no worse": False, "pass": False}),
        ([(0, "age", 21)], {"any": None, "no worse": True, "pass": True}),
    ],
)
def test_no_worse_asks_for_each_check_and_pass_for_all_of_them(people, draft_of, cells, met):
    number = draft_of(*cells)
    people.check_draft(number)
    for validation, wanted in met.items():
        found = asked(people, number, validation=validation)
        assert (found["validation"].met if found else None) is wanted


def test_another_schema_file_makes_a_check_unknown(people, draft_of, tmp_path):
    number = draft_of((0, "age", 21))
    people.check_draft(number)
    schema = tmp_path / "people.py"
    schema.write_text(schema.read_text().replace("120", "110"))
    assert asked(people, number, validation="pass")["validation"].met is None


def test_what_was_judged_on_an_older_version_does_not_count_on_the_newest(people, draft_of):
    number = draft_of((0, "age", 21))
    people.check_draft(number)
    people.publish(draft_of((5, "city", "b")), message="other")
    found = asked(people, number, validation="no worse")
    assert found["newest version"].met is False and "rebase" in found["newest version"].how
    people.rebase(number)
    found = asked(people, number, validation="no worse")
    assert (found["newest version"].met, found["validation"].met) == (True, None)


def test_a_draft_that_costs_accuracy_is_not_published(people, draft_of):
    flipped = [(n, "y", "yes") for n in range(145)]
    people.publish(draft_of((0, "age", 21)), message="age")
    number = draft_of(*flipped)
    found = asked(people, number, no_loss=True, class_loss=1.0)
    assert [each.met for each in found.values()] == [True, None, None]
    people.evaluate_draft(number)
    found = asked(people, number, no_loss=True, class_loss=1.0)
    assert found["no loss"].met is False and found["class loss"].met is False and "no -" in found["class loss"].why
    with pytest.raises(RequirementsNotMet, match="verdict is loss"):
        publish(people, number, no_loss=True)
    assert asked(people, number, class_loss=100)["class loss"].met is True


def test_a_harmless_draft_passes_all_that_is_measured(people, draft_of):
    number = draft_of((0, "age", 21))
    people.check_draft(number)
    people.evaluate_draft(number)
    rules = {"validation": "pass", "no_loss": True, "class_loss": 0, "second_opinion": True}
    assert all(each.met for each in asked(people, number, **rules).values())
    assert publish(people, number, **rules).version.version == 2


def test_what_is_staged_while_somebody_publishes_is_judged_or_not_published(people, draft_of):
    """Somebody stages again and again while somebody else publishes what was approved."""
    number = draft_of((0, "age", 21))
    people.submit(number)
    drafts.approve(people.lake, number, author="ben")
    stop, staged = threading.Event(), threading.Event()

    def keep_staging():
        while not stop.is_set():
            try:
                drafts.stage(people.lake, number, [Correction(key={"id": 1}, column="age", new=31)], author="cleo")
                staged.set()
                drafts.undo(people.lake, number, author="cleo")
            except UsageError:
                return

    other = threading.Thread(target=keep_staging)
    other.start()
    try:
        assert staged.wait(30)
        for _ in range(200):
            try:
                made = publish(people, number, approval=True).version
                break
            except RequirementsNotMet:
                assert newest(people.lake, "people").version == 1
    finally:
        stop.set()
        other.join()
    assert made.cells_changed == 1


def test_the_policy_of_the_settings_holds_for_python_and_for_the_dataset_it_names(
    people, draft_of, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workbench.toml").write_text("[policies.people]\napproval = true\n[policies.other]\nno_loss = true\n")
    number = draft_of((0, "age", 21))
    with workbench.open(people.lake.url, author="ann") as lake:
        assert [each.requirement for each in lake.requirements(number)] == ["approval"]
        with pytest.raises(RequirementsNotMet):
            lake.publish(number, message="age")
        lake.submit(number)
        with workbench.open(people.lake.url, author="ben") as other:
            other.approve(number)
        assert lake.publish(number, message="age").version.version == 2

"""A recipe tried on rows: a status for each step, nothing forced, and nothing left to do the second time."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.drafts import Correction, corrections_of, draft_view, new_draft, publish_draft, stage, undo
from workbench.errors import UsageError
from workbench.findings import FINDING_FIELDS, CheckResult, findings_table, insert_decisions, queue, record
from workbench.lake import newest, view_of
from workbench.recipes import (
    BrokenStep,
    ExcludeStep,
    MergeStep,
    Recipe,
    SetStep,
    TransformStep,
    dry_run,
    parse_recipe,
    stage_recipe,
)
from workbench.transforms import RESTLESS, Fill, Map, ParseNumber, Regex, Replace, Trim

FRAME = pd.DataFrame(
    {
        "id": range(1, 9),
        "age": pd.array([31, -1, 45, -1, 52, 18, 40, 41], dtype="Int64"),
        "city": ["NYC", "New York", "nyc", None, "Oslo", " Oslo", "Rome", "Rome"],
        "state": ["NY", "NY", "NY", "NY", "N", "N", "I", "I"],
        "income": ["low", "high", "low", "low", "high", "low.", "low.", "high."],
    }
)
LANES = [0, 0, 0, 0, 1, 2, 2, 2]


@pytest.fixture
def people(make):
    return make(FRAME, "people", key=("id",), label="income", lanes=LANES)


@pytest.fixture
def said(lake, people):
    """Say what each of some steps would do to the newest version."""

    def said(*steps):
        return [step.said for step in dry_run(view_of(lake, newest(lake, "people")), Recipe("r", steps)).steps]

    return said


def test_each_step_sees_the_results_of_those_before_it(lake, people, said):
    recipe = parse_recipe(
        """
        name = "tidy"
        [[step]]
        kind = "transform"
        column = "city"
        transform = "case"
        to = "lower"
        [[step]]
        kind = "merge"
        column = "city"
        values = ["nyc"]
        value = "new york"
        [[step]]
        kind = "set"
        column = "state"
        old = "XX"
        new = "NY"
        [[step]]
        kind = "exclude"
        where = { age = -1 }
        [[step]]
        kind = "transform"
        column = "city"
        transform = "fill"
        by = "state"
        """
    )
    run = dry_run(view_of(lake, people), recipe)
    assert [step.said for step in run.steps] == [
        "applies to 6 rows", "applies to 2 rows", "nothing to do", "applies to 2 rows", "applies to 1 row",
    ]  # fmt: skip
    assert (run.cells, run.excluded, run.changes) == (8, 2, 10)
    assert newest(lake, "people").version == 1


def test_a_recipe_is_one_undo_step_whose_reasons_name_recipe_and_step(lake, people):
    recipe = Recipe("tidy", (SetStep("age", "-1", None, reason="impossible"), TransformStep("city", Trim())))
    draft = new_draft(lake, "people", author="ann").draft
    staged = stage_recipe(lake, draft, view_of(lake, people), recipe, author="ann")
    assert staged.run.changes == staged.draft.corrections == 3
    assert [(c.column, c.old, c.new, c.reason, c.step) for c in corrections_of(lake, draft)] == [
        ("age", "-1", None, "recipe tidy, step 1: impossible", 1),
        ("age", "-1", None, "recipe tidy, step 1: impossible", 1),
        ("city", " Oslo", "Oslo", "recipe tidy, step 2", 1),
    ]
    assert undo(lake, draft, author="ann").corrections == 0


def test_a_second_run_has_nothing_to_do(lake, people):
    recipe = Recipe("tidy", (SetStep("age", "-1", None), ExcludeStep((("state", "N"),))))
    draft = new_draft(lake, "people", author="ann").draft
    stage_recipe(lake, draft, view_of(lake, people), recipe, author="ann")
    for view in (
        draft_view(view_of(lake, people), draft),
        view_of(lake, publish_draft(lake, draft, author="ann", message="tidy").version),
    ):
        assert [step.status for step in dry_run(view, recipe).steps] == ["nothing to do"] * 2
    again = new_draft(lake, "people", author="ann").draft
    with pytest.raises(UsageError, match="'tidy' has nothing to do on people@2"):
        stage_recipe(lake, again, view_of(lake, newest(lake, "people")), recipe, author="ann")


def test_only_rows_that_hold_something_else_as_well(said):
    where = (("state", "NY"), ("age", "-1"))
    assert said(SetStep("city", None, "Albany", where)) == ["applies to 1 row"]
    assert said(SetStep("city", "NYC", "Albany", where)) == ["nothing to do"]


def test_what_stands_against_a_step_is_told_and_the_rest_goes_through(said):
    assert said(
        SetStep("town", "a", "b"),
        SetStep("city", "a", "b", (("town", "x"),)),
        SetStep("id", "1", "2"),
        BrokenStep("transform", "city", "missing ): ("),
        TransformStep("age", Map((("-1", "young"), ("52", "53")))),
        TransformStep("city", Replace("o", "oo")),
        TransformStep("city", Trim()),
    ) == [
        "conflicts: people@1 has no column 'town'",
        "conflicts: people@1 has no column 'town'",
        "conflicts: 'id' is part of the key",
        "cannot: missing ): (",
        "conflicts: young does not fit the column's type BIGINT (2 rows left alone); applies to 1 row more",
        f"conflicts: {RESTLESS} (5 rows left alone)",
        "applies to 1 row",
    ]


def test_values_that_a_transform_cannot_read_stand_against_nothing(lake, people):
    recipe = Recipe("r", (TransformStep("city", ParseNumber()),))
    (step,) = dry_run(view_of(lake, people), recipe).steps
    assert step.status == "nothing to do"
    assert [(held.value, held.rows, held.reason) for held in step.refused][:2] == [
        ("Rome", 2, "is no number"),
        (" Oslo", 1, "is no number"),
    ]


def test_steps_that_undo_each_other_are_not_done_for_ever(said):
    swap = (SetStep("city", "Rome", "tmp"), SetStep("city", "Oslo", "Rome"), SetStep("city", "tmp", "Oslo"))
    undone = f"{RESTLESS}: steps of the recipe undo one another"
    assert said(*swap) == [
        "nothing to do",
        f"conflicts: {undone} (2 rows left alone)",
        f"conflicts: {undone} (1 row left alone)",
    ]
    assert said(TransformStep("city", Replace("Bergen", "")), TransformStep("city", Fill(value="Bergen"))) == [
        f"conflicts: {undone} (1 row left alone)",
        "nothing to do",
    ]
    assert said(TransformStep("city", Fill(by="state")), SetStep("city", "Rome", "Roma"))[0] == (
        "conflicts: a later step changes what it goes by; put it last"
    )
    assert said(SetStep("city", "NYC", "NY"), SetStep("city", "NY", "New York")) == ["applies to 1 row"] * 2


@pytest.mark.parametrize(
    "steps",
    [
        [SetStep("income", "low.", "high.")],
        [SetStep("income", "low.", "high."), SetStep("income", "high.", "low.")],
        [SetStep("income", "low.", "x"), SetStep("income", "high.", "low."), SetStep("income", "x", "high.")],
        [MergeStep("income", ("low.", "high."), "low")],
        [TransformStep("income", Regex("^.*$", "all"))],
        [SetStep("income", "low.", "low", (("city", "Rome"),))],
    ],
    ids=["merge", "swap", "swap by a third", "merge step", "regex", "a part of a class"],
)
def test_classes_of_test_rows_are_neither_merged_nor_swapped_nor_parted(lake, people, steps):
    run = dry_run(view_of(lake, people), Recipe("r", tuple(steps)))
    assert any("test rows" in held.reason for step in run.steps for held in step.conflicts)
    draft = new_draft(lake, "people", author="ann").draft
    if run.changes:
        stage_recipe(lake, draft, view_of(lake, people), Recipe("r", tuple(steps)), author="ann")
    rows = draft_view(view_of(lake, people), draft).to_pandas()["income"]
    classes = dict(zip(FRAME["income"][5:], rows[5:], strict=True))
    assert len(set(classes.values())) == 2 and classes["low."] != "high." and classes["high."] != "low."


def test_classes_of_test_rows_may_be_renamed_one_to_one(said):
    assert said(SetStep("income", "low.", "low"), SetStep("income", "high.", "high")) == [
        "applies to 2 rows",
        "applies to 1 row",
    ]
    assert said(TransformStep("income", Replace(".", ""))) == ["applies to 3 rows"]


def test_test_rows_are_not_excluded_by_their_label(said):
    assert said(ExcludeStep((("income", "low."),))) == [
        "conflicts: would exclude test rows by their label, which decide every figure (2 rows left alone)"
    ]
    assert said(ExcludeStep((("income", "low"), ("state", "NY")))) == ["applies to 3 rows"]


def test_what_a_person_put_somewhere_is_not_undone(lake, people):
    draft = new_draft(lake, "people", author="ann").draft
    by_hand = [
        Correction({}, column="city", new="NYC", reason="she said so", rid=2),
        Correction({}, "exclude", rid=7),
        Correction({}, "exclude", rid=8),
    ]
    stage(lake, draft, by_hand, author="ann")
    publish_draft(lake, draft, author="ann", message="by hand")
    back = new_draft(lake, "people", author="ann").draft
    stage(lake, back, [Correction({}, "restore", rid=7)], author="ann")
    head = publish_draft(lake, back, author="ann", message="back").version
    run = dry_run(
        view_of(lake, head), Recipe("r", (SetStep("city", "NYC", "New York"), ExcludeStep((("state", "I"),))))
    )
    assert [step.said for step in run.steps] == [
        "conflicts: a person put this value there, or kept it (1 row left alone); applies to 1 row more",
        "conflicts: a person brought these rows back (1 row left alone)",
    ]


def test_what_a_recipe_put_somewhere_is_nobodys(lake, people):
    for old, new in (("NYC", "Nyc"), ("Nyc", "New York")):
        view = view_of(lake, newest(lake, "people"))
        draft = new_draft(lake, "people", author="ann").draft
        stage_recipe(lake, draft, view, Recipe("r", (SetStep("city", old, new),)), author="ann")
        publish_draft(lake, draft, author="ann", message="r")
    assert view_of(lake, newest(lake, "people")).to_pandas()["city"].iloc[0] == "New York"


def test_a_value_that_a_person_kept_stays(lake, people, said):
    seen = {
        "check_code": "schema.age.in_range", "rid": 2, "row_key": '{"id": "2"}', "column_name": "age",
        "observed": "-1", "severity": "error", "message": "wrong", "evidence": "{}", "evidence_key": "",
    }  # fmt: skip
    table = findings_table({name: [seen.get(name)] for name in FINDING_FIELDS})
    check = CheckResult("schema", "failed", "", table, (CheckResult("schema.age.in_range", "failed"),))
    record(lake, people, [check], author="ann")
    kept = queue(lake, "people")
    lake.write(lambda session: insert_decisions(session, kept, "keep", author="ann"))
    assert said(SetStep("age", "-1", None)) == [
        "conflicts: a person put this value there, or kept it (1 row left alone); applies to 1 row more"
    ]


def test_only_rows_that_changed_since_a_version(lake, people, publish):
    head = publish("people", {5: {"city": "NYC"}})
    recipe = Recipe("r", (SetStep("city", "NYC", "New York"), SetStep("age", "-1", None)))
    run = dry_run(view_of(lake, head), recipe, since=people)
    assert [step.rows for step in run.steps] == [1, 0]
    assert [step.rows for step in dry_run(view_of(lake, head), recipe).steps] == [2, 2]


texts = st.sampled_from(["a", "b", "ab", "c", " a", "1"])
columns = st.sampled_from(["x", "y"])
conditions = st.dictionaries(columns, texts, max_size=1).map(lambda found: tuple(found.items()))
steps = st.one_of(
    st.builds(SetStep, columns, st.none() | texts, st.none() | texts, conditions),
    st.builds(
        lambda column, pairs: TransformStep(column, Map(tuple(pairs.items()))),
        columns,
        st.dictionaries(texts, st.none() | texts, min_size=1, max_size=3),
    ),
    st.builds(
        TransformStep, columns, st.builds(Replace, st.sampled_from(["a", "b", "ab"]), st.sampled_from(["", "a", "ba"]))
    ),
    st.builds(TransformStep, columns, st.sampled_from([Trim(), Fill(value="a"), Fill(by="y"), Fill(by="x")])),
    st.builds(ExcludeStep, conditions.filter(bool)),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_recipe_stages_what_its_dry_run_counts_and_changes_nothing_twice(lake, make, data):
    number = next(NUMBERS)
    rows = data.draw(st.lists(st.tuples(*[st.none() | texts] * 2, st.sampled_from([0, 1, 2])), min_size=1, max_size=8))
    frame = pd.DataFrame(
        {
            "id": range(len(rows)),
            "x": pd.array([row[0] for row in rows], dtype="object"),
            "y": pd.array([row[1] for row in rows], dtype="object"),
        }
    ).astype({"x": "str", "y": "str"})
    version = make(frame, f"t{number}", key=("id",), label="y", lanes=[row[2] for row in rows])
    recipe = Recipe("any", tuple(data.draw(st.lists(steps, min_size=1, max_size=4))))
    run = dry_run(view_of(lake, version), recipe)
    draft = new_draft(lake, version.dataset, author="ann").draft
    if not run.changes:
        with pytest.raises(UsageError, match="nothing to do"):
            stage_recipe(lake, draft, view_of(lake, version), recipe, author="ann")
        return
    staged = stage_recipe(lake, draft, view_of(lake, version), recipe, author="ann")
    assert staged.draft.corrections == run.changes
    head = publish_draft(lake, draft, author="ann", message="any").version
    assert head.cells_changed == run.cells
    again = dry_run(view_of(lake, head), recipe)
    assert again.changes == 0


NUMBERS = itertools.count()

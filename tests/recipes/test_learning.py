"""Rules learnt from corrections: only what holds without exception, and nothing from test rows."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.errors import UsageError
from workbench.lake import view_of
from workbench.recipes import MergeStep, SetStep, dry_run, learn, learn_between, stage_recipe, write_recipe

FRAME = pd.DataFrame(
    {
        "id": range(1, 10),
        "city": ["NYC", "NYC", "nyc", "Oslo", "Oslo", "Rome", "Roma", None, "x"],
        "income": ["low", "low.", "high", "low", "high", "low", "low.", "high.", "high."],
    }
)
LANES = [0, 0, 0, 0, 0, 0, 2, 2, 2]


@pytest.fixture
def people(make):
    return make(FRAME, "people", key=("id",), label="income", lanes=LANES)


@pytest.fixture
def taught(lake, people):
    """Learn from corrections given as (row, column, new value)."""

    def taught(*changes: tuple[int, str, str | None], title: str = "fixes"):
        draft = new_draft(lake, "people", title=title, author="ann").draft
        stage(
            lake,
            draft,
            [Correction({}, column=column, new=new, reason="typo", rid=rid) for rid, column, new in changes],
            author="ann",
        )
        return learn(lake, draft)

    return taught


def told(learned):
    return [(each.column, each.old, each.new, each.reason) for each in learned.left_out]


def test_equal_corrections_become_a_rule_and_several_of_one_value_a_merge(taught):
    learned = taught(
        (1, "city", "New York"), (2, "city", "New York"), (3, "city", "New York"), (9, "city", "y"), (6, "city", None)
    )
    assert learned.recipe.name == "fixes" and learned.recipe.dataset == "people"
    assert learned.recipe.steps == (
        MergeStep("city", ("NYC", "nyc"), "New York", reason="typo"),
        SetStep("city", "Rome", None, reason="typo"),
    )
    assert told(learned) == [("city", "x", "y", "only test rows were corrected, and test rows teach nothing")]


def test_a_rule_that_would_overreach_is_left_out(taught):
    learned = taught((1, "city", "New York"), (4, "city", "Bergen"), (5, "city", "Stavanger"))
    assert learned.recipe.steps == ()
    assert told(learned) == [
        ("city", "NYC", "New York", "only 1 of the 2 rows with this value were corrected so"),
        ("city", "Oslo", "Bergen", "only 1 of the 2 rows with this value were corrected so"),
        ("city", "Oslo", "Stavanger", "only 1 of the 2 rows with this value were corrected so"),
    ]


def test_labels_of_test_rows_are_never_generalised(taught):
    learned = taught((2, "income", "low"), (7, "income", "low"))
    assert learned.recipe.steps == ()
    assert told(learned) == [
        ("income", "low.", "low", "labels of 1 test rows are among them, and test rows teach nothing")
    ]
    assert told(taught((2, "income", "low"))) == [
        ("income", "low.", "low", "only 1 of the 2 rows with this value were corrected so")
    ]


def test_rules_that_would_follow_one_another_are_left_out(taught):
    learned = taught((3, "city", "Rome"), (6, "city", "Roma"))
    assert learned.recipe.steps == (SetStep("city", "Rome", "Roma", reason="typo"),)
    assert ("city", "nyc", "Rome", "its new value is itself replaced by another rule") in told(learned)


def test_rows_that_were_excluded_make_no_rule(lake, people):
    draft = new_draft(lake, "people", author="ann").draft
    stage(lake, draft, [Correction({}, "exclude", rid=1)], author="ann")
    learned = learn(lake, draft, name="tidy")
    assert (learned.recipe.name, learned.recipe.steps, learned.left_out[0].rows) == ("tidy", (), 1)
    assert learned.to_dict()["left_out"][0]["reason"] == "rows excluded, restored or deleted make no rule"


def test_what_changed_between_versions_teaches_too(lake, people, publish):
    head = publish("people", {1: {"city": "New York"}, 2: {"city": "New York"}})
    assert learn_between(lake, people, head).recipe.steps == (SetStep("city", "NYC", "New York"),)
    with pytest.raises(UsageError, match="an older and a newer"):
        learn_between(lake, head, people)


def test_a_recipe_teaches_what_it_says(lake, people, taught):
    learned = taught((1, "city", "New York"), (2, "city", "New York"), (3, "city", "New York"))
    draft = new_draft(lake, "people", title="fixes", author="ann").draft
    stage_recipe(lake, draft, view_of(lake, people), learned.recipe, author="ann")
    assert write_recipe(learn(lake, draft).recipe) == write_recipe(learned.recipe)


NUMBERS = itertools.count()
texts = st.sampled_from(["a", "b", "c", "d"])


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_test_rows_teach_nothing_and_a_rule_does_what_was_done(lake, make, data):
    rows = data.draw(st.lists(st.tuples(texts, texts, st.sampled_from([0, 1, 2])), min_size=1, max_size=8))
    frame = pd.DataFrame({"id": range(len(rows)), "x": [row[0] for row in rows], "y": [row[1] for row in rows]})
    version = make(frame, f"t{next(NUMBERS)}", key=("id",), label="y", lanes=[row[2] for row in rows])
    rids = range(1, len(rows) + 1)
    wanted = data.draw(
        st.dictionaries(st.tuples(st.sampled_from(rids), st.sampled_from(["x", "y"])), texts, min_size=1, max_size=8)
    )

    def learned(cells):
        draft = new_draft(lake, version.dataset, author="ann").draft
        stage(
            lake, draft, [Correction({}, column=c, new=new, rid=rid) for (rid, c), new in cells.items()], author="ann"
        )
        return draft, learn(lake, draft).recipe

    test = {cell: new for cell, new in wanted.items() if rows[cell[0] - 1][2] == 2}
    if test:
        assert learned(test)[1].steps == ()
    draft, recipe = learned(wanted)
    if recipe.steps:
        run = dry_run(view_of(lake, version), recipe)
        assert not run.conflicting
        first = publish_draft(lake, draft, author="ann", message="by hand").version
        after, by_hand = (view_of(lake, each).to_pandas() for each in (version, first))
        for step in recipe.steps:
            olds = step.values if isinstance(step, MergeStep) else (step.old,)
            mask = after[step.column].isin(olds)
            new = step.value if isinstance(step, MergeStep) else step.new
            assert (by_hand.loc[mask, step.column] == new).all()
            if step.column == "y":
                assert not any(rows[rid - 1][2] == 2 for rid in after.index[mask])

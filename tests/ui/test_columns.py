"""Review, whole columns at once: variants, transforms and recipes, and what they do to the lake."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import workbench
from workbench.drafts import Correction
from workbench.recipes import KeptRecipe, MergeStep, SetStep, TransformStep
from workbench.transforms import TRANSFORMS, Regex

CITIES = ["Oslo", "oslo", "OSLO ", "Bergen", "Bergen", "Bergenn", "Oslo", "Oslo"]
SCHEMA = """
import pandera.pandas as pa

schema = pa.DataFrameSchema({"city": pa.Column(str, pa.Check.isin(["Oslo", "Bergen"]))}, strict=False)
"""
PASTED = """
name = "tidy"

[[step]]
kind = "merge"
column = "city"
values = ["oslo", "OSLO "]
value = "Oslo"

[[step]]
kind = "set"
column = "gone"
old = "a"
new = "b"
"""


@pytest.fixture(scope="session")
def towns_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with one version: towns and answers in several spellings, test answers too; nobody has checked it."""
    folder = tmp_path_factory.mktemp("towns")
    (folder / "rules.py").write_text(SCHEMA)
    frame = pd.DataFrame({"id": range(80), "city": CITIES * 10, "n": np.arange(80) % 7})
    frame["answer"] = np.where(frame["n"] > 3, "yes", "no")
    frame.loc[[0, 1], "answer"] = "No"
    frame.loc[[70, 71], "answer"] = "YES"
    frame["split"] = ["train"] * 60 + ["test"] * 20
    with workbench.open(f"sqlite:{folder / 'lake' / 'catalog.sqlite'}", author="ann", create=True) as lake:
        lake.import_data(
            "towns", frame, key=["id"], label="answer", split_column="split", schema=str(folder / "rules.py")
        )
    return folder / "lake"


@pytest.fixture
def url(towns_lake: Path, tmp_path: Path) -> str:
    shutil.copytree(towns_lake, tmp_path / "lake")
    return f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}"


@pytest.fixture
def columns(visit: Callable[..., AppTest], url: str) -> Callable[..., AppTest]:
    """Open the view with an address."""
    return lambda **address: visit(url, "review", view="columns", **address)


def staged(url: str) -> list:
    """What the only open draft holds."""
    with workbench.open(url) as lake:
        drafts = lake["towns"].drafts()
        return [each for draft in drafts for each in lake.corrections(draft.draft)]


def kept(url: str) -> list[KeptRecipe]:
    """The recipes of the dataset."""
    with workbench.open(url) as lake:
        return lake["towns"].recipes()


def said(page: AppTest) -> str:
    """All that the page says."""
    texts = [each.value for kind in ("text", "error", "caption", "info", "subheader") for each in page.get(kind)]
    markup = " ".join(re.sub("<[^>]*>", " ", each.value) for each in page.get("html") if "{" not in each.value)
    return " ".join([*texts, unescape(markup)])


def tick(page: AppTest, value: str) -> AppTest:
    """Tick the cluster that proposes a value."""
    return next(box for box in page.checkbox if box.label == f"Merge the variants of {value}").check().run()


def merge(page: AppTest) -> AppTest:
    """Merge what is ticked."""
    return page.button(key="variants-merge").click().run().button(key="merge-confirm").click().run()


def test_a_dataset_that_nobody_checked_leads_to_its_columns(visit, url):
    page = visit(url, "review")
    page = page.button(key="review-columns").click().run()
    assert page.query_params["view"] in ("columns", ["columns"])
    assert not page.exception
    assert page.selectbox(key="columns-column").options == ["city", "answer", "split", "n"]


def test_variants_are_merged_after_a_preview_and_undone_at_once(columns, url):
    page = columns(column="city")
    assert page.button(key="variants-merge").disabled
    tick(page, "Oslo")
    page.button(key="variants-merge").click().run()
    assert "20 cells would change" in said(page)
    assert staged(url) == []
    page.button(key="merge-confirm").click().run()
    assert not page.exception
    assert {(each.old, each.new) for each in staged(url)} == {("oslo", "Oslo"), ("OSLO ", "Oslo")}
    assert len(staged(url)) == 20
    assert "Staged in draft 1: 20 cells changed." in said(page)
    assert "No two of the" in said(page)
    page.button(key="step-undo").click().run()
    assert staged(url) == []
    assert not page.exception


def test_the_value_to_write_is_typed_and_tried_first(columns, url):
    page = columns(column="city", method="distance")
    box = next(each for each in page.text_input if each.value == "Bergen")
    box.input("Bergem").run()
    page.button(key="variants-merge").click().run()
    assert "'Bergem' fails isin" in said(page)
    assert staged(url) == []
    next(each for each in page.text_input if each.value == "Bergem").input("Oslo").run()
    merge(page)
    assert {(each.old, each.new) for each in staged(url)} == {("Bergen", "Oslo"), ("Bergenn", "Oslo")}


def test_a_merge_of_labels_shows_the_classes_and_leaves_test_rows_alone(columns, url):
    page = columns(column="answer")
    tick(page, "no")
    tick(page, "yes")
    page.button(key="variants-merge").click().run()
    assert "2 cells would change" in said(page)
    assert "of test rows" in said(page)
    (balance,) = [each.value for each in page.dataframe if "before" in each.value]
    change = dict(zip(balance["class"], balance["change"], strict=True))
    assert (change["No"], change["no"], change["YES"]) == (-2, 2, 0)
    page.button(key="merge-confirm").click().run()
    with workbench.open(url) as lake:
        draft = lake["towns"].drafts()[0].draft
        assert [(each.old, each.new) for each in lake.corrections(draft)] == [("No", "no")] * 2


def test_columns_without_texts_or_without_variants_say_so(columns):
    assert "only texts have variants" in said(columns(column="n"))
    assert "No two of the 2 values of 'split'" in said(columns(column="split"))


@pytest.mark.parametrize(
    "address",
    [
        {"column": "no such"}, {"column": "id"}, {"column": "city", "method": "guess"}, {"do": "nothing"},
        {"do": "transform", "kind": "explode"}, {"do": "recipes", "recipe": "none"},
    ],
)  # fmt: skip
def test_a_forged_address_is_told(columns, url, address):
    page = columns(**address)
    assert not page.exception
    assert "There is no" in said(page)
    assert staged(url) == []


def test_a_transform_is_seen_on_its_rows_and_staged(columns, url):
    page = columns(column="city", do="transform", kind="case")
    page.selectbox(key="transform-case-to").select("upper").run()
    assert "70 of 80 rows would change; 5 values would become 4" in said(page)
    page.button(key="transform-stage").click().run()
    assert not page.exception
    assert {each.new for each in staged(url)} == {"OSLO", "BERGEN", "BERGENN"}
    page.button(key="step-undo").click().run()
    assert staged(url) == []


def test_a_bad_pattern_is_told_at_its_field(columns, url):
    page = columns(column="city", do="transform", kind="regex")
    assert "Fill in the fields" in said(page)
    page.text_input(key="transform-regex-pattern").input("(oslo").run()
    assert not page.exception
    assert "is no pattern that can be used" in said(page)
    assert page.button(key="transform-stage").disabled
    page.text_input(key="transform-regex-pattern").input("^oslo$").run()
    page.text_input(key="transform-regex-replacement").input(r"\1").run()
    assert "the pattern has 0 groups" in said(page)
    page.text_input(key="transform-regex-replacement").input("Oslo").run()
    page.button(key="transform-stage").click().run()
    assert [(each.old, each.new) for each in staged(url)] == [("oslo", "Oslo")] * 10


def test_what_was_typed_after_the_preview_is_not_staged_unseen(columns, url):
    page = columns(column="city", do="transform", kind="replace")
    page.text_input(key="transform-replace-old").input("oslo").run()
    page.text_input(key="transform-replace-old").input("o")
    page.button(key="transform-stage").click().run()
    assert "has changed meanwhile" in said(page)
    assert staged(url) == []
    page.button(key="transform-stage").click().run()
    assert {each.old for each in staged(url)} == {"Oslo", "oslo"}


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("parse unit", {"units": "kg = much"}, "'much' is no number"),
        ("parse unit", {"units": "g = 0.001"}, "does not say that one 'kg' is 1 'kg'"),
        ("parse date", {"formats": "day"}, "is no date format"),
        ("map", {"values": "Oslo"}, "line 1 has no ="),
        ("fill", {"value": ""}, "Fill in the fields"),
    ],
)
def test_what_cannot_be_used_is_told(columns, kind, fields, message):
    page = columns(column="city", do="transform", kind=kind)
    for name, value in fields.items():
        box = next(each for each in [*page.text_input, *page.text_area] if each.key == f"transform-{kind}-{name}")
        box.set_value(value).run()
    assert not page.exception
    assert message in said(page)
    assert page.button(key="transform-stage").disabled


def test_every_kind_of_transform_has_its_fields(columns):
    for kind in TRANSFORMS:
        page = columns(column="city", do="transform", kind=kind)
        assert not page.exception, kind
        assert page.selectbox(key="transform-kind").value == kind


def test_what_was_staged_is_saved_as_a_recipe_and_replayed_by_refreshes(columns, url):
    page = columns(column="city")
    merge(tick(page, "Oslo"))
    page.button(key="columns-keep").click().run()
    name = next(each for each in page.text_input if each.label == "Name")
    assert name.value == "merge city"
    name.input("one Oslo")
    page.checkbox(key="recipe-replay").check().run()
    page.button(key="recipe-save-now").click().run()
    (recipe,) = kept(url)
    assert (recipe.name, recipe.replay, recipe.author) == ("one Oslo", True, "Zoë")
    assert recipe.recipe.steps == (MergeStep("city", ("Oslo", "OSLO ", "oslo"), "Oslo"),)
    assert "it has nothing to do" in said(page)
    page.toggle(key="recipe-replay-one Oslo").set_value(False).run()
    assert [each.replay for each in kept(url)] == [False]


def test_what_was_undone_is_not_offered(columns):
    page = columns(column="city")
    merge(tick(page, "Oslo"))
    page.button(key="step-undo").click().run()
    page.segmented_control(key="columns-do").set_value("recipes").run()
    assert not page.radio


def test_rules_are_learnt_from_the_draft(columns, url):
    with workbench.open(url, author="Zoë") as lake:
        draft = lake["towns"].draft().draft
        rows = [row for row in range(80) if CITIES[row % 8] == "Bergenn"]
        lake.stage(draft, [Correction(key={"id": row}, column="city", new="Bergen") for row in rows])
        lake.stage(draft, [Correction(key={"id": 0}, column="city", new="Moss")])
    page = columns(do="recipes")
    page.radio[0].set_value("learnt").run()
    assert "1 rule held for every row" in said(page)
    page.button(key="recipe-save-now").click().run()
    (recipe,) = kept(url)
    assert recipe.recipe.steps == (SetStep("city", "Bergenn", "Bergen"),)


def test_a_recipe_with_a_conflict_is_tried_and_what_applies_is_staged(columns, url):
    page = columns(do="recipes")
    assert "No recipe is kept" in said(page)
    page.text_area(key="recipe-text").input(PASTED).run()
    page.button(key="recipe-save-now").click().run()
    assert page.query_params["recipe"] in ("tidy", ["tidy"])
    text = said(page)
    assert "applies to 20 rows" in text
    assert "has no column" in text
    assert "1 step in conflict" in text
    page.button(key="recipe-stage").click().run()
    assert len(staged(url)) == 20
    assert not page.exception
    page.button(key="recipe-remove").click().run()
    assert kept(url) == []
    assert len(staged(url)) == 20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[step]\n", "is not valid TOML"),
        ('[[step]]\nkind = "transform"\ncolumn = "city"\ntransform = "regex"\npattern = "("\n', "is no pattern"),
        ("name = 'x'", "has no steps"),
    ],
)
def test_a_recipe_that_cannot_be_read_is_told(columns, url, text, message):
    page = columns(do="recipes")
    page.text_area(key="recipe-text").input(text).run()
    assert message in said(page)
    assert page.button(key="recipe-save-now").disabled
    assert kept(url) == []


def test_a_recipe_needs_a_name(columns, url):
    page = columns(do="recipes")
    page.text_area(key="recipe-text").input(PASTED.replace('"tidy"', '""')).run()
    page.button(key="recipe-save-now").click().run()
    assert "A recipe cannot be called" in said(page)
    assert kept(url) == []


def test_what_the_data_says_is_never_markup(visit, lake, make):
    spiteful = "<b>x</b> ![x](http://example.invalid/x.png)"
    make(pd.DataFrame({"id": range(4), "text": [spiteful, spiteful.upper(), "a", "b"]}), key=("id",))
    page = visit(lake.url, "review", view="columns", column="text")
    assert not page.exception
    assert "<b>x" in said(page)  # as text: markup is taken out of what is read here
    assert page.checkbox
    assert all("![x](" not in box.label for box in page.checkbox)


def test_a_recipe_of_a_transform_is_kept_as_that(columns, url):
    page = columns(column="city", do="transform", kind="regex")
    page.text_input(key="transform-regex-pattern").input("n+$").run()
    page.text_input(key="transform-regex-replacement").input("n").run()
    page.button(key="transform-stage").click().run()
    page.button(key="columns-keep").click().run()
    page.button(key="recipe-save-now").click().run()
    (recipe,) = kept(url)
    assert recipe.recipe.steps == (TransformStep("city", Regex("n+$", "n")),)

"""Everything that counts, compares or learns reads a number, however its text is spelt."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from workbench.checks import run_checks
from workbench.clusters import clusters
from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.errors import ConflictError, DataError, UsageError
from workbench.evaluation.reading import reading_of
from workbench.ingest import import_source
from workbench.lake import newest, view_of
from workbench.recipes import learn
from workbench.recipes.trying import tried
from workbench.reviewing import try_value
from workbench.transforms import Map, ParseNumber, preview
from workbench.validation import validate
from workbench.versions import diff, export, set_types
from workbench.versions.browse import Filter, count, page, profile

PRICES = "id,price,y\n1,5,a\n2,5.50,b\n3,499,a\n4,7.25,b\n5,,a\n"


@pytest.fixture
def prices(lake, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(PRICES)
    return import_source(lake, "t", path, key=("id",), label="y", author="tester")


@pytest.fixture
def shown(lake):
    """The newest version."""
    return lambda: view_of(lake, newest(lake, "t"))


def test_models_learn_from_numbers(prices, shown):
    reading = reading_of(shown())
    assert reading.features == (("price", "DOUBLE"),) and reading.label_type == "VARCHAR"
    values = shown().fetch(f"SELECT {reading.feature_values(shown())[0]} FROM {{rows}} r ORDER BY _rid")
    assert [row[0] for row in values] == [5.0, 5.5, 499.0, 7.25, None]


def test_a_label_that_is_a_number_is_learnt_as_one(lake, tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("x,price\n1,5.50\n2,7.25\n3,5\n")
    assert import_source(lake, "r", path, label="price", author="tester").definition.task == "regression"
    classes = import_source(lake, "c", path, label="price", task="classification", author="tester")
    assert classes.columns[1].logical_type == "text"


@pytest.mark.parametrize("dtype", ["float", "None"])
def test_schemas_see_numbers(prices, shown, schema, dtype):
    rules = schema(f"schema = pa.DataFrameSchema({{'price': pa.Column({dtype}, pa.Check.lt(100), nullable=True)}})")
    cases = validate(shown(), rules).cases.to_pylist()
    assert [(case["rid"], case["observed"]) for case in cases] == [(3, "499")]


def test_what_cannot_be_read_fails_its_type_though_the_schema_names_none(lake, shown, schema, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("price\n5.50\ncheap\n")
    import_source(lake, "t", path, types={"price": "number"}, author="tester")
    found = validate(shown(), schema("schema = pa.DataFrameSchema({'price': pa.Column(None, pa.Check.lt(100))})"))
    assert [(case["check_name"], case["observed"]) for case in found.cases.to_pylist()] == [("dtype(number)", "cheap")]
    export(shown(), tmp_path / "o.parquet")
    assert pd.read_parquet(tmp_path / "o.parquet")["price"].tolist() == ["5.50", "cheap"]


def test_two_spellings_of_a_number_are_not_unique(lake, shown, schema, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("release\n1.1\n1.10\n")
    import_source(lake, "t", path, author="tester")
    rules = schema("schema = pa.DataFrameSchema({'release': pa.Column(None, unique=True)})")
    assert validate(shown(), rules).failures == 0
    set_types(lake, "t", {"release": "number"}, author="ann")
    assert validate(shown(), rules).failures == 2
    duplicates = run_checks(lake, shown(), only=["data.duplicate"])
    assert [result.total for result in duplicates if result.code == "data.duplicate"] == [1]


def test_rows_are_sorted_filtered_and_counted_as_numbers(prices, shown):
    found = page(shown(), [], ("price", True), limit=9)
    assert found.rids == (3, 4, 2, 1, 5)
    assert [str(row[1]) for row in found.cells] == ["499", "7.25", "5.50", "5", "None"]
    assert json.dumps([row[1] for row in found.cells]) == "[499.0, 7.25, 5.5, 5.0, null]"
    assert page(shown(), [Filter("price", "between", "5.1", "100")], limit=9).rids == (2, 4)
    assert page(shown(), [Filter("price", "equals", "5.5")], limit=9).rids == (2,)
    assert (
        count(shown(), [Filter("price", "contains", "50")]) == 1 and count(shown(), [Filter("price", "missing")]) == 1
    )
    column = profile(shown())[1]
    assert (column.low, column.high, column.distinct, sum(column.bins)) == (5.0, 499.0, 4, 4)
    assert column.column.logical_type == "number" and column.column.type == "VARCHAR"


def test_a_correction_of_a_number_is_a_number(lake, prices, shown, tmp_path):
    draft = new_draft(lake, "t", author="ann").draft
    with pytest.raises(DataError, match="'cheap' does not fit the column's type number"):
        stage(lake, draft, [Correction({"id": 2}, column="price", new="cheap")], author="ann")
    with pytest.raises(DataError, match="type number"):
        try_value(lake, prices, "price", "cheap")
    with pytest.raises(ConflictError, match=r"is 5.50, not 5.6"):
        stage(lake, draft, [Correction({"id": 2}, column="price", old=5.6, new="6.50")], author="ann")
    stage(lake, draft, [Correction({"id": 2}, column="price", old=5.5, new="6.50")], author="ann")
    made = publish_draft(lake, draft, author="ann", message="dearer").version
    change = diff(lake, prices, made).changes[0]
    assert (change.old, change.new) == (5.5, 6.5) and (str(change.old), str(change.new)) == ("5.50", "6.50")
    export(shown(), tmp_path / "o.csv")
    assert (tmp_path / "o.csv").read_text() == PRICES.replace("5.50", "6.50")


def test_transforms_and_recipes_go_by_the_value(lake, prices, shown):
    assert preview(shown(), "price", [ParseNumber()]).changed_rows == 0
    assert preview(shown(), "price", [Map((("5.5", "6.50"),))]).changed_rows == 1
    draft = new_draft(lake, "t", author="ann").draft
    stage(lake, draft, [Correction({"id": 2}, column="price", new="6.50")], author="ann")
    recipe = learn(lake, draft, name="dearer").recipe
    found = tried(shown(), recipe)
    assert [(each.rid, each.old, each.new) for each in found.corrections] == [(2, "5.5", "6.5")]


def test_numbers_have_no_variants(prices, shown):
    with pytest.raises(UsageError, match="holds number, not text"):
        clusters(shown(), "price")


def test_every_format_gives_numbers(prices, shown, tmp_path):
    for ending in ("jsonl", "parquet"):
        export(shown(), tmp_path / f"o.{ending}")
    assert (tmp_path / "o.jsonl").read_text().splitlines()[1] == '{"id":2,"price":5.50,"y":"b"}'
    assert pd.read_parquet(tmp_path / "o.parquet")["price"].dtype == "float64"

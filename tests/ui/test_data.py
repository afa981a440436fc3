"""Data: pages of rows with their findings, filters in the address, profiles and files."""

from __future__ import annotations

import io
import json
import re
from html import unescape

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import workbench
from workbench.api import OpenLake
from workbench.ingest import import_source
from workbench.lake import dataset_names, newest, view_of
from workbench.ui.components.data_export import written


def words(page: AppTest) -> str:
    """All that the page says, with markup as the browser reads it."""
    markup = " ".join(re.sub("<[^>]*>", " ", element.value) for element in page.get("html"))
    said = [element.value for kind in ("title", "subheader", "text", "error", "code") for element in page.get(kind)]
    return re.sub(r"\s+", " ", " ".join([unescape(markup), *said]))


def grids(page: AppTest) -> dict[str, list[list[object]]]:
    """Rows of each grid by its text alternative, missing values as None."""
    return {
        grid.proto.alt: [[None if pd.isna(cell) else cell for cell in row] for row in grid.value.to_numpy().tolist()]
        for grid in page.dataframe
    }


def heads(page: AppTest, alt: str) -> list[str]:
    """The column names of a grid as a person reads them."""
    grid = next(grid for grid in page.dataframe if grid.proto.alt == alt)
    return [each["label"] for each in json.loads(grid.proto.columns).values() if "label" in each]


def commands(page: AppTest) -> str:
    return "\n".join(code.value for code in page.code)


def rows(page):
    return next(grid for key, grid in grids(page).items() if key.startswith("Rows of"))


def names(page):
    return heads(page, next(key for key in grids(page) if key.startswith("Rows of")))


def test_an_empty_lake_says_what_the_page_will_show(visit, lake):
    page = visit(lake.url, "data")
    assert not page.exception
    assert "this page shows its rows" in words(page)


def test_a_page_of_rows_and_the_next_one(visit, measured):
    page = visit(measured, "data", dataset="people")
    assert not page.exception
    assert names(page) == ["id", "findings", "lane", "a", "b", "split", "answer"]
    assert [row[0] for row in rows(page)] == list(range(50))
    assert "320 rows; rows 1 to 50" in words(page)
    page = visit(measured, "data", dataset="people", rows="100")
    page.query_params["page"] = "4"
    page = page.run()
    assert [row[0] for row in rows(page)] == list(range(300, 320))
    assert {row[2] for row in rows(page)} == {"test"}


def test_any_version_can_be_looked_at(visit, measured):
    with workbench.open(measured) as lake:
        change = lake["people"].diff(2, 3).changes[0]
    for version, value in (("production", change.old), ("3", change.new)):
        page = visit(measured, "data", dataset="people", version=version, q=str(change.key["id"]))
        row = next(row for row in rows(page) if row[0] == change.key["id"])
        assert row[-1] == value


def test_filters_search_and_order_stand_in_the_address(visit, measured):
    page = visit(measured, "data", dataset="people", filter=json.dumps(["answer", "equals", "no"]), sort="-a")
    assert not page.exception
    with workbench.open(measured) as lake:
        frame = lake["people"].at().to_pandas()
    wanted = frame[frame["answer"] == "no"].sort_values("a", ascending=False)
    assert [row[0] for row in rows(page)] == wanted["id"].head(50).tolist()
    assert f"{len(wanted)} of 320 rows" in words(page) and "answer equals “no”" in words(page)
    page = page.text_input(key="data-q").input("7").run()
    assert page.query_params["q"] == "7"
    assert all("7" in str(row[0]) and row[-1] == "no" for row in rows(page))
    page = page.button(key="drop-0").click().run()
    assert "filter" not in page.query_params
    page = page.selectbox(key="data-sort").select("").run()
    assert [row[0] for row in rows(page)][:3] == [7, 17, 27]


def test_a_filter_is_added(visit, measured):
    page = visit(measured, "data", dataset="people")
    page.selectbox(key="filter-column").select("a")
    page = page.selectbox(key="filter-test").select("between").run()
    page.text_input(key="filter-value").input("1")
    page = page.button(key="filter-add").click().run()
    assert page.query_params["filter"] == '["a", "between", "1"]'
    assert all(row[3] >= 1 for row in rows(page)) and "a from 1" in words(page)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ({"filter": '["a", "equals", "many"]'}, "'many' cannot be compared with a, which needs a number."),
        ({"filter": '["z", "missing"]'}, "There is no column 'z'"),
        ({"filter": "nonsense"}, "The address has a filter that is none: nonsense"),
        ({"filter": '["a", "like", "1"]'}, "There is no test 'like'."),
        ({"sort": "z"}, "There is no column 'z'"),
        ({"rows": "7"}, "There is no number of rows a page '7'."),
        ({"show": "all"}, "There is no view 'all'"),
        ({"version": "9"}, "There is no version '9' in 'people'."),
        ({"filter": '["answer", "equals", "maybe"]'}, "None of the 320 rows is like that."),
    ],
)
def test_an_address_that_asks_for_nothing_is_said(visit, measured, address, said):
    page = visit(measured, "data", dataset="people", **address)
    assert not page.exception
    assert said in words(page)


def test_findings_are_marked_and_suggestions_are_not_shown(visit, measured):
    with workbench.open(measured) as lake:
        found = lake["people"].findings(check="label.issue")
    assert found
    key = found[0].key["id"]
    page = visit(measured, "data", dataset="people", q=key)
    row = next(row for row in rows(page) if row[0] == int(key))
    assert row[1] == "label.issue"
    assert "open finding" in words(page)
    assert "looks like" not in words(page) and "looks like" not in str(rows(page))


def test_excluded_rows_say_so(visit, lake, make, publish):
    make(pd.DataFrame({"id": [1, 2], "x": [1, 2]}), "t", key=("id",))
    publish("t", {2: {"_excluded": True}})
    page = visit(lake.url, "data")
    assert [row[1] for row in rows(page)] == [None, "excluded"] or [row[1] for row in rows(page)] == ["", "excluded"]
    assert "1 excluded, in grey" in words(page)


def test_odd_names_and_values_are_shown_as_they_are(visit, lake, make):
    odd = ["findings", "Größe", "größe", 'a "b"', "![x](http://example.invalid)", "select"]
    frame = pd.DataFrame([[2**60 + 1, "<b>x</b>", "=1+1", "", None, True]], columns=odd)
    make(frame, "odd")
    page = visit(lake.url, "data")
    assert not page.exception
    assert names(page) == ["rid", "findings", "lane", *odd]
    assert rows(page)[0][3:] == [str(2**60 + 1), "<b>x</b>", "=1+1", "", None, "true"]
    for name in odd:
        assert not visit(lake.url, "data", sort=f"-{name}", filter=json.dumps([name, "missing"])).exception


def test_a_page_sends_little_whatever_the_cells_hold(visit, lake, make):
    make(pd.DataFrame({"id": range(100), "text": ["x" * 50_000] * 100}), "long", key=("id",))
    page = visit(lake.url, "data", rows="100")
    assert len(rows(page)) == 100
    assert sum(len(str(cell)) for row in rows(page) for cell in row) < 100_000


def test_the_profile_says_what_is_in_each_column(visit, measured):
    page = visit(measured, "data", dataset="people", show="profile")
    assert not page.exception
    frame = next(grid.value for grid in page.dataframe if grid.proto.alt.startswith("Profile")).set_index("column")
    assert list(frame.index) == ["id", "a", "b", "split", "answer"]
    assert frame.loc["id", "distinct"] == "320" and frame.loc["id", "range"] == "0 to 319"
    assert frame.loc["split", "top"] == "train (62.5 %), test (37.5 %)"
    assert sum(frame.loc["a", "histogram"]) == 320


def test_the_type_of_a_column_is_shown_and_set(visit, lake, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,release\n1,1.1\n2,1.10\n")
    import_source(lake, "t", path, key=("id",), author="ann")
    page = visit(lake.url, "data", dataset="t", show="profile")
    frame = next(grid.value for grid in page.dataframe if grid.proto.alt.startswith("Profile")).set_index("column")
    assert list(frame.loc["release", ["type", "stored"]]) == ["text", "varchar"]
    page.selectbox(key="type-column").select("release").run()
    page.selectbox(key="type-of-t@1-release").select("number").run()
    page.button(key="type-set").click().run()
    assert not page.exception and newest(lake, "t").columns[1].logical_type == "number"


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_a_version_is_exported(measured, form):
    read = {
        "csv": lambda file: pd.read_csv(io.BytesIO(file)),
        "parquet": lambda file: pd.read_parquet(io.BytesIO(file)),
        "jsonl": lambda file: pd.read_json(io.BytesIO(file), lines=True),
    }
    with workbench.open(measured) as lake:
        found = read[form](written(view_of(lake.lake, lake["people"].newest), form))
        assert found["answer"].tolist() == lake["people"].at().to_pandas()["answer"].tolist()


def test_a_version_is_prepared_as_a_job_and_a_huge_one_by_command(visit, measured, when_done, monkeypatch):
    from workbench.ui.components import data_export

    page = visit(measured, "data", dataset="people")
    page = page.button(key="export-prepare").click().run()
    page = when_done(page, f"export:{measured}:people@3:csv")
    assert not page.exception
    assert [button.label for button in page.get("download_button")] == ["Download people-v3.csv"]
    monkeypatch.setattr(data_export, "AT_MOST", 100)
    page = visit(measured, "data", dataset="people")
    assert "export people@3 people.parquet" in commands(page)
    assert not page.get("download_button")


def test_a_damaged_version_is_not_offered_and_the_page_says_why(visit, lake, make, damage, when_done):
    make(pd.DataFrame({"id": [1, 2], "town": ["Oslo", "Bergen"]}), "towns", key=("id",))
    damage("towns", b"Oslo", b"Osl0")
    page = visit(lake.url, "data", dataset="towns").button(key="export-prepare").click().run()
    # What became of the job is said once: at the click where it was done by then, else when it is.
    said = words(page)
    page = when_done(page, f"export:{lake.url}:towns@1:csv")
    assert "towns@1 is damaged" in said + words(page)
    assert not page.get("download_button")


@pytest.fixture
def people(lake, tmp_path):
    """A dataset of two rows, open on its settings."""
    path = tmp_path / "people.csv"
    path.write_text("id,town,risk\n1,Rom,low\n2,Ulm,high\n")
    return import_source(lake, "people", path, key=("id",), label="risk", author="ann")


def press(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception


def test_settings_change_what_the_dataset_is_and_history_says_so(visit, lake, people):
    page = visit(lake.url, "data", dataset="people", show="settings")
    next(box for box in page.selectbox if box.label == "Model").set_value("linear")
    press(page, "Change settings")
    assert page.info[0].value == "people@2: model: tabular → linear"
    assert newest(lake, "people").definition.model == "linear"
    history = words(visit(lake.url, "history", dataset="people"))
    assert "model: tabular → linear Figures: a new series begins." in history


def test_settings_that_cannot_be_are_refused(visit, lake, people):
    page = visit(lake.url, "data", dataset="people", show="settings")
    next(box for box in page.text_input if box.label == "Schema").set_value("nowhere.py")
    press(page, "Change settings")
    assert any("The settings cannot be changed" in error.value for error in page.error)
    assert newest(lake, "people").version == 1


def test_a_dataset_is_renamed_and_dropped(visit, lake, people):
    page = visit(lake.url, "data", dataset="people", show="settings")
    page.text_input(key="rename-people").set_value("customers").run()
    press(page, "Rename dataset")
    assert page.query_params["dataset"] in ("customers", ["customers"])
    press(page, "Drop dataset")
    assert dataset_names(lake) == []
    page = visit(lake.url)
    assert any("customers, dropped by Zoë on" in text.value for text in page.text)
    press(page, "Bring back")
    assert dataset_names(lake) == ["customers"] and page.query_params["dataset"] in ("customers", ["customers"])


def test_a_dropped_dataset_is_brought_back_beside_others_and_once(visit, lake, people, make):
    make(pd.DataFrame({"id": [1, 2]}), "towns", key=("id",))
    OpenLake(lake, "ann").drop("towns", message="empty")
    page = visit(lake.url, dataset="people")
    assert any(text.value.startswith("towns, dropped by ann on") and ": empty." in text.value for text in page.text)
    # Somebody else was faster.
    OpenLake(lake, "ben").undrop("towns")
    page.button(key="undrop-towns").click().run()
    assert any("The dataset cannot be brought back" in error.value for error in page.error)
    assert "'towns' is not dropped." in words(page) and not page.exception

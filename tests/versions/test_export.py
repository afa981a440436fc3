"""An export holds what was published, is checked before it appears, and never takes another file's place unasked."""

from __future__ import annotations

import csv
import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

from workbench.errors import StoreError, UsageError
from workbench.ingest import import_source
from workbench.lake import view_of
from workbench.output import output_file, write_output
from workbench.versions import export

ENDINGS = (".csv", ".parquet", ".jsonl")


@pytest.fixture
def towns(lake, make):
    return make(pd.DataFrame({"id": ["1", "2", "3"], "town": ["Oslo", "Bergen", None]}), "towns", key=("id",))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_changed_cell_in_a_data_file_is_not_exported(lake, towns, damage, tmp_path, ending):
    damage("towns", b"Oslo", b"Osl0")
    with pytest.raises(StoreError, match="towns@1 is damaged"):
        export(view_of(lake, towns), tmp_path / f"out{ending}")
    assert [path.name for path in tmp_path.iterdir() if path.name != "lake"] == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_damaged_version_leaves_the_file_that_was_there(lake, towns, damage, tmp_path, ending):
    path = tmp_path / f"out{ending}"
    path.write_text("yesterday's")
    damage("towns", b"Oslo", b"Osl0")
    with pytest.raises(StoreError, match="Nothing was written"):
        export(view_of(lake, towns), path, overwrite=True)
    assert path.read_text() == "yesterday's"


def test_an_excluded_row_is_checked_too(lake, towns, publish, damage, tmp_path):
    version = publish("towns", {1: {"_excluded": True}})
    assert export(view_of(lake, version), tmp_path / "before.csv") == 2
    damage("towns", b"Bergen", b"Berben")
    with pytest.raises(StoreError, match="towns@2 is damaged"):
        export(view_of(lake, version), tmp_path / "after.csv")


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_existing_file_is_kept_unless_told(lake, towns, tmp_path, ending):
    path = tmp_path / f"out{ending}"
    path.write_text("mine")
    with pytest.raises(UsageError, match="exists already. Nothing was written") as caught:
        export(view_of(lake, towns), path)
    assert "--overwrite" in caught.value.hint and path.read_text() == "mine"
    assert export(view_of(lake, towns), path, overwrite=True) == 3
    assert path.stat().st_size > 20


def test_a_file_that_came_meanwhile_is_kept(tmp_path):
    with pytest.raises(UsageError, match="exists already"), output_file(tmp_path / "a.txt") as beside:
        beside.write_text("mine")
        (tmp_path / "a.txt").write_text("theirs")
    assert (tmp_path / "a.txt").read_text() == "theirs"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_an_overwritten_file_keeps_its_rights_and_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "real.txt").chmod(0o640)
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    write_output(tmp_path / "link.txt", "new", overwrite=True)
    assert (tmp_path / "link.txt").is_symlink() and (tmp_path / "real.txt").read_text() == "new"
    assert (tmp_path / "real.txt").stat().st_mode & 0o777 == 0o640


def test_a_folder_and_a_missing_folder_are_named(tmp_path):
    with pytest.raises(UsageError, match="is a folder"):
        write_output(tmp_path, "x")
    with pytest.raises(UsageError, match="There is no folder .*none"):
        write_output(tmp_path / "none" / "a.txt", "x")


def test_a_csv_is_written_as_before_whatever_the_cells_hold(lake, make, tmp_path):
    texts = ["a", "", None, " a ", "a,b", 'a"b', "a\nb", "a\rb", "#x", '"', "NULL", "é😀", "a;b"]
    frame = pd.DataFrame({"n": range(len(texts)), "text": texts, "x": 1.5, "day": pd.Timestamp("2026-01-02")})
    export(view_of(lake, make(frame, "cells")), tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_bytes().decode()
    assert lines.startswith('n,text,x,day\n0,a,1.5,2026-01-02 00:00:00\n1,"",1.5,2026-01-02 00:00:00\n2,,1.5,')
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        read = [row[1] for row in csv.reader(file)][1:]
    assert read == [text or "" for text in texts]


def test_nested_cells_are_quoted(lake, make, tmp_path):
    frame = pd.DataFrame({"id": [1], "list": [["x,y", 'z"']], "pair": [{"a": "b,c"}]})
    export(view_of(lake, make(frame, "nested")), tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        [row] = list(csv.DictReader(file))
    assert row == {"id": "1", "list": "['x,y', 'z\"']", "pair": "{'a': 'b,c'}"}


def test_column_names_that_a_spreadsheet_would_run_are_guarded_like_cells(lake, make, tmp_path):
    frame = pd.DataFrame({"id": [1], "=1+1": ["@SUM(A1)"], "-5": ["-5"], "＝2": ["＋3"], "\n=4": ["\n=5"]})
    view = view_of(lake, make(frame, "names"))
    export(view, tmp_path / "safe.csv")
    with (tmp_path / "safe.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["id", "'=1+1", "-5", "'＝2", "'\n=4"],
            ["1", "'@SUM(A1)", "-5", "'＋3", "'\n=5"],
        ]
    export(view, tmp_path / "raw.csv", formula_safe=False)
    with (tmp_path / "raw.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == list(frame.columns)


@pytest.mark.parametrize(("ending", "raw"), [(".csv", True), (".parquet", False), (".jsonl", False)])
def test_what_was_exported_to_be_read_again_comes_back(lake, make, tmp_path, ending, raw):
    frame = pd.DataFrame({"id": ["a", "b"], "=note": ["=1+1", "'quoted"]})
    version = make(frame, "first", key=("id",))
    export(view_of(lake, version), tmp_path / f"out{ending}", formula_safe=not raw)
    again = import_source(lake, "again", str(tmp_path / f"out{ending}"), key=["id"], author="t")
    assert again.content_hash == version.content_hash


def test_an_empty_version_and_many_columns_are_exported(lake, make, publish, tmp_path):
    make(pd.DataFrame({"id": [1]}), "gone", key=("id",))
    empty = publish("gone", {}, gone=(1,))
    wide = make(pd.DataFrame({f"c{n}": [n] for n in range(1_900)}), "wide")
    for ending in ENDINGS:
        assert export(view_of(lake, empty), tmp_path / f"empty{ending}") == 0
        assert export(view_of(lake, wide), tmp_path / f"wide{ending}") == 1
    assert (tmp_path / "empty.csv").read_text() == "id\n" and (tmp_path / "empty.jsonl").read_text() == ""
    assert json.loads((tmp_path / "wide.jsonl").read_text())["c1899"] == 1899
    assert pq.read_table(tmp_path / "empty.parquet").column_names == ["id"]

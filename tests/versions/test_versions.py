"""Versions are found by name, compared, explained, restored, tagged and exported."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.errors import UnknownName, UsageError
from workbench.lake import newest, view_of
from workbench.versions import blame, blame_rows, diff, export, find_row, list_versions, resolve, restore, tag

FRAME = pd.DataFrame({"id": [1, 2, 3, 4], "x": [0.5, 1.0, None, 2.0], "note": ["a", "", None, "=1+1"]})


@pytest.fixture
def three(make, publish):
    """Version 1, then an edited cell and a deleted row, then an excluded row and the same cell again."""
    first = make(FRAME, key=("id",), label="note")
    second = publish("t", {1: {"x": 9.0}}, gone=(4,))
    third = publish("t", {1: {"x": 10.0}, 2: {"_excluded": True}, 3: {"note": "c"}})
    return first, second, third


def fresh_hash(lake, version):
    return dataclasses.replace(view_of(lake, version), known_hash="").content_hash()


def test_names_resolve_to_versions(lake, three):
    first, second, third = three
    assert resolve(lake, "t").version == resolve(lake, "t@latest").version == 3
    assert resolve(lake, "t@1") == first
    tag(lake, second, "production", author="ann")
    assert resolve(lake, "t@production").version == 2
    tag(lake, third, "production", author="ann")
    assert resolve(lake, "t@production").version == 3
    assert [v.tags for v in list_versions(lake, "t")] == [(), (), ("production",)]


@pytest.mark.parametrize(
    ("name", "says"),
    [("u", "no dataset 'u'"), ("t@9", "versions are 1 to 3"), ("t@produktion", "Did you mean 'production'")],
)
def test_an_unknown_name_says_what_there_is(lake, three, name, says):
    tag(lake, three[1], "production", author="ann")
    with pytest.raises(UnknownName, match=says):
        resolve(lake, name)


@pytest.mark.parametrize("name", ["3", "v3", "latest", "a b", ""])
def test_a_tag_cannot_be_mistaken_for_a_version(lake, three, name):
    with pytest.raises(UsageError, match="cannot be a tag"):
        tag(lake, three[0], name, author="ann")


def test_diff_gives_the_net_change_of_each_cell(lake, three):
    first, _, third = three
    found = diff(lake, first, third)
    assert [(c.rid, c.change, c.column, c.old, c.new) for c in found.changes] == [
        (1, "changed", "x", 0.5, 10.0),
        (2, "excluded", None, None, None),
        (3, "changed", "note", None, "c"),
        (4, "removed", None, {"id": 4, "x": 2, "note": "=1+1"}, None),
    ]
    document = found.to_dict()
    assert document["summary"] == {"rows_added": 0, "rows_removed": 1, "rows_changed": 3, "cells_changed": 2}
    assert document["columns"] == {"added": [], "removed": []} and document["truncated"] is False


def test_diff_runs_backwards_and_of_a_version_with_itself_is_empty(lake, three):
    first, _, third = three
    back = diff(lake, third, first)
    assert [(c.rid, c.change, c.old, c.new) for c in back.changes][:2] == [
        (1, "changed", 10.0, 0.5),
        (2, "included", None, None),
    ]
    assert back.rows_added == 1
    assert diff(lake, third, third).changes == ()


def test_a_cut_diff_says_so_and_still_counts_everything(lake, three):
    cut = diff(lake, three[0], three[2], limit=1)
    assert len(cut.changes) == 1 and cut.truncated and cut.cells_changed == 2


def test_versions_of_different_datasets_are_not_compared(lake, three, make):
    other = make(FRAME, "other", key=("id",))
    with pytest.raises(UsageError, match="different datasets"):
        diff(lake, three[0], other)


def test_a_cell_changed_and_changed_back_is_no_difference(lake, make, publish):
    first = make(FRAME, key=("id",))
    publish("t", {1: {"x": 9.0}})
    third = publish("t", {1: {"x": 0.5}})
    assert diff(lake, first, third).changes == ()
    assert third.content_hash == first.content_hash


def test_the_stories_of_many_rows_are_those_of_each(lake, three):
    rids = [1, 2, 3, 4, 99]
    together = blame_rows(lake, "t", rids)
    assert together == {rid: blame(lake, "t", rid) for rid in rids}
    assert together[99] == [] and len(together[1]) > 1
    assert blame_rows(lake, "t", []) == {}


def test_blame_tells_the_story_of_a_row(lake, three):
    story = blame(lake, "t", find_row(view_of(lake, three[0]), {"id": 1}))
    assert [(e.version, e.change, e.column, e.old, e.new) for e in story] == [
        (1, "added", None, None, {"id": 1, "x": 0.5, "note": "a"}),
        (2, "changed", "x", 0.5, 9.0),
        (3, "changed", "x", 9.0, 10.0),
    ]
    assert [e.change for e in blame(lake, "t", 4)] == ["added", "removed"]
    assert [e.change for e in blame(lake, "t", 2)] == ["added", "excluded"]
    with pytest.raises(UnknownName, match="no column 'y'"):
        blame(lake, "t", 1, column="y")


def test_a_row_is_found_by_its_key(lake, three):
    view = view_of(lake, three[2])
    assert find_row(view, {"id": "3"}) == find_row(view, {"rid": 3}) == 3
    with pytest.raises(UnknownName, match="no row 'id=77'"):
        find_row(view, {"id": 77})
    with pytest.raises(UnknownName, match="no row 'id=abc'"):
        find_row(view, {"id": "abc"})
    with pytest.raises(UsageError, match="The key of 't' is id"):
        find_row(view, {"name": 1})


def test_restore_makes_an_equal_version_from_the_rows_that_differ(lake, three):
    first, _, _ = three
    back = restore(lake, first, author="ann", message="start over")
    assert (back.version, back.kind, back.content_hash) == (4, "restore", first.content_hash)
    assert fresh_hash(lake, back) == first.content_hash
    assert view_of(lake, back).to_pandas().equals(view_of(lake, first).to_pandas())
    assert restore(lake, first, author="ann", message="again").version == 4


EDIT = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.sampled_from(["x", "note", "_excluded", "gone"]),
        st.one_of(st.none(), st.sampled_from(["", "ä\n'", "2", "x,y", '"'])),
    ),
    max_size=6,
)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(EDIT, min_size=1, max_size=3), number=st.integers(0, 10**9))
def test_a_diff_applied_to_one_version_gives_the_other(lake, make, publish, edits, number):
    name = f"d{number}_{len(lake.read('SELECT DISTINCT dataset FROM lake.workbench.versions'))}"
    frame = pd.DataFrame(
        {"id": range(1, 7), "x": [1.0, 2.0, None, 4.0, 5.0, 6.5], "note": ["a", None, "", "b", "c", "d"]}
    )
    first = make(frame, name, key=("id",))
    present = set(range(1, 7))
    for edit in edits:
        cells: dict[int, dict[str, object]] = {}
        gone = {rid for rid, column, _ in edit if column == "gone"} & present
        for rid, column, value in edit:
            if rid in present - gone and column != "gone":
                new = {"x": None if value is None else float(len(value)), "note": value, "_excluded": value is None}
                cells.setdefault(rid, {})[column] = new[column]
        publish(name, cells, gone=tuple(gone))
        present -= gone
    last = newest(lake, name)
    for a, b in ((first, last), (last, first)):
        rows = rows_of(lake, a)
        for change in diff(lake, a, b).changes:
            if change.change == "removed":
                assert rows.pop(change.rid)["cells"] == change.old
            elif change.change == "added":
                rows[change.rid] = {"cells": dict(change.new), "excluded": rows_of(lake, b)[change.rid]["excluded"]}
            elif change.change == "changed":
                assert rows[change.rid]["cells"][change.column] == change.old
                rows[change.rid]["cells"][change.column] = change.new
            else:
                rows[change.rid]["excluded"] = change.change == "excluded"
        assert rows == rows_of(lake, b)
    assert fresh_hash(lake, last) == last.content_hash
    assert restore(lake, first, author="t", message="r").content_hash == first.content_hash


def rows_of(lake, version):
    found = view_of(lake, version).fetch("SELECT _rid, _excluded, id, x, note FROM {rows}")
    return {
        row[0]: {"excluded": row[1], "cells": dict(zip(["id", "x", "note"], row[2:], strict=True))} for row in found
    }


def test_an_exported_csv_is_safe_to_open_and_keeps_missing_apart_from_empty(lake, three, tmp_path):
    path = tmp_path / "out.csv"
    assert export(view_of(lake, three[0]), path) == 4
    assert path.read_text() == 'id,x,note\n1,0.5,a\n2,1.0,""\n3,,\n4,2.0,\'=1+1\n'
    export(view_of(lake, three[0]), path, formula_safe=False, overwrite=True)
    assert path.read_text().endswith("4,2.0,=1+1\n")
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8), min_size=1, max_size=5)
)
def test_no_exported_text_is_a_formula(lake, make, tmp_path, texts):
    name = f"f{len(lake.read('SELECT DISTINCT dataset FROM lake.workbench.versions'))}"
    version = make(pd.DataFrame({"id": range(len(texts)), "note": texts}), name, key=("id",))
    path = tmp_path / "safe.csv"
    export(view_of(lake, version), path, overwrite=True)
    import csv

    with path.open(encoding="utf-8", newline="") as file:
        notes = [row[1] for row in list(csv.reader(file))[1:]]
    for text, note in zip(texts, notes, strict=True):
        if note.startswith(tuple("=+-@\t\r\n＝＋－＠")):
            float(note)
        assert note in (text, "'" + text)


def test_names_that_differ_only_in_case_and_reserved_names_survive_every_format(lake, make, tmp_path):
    frame = pd.DataFrame({"a": [1, 2], "A": ["x", None], "rowid": [0.5, None], 'we"ird.na me': ["ü", "😀"]})
    view = view_of(lake, make(frame, "odd", key=("a",)))
    for ending in (".csv", ".parquet", ".jsonl"):
        export(view, tmp_path / f"out{ending}")
    assert list(pd.read_csv(tmp_path / "out.csv").columns) == ["a", "A", "rowid", 'we"ird.na me']
    assert pd.read_parquet(tmp_path / "out.parquet").to_dict("list").keys() == frame.to_dict("list").keys()
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert lines[0] == '{"a":1,"A":"x","rowid":0.5,"we\\"ird.na me":"ü"}'


def test_an_export_that_cannot_be_written_says_why(lake, three, tmp_path):
    view = view_of(lake, three[0])
    with pytest.raises(UsageError, match="names no format"):
        export(view, tmp_path / "out.xyz")
    with pytest.raises(UsageError, match="no folder"):
        export(view, tmp_path / "none" / "out.csv")


def test_excluded_rows_are_left_out_of_an_export_unless_asked_for(lake, three, tmp_path):
    view = view_of(lake, three[2])
    assert export(view, tmp_path / "a.csv") == 2
    assert export(view, tmp_path / "b.csv", excluded=True) == 3

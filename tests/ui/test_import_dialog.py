"""The import dialog: what it takes, and what it says of what it does not."""

from __future__ import annotations

import gzip
import json

import pytest


def opened(visit, url, path=""):
    """The dialog, opened from the sidebar, with a path in it."""
    page = visit(url, dataset="people")
    page.session_state["import-path"] = str(path)
    page = page.button(key="import-open").click().run()
    assert not page.exception
    return page


def said(page) -> str:
    return " ".join(element.value for kind in ("error", "text") for element in page.get(kind))


def test_how_large_a_file_may_be_is_said_before_anything_is_sent(visit, measured):
    page = opened(visit, measured)
    assert page.get("file_uploader")[0].label == "A file of up to 200 MB"
    assert "for files over 200 MB" in page.text_input(key="import-path").label


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "there is a NUL byte: this is a binary file"),
        ("rows.parquet", b"id,age\n1,2\n", "no whole Parquet file"),
        ("rows.xlsx", b"id,age\n1,2\n", "no whole Excel workbook"),
        ("rows.jsonl", b"id,age\n1,2\n", "line 1: no JSON object"),
        ("rows.csv.gz", b"id,age\n1,2\n", "the name says gzip, the content is none"),
        ("rows.csv", b"", "the file is empty"),
        ("rows.csv", "id,age\n1,2\n".encode("utf-16"), "the file is UTF-16, not UTF-8"),
    ],
)
def test_a_file_that_is_not_what_its_name_says(visit, measured, tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    page = opened(visit, measured, tmp_path / name)
    assert [error.value for error in page.error] == ["This cannot be imported"]
    assert name in said(page) and told in said(page)


def test_a_file_that_was_packed_or_is_parquet_under_another_name_is_read_all_the_same(visit, measured, tmp_path):
    (tmp_path / "rows.csv").write_bytes(gzip.compress(b"id,age\n1,2\n"))
    page = opened(visit, measured, tmp_path / "rows.csv")
    assert not page.error
    assert json.loads(page.dataframe[0].value.to_json(orient="records")) == [{"id": "1", "age": "2"}]


def test_a_refused_file_is_read_with_the_options_that_the_dialog_proposes(visit, measured, tmp_path):
    (tmp_path / "rows.csv").write_bytes("by X\nid;name\n1;été\n2;Müller\n".encode("cp1252"))
    page = opened(visit, measured, tmp_path / "rows.csv")
    assert "It can be read with --encoding cp1252 --skip-rows 1" in said(page)
    page.button(key="read-proposal").click().run()
    # The test's page shows no dialog again after a rerun; what its fields will hold is in the session.
    assert not page.exception
    assert (page.session_state["read-encoding"], page.session_state["read-skip_rows"]) == ("cp1252", 1)

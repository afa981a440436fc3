"""Every row and cell of a text file is in version 1, with no other value than the file had."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.ingest import ReadOptions, casting, import_source
from workbench.lake import Version, view_of

cells = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "",
            "007",
            "+1",
            "1e5",
            "-0",
            "-0.0",
            "1.10",
            "nan",
            "inf",
            "-inf",
            "NULL",
            "NA",
            "\\N",
            "?",
            "#x",
            "yes",
            "true",
        ]
    ),
    st.sampled_from(["2024-02-30", "2024-02-29", "infinity", "12024-01-01", "0044-03-15 (BC)", "1600-01-01"]),
    st.integers().map(str),
    st.floats().map(repr),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda value: f"{value:.6f}"),
    st.dates().map(str),
    st.datetimes().map(str),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    st.text(st.sampled_from(" ,;\"'\n\r\t\\0.1-e"), max_size=5),
)


def written(table: list[list[str | None]], delimiter: str, end: str) -> str:
    """Write a file as RFC 4180 has it: a missing cell bare, every other one quoted where it needs to be."""

    def cell(value: str | None) -> str:
        if value is None:
            return ""
        plain = value and not set(value) & {delimiter, '"', "\n", "\r"} and value == value.strip(" ")
        return value if plain else '"' + value.replace('"', '""') + '"'

    return "".join(delimiter.join(cell(value) for value in row) + end for row in table)


def same(stored: object, text: str | None) -> bool:
    """Tell whether a stored value is what a text said."""
    if stored is None or text is None:
        return stored is text
    if isinstance(stored, bool):
        return text == str(stored).lower()
    if isinstance(stored, float):
        return float(text) == stored
    if isinstance(stored, datetime):
        return text == (f"{stored}".rstrip("0") if stored.microsecond else f"{stored}")
    return text == str(stored)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), min_size=1, max_size=6)
    ),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_written_is_read(
    load: Callable[..., Version],
    rows: Callable[..., list[tuple[Any, ...]]],
    table: list[list[str | None]],
    delimiter: str,
    end: str,
) -> None:
    header = [f"c{n}" for n in range(len(table[0]))]
    name = f"d{uuid.uuid4().hex}"
    # Whether the commas in a file of one column are delimiters nobody can tell from the file.
    options = ReadOptions(delimiter="none") if len(header) == 1 else ReadOptions()
    version = load(written([header, *table], delimiter, end), name, file=f"{name}.csv", options=options)
    stored = rows(version)
    assert version.rows == len(stored) == len(table)
    for got, row in zip(stored, table, strict=True):
        assert all(same(value, text) for value, text in zip(got, row, strict=True)), (got, row)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "-20", "9223372036854775807"], "BIGINT"),
        (["1", "1.5"], "DOUBLE"),
        (["1.0", "1.1", "-0.25", "0.000123", "123456789012.125"], "DOUBLE"),
        (["1.10", "1.1", "-0.25"], "VARCHAR"),
        (["1", "1.0", "1.5"], "VARCHAR"),
        (["2024-02-29", "1582-01-01"], "DATE"),
        (["2024-02-29 10:00:00", "1600-01-01 00:00:00.25"], "TIMESTAMP"),
        (["true", "false"], "BOOLEAN"),
        (["007", "1"], "VARCHAR"),
        (["+1", "1"], "VARCHAR"),
        (["-0", "1"], "VARCHAR"),
        (["1e5", "1.5"], "VARCHAR"),
        (["0x10"], "VARCHAR"),
        (["12345678901234567890", "12345678901234567891"], "VARCHAR"),
        (["0.12345678901234567", "0.5"], "VARCHAR"),
        (["1.", ".5"], "VARCHAR"),
        (["1_000"], "VARCHAR"),
        ([" 1"], "VARCHAR"),
        (["yes", "no"], "VARCHAR"),
        (["True", "False"], "VARCHAR"),
        (["true", "1"], "VARCHAR"),
        (["NA", "1"], "VARCHAR"),
        (["nan", "1.5"], "VARCHAR"),
        (["inf", "1.5"], "VARCHAR"),
        (["2024-01-31", "31.01.2024"], "VARCHAR"),
        (["2024-01-31", "2024-01-31 10:00:00"], "VARCHAR"),
        (["2024-1-31"], "VARCHAR"),
        (["2024-02-30"], "VARCHAR"),
        (["infinity", "2024-01-31"], "VARCHAR"),
        (["2024-01-31 10:00:00+02"], "VARCHAR"),
        (["2024-01-31T10:00:00Z"], "VARCHAR"),
    ],
)
def test_a_column_has_a_type_only_if_every_cell_survives(load, rows, kinds, cells, kind):
    version = load("x,n\n" + "".join(f"{cell},{n}\n" for n, cell in enumerate([*cells, ""])))
    assert kinds() == {"x": kind, "n": "BIGINT"}
    stored = [row[0] for row in rows(version)]
    assert all(same(value, cell) for value, cell in zip(stored, [*cells, None], strict=True))


def test_empty_and_missing_are_two_things(load, rows, kinds):
    load('a,b\n"",\n,""\n"NULL",NA\n')
    assert rows() == [("", None), (None, ""), ("NULL", "NA")]


def test_a_column_of_one_keeps_its_missing_cells(load, rows):
    load("a\n1\n\n3\n")
    assert rows() == [(1,), (None,), (3,)]


def test_blank_lines_are_no_rows_where_there_are_more_columns(load, rows):
    load("a,b\n\n1,2\n\n\n3,4\n\n")
    assert rows() == [(1, 2), (3, 4)]


def test_a_comment_is_data(load, rows):
    load("a,b\n#1,2\n3,4 # not\n")
    assert rows() == [("#1", "2"), ("3", "4 # not")]


def test_breaks_inside_quotes(load, rows):
    load('id,text\r\n1,"one\r\ntwo\nthree"\r\n2,"say ""hi"", 😀"\r\n')
    assert rows() == [(1, "one\r\ntwo\nthree"), (2, 'say "hi", 😀')]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends(load, rows, end, last):
    load(end.join(["a,b", "1,x", "2,y"]) + (end if last else ""))
    assert rows() == [(1, "x"), (2, "y")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(load, rows, delimiter):
    load(delimiter.join(["a", "b c"]) + "\n" + delimiter.join(["1", "'x, y; z'" if delimiter == "|" else "z"]) + "\n")
    assert rows()[0][0] == 1


def test_a_decimal_comma_is_no_delimiter(load, rows):
    load("price;city\n1,5;Rome\n2,25;Oslo\n")
    assert rows() == [("1,5", "Rome"), ("2,25", "Oslo")]


def test_a_tsv_has_tabs_whatever_it_looks_like(load, rows):
    load("a, b\n1, 2\n", file="t.tsv")
    assert rows() == [("1, 2",)]


def test_a_byte_order_mark_is_no_part_of_a_name(load, kinds):
    load(b"\xef\xbb\xbfid,x\n1,2\n", key=("id",))
    assert list(kinds()) == ["id", "x"]


def test_a_gzipped_file(load, rows):
    load(gzip.compress(b"a,b\n1,x\n"), file="t.csv.gz")
    assert rows() == [(1, "x")]


def test_names_the_lake_reserves_and_other_odd_ones(load, rows, kinds, lake):
    names = [
        "rowid",
        "snapshot_id",
        "_rid",
        "row_id",
        "begin_snapshot",
        "A",
        "a",
        "b c",
        'd"e',
        "f.g",
        "ü",
        "😀",
        "select",
    ]
    header = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    version = load(header + "\n" + ",".join(map(str, range(len(names)))) + "\n", key=("_rid", "A"), label=None)
    assert list(kinds()) == names and rows() == [tuple(range(len(names)))]
    assert view_of(lake, version).to_arrow(columns=["a", "A"]).to_pylist() == [{"_rid": 1, "a": 6, "A": 5}]


def test_no_rows_and_one_row(load, rows, kinds, lake):
    assert load("a,b\n", "none").rows == 0
    assert load("a,b\n1,2", "one").rows == 1
    assert kinds(load("a,b", "bare")) == {"a": "VARCHAR", "b": "VARCHAR"}


def test_a_thousand_columns(load, kinds):
    header = ",".join(f"column {n}" for n in range(1000))
    body = "\n".join(",".join(str(n) if n % 2 else f"x{n}" for n in range(1000)) for _ in range(3))
    assert load(f"{header}\n{body}\n", key=()).rows == 3
    assert list(kinds().values()) == ["VARCHAR", "BIGINT"] * 500


def test_cells_of_a_megabyte(load, rows):
    long = "x😀" * 250_000
    load(f"a,b\n{long},{'y' * 1_000_000}\nz,\n")
    assert rows() == [(long, "y" * 1_000_000), ("z", None)]


def test_a_cell_below_the_sample_decides(load, rows, kinds, monkeypatch):
    monkeypatch.setattr(casting, "SAMPLE_ROWS", 3)
    load("a,b,c,d\n" + "1,1,,2024-01-01\n" * 5 + "2,1.5,7,never\n")
    assert kinds() == {"a": "BIGINT", "b": "DOUBLE", "c": "BIGINT", "d": "VARCHAR"}
    assert rows()[0] == (1, 1.0, None, "2024-01-01") and rows()[-1] == (2, 1.5, 7, "never")


def test_a_type_can_be_forced(load, rows, kinds):
    load(
        "zip,n,m,t\n1,007,1.50,2024-01-31T10:00:00\n",
        types={"zip": "VARCHAR", "n": "int", "m": "DECIMAL(9,2)", "t": "TIMESTAMP"},
    )
    assert kinds() == {"zip": "VARCHAR", "n": "BIGINT", "m": "DECIMAL(9,2)", "t": "TIMESTAMP"}
    assert rows()[0][:2] == ("1", 7) and str(rows()[0][2]) == "1.50" and str(rows()[0][3]) == "2024-01-31 10:00:00"


def test_files_of_a_glob_are_one_source(lake, tmp_path, rows):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.csv").write_text("x;id\nnine;2\n")
    (tmp_path / "in" / "a [1].csv").write_text("id,x\n1,eight\n")
    import_source(lake, "t", str(tmp_path / "in" / "*.csv"), key=("id",), author="tester")
    assert rows() == [(1, "eight"), (2, "nine")]


def test_the_key_and_the_lanes_are_set(load, rows, lake):
    version = load("id,y,x\n" + "".join(f"{n},{n % 2},{n % 50}\n" for n in range(400)), key=("id",), label="y")
    lanes = pd.DataFrame(rows(version, system="_lane"), columns=["lane", "id", "y", "x"])
    assert lanes.groupby("x").lane.nunique().max() == 1 and set(lanes.lane) == {0, 1, 2}
    assert version.definition.task == "classification" and version.definition.source.endswith("t.csv")
    assert load("id,y\n1,1.5\n2,2\n", "r", label="y").definition.task == "regression"


def test_a_schema_of_the_same_name_is_found(load, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "t.py").write_text("")
    assert load("a\n1\n").definition.schema == "schemas/t.py"
    assert load("a\n1\n", "u").definition.schema is None
    assert load("a\n1\n", "v", schema="other.py").definition.schema == "other.py"

"""Sources that have types of their own keep them where the lake can; what it cannot store becomes text, never less."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import sqlite3

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.addresses import stored_source
from workbench.errors import DataError, UnknownName, UsageError
from workbench.ingest import ReadOptions, import_source
from workbench.lake import view_of


@pytest.fixture
def bring(lake, rows):
    """Import any source as ``t`` and return its rows."""

    def bring(source, name="t", **options):
        return rows(import_source(lake, name, source, author="tester", **options))

    return bring


def test_parquet(bring, kinds, tmp_path):
    table = pa.table(
        {
            "i": pa.array([1, None], pa.int8()),
            "u": pa.array([2**64 - 1, 0], pa.uint64()),
            "d": pa.array([1.5, float("nan")]),
            "f": pa.array([0.1, 2.0], pa.float32()),
            "m": pa.array([decimal.Decimal("1.10"), None], pa.decimal128(20, 2)),
            "s": pa.array(["", None]).dictionary_encode(),
            "b": [True, False],
            "date": [dt.date(1600, 1, 1), None],
            "ts": pa.array([dt.datetime(1600, 1, 1, 12), None], pa.timestamp("ms")),
            "ns": pa.array([1, None], pa.timestamp("ns")),
            "tz": pa.array([dt.datetime(2024, 1, 1, tzinfo=dt.UTC), None], pa.timestamp("us", "Europe/Rome")),
            "v": pa.array([[0.5, 1.0], None], pa.list_(pa.float32())),
            "n": [{"x": [1, None]}, None],
            "a": [1, 2],
            "A": ["x", "y"],
            "file_row_number": [7, 8],
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    first, second = bring(tmp_path / "t.parquet", key=("a",))
    assert kinds() == {
        "i": "BIGINT", "u": "UBIGINT", "d": "DOUBLE", "f": "FLOAT", "m": "DECIMAL(20,2)", "s": "VARCHAR",
        "b": "BOOLEAN", "date": "DATE", "ts": "TIMESTAMP", "ns": "TIMESTAMP_NS", "tz": "TIMESTAMP WITH TIME ZONE",
        "v": "FLOAT[]", "n": "VARCHAR", "a": "BIGINT", "A": "VARCHAR", "file_row_number": "BIGINT",
    }  # fmt: skip
    assert first[:3] == (1, 2**64 - 1, 1.5) and second[0] is None and np.isnan(second[2])
    assert first[4] == decimal.Decimal("1.10") and (first[5], second[5]) == ("", None)
    assert first[7:9] == (dt.date(1600, 1, 1), dt.datetime(1600, 1, 1, 12))
    assert first[10] == dt.datetime(2024, 1, 1, tzinfo=dt.UTC) and first[11] == [0.5, 1.0]
    assert json.loads(first[12]) == {"x": [1, None]} and first[-3:] == (1, "x", 7)


def test_parquet_files_that_disagree_about_a_type(bring, kinds, tmp_path):
    pq.write_table(pa.table({"id": [1], "x": [5]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": ["five"], "id": [2]}), tmp_path / "b.parquet")
    pq.write_table(pa.table({"id": [3], "x": [6]}), tmp_path / "c.parquet")
    assert sorted(bring(str(tmp_path / "*.parquet"))) == [(1, "5"), (2, "five"), (3, "6")]
    assert kinds() == {"id": "BIGINT", "x": "VARCHAR"}


def test_jsonlines(bring, kinds, tmp_path):
    lines = [
        {
            "id": 1,
            "n": 1,
            "f": 1,
            "big": 12345678901234567890,
            "mix": 1,
            "s": "007",
            "b": True,
            "v": [1, 0.5],
            "o": {"k": 1},
        },
        {"id": 2, "f": 2.5, "big": 7, "mix": "one", "s": "", "b": None, "v": None, "A": "x", "a.b/c~d": 1, "": "empty"},
        {
            "id": 3,
            "n": None,
            "f": None,
            "big": 123456789012345678901234567890,
            "mix": True,
            "s": 'q"\n😀',
            "a": [1, "x"],
        },
    ]
    (tmp_path / "t.jsonl").write_text("\n\n".join(json.dumps(line) for line in lines) + "\n")
    stored = bring(tmp_path / "t.jsonl", key=("id",))
    assert kinds() == {
        "id": "BIGINT", "n": "BIGINT", "f": "DOUBLE", "big": "VARCHAR", "mix": "VARCHAR", "s": "VARCHAR",
        "b": "BOOLEAN", "v": "DOUBLE[]", "o": "VARCHAR", "A": "VARCHAR", "a.b/c~d": "BIGINT", "": "VARCHAR",
        "a": "VARCHAR",
    }  # fmt: skip
    assert stored[0] == (
        1,
        1,
        1.0,
        "12345678901234567890",
        "1",
        "007",
        True,
        [1.0, 0.5],
        '{"k":1}',
        None,
        None,
        None,
        None,
    )
    assert stored[1][4:] == ("one", "", None, None, None, "x", 1, "empty", None)
    assert stored[2][1:6] == (None, None, "123456789012345678901234567890", "true", 'q"\n😀')
    assert stored[2][-1] == '[1,"x"]'


def test_jsonlines_keep_every_digit_a_number_can_have(bring, tmp_path):
    numbers = ["0.00012345678901234567", "0.1", "1.7976931348623157e308", "5e-324", "1.50000000000000000000", "-0.0"]
    (tmp_path / "t.jsonl").write_text(
        "".join(f'{{"x": {number}, "s": "0.12345678901234567890"}}\n' for number in numbers)
    )
    assert [row[0] for row in bring(tmp_path / "t.jsonl")] == numbers


def test_excel(bring, kinds, tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", "when", "day", "n", "x", "mixed", "ok", 2024])
    sheet.append([1, dt.datetime(2024, 1, 31, 10, 30), dt.date(2024, 1, 31), 5, 1.5, 7, True, "a"])
    sheet.append([2, dt.datetime(2024, 2, 1), None, None, 2, "seven", False, "=not"])
    sheet["H3"].data_type = "s"
    sheet.append([None] * 8)
    sheet.append([3, None, dt.date(2024, 2, 1), 6, None, 7.25, None, None])
    book.create_sheet("other").append(["unseen"])
    book.save(tmp_path / "t.xlsx")
    stored = bring(tmp_path / "t.xlsx", options=ReadOptions(sheet="Sheet"))
    assert kinds() == {
        "id": "BIGINT", "when": "TIMESTAMP", "day": "DATE", "n": "BIGINT", "x": "DOUBLE", "mixed": "VARCHAR",
        "ok": "BOOLEAN", "2024": "VARCHAR",
    }  # fmt: skip
    assert stored[0] == (1, dt.datetime(2024, 1, 31, 10, 30), dt.date(2024, 1, 31), 5, 1.5, "7", True, "a")
    assert stored[1][5] == "seven" and stored[2] == (None,) * 8 and stored[3][5] == "7.25"


def test_an_excel_formula_without_a_value_is_refused(bring, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.append([1, "=A2*2"])
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match="line 2: the formula in B2 has no computed value"):
        bring(tmp_path / "t.xlsx")
    book.active["B2"], book.active["C2"] = 2, 3
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match="column C has no name"):
        bring(tmp_path / "t.xlsx")


def test_a_frame(bring, kinds):
    frame = pd.DataFrame(
        {
            "i": [1, 2],
            "f": [1.5, np.nan],
            "s": ["x", None],
            "o": pd.Series(["x", np.nan], dtype=object),
            "mixed": pd.Series([1, "one"], dtype=object),
            "numbers": pd.Series([1, 2.5], dtype=object),
            "big": pd.Series([2**70, 1], dtype=object),
            "c": pd.Categorical(["a", None]),
            "ci": pd.Categorical([1, 2]),
            "Int": pd.array([1, None], dtype="Int64"),
            "t": pd.to_datetime(["2024-01-31 10:00", None]),
            "tz": pd.to_datetime(["2024-01-31 10:00", None]).tz_localize("Europe/Rome"),
            "d": [dt.date(1600, 1, 1), None],
            "v": [[0.5, 1.0], None],
            "bool": pd.Series([True, None], dtype=object),
            "nothing": pd.Series([None, None], dtype=object),
            3: [1, 2],
        }
    ).set_index(pd.Index(["a", "b"], name="row"))
    first, second = bring(frame)
    assert kinds() == {
        "row": "VARCHAR", "i": "BIGINT", "f": "DOUBLE", "s": "VARCHAR", "o": "VARCHAR", "mixed": "VARCHAR",
        "numbers": "DOUBLE", "big": "VARCHAR", "c": "VARCHAR", "ci": "BIGINT", "Int": "BIGINT", "t": "TIMESTAMP",
        "tz": "TIMESTAMP WITH TIME ZONE", "d": "DATE", "v": "DOUBLE[]", "bool": "BOOLEAN", "nothing": "VARCHAR",
        "3": "BIGINT",
    }  # fmt: skip
    assert first[:9] == ("a", 1, 1.5, "x", "x", "1", 1.0, str(2**70), "a")
    assert second[1:9] == (2, None, None, None, "one", 2.5, "1", None) and second[10] is None and second[15] is None
    assert first[12] == dt.datetime(2024, 1, 31, 9, tzinfo=dt.UTC) and first[13] == dt.date(1600, 1, 1)


def test_an_arrow_table_keeps_nan(bring):
    stored = bring(pa.table({"x": pa.chunked_array([[float("nan")], [None]])}))
    assert np.isnan(stored[0][0]) and stored[1][0] is None


def test_a_duckdb_table(bring, kinds, tmp_path):
    with duckdb.connect(str(tmp_path / "x.duckdb")) as database:
        database.execute(
            "CREATE TABLE t AS SELECT 170141183460469231731687303715884105727::HUGEINT AS h, 'a'::ENUM('a','b') AS e, "
            "INTERVAL 1 DAY AS i, TIME '10:00:00' AS t, '\\xAA'::BLOB AS b, "
            "'b6fa5b4e-0000-4000-8000-000000000000'::UUID AS u, [1, 2] AS l, MAP {'k': 1} AS m, 1::UTINYINT AS \"T\""
        )
        database.execute("CREATE SCHEMA s; CREATE TABLE s.u AS SELECT 1 AS a")
    stored = bring(f"duckdb:{tmp_path / 'x.duckdb'}?table=t")
    assert list(kinds().values()) == [
        "VARCHAR", "VARCHAR", "VARCHAR", "TIME", "BLOB", "VARCHAR", "INTEGER[]", "VARCHAR", "BIGINT",
    ]  # fmt: skip
    assert stored[0][:3] == (str(2**127 - 1), "a", "1 day") and stored[0][4] == b"\xaa" and stored[0][6] == [1, 2]
    for table, says in (("T2", "no table 'T2'"), ("s.v", "no table 's.v'")):
        with pytest.raises(UnknownName, match=says):
            bring(f"duckdb:{tmp_path / 'x.duckdb'}?table={table}", "u")


def test_tables_of_the_same_name(lake, tmp_path, rows):
    with duckdb.connect(str(tmp_path / "x.duckdb")) as database:
        database.execute("CREATE TABLE t AS SELECT 1 AS a; CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 2 AS a")
    with pytest.raises(UsageError, match="ambiguous: main.t, s.t"):
        import_source(lake, "t", f"duckdb:{tmp_path / 'x.duckdb'}?table=t", author="tester")
    assert rows(import_source(lake, "t", f"duckdb:{tmp_path / 'x.duckdb'}?table=s.t", author="tester")) == [(2,)]


def test_a_sqlite_table_that_keeps_to_its_types(bring, kinds, tmp_path):
    with sqlite3.connect(tmp_path / "x.db") as database:
        database.execute('CREATE TABLE "my t" (id INTEGER, x REAL, s TEXT, d DATE, ts TIMESTAMP)')
        database.execute(
            "INSERT INTO \"my t\" VALUES (1, 0.1, '007', '2024-01-31', '2024-01-31 10:00:00'), (2,3,NULL,NULL,NULL)"
        )
    database.close()
    stored = bring(f"sqlite:{tmp_path / 'x.db'}?table=my t", key=("id",))
    assert kinds() == {"id": "BIGINT", "x": "DOUBLE", "s": "VARCHAR", "d": "DATE", "ts": "TIMESTAMP"}
    assert stored[0] == (1, 0.1, "007", dt.date(2024, 1, 31), dt.datetime(2024, 1, 31, 10))
    assert stored[1] == (2, 3.0, None, None, None)


def test_a_sqlite_table_that_does_not(bring, kinds, tmp_path):
    with sqlite3.connect(tmp_path / "x.db") as database:
        database.execute("CREATE TABLE t (id INTEGER, n NUMERIC, x REAL, d DATE, free)")
        database.execute(
            "INSERT INTO t VALUES (1, 9007199254740993, 'much', '31.1.2024', 'x'), ('two', 1.5, 0.1, NULL, 5)"
        )
    database.close()
    stored = bring(f"sqlite:{tmp_path / 'x.db'}?table=t")
    assert stored == [("1", "9007199254740993", "much", "31.1.2024", "x"), ("two", "1.5", "0.1", None, "5")]
    assert set(kinds().values()) == {"VARCHAR"}


def test_a_password_is_not_remembered(lake):
    assert stored_source("postgres:host=h password=geheim dbname=d?table=t") == "postgres:host=h dbname=d?table=t"
    assert stored_source("postgres:postgresql://u:geheim@h/d?table=t") == "postgres:postgresql://u@h/d?table=t"
    with pytest.raises(DataError, match="cannot be opened") as refused:
        import_source(lake, "t", "postgres:host=127.0.0.1 port=1 password=geheim?table=t", author="tester")
    assert "geheim" not in str(refused.value)


def test_the_source_is_remembered(lake, tmp_path, rows):
    (tmp_path / "t.csv").write_text("a\n1\n")
    version = import_source(lake, "t", str(tmp_path / "t.csv"), author="ann", message="first")
    assert version.definition.source == str(tmp_path / "t.csv")
    assert (version.kind, version.author, version.message, version.rows) == ("import", "ann", "first", 1)
    assert view_of(lake, version).content_hash() == version.content_hash
    assert import_source(lake, "u", pd.DataFrame({"a": [1]}), author="ann").definition.source is None

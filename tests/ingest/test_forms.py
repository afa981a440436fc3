"""Packed files, JSON documents, partitioned folders, workbooks, Parquet types: read right, or refused in words."""

from __future__ import annotations

import bz2
import datetime as dt
import decimal
import gzip
import io
import json
import lzma
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.chart import BarChart

from workbench.errors import DataError, UnknownName, UsageError
from workbench.ingest import ReadOptions, import_source, refresh

CSV = b"a,b\n1,x\n"


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return buffer.getvalue()


def label(value: object) -> str:
    """Name a case; packed bytes bear the time, and would name it differently in each process."""
    return value if isinstance(value, str) else "packed"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("t.csv.gz", gzip.compress(CSV)),
        ("t.csv.bz2", bz2.compress(CSV)),
        ("t.csv.xz", lzma.compress(CSV)),
        ("t.csv.zst", pa.compress(CSV, codec="zstd", asbytes=True)),
        ("t.zip", zipped(in_csv=CSV)),
        ("t.csv", gzip.compress(CSV)),
        ("t.jsonl.gz", gzip.compress(b'{"a": 1, "b": "x"}\n')),
        ("t.zip", zipped(in_json=b'[{"a": 1, "b": "x"}]')),
        ("t.tsv.gz", gzip.compress(b"a\tb\n1\tx\n")),
    ],
    ids=label,
)
def test_packed_files(load, rows, file, content):
    assert rows(load(content, file=file)) == [(1, "x")]


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("t.csv.bz2", bz2.compress(CSV * 999)[:-9], "damaged or cut off"),
        ("t.csv.xz", lzma.compress(CSV * 999)[:-9], "damaged or cut off"),
        ("t.csv.zst", pa.compress(CSV * 999, codec="zstd", asbytes=True)[:-9], "damaged or cut off"),
        ("t.zip", zipped(a_csv=CSV, b_csv=CSV), "the archive holds 2 files: a.csv, b.csv"),
        ("t.zip", zipped(a_csv=CSV)[:-9], "damaged or cut off"),
        ("t.csv.gz", CSV, "the name says gzip, the content is none"),
    ],
    ids=label,
)
def test_packed_files_that_cannot_be_read(load, file, content, says):
    with pytest.raises(DataError, match=says):
        load(content, file=file)


@pytest.mark.parametrize(
    ("text", "options", "stored"),
    [
        ('[{"a": 1}, {"a": 2}]', {}, [(1,), (2,)]),
        ('[\n  {"a": 1.10},\n  {"a": 2}\n]\n', {}, [("1.10",), ("2",)]),
        ('{"a": 1}\n{"a": 2}\n', {}, [(1,), (2,)]),
        ('{"a": 1}{"a": 2}', {}, [(1,), (2,)]),
        ('{\n "a": 1\n}\n{\n "a": 2\n}\n', {}, [(1,), (2,)]),
        ('{"a": {"b": "x\\ny"}}', {}, [('{"b":"x\\ny"}',)]),
        ('\ufeff[{"a": "é"}]', {}, [("é",)]),
        ('{"n": 2, "data": {"items": [{"a": 1}, {"a": 2}]}}', {"records": "data.items"}, [(1,), (2,)]),
        ('{"data": [{"a": 1}]}', {"records": "/data"}, [(1,)]),
        ('{"a": 1, "data": [{"b": 1}]}', {"records": "."}, [(1, '[{"b":1}]')]),
        ('[{"a": NaN}, {"a": 1.5}]', {}, [("nan",), ("1.5",)]),
        ('[{"a": 12345678901234567890123}]', {}, [("12345678901234567890123",)]),
    ],
)
def test_json_documents(load, rows, text, options, stored):
    found = rows(load(text, file="t.json", options=ReadOptions(**options)))
    assert [tuple(str(v) if isinstance(s, str) else v for v, s in zip(row, want, strict=True))
            for row, want in zip(found, stored, strict=True)] == stored  # fmt: skip


def test_json_in_another_encoding(load, rows):
    content = '[{"a": "é"}]'.encode("utf-16")
    with pytest.raises(DataError, match="the file is UTF-16") as refused:
        load(content, file="t.json")
    assert rows(load(content, file="t.json", options=ReadOptions.from_dict(refused.value.options))) == [("é",)]


def test_records_deep_inside_are_asked_for(load, rows):
    text = json.dumps({"meta": {"tags": [{"x": 1}]}, "data": {"items": [{"a": 1}, {"a": 2}]}})
    with pytest.raises(DataError, match=r"records inside: meta.tags \(1\), data.items \(2\)") as refused:
        load(text, file="t.json")
    assert refused.value.options == {"records": "data.items"}
    assert rows(load(text, file="t.json", options=ReadOptions.from_dict(refused.value.options))) == [(1,), (2,)]


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ('[{"a": 1},\n{"a": ]', {}, "line 2: no JSON"),
        ('[{"a": 1}', {}, "line 1: no JSON: expected ']', found the end"),
        ('[1, 2]', {}, "this is JSON, but no object"),
        ('[\n{"a": 1},\n{"a": 1, "a": 2}]', {}, "line 3: the member 'a' stands twice"),
        ('{"data": 1}', {"records": "data"}, "no array of records at 'data'"),
        ('{"data": 1}', {"records": "rows"}, "no member 'rows'"),
        ("[]", {}, "there are no rows"),
    ],
)  # fmt: skip
def test_json_that_cannot_be_read(load, text, options, says):
    with pytest.raises(DataError, match=says):
        load(text, file="t.json", options=ReadOptions(**options))


def test_a_document_longer_than_a_piece_of_it(load, rows, monkeypatch):
    monkeypatch.setattr("workbench.ingest.jsondocs._CHUNK", 7)
    text = json.dumps({"x": ["skipped"] * 9, "data": [{"a": n, "b": "é" * n} for n in range(40)]}, indent=1)
    found = rows(load(text, file="t.json", options=ReadOptions(records="data")))
    assert found == [(n, "é" * n) for n in range(40)]


def partitioned(folder, write, ending):
    for year, month in ((2024, "01"), (2025, "02")):
        place = folder / "out" / f"year={year}" / f"m={month}"
        place.mkdir(parents=True)
        write(place / f"part.{ending}", year)


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl", "csv.gz", "xlsx"])
def test_partition_columns(lake, rows, kinds, tmp_path, ending):
    def write(path, year):
        if ending == "parquet":
            pq.write_table(pa.table({"id": [year]}), path)
        elif ending == "xlsx":
            book = openpyxl.Workbook()
            book.active.append(["id"])
            book.active.append([year])
            book.save(path)
        else:
            text = f'{{"id": {year}}}\n' if ending == "jsonl" else f"id\n{year}\n"
            path.write_bytes(gzip.compress(text.encode()) if ending == "csv.gz" else text.encode())

    partitioned(tmp_path, write, ending)
    version = import_source(lake, "t", str(tmp_path / "out/*/*/*"), author="tester")
    assert rows(version) == [(2024, 2024, "01"), (2025, 2025, "02")]
    assert kinds(version) == {"id": "BIGINT", "year": "BIGINT", "m": "VARCHAR"}
    assert "from the names of the folders" in version.detail["notes"][-1]
    one = import_source(lake, "u", tmp_path / f"out/year=2024/m=01/part.{ending}", author="tester")
    assert rows(one) == [(2024, 2024, "01")]


def test_partitions_that_clash_or_differ(lake, tmp_path):
    partitioned(tmp_path, lambda path, year: path.write_text(f"year\n{year}\n"), "csv")
    with pytest.raises(DataError, match="name a partition 'year', and the files have a column of that name"):
        import_source(lake, "t", str(tmp_path / "out/*/*/*.csv"), author="tester")
    (tmp_path / "out" / "plain.csv").write_text("year\n1\n")
    with pytest.raises(DataError, match="folders name the partitions"):
        import_source(lake, "t", str(tmp_path / "out/**/*.csv"), author="tester")


def test_a_missing_partition_and_an_escaped_one(lake, rows, tmp_path):
    for value in ("a%20b%2Fc", "__HIVE_DEFAULT_PARTITION__"):
        (tmp_path / f"k={value}").mkdir()
        (tmp_path / f"k={value}" / "x.csv").write_text("id\n1\n")
    assert {row[1] for row in rows(import_source(lake, "t", str(tmp_path / "*/x.csv"), author="tester"))} == {
        "a b/c", None,
    }  # fmt: skip


def test_parquet_values_that_duckdb_would_change(lake, rows, kinds, tmp_path):
    long = decimal.Decimal("123456789012345678901234567890123456789012.50")
    moment = 1_700_000_000_000_000_001
    table = pa.table(
        {
            "long": pa.array([long, None], pa.decimal256(60, 2)),
            "span": pa.array([93_784_000_000_005, -1_500_000_000], pa.duration("ns")),
            "seconds": pa.array([dt.timedelta(hours=26), None], pa.duration("s")),
            "time": pa.array([1, None], pa.time64("ns")),
            "rough": pa.array([1000, None], pa.time64("ns")),
            "zone": pa.array([moment, None], pa.timestamp("ns", "UTC")),
            "half": pa.array([1.5, None], pa.float16()),
            "map": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int32())),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    version = import_source(lake, "t", tmp_path / "t.parquet", author="tester")
    first, second = rows(version)
    assert first[:3] == (str(long), "26:03:04.000000005", "26:00:00") and second[:2] == (None, "-00:00:01.5")
    assert first[3].endswith("00:00:00.000000001") and first[4] == dt.time(0, 0, 0, 1)
    assert first[5].startswith("2023-11-14 22:13:20.000000001") and first[6] == 1.5 and first[7] == '{"k":1}'
    assert "'long' is kept as text" in " ".join(version.detail["notes"])
    same = import_source(lake, "u", table, author="tester")
    assert rows(same) == [first, second]


def test_parquet_that_nests_what_cannot_be_kept_is_refused(lake, tmp_path):
    pq.write_table(pa.table({"x": pa.array([[1]], pa.list_(pa.duration("ns")))}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match="column 'x': values of type list.*cannot be kept"):
        import_source(lake, "t", tmp_path / "t.parquet", author="tester")


@pytest.fixture
def book(tmp_path):
    """A workbook from sheets of rows: ``book(one=[["id"], [1]], two=…)``."""

    def book(**sheets):
        made = openpyxl.Workbook()
        made.remove(made.active)
        for name, content in sheets.items():
            sheet = made.create_sheet(name)
            for row in content:
                sheet.append(row)
        return made, tmp_path / "t.xlsx"

    return book


def test_one_visible_sheet_is_read_and_hidden_ones_are_named(lake, rows, book):
    made, path = book(deep=[["x"], [1]], hid=[["x"], [2]], shown=[["id"], [3]], empty=[])
    made["deep"].sheet_state, made["hid"].sheet_state = "veryHidden", "hidden"
    made.create_chartsheet("chart").add_chart(BarChart())
    made.save(path)
    version = import_source(lake, "t", path, author="tester")
    assert rows(version) == [(3,)] and "the hidden sheets 'deep', 'hid' were left out" in version.detail["notes"][0]
    assert rows(import_source(lake, "u", path, options=ReadOptions(sheet="hid"), author="tester")) == [(2,)]
    with pytest.raises(UnknownName, match="no sheet 'shwon'.*\n.*'shown'"):
        import_source(lake, "v", path, options=ReadOptions(sheet="shwon"), author="tester")
    made["shown"].sheet_state = "hidden"
    made.save(path)
    with pytest.raises(DataError, match="sheet is empty|no visible sheet"):
        import_source(lake, "v", path, author="tester")


def test_of_several_visible_sheets_one_is_named_and_remembered(lake, rows, book):
    made, path = book(one=[["id", "a"], [1, 2]], two=[["id", "a"], [3, 4]])
    made.save(path)
    with pytest.raises(DataError, match="2 visible sheets: 'one', 'two'") as refused:
        import_source(lake, "t", path, author="tester")
    assert refused.value.options == {"sheet": "one"}
    import_source(lake, "t", path, key=("id",), options=ReadOptions(sheet="two"), author="tester")
    made["two"]["B2"] = 5
    made.save(path)
    assert refresh(lake, "t", author="tester").updated_cells == 1 and rows() == [(3, 5)]


def test_rows_above_and_below_the_table_of_a_sheet(lake, rows, book):
    made, path = book(one=[["Report", None, None], [None], ["id", "name", "x"], [1, "a", 2], ["Total", None, 2]])
    made.save(path)
    with pytest.raises(DataError, match="column B has no name in row 1") as refused:
        import_source(lake, "t", path, author="tester")
    assert refused.value.options == {"skip_rows": 2}
    options = ReadOptions(skip_rows=2, skip_end=1)
    assert rows(import_source(lake, "t", path, options=options, author="tester")) == [(1, "a", 2)]
    made, path = book(one=[["id", None], [1, 2]])
    made.save(path)
    with pytest.raises(DataError, match="column B has no name") as refused:
        import_source(lake, "u", path, author="tester")
    version = import_source(lake, "u", path, options=ReadOptions.from_dict(refused.value.options), author="tester")
    assert [column.name for column in version.columns] == ["id", "column_2"]


def test_what_a_sheet_shows_otherwise_than_it_holds(lake, rows, book):
    made, path = book(
        one=[["zip", "rate", "t", "err", "m"], [7, 0.05, dt.time(10, 30), "#N/A", "x"], [8123, 1, None, None, None]]
    )
    sheet = made["one"]
    sheet["A2"].number_format = sheet["A3"].number_format = "00000"
    sheet["B2"].number_format = "0%"
    sheet["D2"].data_type = "e"
    sheet.merge_cells("E2:E3")
    made.save(path)
    version = import_source(lake, "t", path, author="tester")
    assert rows(version)[0] == ("00007", 0.05, dt.time(10, 30), "#N/A", "x") and rows(version)[1][0] == "08123"
    told = " ".join(version.detail["notes"])
    for said in ("leading zeros", "5 % is 0.05", "1 cell holds an Excel error", "merged cells (E2:E3)"):
        assert said in told


def test_spreadsheets_of_other_kinds_are_refused_with_a_way(lake, tmp_path):
    for name in ("t.xls", "t.ods", "locked.xlsx"):
        (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0 and so on")
        with pytest.raises(UsageError, match="which is not read.\n.*save it as .xlsx"):
            import_source(lake, "t", tmp_path / name, author="tester")

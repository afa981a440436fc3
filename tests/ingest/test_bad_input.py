"""What cannot be taken whole is refused with file, line and column, and nothing is left behind."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.errors import DataError, KeyColumnError, UnknownName, UsageError
from workbench.ingest import import_source
from workbench.lake import read_versions


@pytest.fixture(autouse=True)
def nothing_is_left(lake):
    """After each test there is no dataset and no file in the lake."""
    yield
    assert read_versions(lake) == []
    assert not [*Path(lake.files).rglob("*.parquet"), *Path(lake.files).glob("scratch/import-*")]


def parquet(cut: int) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": list(range(1000))}), buffer)
    return buffer.getvalue()[:-cut]


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"", None, "the file is empty"),
        (b"\na,b\n1,2\n", 1, "first line is blank"),
        (b"a,b\n1,2\n3\n4,5\n", 3, "expected 2 fields as in the header, found 1"),
        (b"a,b\n1,2\n3,4,5\n", 3, "expected 2 fields as in the header, found 3"),
        (b"a,b\n1,2\n3\n4,5,6\n", 3, "expected 2 fields as in the header, found 1"),
        (b"# by hand\na,b\n1,2\n", 1, "the first line is one field, and others are 2 with the delimiter ','"),
        (b'a,b\n1,"x\n2,y\n', 2, "a quote is opened here and never closed"),
        (b'a,b\n1,x\n2,"y"z\n', 3, "text after a closing quote"),
        (b'a,b\n1,"x\ny"\n2\n', 4, "expected 2 fields"),
        (b"a,b\n1,x\n2,caf\xe9\n", 3, "byte 0xe9 is not UTF-8"),
        (b"caf\xe9,b\n1,x\n", 1, "byte 0xe9 is not UTF-8"),
        (b"\xff\xfea\x00", None, "UTF-16"),
        (b"a,b\n1,x\x00\n", 2, "NUL byte"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", 3, "NUL byte"),
        (b"a,b\n1,2\r\n3,4\n", 2, "line"),
        (b"a,b\r\n1,2\r\n3,4\n", 3, "the line ends with LF, those before with CR LF"),
        (b"a,b\n1,x\ry\n3,4\n", 2, "the line ends with CR, those before with LF"),
        (b"a,b,a\n1,2,3\n", None, "'a' stands twice, at positions 1 and 3"),
        (b"a,,\n1,2,3\n", None, "'' stands twice, at positions 2 and 3"),
    ],
)
def test_faulty_text_files(load, content, line, says):
    with pytest.raises(DataError, match=says) as refused:
        load(content)
    assert refused.value.line == line and "t.csv" in refused.value.source
    assert refused.value.exit_code == 2


def test_a_fault_far_below_is_found(load):
    body = "".join(f"{n},x\n" for n in range(50_000))
    with pytest.raises(DataError, match="line 50002: byte 0xfc is not UTF-8") as refused:
        load(b"a,b\n" + body.encode() + b"1,\xfc\n")
    assert refused.value.options == {"encoding": "cp1252"}
    with pytest.raises(DataError, match="line 50002: expected 2 fields"):
        load("a,b\n" + body + "1\n")


@pytest.mark.parametrize("cut", [1, 20])
def test_damaged_gzip_files(load, cut):
    with pytest.raises(DataError, match="damaged or cut off"):
        load(gzip.compress(b"a,b\n" + b"1,x\n" * 1000)[:-cut], file="t.csv.gz")


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("t.parquet", parquet(10), "no whole Parquet file"),
        ("t.parquet", b"", "no whole Parquet file"),
        ("t.parquet", b"a,b\n1,2\n", "no whole Parquet file"),
        ("t.xlsx", b"PK\x03\x04nonsense", "no whole Excel workbook"),
        ("t.jsonl", b'{"a":1}\n{"a":2\n{"a":3}\n', "line 2: no JSON object"),
        ("t.jsonl", b'{"a":1}\n[1]\n', "line 2: this is JSON, but no object"),
        ("t.jsonl", b'{"a":1,"b":2}\n{"a":1,"a":2}\n', "line 2: the member 'a' stands twice"),
        ("t.jsonl", b'{"a":0.12345678901234567891}\n', "line 1: 0.12345678901234567891 has more digits"),
        ("t.jsonl", b'{"a":1e400}\n', "line 1: 1e400"),
        ("t.jsonl", b'{"a":"\xff"}\n', "line 1: byte 0xff is not UTF-8"),
        ("t.jsonl", b"", "no rows"),
        ("t.json", b'[\n{"a":1},\n{"a":}\n]\n', "line 3: no JSON"),
    ],
)
def test_faulty_files_of_other_kinds(load, file, content, says):
    with pytest.raises(DataError, match=says):
        load(content, file=file)


def test_sources_that_are_not_there(lake, tmp_path):
    (tmp_path / "people.csv").write_text("a\n1\n")
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    for source, error, says in (
        (tmp_path / "peple.csv", DataError, "no such file\n.*people.csv"),
        (tmp_path, DataError, "this is a folder\n.*/\\*.csv"),
        (str(tmp_path / "*.tsv"), DataError, "no file fits"),
        (str(tmp_path / "*"), UsageError, "which is not read.\n.*save it as .xlsx"),
        (str(tmp_path / "[px]*"), UsageError, "not of one kind: people.csv is text, x.parquet is Parquet"),
        (f"sqlite:{tmp_path / 'no.db'}?table=t", DataError, "no such file"),
        (f"sqlite:{tmp_path / 'people.csv'}", UsageError, "names no table"),
        (f"duckdb:{tmp_path / 'people.csv'}?table=t", DataError, "cannot be opened"),
        (f"sqlite:{tmp_path / 'people.csv'}?table=t", DataError, "cannot be"),
        ([1, 2], UsageError, "list is no source"),
    ):
        with pytest.raises(error, match=says):
            import_source(lake, "t", source, author="tester")


def test_files_of_a_glob_with_other_columns(lake, tmp_path):
    (tmp_path / "a.csv").write_text("id,x\n1,2\n")
    (tmp_path / "b.csv").write_text("id\n1\n")
    with pytest.raises(DataError, match="b.csv: column 'x', which .*a.csv has, is missing"):
        import_source(lake, "t", str(tmp_path / "*.csv"), author="tester")
    (tmp_path / "b.csv").write_text("id,x,y\n1,2,3\n")
    with pytest.raises(DataError, match="b.csv: column 'y' is not in .*a.csv"):
        import_source(lake, "t", str(tmp_path / "*.csv"), author="tester")


@pytest.mark.parametrize(
    ("content", "key", "says"),
    [
        ("id,x\n1,a\n", ("Id",), "no key column 'Id'\n.*There is: id, x"),
        ("id,x\n1,a\n,b\n", ("id",), "line 3, column 'id': the key is missing in 1 row"),
        (
            "id,x\n1,a\n2,b\n1,c\n2,d\n3,e\n",
            ("id",),
            r"line 2, column 'id': 2 keys stand more than once: 1 \(lines 2, 4\); 2 \(lines 3, 5\)",
        ),
        ('id,x\n1,"a\nb"\n2,c\n2,d\n', ("id",), r"2 \(lines 4, 5\)"),
        ("a,b\n1,1\n1,2\n1,1\n", ("a", "b"), r"column 'a, b': 1 key stands more than once: 1, 1 \(lines 2, 4\)"),
        ("id\n" + "1\n2\n3\n4\n5\n6\n7\n" * 2, ("id",), "7 keys.*5 .*; …"),
    ],
)
def test_faulty_keys(load, content, key, says):
    with pytest.raises(KeyColumnError, match=says):
        load(content, key=key)


def test_a_key_of_a_frame_has_no_lines(lake):
    with pytest.raises(KeyColumnError) as refused:
        import_source(lake, "t", pd.DataFrame({"id": [1, 1]}), key=("id",), author="tester")
    assert refused.value.message == "the DataFrame, column 'id': 1 key stands more than once: 1"


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        ("x,label\n1,a\n", {"label": "lable"}, "no column 'lable'.*\n.*Did you mean 'label'"),
        ("x,y\n1,\n2,\n", {"label": "y"}, "column 'y': the label is missing in every row"),
        ("x,y\n", {"label": "y"}, "column 'y': the label is missing in every row"),
        ("x,y\n1,a\n2,a\n", {"label": "y"}, "only one value"),
        ("x,y\n1,a\n2,b\n", {"label": "y", "task": "regression"}, "no number.*\n.*--task classification"),
        (
            "y\n" + "".join(f"{n}\n" for n in range(1001)),
            {"label": "y"},
            "1,001 classes, more than 1,000\n.*--task regression",
        ),
        ("y\n" + "".join(f"c{n}\n" for n in range(1001)), {"label": "y"}, "1,001 classes.*\n.*another label"),
        ("x,s\n1,train\n", {"split_column": "split"}, "no column 'split'"),
        ("x,s\n1,train\n2,dev\n3,\n4,dev\n", {"split_column": "s"}, r"'dev' \(2 rows\), missing \(1 rows\)"),
        ("x,s\n1,train\n", {"ignore": ("z",)}, "no column 'z'"),
        ("x,s\n1,train\n", {"types": {"z": "BIGINT"}}, "no column 'z'"),
        ("x,s\n1,train\n", {"types": {"x": "figure"}}, "'figure', asked for column 'x', is no type"),
        ("x,s\n1,train\n", {"types": {"x": "BIGINT); DROP"}}, "is no type"),
        ("x,s\n1,train\n", {"types": {"x": "HUGEINT"}}, "cannot be stored as HUGEINT"),
    ],
)
def test_faulty_definitions(load, content, options, says):
    with pytest.raises((UnknownName, UsageError, DataError), match=says):
        load(content, **options)


@pytest.mark.parametrize(
    ("kind", "fitting", "cell"),
    [
        ("BIGINT", "007", "1.5"),
        ("DOUBLE", "1e3", "n/a"),
        ("DECIMAL(9,2)", "1.20", "1.239"),
        ("DATE", "2024-01-31", "2024-01-31 10:00:00"),
        ("TIMESTAMP", "2024-01-31", "2024-01-31 10:00:00+02:00"),
        ("BOOLEAN", "True", "maybe"),
    ],
)
def test_a_cell_that_breaks_a_forced_type(load, kind, fitting, cell):
    with pytest.raises(DataError, match="line 4, column 'x'") as refused:
        load(f"id,x\n1,\n2,{fitting}\n3,{cell}\n", types={"x": kind})
    assert cell in refused.value.message and refused.value.column == "x"


@pytest.mark.parametrize("name", ["", "1st", "a b", "a.b", "é", "x" * 64, "a/b", "_a"])
def test_names_that_are_not_allowed(load, name):
    with pytest.raises(UsageError, match="no name for a dataset"):
        load("a\n1\n", name)


def test_a_frame_with_unusable_columns(lake):
    with pytest.raises(DataError, match="'a' stands twice"):
        import_source(lake, "t", pd.DataFrame([[1, 2]], columns=["a", "a"]), author="tester")
    with pytest.raises(DataError, match="several levels"):
        import_source(lake, "t", pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), author="tester")
    with pytest.raises(DataError, match="no columns"):
        import_source(lake, "t", pd.DataFrame(), author="tester")

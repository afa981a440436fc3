"""A schema file is executed by itself; whatever is wrong with it is said with file and line."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.errors import SchemaError
from workbench.validation import fingerprint, load_schema


def write(folder: Path, source: str, name: str = "rules.py") -> Path:
    path = folder / name
    path.write_text(source, encoding="utf-8")
    return path


def test_the_object_named_schema_is_the_schema(tmp_path):
    path = write(
        tmp_path,
        "import pandera.pandas as pa\n"
        "other = pa.DataFrameSchema({'b': pa.Column(int)})\n"
        "schema = pa.DataFrameSchema({'a': pa.Column(int)}, name='people')\n",
    )
    loaded = load_schema(path)
    assert loaded.name == "people"
    assert list(loaded.pandera.columns) == ["a"]


def test_a_lone_model_class_is_the_schema_whether_annotations_are_text_or_not(tmp_path):
    path = write(
        tmp_path,
        "from __future__ import annotations\n"
        "import pandera.pandas as pa\n"
        "from pandera.typing import Series\n"
        "class People(pa.DataFrameModel):\n"
        "    age: Series[int] = pa.Field(ge=0)\n",
    )
    assert list(load_schema(path).pandera.columns) == ["age"]


def test_a_schema_may_import_from_its_own_folder_and_leaves_no_trace(tmp_path):
    write(tmp_path, "LIMIT = 7\n", "limits_of_this_test.py")
    path = write(
        tmp_path,
        "import pandera.pandas as pa\nfrom limits_of_this_test import LIMIT\n"
        "schema = pa.DataFrameSchema({'a': pa.Column(int, pa.Check.lt(LIMIT))})\n",
    )
    before = list(sys.path)
    assert load_schema(path).pandera.columns["a"].checks[0].statistics == {"max_value": 7}
    assert sys.path == before
    assert not [name for name in sys.modules if name.startswith("workbench_schema_")]
    assert not (tmp_path / "__pycache__" / "rules.cpython-311.pyc").exists()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import pandera.pandas as pa\n\nschema = pa.Column(1 / 0)\n", ["line 3", "ZeroDivisionError"]),
        ("import pandera.pandas as pa\nschema = (\n", ["line 2", "not valid Python"]),
        ("import sys\nsys.exit(5)\n", ["line 2", "SystemExit"]),
        ("import nonexistent_package_of_this_test\n", ["line 1", "nonexistent_package_of_this_test"]),
        ("x = 1\n", ["no schema"]),
        ("schema = {'a': int}\n", ["builtins.dict", "not a pandera schema"]),
        (
            "from pandera.pandas import DataFrameModel as M\nclass A(M):\n    a: int\nclass B(M):\n    b: int\n",
            ["several schemas: A, B", "named 'schema'"],
        ),
        (
            "import pandera.pandas as pa\nschema = pa.DataFrameSchema({('a', 'b'): pa.Column(int)})\n",
            ["('a', 'b')", "no text"],
        ),
        ("import pandera.pandas as pa\nschema = pa.SeriesSchema(int)\n", ["SeriesSchema", "not a pandera schema"]),
        (
            "import pandera.pandas as pa\nclass A(pa.DataFrameModel):\n    a: 'nonsense'\n",
            ["rules.py", "'A'", "nonsense"],
        ),
    ],
)
def test_what_is_wrong_with_a_schema_file_is_said(tmp_path, source, words):
    path = write(tmp_path, source)
    with pytest.raises(SchemaError) as caught:
        load_schema(path)
    assert str(path) in str(caught.value)
    for word in words:
        assert word in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(SchemaError, match="no schema file"):
        load_schema(tmp_path / "nowhere.py")
    with pytest.raises(SchemaError, match="cannot be read"):
        load_schema(tmp_path)


def test_the_fingerprint_follows_every_byte_and_pandera(tmp_path, monkeypatch):
    source = "import pandera.pandas as pa\nschema = pa.DataFrameSchema({'a': pa.Column(int)})\n"
    first, second = write(tmp_path, source, "one.py"), write(tmp_path, source, "two.py")
    assert load_schema(first).fingerprint == load_schema(second).fingerprint == fingerprint(first)
    second.write_text(source + "\n")
    assert fingerprint(second) != fingerprint(first)
    before = fingerprint(first)
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "99")
    assert fingerprint(first) != before


def test_a_fingerprint_costs_no_import_of_pandera(tmp_path):
    path = write(tmp_path, "schema = None\n")
    code = (
        "import sys\nfrom workbench.validation import fingerprint\n"
        f"fingerprint({str(path)!r})\nassert 'pandera' not in sys.modules and 'pandas' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

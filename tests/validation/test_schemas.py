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


def test_a_schema_is_found_under_any_name_or_chosen(tmp_path):
    head = "import pandera.pandas as pa\n"
    only = write(tmp_path, head + "people_schema = pa.DataFrameSchema({'a': pa.Column(int)})\nother = 7\n", "only.py")
    assert list(load_schema(only).pandera.columns) == ["a"]
    classes = "class Base(pa.DataFrameModel):\n    id: int\nclass People(Base):\n    age: float\n"
    several = write(tmp_path, head + classes + "rows = pa.DataFrameSchema({'b': pa.Column(int)})\n", "several.py")
    assert list(load_schema(f"{several}:People").pandera.columns) == ["id", "age"]
    assert list(load_schema(f"{several}:rows").pandera.columns) == ["b"]
    marks = {load_schema(f"{several}:{name}").fingerprint for name in ("People", "Base", "rows")}
    assert len(marks) == 3
    with pytest.raises(SchemaError, match=r"several schemas: Base, People, rows.\n.*--schema .*several.py:Base"):
        load_schema(several)
    with pytest.raises(SchemaError, match="holds no 'Poeple'.\n  It holds: Base, People, rows"):
        load_schema(f"{several}:Poeple")


def test_an_imported_class_serves_where_the_file_has_none_of_its_own(tmp_path):
    write(tmp_path, "import pandera.pandas as pa\nclass Base(pa.DataFrameModel):\n    id: int\n", "contract.py")
    alone = write(tmp_path, "from contract import Base\n", "alone.py")
    assert list(load_schema(alone).pandera.columns) == ["id"]
    derived = write(tmp_path, "from contract import Base\nclass People(Base):\n    age: float\n", "derived.py")
    assert list(load_schema(derived).pandera.columns) == ["id", "age"]


def test_what_pandera_wrote_as_yaml_or_json_is_read_back(tmp_path):
    import pandera.pandas as pa

    schema = pa.DataFrameSchema({"age": pa.Column(int, [pa.Check.ge(0), pa.Check.isin([1, 2])], nullable=True)})
    schema.to_yaml(tmp_path / "people.yaml")
    (tmp_path / "people.json").write_text(schema.to_json(), encoding="utf-8")
    for name in ("people.yaml", "people.json"):
        loaded = load_schema(tmp_path / name)
        assert [check.name for check in loaded.pandera.columns["age"].checks] == ["greater_than_or_equal_to", "isin"]
        before = loaded.fingerprint
        (tmp_path / name).write_text((tmp_path / name).read_text().replace("0", "1"), encoding="utf-8")
        assert fingerprint(tmp_path / name) != before
    with pytest.raises(SchemaError, match="cannot be read as pandera's yaml"):
        load_schema(write(tmp_path, "columns: [1", "broken.yaml"))
    with pytest.raises(SchemaError, match="one schema without a name"):
        load_schema(f"{tmp_path / 'people.yaml'}:People")


@pytest.mark.parametrize("library", ["polars", "pyspark", "ibis"])
def test_a_schema_for_another_kind_of_table_is_refused_in_words(tmp_path, library, monkeypatch):
    path = write(tmp_path, f"import {library}\n")
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(SchemaError, match=f"is written for {library}; the workbench asks pandera's schemas for pandas"):
        load_schema(path)


def test_a_schema_class_of_another_library_is_refused_in_words(tmp_path):
    made = (
        "from pandera.api.base.schema import BaseSchema\n"
        "class DataFrameSchema(BaseSchema):\n"
        "    __module__ = 'pandera.api.polars.container'\n"
        "    columns, ordered = {}, False\n"
        "rules = DataFrameSchema()\n"
    )
    with pytest.raises(SchemaError, match="is written for polars"):
        load_schema(f"{write(tmp_path, made)}:rules")


def test_a_check_may_be_registered_in_every_version_of_the_file(tmp_path):
    source = (
        "import pandera.pandas as pa\nimport pandera.extensions as extensions\n"
        "@extensions.register_check_method(statistics=['least'])\n"
        "def at_least(values, *, least):\n    return values >= least\n"
        "class People(pa.DataFrameModel):\n    age: int = pa.Field(at_least={{'least': {least}}})\n"
    )
    for least in (1, 2):
        loaded = load_schema(write(tmp_path, source.format(least=least)))
        assert loaded.pandera.columns["age"].checks[0].statistics == {"least": least}
    import pandera.pandas as pa

    assert not hasattr(pa.Check, "at_least")


def test_the_old_way_to_import_pandera_prints_nothing(tmp_path):
    path = write(tmp_path, "import pandera as pa\nschema = pa.DataFrameSchema({'a': pa.Column(int)})\n")
    code = f"from workbench.validation import load_schema\nload_schema({str(path)!r})\n"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    assert "First use" in done.stderr

"""A schema's dtype means a DuckDB type; a stored cell has it if it can be read as it without loss."""

from __future__ import annotations

import pytest

from workbench.lake.values import read_as
from workbench.validation import column_types


def test_column_types_are_duckdbs_and_only_where_the_schema_names_one(schema):
    rules = schema(
        """
        import pyarrow
        kinds = {
            "int": int, "Int64": "Int64", "int8": "int8", "uint32": "uint32", "float": float, "float32": "float32",
            "str": str, "string": "string", "bool": bool, "boolean": "boolean", "datetime": "datetime64[ns]",
            "zoned": pd.DatetimeTZDtype(tz="UTC"), "date": pa.Date, "decimal": pa.Decimal(10, 2),
            "category": "category", "levels": pd.CategoricalDtype([1, 2]), "arrow": pd.ArrowDtype(pyarrow.int32()),
            "arrow_text": pd.ArrowDtype(pyarrow.string()), "any": None, "object": object, "list": list[int],
            "span": pd.Timedelta, "period": "period[D]",
        }
        schema = pa.DataFrameSchema({name: pa.Column(kind) for name, kind in kinds.items()})
        """
    )
    assert column_types(rules) == {
        "int": "BIGINT",
        "Int64": "BIGINT",
        "int8": "TINYINT",
        "uint32": "UINTEGER",
        "float": "DOUBLE",
        "float32": "FLOAT",
        "str": "VARCHAR",
        "string": "VARCHAR",
        "bool": "BOOLEAN",
        "boolean": "BOOLEAN",
        "datetime": "TIMESTAMP",
        "zoned": "TIMESTAMP WITH TIME ZONE",
        "date": "DATE",
        "decimal": "DECIMAL(10,2)",
        "category": "VARCHAR",
        "levels": "BIGINT",
        "arrow": "INTEGER",
        "arrow_text": "VARCHAR",
    }


def test_column_types_of_patterns_need_the_datasets_names(schema):
    rules = schema("schema = pa.DataFrameSchema({'x_.*': pa.Column(float, regex=True)})")
    assert column_types(rules) == {}
    assert column_types(rules, ["x_1", "y", "x_2"]) == {"x_1": "DOUBLE", "x_2": "DOUBLE"}


def test_a_dtype_of_the_whole_table_goes_before_the_columns_own(schema):
    rules = schema("schema = pa.DataFrameSchema({'a': pa.Column(str)}, dtype=float)")
    assert column_types(rules) == {"a": "DOUBLE"}


@pytest.mark.parametrize(
    ("cell", "stored", "wanted", "value", "flawed"),
    [
        ("'17'", "VARCHAR", "BIGINT", 17, False),
        ("' 17 '", "VARCHAR", "BIGINT", 17, False),
        ("'1.0'", "VARCHAR", "BIGINT", 1, False),
        ("'1.5'", "VARCHAR", "BIGINT", None, True),
        ("'abc'", "VARCHAR", "BIGINT", None, True),
        ("'0x10'", "VARCHAR", "BIGINT", None, True),
        ("''", "VARCHAR", "DOUBLE", None, True),
        ("NULL", "VARCHAR", "BIGINT", None, False),
        ("2.5", "DOUBLE", "BIGINT", None, True),
        ("2.0", "DOUBLE", "BIGINT", 2, False),
        ("'nan'", "DOUBLE", "BIGINT", None, False),
        ("300", "BIGINT", "TINYINT", None, True),
        ("9007199254740993", "BIGINT", "BIGINT", 9007199254740993, False),
        ("1", "BIGINT", "BOOLEAN", True, False),
        ("2", "BIGINT", "BOOLEAN", None, True),
        ("TIMESTAMP '2020-01-01 12:00'", "TIMESTAMP", "DATE", None, True),
        ("TIMESTAMP '2020-01-01 12:00'", "TIMESTAMP", "BIGINT", None, True),
        ("1.0", "DOUBLE", "VARCHAR", "1", False),
    ],
)
def test_a_cell_is_read_as_another_type_only_without_loss(lake, cell, stored, wanted, value, flawed):
    read, flaw = read_as("c", stored, wanted)
    assert lake.read(f"SELECT {read}, {flaw or 'false'} FROM (SELECT {cell}::{stored} AS c)") == [(value, flawed)]


def test_a_categorys_values_are_the_only_ones(lake):
    read, flaw = read_as("c", "VARCHAR", "VARCHAR", among=["it's", "b"])
    rows = lake.read(f"SELECT {read}, {flaw} FROM (VALUES ('it''s'), ('x'), (NULL)) t(c)")
    assert rows == [("it's", False), (None, True), (None, False)]

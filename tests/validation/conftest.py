"""Schema files written by the test that uses them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.validation import Schema, load_schema


@pytest.fixture
def schema(tmp_path: Path) -> Callable[[str], Schema]:
    """Load a schema from its source: ``schema("schema = pa.DataFrameSchema({…})")``."""

    def schema(source: str) -> Schema:
        file = tmp_path / "rules.py"
        file.write_text("import pandas as pd\nimport pandera.pandas as pa\n\n" + textwrap.dedent(source), "utf-8")
        return load_schema(file)

    return schema

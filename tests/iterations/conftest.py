"""A small dataset that can be validated and measured, and drafts of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import workbench
from workbench.api import OpenLake
from workbench.drafts import Correction

SCHEMA = """import pandera.pandas as pa

schema = pa.DataFrameSchema(
    {"age": pa.Column("Int64", pa.Check.in_range(0, 120), nullable=True), "city": pa.Column(str, pa.Check.isin(["a"]))},
    strict=False,
)
"""


@pytest.fixture
def people(tmp_path: Path) -> Iterator[OpenLake]:
    """A dataset with a schema, a label and a model, of which one age is wrong."""
    (tmp_path / "people.py").write_text(SCHEMA)
    a = np.random.default_rng(0).normal(size=300)
    frame = pd.DataFrame(
        {
            "id": range(300), "a": a, "age": [210, *[30] * 299], "city": "a", "y": np.where(a > 0, "yes", "no"),
            "split": ["train"] * 150 + ["test"] * 150,
        }
    )  # fmt: skip
    with workbench.open(f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}", author="ann", create=True) as lake:
        lake.import_data(
            "people", frame, key=["id"], label="y", split_column="split", model="linear",
            schema=str(tmp_path / "people.py"),
        )  # fmt: skip
        yield lake


@pytest.fixture
def draft_of(people: OpenLake) -> Callable[..., int]:
    """Stage cells in a new draft and return its number: ``draft_of((0, "age", 21))``."""

    def draft_of(*cells: tuple[int, str, object]) -> int:
        number = people["people"].draft().draft
        people.stage(number, [Correction(key={"id": key}, column=column, new=new) for key, column, new in cells])
        return number

    return draft_of

"""Answers to findings from Python: a fix says what the cell becomes."""

from __future__ import annotations

import pandas as pd
import pytest

import workbench
from workbench.errors import UsageError

SCHEMA = """import pandera.pandas as pa

schema = pa.DataFrameSchema({"age": pa.Column("Int64", pa.Check.in_range(0, 120), nullable=True)}, strict=False)
"""


@pytest.fixture
def ages(tmp_path):
    """A dataset with one impossible age, and its finding."""
    (tmp_path / "ages.py").write_text(SCHEMA)
    frame = pd.DataFrame({"id": [1, 2], "age": [210, 30]})
    with workbench.open(f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}", author="ann", create=True) as lake:
        lake.import_data("ages", frame, key=["id"], schema=str(tmp_path / "ages.py"))
        lake["ages"].check()
        (finding,) = lake["ages"].findings()
        yield lake, finding.finding


def test_a_fix_without_a_value_is_refused_and_nothing_is_staged(ages):
    lake, finding = ages
    with pytest.raises(UsageError, match="A fix needs a value"):
        lake["ages"].decide([finding], "fix")
    assert lake["ages"].drafts() == [] and lake["ages"].count_findings() == 1


@pytest.mark.parametrize(("value", "new"), [(21, "21"), (None, None)])
def test_a_fix_takes_its_value_and_none_makes_the_cell_missing(ages, value, new):
    lake, finding = ages
    decided = lake["ages"].decide([finding], "fix", value=value)
    assert [each.new for each in lake.corrections(decided.draft)] == [new]

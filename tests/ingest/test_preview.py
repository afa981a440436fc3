"""A first look at a source guesses a name and a key, and refuses what an import would refuse."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import DataError
from workbench.ingest import preview


def test_the_first_rows_of_a_file(lake, tmp_path):
    (tmp_path / "2024 people (new).csv").write_text("person_id,zip,income\n" + "1,007,low\n" * 9)
    seen = preview(lake, str(tmp_path / "2024 people (new).csv"), limit=2)
    assert seen.names == ("person_id", "zip", "income")
    assert seen.rows == (("1", "007", "low"),) * 2
    assert (seen.key, seen.dataset) == (("person_id",), "people_new")


def test_typed_sources_and_sources_without_a_key(lake, tmp_path):
    pd.DataFrame({"a": [1.5, None], "when": pd.to_datetime(["2020-01-01", "2021-01-01"])}).to_parquet(tmp_path / "t.pq")
    seen = preview(lake, str(tmp_path / "t.pq"))
    assert seen.rows == ((1.5, "2020-01-01T00:00:00"), (None, "2021-01-01T00:00:00"))
    assert seen.key == () and seen.dataset == "t"


def test_a_file_that_is_not_what_its_name_says(lake, tmp_path):
    (tmp_path / "t.parquet").write_text("id,x\n1,2\n")
    with pytest.raises(DataError, match="t.parquet"):
        preview(lake, str(tmp_path / "t.parquet"))
    (tmp_path / "ragged.csv").write_text("id,x\n1,2\n3\n")
    with pytest.raises(DataError, match="ragged.csv, line 3: expected 2 fields"):
        preview(lake, str(tmp_path / "ragged.csv"))

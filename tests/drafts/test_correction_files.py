"""Corrections files that cannot be meant as they are written are refused, with the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.drafts import read_corrections
from workbench.errors import DataError


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("c.json", "[" * 100_000, "is not valid JSON"),
        ("c.json", '[{"id": ' + "1" * 5000 + "}]", "is not valid JSON"),
        ("c.json", '[{"id": 1, "column": "x", "new": "\\ud83d"}]', "is not valid JSON"),
        ("c.json", '[{"id": 1, "column": "x", "new": 1, "new": 2}]', "the member 'new' twice"),
        ("c.json", '[{"id": [1], "column": "x", "new": 1}]', r"line 1, column 'id': \[1\] is no value of a key"),
        ("c.json", '[{"id": 1, "column": ["x"], "new": 1}]', "column 'column': .* is no text"),
        ("c.json", '[{"id": 1, "column": "x", "new": 1, "reason": {"a": 1}}]', "column 'reason': .* is no text"),
        ("c.json", '[{"id": 1, "column": "x", "new": 1, "finding": 7}]', "column 'finding': 7 is no text"),
        ("c.csv", "id,column,new,new\n1,x,2,3\n", "line 1: has two columns 'new'"),
    ],
)
def test_what_no_correction_can_mean_is_refused(tmp_path: Path, name: str, content: str, says: str):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=says):
        read_corrections(tmp_path / name, ["id"])


def test_a_byte_order_mark_is_no_part_of_a_corrections_file(tmp_path: Path):
    (tmp_path / "c.json").write_text('\ufeff[{"id": 1, "column": "x", "new": 2}]', encoding="utf-8")
    (tmp_path / "c.csv").write_text("\ufeffid,column,new\n1,x,2\n", encoding="utf-8")
    both = [read_corrections(tmp_path / name, ["id"])[0] for name in ("c.json", "c.csv")]
    assert [(each.column, str(each.new)) for each in both] == [("x", "2")] * 2

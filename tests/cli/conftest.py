"""The command line, called as a shell would call it but in this process."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workbench.cli import main

PEOPLE = """id,age,city,job,income,comment
1,31,Oslo,nurse,low,
2,210,Oslo,nurse,low,
3,45,NYC,clerk,high,checked
4,45,New York,clerk,high,
5,52,Oslo,smith,high,
6,28,Oslo,smith,low,
"""
SCHEMA = """import pandera.pandas as pa

schema = pa.DataFrameSchema(
    {
        "age": pa.Column("Int64", pa.Check.in_range(0, 120), nullable=True),
        "city": pa.Column(str, pa.Check.isin(["Oslo", "New York"])),
    }
)
"""


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run ``workbench …`` in a folder of its own: ``shell("versions", "people", "--json").json``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_AUTHOR", "ann")
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "people.py").write_text(SCHEMA)

    def shell(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["workbench", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        return Ran(int(stop.value.code or 0), captured.out, captured.err)

    return shell


@pytest.fixture
def people(shell: Callable[..., Ran]) -> Callable[..., Ran]:
    """The shell, with the dataset people imported."""
    done = shell(
        "import", "people", "people.csv", "--key", "id", "--label", "income", "--ignore", "comment", "-m", "first"
    )
    assert done.code == 0, done.err
    return shell

"""The command line, called as a shell would call it but in this process."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import workbench
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


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with the dataset people imported, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("project")
    _lay_out(folder)
    with workbench.open(f"sqlite:{folder / 'data' / 'lake' / 'catalog.sqlite'}", author="ann", create=True) as lake:
        lake.import_data(
            "people",
            str(folder / "people.csv"),
            key=["id"],
            label="income",
            ignore=["comment"],
            schema="schemas/people.py",
            message="first",
        )
    return folder


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run ``workbench …`` in a folder of its own: ``shell("versions", "people", "--json").json``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_AUTHOR", "ann")
    _lay_out(tmp_path)

    def shell(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["workbench", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        return Ran(int(stop.value.code or 0), captured.out, captured.err)

    return shell


@pytest.fixture
def people(shell: Callable[..., Ran], imported: Path, tmp_path: Path) -> Callable[..., Ran]:
    """The shell, in a project with the dataset people."""
    shutil.copytree(imported, tmp_path, dirs_exist_ok=True)
    return shell


def _lay_out(folder: Path) -> None:
    """Put a source file and its schema into a folder."""
    (folder / "people.csv").write_text(PEOPLE)
    (folder / "schemas").mkdir(exist_ok=True)
    (folder / "schemas" / "people.py").write_text(SCHEMA)

"""The command line, called as a shell would call it but in this process."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import workbench
from workbench.api import Dataset, OpenLake
from workbench.cli import main
from workbench.drafts import Correction

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


@pytest.fixture
def bugs(shell: Callable[..., Ran]) -> Callable[..., Ran]:
    """The shell, in a project with a dataset of which every fourth train label is wrong, and the truth beside it."""
    x = np.random.default_rng(1).normal(size=(300, 2))
    true = np.where(x[:, 0] > 0, "bee", "ant")
    lane = np.repeat(["train", "validation", "test"], [160, 40, 100])
    given = np.where((np.arange(300) % 4 == 0) & (lane == "train"), np.where(true == "ant", "bee", "ant"), true)
    cells = zip(x, given, lane, strict=True)
    rows = [f"{n},{a:.4f},{b:.4f},{label},{where}" for n, ((a, b), label, where) in enumerate(cells)]
    Path("bugs.csv").write_text("\n".join(["id,a,b,kind,lane", *rows]))
    Path("truth.csv").write_text("\n".join(["id,kind", *(f"{n},{label}" for n, label in enumerate(true))]))
    options = ("--key", "id", "--label", "kind", "--split-column", "lane", "--model", "linear")
    assert shell("import", "bugs", "bugs.csv", *options).code == 0
    return shell


@dataclass(frozen=True)
class Labelled:
    """A dataset ``d`` whose labels were mixed up, and what they should be."""

    lake: OpenLake
    data: Dataset
    truth: list[str]
    found: list[str]

    def relabel(self, labels: dict[int, str]) -> int:
        """Stage labels in a new draft and return its number."""
        draft = self.data.draft(title="labels").draft
        self.lake.stage(draft, [Correction({"id": row}, column="y", new=label) for row, label in labels.items()])
        return draft


@pytest.fixture(scope="session")
def import_labels() -> Callable[..., Labelled]:
    """Import the dataset ``d``, of which the first 200 rows say no throughout: ``import_labels(lake, 400, 300)``."""

    def import_labels(lake: OpenLake, train: int, test: int) -> Labelled:
        x = np.random.default_rng(5).normal(size=train + test)
        truth = np.where(x > 0, "yes", "no")
        found = np.where(np.arange(len(x)) < 200, "no", truth)
        frame = pd.DataFrame({"id": range(len(x)), "x": x, "split": ["train"] * train + ["test"] * test, "y": found})
        data = lake.import_data("d", frame, key=["id"], label="y", split_column="split", model="embedding")
        return Labelled(lake, data, truth.tolist(), found.tolist())

    return import_labels


def _lay_out(folder: Path) -> None:
    """Put a source file and its schema into a folder."""
    (folder / "people.csv").write_text(PEOPLE)
    (folder / "schemas").mkdir(exist_ok=True)
    (folder / "schemas" / "people.py").write_text(SCHEMA)

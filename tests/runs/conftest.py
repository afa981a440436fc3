"""A project with a source file, a schema and a dataset, as a scheduler finds it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.ingest import import_source
from workbench.lake import Lake, Version, open_lake
from workbench.settings import Settings

SCHEMA = """import pandera.pandas as pa

schema = pa.DataFrameSchema(
    {
        "age": pa.Column("Int64", pa.Check.in_range(0, 120), nullable=True),
        "city": pa.Column(str, pa.Check.isin(["Oslo", "Rome"], name="known_city", title="warning")),
    }
)
"""


def rows_of(seed: int = 3) -> list[dict[str, object]]:
    """Two hundred people whose income follows from their age, one in fourteen told wrong, three ages impossible."""
    generator = random.Random(seed)
    rows = []
    for number in range(200):
        age = generator.randrange(18, 90)
        high = (age > 50) != (number % 14 == 0)
        rows.append({"id": number, "age": age, "city": "Oslo", "income": "high" if high else "low"})
    for number in (5, 6, 7):
        rows[number]["age"] = 200 + number
    return rows


def write(path: Path, rows: list[dict[str, object]]) -> None:
    """Write rows as the source delivers them."""
    lines = [",".join(map(str, row.values())) for row in rows]
    path.write_text("\n".join(["id,age,city,income", *lines]) + "\n")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the source and the schema."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "people.py").write_text(SCHEMA)
    write(tmp_path / "people.csv", rows_of())
    return tmp_path


@pytest.fixture
def settings(project: Path) -> Settings:
    return Settings(lake=f"sqlite:{project / 'data' / 'lake' / 'catalog.sqlite'}", author="tester")


@pytest.fixture
def lake(settings: Settings):
    with open_lake(settings, create=True) as opened:
        yield opened


@pytest.fixture
def people(lake: Lake, project: Path, monkeypatch: pytest.MonkeyPatch) -> Version:
    """The dataset people at version 1, imported from the project's folder."""
    monkeypatch.chdir(project)
    return import_source(
        lake,
        "people",
        "people.csv",
        key=["id"],
        label="income",
        model="linear",
        schema="schemas/people.py",
        author="ann",
    )


@pytest.fixture
def deliver(project: Path) -> Callable[[dict[int, dict[str, object]]], None]:
    """Let the source deliver other cells: ``deliver({5: {"age": 40}})``."""

    def deliver(cells: dict[int, dict[str, object]]) -> None:
        rows = rows_of()
        for number, values in cells.items():
            rows[number].update(values)
        write(project / "people.csv", rows)

    return deliver

"""Every row and cell of a text file is in version 1, with no other value than the file had."""

from __future__ import annotations

import csv
import gzip
import io
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.ingest import delimited, import_source
from workbench.lake import Lake, Version, quote, view_of

Importer = Callable[..., Version]


@pytest.fixture
def load(lake: Lake, tmp_path: Path) -> Importer:
    """Import a text: ``load("a,b\\n1,2\\n", key=("a",))``."""

    def load(content: str | bytes, name: str = "t", *, file: str = "t.csv", **options: object) -> Version:
        path = tmp_path / file
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_source(lake, name, path, author="tester", **options)  # type: ignore[arg-type]

    return load


@pytest.fixture
def rows(lake: Lake) -> Callable[[Version], list[tuple[object, ...]]]:
    def rows(version: Version) -> list[tuple[object, ...]]:
        names = ", ".join(quote(column.physical) for column in version.columns)
        return view_of(lake, version).fetch(f"SELECT {names} FROM {{rows}} ORDER BY _rid")

    return rows


def types(version: Version) -> list[str]:
    return [column.type for column in version.columns]


def names(version: Version) -> list[str]:
    return [column.name for column in version.columns]


cells = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "",
            "007",
            "+1",
            "1e5",
            "-0",
            "-0.0",
            "1.10",
            "nan",
            "inf",
            "-inf",
            "NULL",
            "NA",
            "\\N",
            "?",
            "#x",
            "yes",
            "true",
        ]
    ),
    st.sampled_from(["2024-02-30", "2024-02-29", "infinity", "12024-01-01", "0044-03-15 (BC)", "1600-01-01"]),
    st.integers().map(str),
    st.floats().map(repr),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda value: f"{value:.6f}"),
    st.dates().map(str),
    st.datetimes().map(str),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    st.text(st.sampled_from(" ,;\"'\n\r\t\\0.1-e"), max_size=5),
)


def written(table: list[list[str | None]], delimiter: str, end: str) -> str:
    """Write a file as RFC 4180 has it: a missing cell bare, every other one quoted where it needs to be."""

    def cell(value: str | None) -> str:
        if value is None:
            return ""
        plain = value and not set(value) & {delimiter, '"', "\n", "\r"} and value == value.strip(" ")
        return value if plain else '"' + value.replace('"', '""') + '"'

    return "".join(delimiter.join(cell(value) for value in row) + end for row in table)


def same(stored: object, text: str | None) -> bool:
    """Tell whether a stored value is what a text said."""
    if stored is None or text is None:
        return stored is text
    if isinstance(stored, bool):
        return text == str(stored).lower()
    if isinstance(stored, (int, float)):
        return float(text) == stored and (isinstance(stored, float) or str(stored) == text)
    return text in (str(stored), f"{stored}.000000".replace(".000000.000000", ""))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), min_size=1, max_size=6)
    ),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_written_is_read(
    load: Importer, rows: Callable[..., list], table: list[list[str | None]], delimiter: str, end: str
) -> None:
    header = [f"c{n}" for n in range(len(table[0]))]
    name = f"d{uuid.uuid4().hex}"
    version = load(written([header, *table], delimiter, end), name, file=f"{name}.csv")
    stored = rows(version)
    assert version.rows == len(stored) == len(table)
    for got, row in zip(stored, table, strict=True):
        assert all(same(value, text) for value, text in zip(got, row, strict=True)), (got, row, types(version))

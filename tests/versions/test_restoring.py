"""Whatever deliveries did to the columns and rows, every version can be the newest again."""

from __future__ import annotations

import dataclasses
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.ingest import import_source, refresh
from workbench.lake import Lake, newest, quote, read_version, read_versions, view_of
from workbench.versions import restore

CELLS = st.sampled_from(["", "32", "17.5", "27", "28.0", "-0", "n/a"])
DELIVERIES = st.lists(
    st.tuples(st.sampled_from(["full", "upsert"]), st.dictionaries(st.sampled_from("123"), CELLS, min_size=1)),
    min_size=1,
    max_size=3,
)


def as_csv(cells: dict[str, str]) -> str:
    return "id,age,s\n" + "".join(f"{key},{cell},x\n" for key, cell in cells.items())


def read(lake: Lake, version: int, name: str = "z") -> list[tuple[object, ...]]:
    view = view_of(lake, read_version(lake, name, version))
    names = ", ".join(quote(column.physical) for column in view.columns)
    return view.fetch(f"SELECT _rid, _lane, {names} FROM {{rows}} ORDER BY _rid")


def check_restored(lake: Lake, number: int, name: str = "z") -> None:
    wanted = read_version(lake, name, number)
    made = restore(lake, wanted, author="t", message="back")
    assert (made.content_hash, made.identity_hash) == (wanted.content_hash, wanted.identity_hash)
    assert dataclasses.replace(view_of(lake, made), known_hash="").content_hash() == wanted.content_hash
    assert read(lake, made.version, name) == read(lake, number, name)


@pytest.fixture
def delivered(lake: Lake, tmp_path: Path):
    """Import the first text as a dataset, and merge those that follow."""

    def delivered(*texts: str, mode: str = "full", name: str = "z") -> None:
        file = tmp_path / "z.csv"
        for text in texts:
            file.write_text(text)
            if read_versions(lake, name):
                refresh(lake, name, file, mode=mode, author="t", confirmed=True)
            else:
                import_source(lake, name, file, key=("id",), author="t")

    return delivered


def test_a_row_that_left_and_came_back_beside_a_widened_column(lake, delivered):
    first, second = "id,age\n1,32\n2,17.5\n3,27\n", "id,age\n1,32\n3,28.0\n"
    delivered(first, second, first)
    for number in (1, 2, 3):
        check_restored(lake, number)


def test_a_restored_cell_of_a_widened_column_is_a_correction_of_what_the_source_says(lake, delivered):
    first, second = "id,age\n1,32\n2,17.5\n", "id,age\n1,n/a\n2,17.5\n3,9\n"
    delivered(first, second)
    restored = restore(lake, read_version(lake, "z", 1), author="t", message="back")
    assert (restored.cells_changed, restored.rows_removed) == (1, 1)
    delivered(second, mode="upsert")
    assert [row[2:] for row in read(lake, newest(lake, "z").version)] == [(1, "32"), (2, "17.5")]


def test_a_row_that_came_after_its_key_was_widened_stays_deleted_when_that_is_undone(lake, delivered):
    first, second = "id,s\n1,x\n2,y\n", "id,s\n1,x\n2,y\nA7,z\n"
    delivered(first, second)
    check_restored(lake, 1)
    delivered(second, mode="upsert")
    assert [row[2:] for row in read(lake, newest(lake, "z").version)] == [("1", "x"), ("2", "y")]


def test_a_row_that_was_written_twice_when_its_column_was_widened(lake, delivered):
    first = "id,age\n1,32\n2,17.5\n3,27\n"
    delivered(first, first.replace("17.5", "n/a"))
    check_restored(lake, 1)
    delivered(first.replace("27", "28").replace("17.5", "n/a"), mode="upsert")
    for number in (1, 4, 3, 2):
        check_restored(lake, number)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.fixed_dictionaries({key: CELLS for key in "123"}), deliveries=DELIVERIES, data=st.data())
def test_any_version_after_any_deliveries(lake, delivered, first, deliveries, data):
    name = f"d{uuid.uuid4().hex}"
    delivered(as_csv(first), name=name)
    for mode, cells in deliveries:
        delivered(as_csv(cells), mode=mode, name=name)
    numbers = [version.version for version in read_versions(lake, name)]
    for number in data.draw(st.permutations(numbers)):
        check_restored(lake, number, name)

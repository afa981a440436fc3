"""Maintenance lets go of what is no version, and every version that stays reads as before."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.errors import UnknownName, UsageError
from workbench.lake import kept_snapshots, maintain, open_lake, read_versions, view_of
from workbench.lake.recall import CATALOGUE
from workbench.versions import blame, diff, resolve, restore, tag

FRAME = pd.DataFrame({"id": range(1, 31), "x": 1.0, "y": "a"})


@pytest.fixture
def four(lake, make):
    """Four versions with a dozen draft snapshots between them."""
    make(FRAME, key=("id",), label="y")
    for round_ in range(3):
        draft = new_draft(lake, "t", author="ann").draft
        for step in range(4):
            stage(lake, draft, [Correction({"id": 10 * round_ + step + 1}, column="x", new=step + 2.5)], author="ann")
        publish_draft(lake, draft, author="ann", message=f"round {round_}")
    return read_versions(lake, "t")


def test_bookkeeping_snapshots_go_and_versions_stay(lake, four):
    done = maintain(lake)
    assert done.snapshots > 10 and done.versions == ()
    assert read_versions(lake, "t") == four
    for version in four:
        assert dataclasses.replace(view_of(lake, version), known_hash="").content_hash() == version.content_hash
    assert diff(lake, four[0], four[3]).cells_changed == 12
    assert [event.version for event in blame(lake, "t", 11)] == [1, 3]
    assert maintain(lake).snapshots <= 2


def test_old_untagged_versions_are_let_go_and_say_so(lake, four):
    tag(lake, four[1], "golden", author="ann")
    done = maintain(lake, now=datetime.now(UTC) + timedelta(days=200))
    assert done.versions == ("t@1", "t@3")
    assert kept_snapshots(lake) >= {four[1].snapshot, four[3].snapshot}
    with pytest.raises(UnknownName, match="let it go"):
        resolve(lake, "t@3")
    assert diff(lake, four[1], four[3]).cells_changed == 8
    assert [event.version for event in blame(lake, "t", 11)] == [2, 4]
    assert restore(lake, four[1], author="ann", message="back").content_hash == four[1].content_hash


def test_the_base_of_an_open_draft_stays(lake, four):
    draft = new_draft(lake, "t", author="ann").draft
    other = new_draft(lake, "t", author="bob").draft
    stage(lake, other, [Correction({"id": 30}, column="x", new=7)], author="bob")
    publish_draft(lake, other, author="bob", message="later")
    maintain(lake, retention_days=0, now=datetime.now(UTC) + timedelta(days=1))
    stage(lake, draft, [Correction({"id": 29}, column="x", new=8)], author="ann")
    assert publish_draft(lake, draft, author="ann", message="still works").version.version == 6


def test_a_diff_goes_on_where_bookkeeping_snapshots_are_let_go_under_it(lake, four):
    """What a feed is read from must not be a snapshot that maintenance may let go between two statements."""
    maintained = []

    def tracer(query, params):
        if "ducklake_table_insertions" in query and not maintained:
            maintained.append(True)
            maintain(lake)

    with lake.traced(tracer):
        assert diff(lake, four[0], four[3]).cells_changed == 12
    assert maintained


@pytest.mark.parametrize("duty", ["read", "correct"])
def test_maintenance_beside_others_disturbs_nobody(lake, four, settings, writer, answers, tmp_path, duty):
    stop = tmp_path / "stop"
    other = writer("read", settings, stop) if duty == "read" else writer("correct", settings, 0, 3)
    for _ in range(3):
        maintain(lake)
    stop.touch()
    assert answers(other), "it ended well"
    for version in read_versions(lake, "t"):
        assert dataclasses.replace(view_of(lake, version), known_hash="").content_hash() == version.content_hash


def test_a_process_that_is_open_reads_on_after_older_tables_of_small_changes_went(settings, lake):
    for column in ("one", "two"):
        text = f"ALTER TABLE lake.workbench.decisions ADD COLUMN {column} BIGINT"
        lake.write(lambda session, text=text: session.run(text), message="an older lake is brought up to date")
    count = f"SELECT count(*) FROM {CATALOGUE}.ducklake_inlined_data_tables"
    before = lake.read(count)[0][0]
    assert lake.read("SELECT count(*) FROM lake.workbench.decisions") == [(0,)]
    with open_lake(settings) as other:
        maintain(other)
    assert lake.read(count)[0][0] == before - 2
    lake.settings = lake.settings.model_copy(update={"write_timeout": 1.0})
    assert lake.read("SELECT count(*) FROM lake.workbench.decisions WHERE dataset <> ''") == [(0,)]


def test_a_new_lake_has_one_table_of_small_changes_for_each_table(lake):
    tables = f"SELECT count(*), count(DISTINCT table_id) FROM {CATALOGUE}.ducklake_inlined_data_tables"
    found = lake.read(tables)[0]
    assert found[0] == found[1]


@pytest.mark.parametrize("days", [-1, 99_999_999_999])
def test_a_retention_that_is_none_is_refused(lake, days):
    with pytest.raises(UsageError, match="are no retention"):
        maintain(lake, retention_days=days)

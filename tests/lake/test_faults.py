"""What disk, catalogue, files and memory can do to a store is told in its own words; a full disk breaks nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.errors import StoreError
from workbench.lake import PARQUET, newest, open_lake, read_versions, view_of
from workbench.lake.faults import explained, is_busy

FRAME = pd.DataFrame({"id": range(1, 501), "x": "short"})


@pytest.mark.parametrize(
    ("error", "says", "hint"),
    [
        (duckdb.IOException("Could not write file: No space left on device"), "is full. Nothing", "Free"),
        (duckdb.Error("Failed to execute query: database or disk is full"), "is full. Nothing", "Free"),
        (duckdb.Error('PRAGMA journal_mode": disk I/O error'), "is full, or fails", "Free"),
        (duckdb.IOException('Cannot open file "x": Too many open files'), "ulimit -n", "ulimit -n 4096"),
        (duckdb.IOException("Could not write duckdb_temp_storage-0.tmp: No space left"), "fit in memory", "temp_dir"),
        (duckdb.InvalidInputException("No snapshot found at version 12"), "let go by `workbench maintain`", "tag"),
        (duckdb.Error("attempt to write a readonly database"), "cannot be written", "rights"),
        (duckdb.IOException('Cannot open file "x": Permission denied'), "cannot be written", "rights"),
        (duckdb.Error("database disk image is malformed"), "is damaged", "backup"),
        (duckdb.InvalidInputException("No magic bytes found at end of file 'x.parquet'"), "is damaged", "backup"),
        (duckdb.Error('query "SELECT 1": unable to open database file'), "cannot be opened", "rights"),
        (duckdb.Error("file is not a database"), "not a lake's catalogue", "path that is free"),
        (duckdb.OutOfMemoryException("failed to allocate 1.0 GiB"), "memory_limit", "WORKBENCH_MEMORY_LIMIT"),
        (duckdb.IOException("server closed the connection unexpectedly"), "was lost. Nothing", "try again"),
        (
            duckdb.TransactionException('Failed to commit: Failed to execute query "ROLLBACK": '),
            "was lost",
            "try again",
        ),
        (duckdb.IOException('Unable to connect to Postgres at "password=geheim": x'), "cannot be reached", "doctor"),
        (duckdb.Error("Failed to query most recent snapshot"), "cannot be read or written", ""),
    ],
)
def test_the_words_of_duckdb_and_sqlite_are_understood(error, says, hint):
    found = explained(error, "postgres:dbname=x password=geheim")
    assert isinstance(found, StoreError) and says in found.message and hint in found.hint
    assert "geheim" not in str(found)


@pytest.mark.parametrize(
    "error", [duckdb.ParserException("syntax error"), duckdb.BinderException("no column x"), duckdb.DataError("x")]
)
def test_a_mistake_in_a_statement_stays_what_it_is(error):
    assert explained(error, "sqlite:x") is None and not is_busy(error)


@pytest.mark.parametrize(
    "said",
    [
        "Failed to commit: database is locked",
        'Transaction conflict - attempting to insert into table with index "7"',
        'duplicate key value violates unique constraint "ducklake_snapshot_pkey"',
        "UNIQUE constraint failed: ducklake_snapshot.snapshot_id",
        "Catalog Error: Table with name ducklake_inlined_data_5_12 does not exist!",
        "TransactionContext Error: Current transaction is aborted (please ROLLBACK)",
        "could not serialize access due to concurrent update",
    ],
)
def test_another_writer_is_known_by_its_words(said):
    assert is_busy(duckdb.Error(said))


@pytest.mark.parametrize("leave", [0, 60_000])
def test_a_full_disk_is_named_and_the_lake_stays_at_the_old_version(
    small_disk, fill, settings, request, recomputed, leave
):
    with open_lake(settings, create=True):
        pass
    lake = request.getfixturevalue("lake")
    first = request.getfixturevalue("make")(FRAME, key=("id",))
    draft = new_draft(lake, "t", author="ann").draft
    long = [Correction({"id": n}, column="x", new=f"{n}" * 100) for n in range(1, 501)]
    stage(lake, draft, long, author="ann")
    fill(leave)
    with pytest.raises(StoreError, match="The disk that holds the lake .* is full"):
        publish_draft(lake, draft, author="ann", message="too much")
    with pytest.raises(StoreError, match="full"), lake.session() as session:
        session.run(f"COPY (SELECT md5(i::VARCHAR) FROM range(100000) t(i)) TO '{lake.files}/big.parquet' ({PARQUET})")
    (small_disk / "ballast").unlink()
    with open_lake(settings) as again:
        assert read_versions(again, "t") == [first]
        assert recomputed(again, newest(again, "t")) == first.content_hash
    done = publish_draft(lake, draft, author="ann", message="now it fits").version
    assert recomputed(lake, done) == done.content_hash and done.cells_changed == 500


def test_a_process_that_may_open_no_more_files_says_so(settings, lake):
    """A limit that is met while the lake is in use, not only when it is opened."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, before[1]))
        with pytest.raises(StoreError, match="may not open any more files") as caught:
            lake.read("SELECT count(*) FROM lake.workbench.tags")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert "ulimit -n 4096" in caught.value.hint
    assert lake.read("SELECT count(*) FROM lake.workbench.tags") == [(0,)]


def test_tables_that_do_not_fit_the_list_of_steps_are_named(settings, lake):
    lake.write(lambda session: session.run("DROP TABLE lake.workbench.tags"))
    with pytest.raises(StoreError, match="lacks tables of its own: tags") as caught:
        open_lake(settings)
    assert "backup" in caught.value.hint
    lake.write(lambda session: session.run("DELETE FROM lake.workbench.migrations WHERE name = '0002_runs'"))
    with pytest.raises(StoreError, match="'0002_runs' cannot run .* Nothing was changed"):
        open_lake(settings)


def test_a_data_file_in_whose_place_another_lies_is_damaged_and_a_missing_one_missing(lake, make):
    small, large = make(pd.DataFrame({"id": [1]}), "small"), make(pd.DataFrame({"id": range(9), "x": "y"}), "large")
    files = {version.dataset: next(Path(lake.files).rglob(f"data/{version.dataset}/*")) for version in (small, large)}
    shutil.copyfile(files["large"], files["small"])
    with pytest.raises(StoreError, match="is damaged") as told:
        view_of(lake, small).fetch("SELECT * FROM {rows}")
    assert "workbench verify --all" in told.value.hint
    files["large"].unlink()
    with pytest.raises(StoreError, match=f"A data file of the lake .* is missing: .*{files['large'].name}"):
        view_of(lake, large).fetch("SELECT * FROM {rows}")

"""Rows that move from the catalogue into files: whoever reads meanwhile misses none, and no file is lost."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from workbench.lake import Session, maintain, newest, open_lake, read_versions
from workbench.lake.moving import Moves

VERSIONS = "SELECT version FROM lake.workbench.versions ORDER BY version"


@pytest.fixture
def people(make):
    return make(pd.DataFrame({"id": [1, 2, 3]}), "t", key=("id",))


@pytest.fixture
def other(settings, lake):
    """The same lake, as another process has it open."""
    with open_lake(settings) as opened:
        yield opened


def test_a_statement_during_which_rows_moved_is_run_again(lake, people, other):
    seen = []

    def take(cursor):
        if not seen:
            other.move("CALL ducklake_flush_inlined_data('lake')")
        seen.append(cursor.fetchall())
        return seen[-1]

    with lake.session() as session:
        assert session._run(VERSIONS, (), take) == [(1,)]
    assert len(seen) == 2


def test_what_cannot_be_run_again_alone_is_repeated_whole(lake, people, other):
    begun = []

    def work(session):
        begun.append(session.rows(VERSIONS))
        if len(begun) == 1:
            other.move("CALL ducklake_flush_inlined_data('lake')")
        return session.rows(VERSIONS)

    assert lake.read_at_once(work) == [(1,)] and len(begun) == 2


def test_a_reader_waits_while_rows_move_but_not_for_a_process_that_is_gone(settings, lake, people, other):
    catalogue = settings.lake.removeprefix("sqlite:")
    with Moves(catalogue).announced():
        reader = threading.Thread(target=other.read, args=[VERSIONS])
        reader.start()
        reader.join(0.3)
        assert reader.is_alive()
    reader.join(30)
    assert not reader.is_alive()
    with Path(f"{catalogue}.moves").open("ab") as killed:
        killed.write(b".")
    assert other.read(VERSIONS) == [(1,)]
    maintain(lake)
    assert other.read(VERSIONS) == [(1,)] and Moves(catalogue).count() % 2 == 0


def test_files_that_were_committed_and_then_deleted_come_back(lake, people, monkeypatch):
    """As DuckLake does where it cannot tidy up after the change was committed."""
    run, failed = Session.run, []

    def commits_and_fails(session, query, params=()):
        before = set(Path(lake.files).rglob("ducklake-*.parquet"))
        result = run(session, query, params)
        if query == "COMMIT" and not failed:
            failed.extend(each for each in before if "scratch" not in each.parts)
            for file in failed:
                file.unlink()
            raise duckdb.IOException("Failed to tidy up: database is locked")
        return result

    with monkeypatch.context() as patched:
        patched.setattr(Session, "run", commits_and_fails)
        lake.move("CALL ducklake_flush_inlined_data('lake')")
    assert failed and all(file.exists() for file in failed)
    assert [each.name for each in read_versions(lake)] == ["t@1"] == [newest(lake, "t").name]


def test_on_postgresql_nothing_is_marked():
    moves = Moves()
    with moves.announced():
        assert moves.count() == 0 and not moves.since(0)

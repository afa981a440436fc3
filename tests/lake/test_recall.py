"""What is remembered of the bookkeeping is never older than what this process wrote, nor than others wrote before."""

from __future__ import annotations

import time

import pandas as pd
import pytest

from workbench.lake import open_lake, recall
from workbench.lake.recall import FRESH, KEPT, LARGEST, tables_of
from workbench.settings import Settings
from workbench.versions import tag

FRAME = pd.DataFrame({"id": [1, 2], "x": [1.0, 2.0], "y": ["a", "b"]})
TAGS = "SELECT tag FROM lake.workbench.tags ORDER BY tag"
DRAFTS = "SELECT count(*) FROM lake.workbench.drafts"


@pytest.fixture
def asked(lake):
    """The queries that go to the lake itself."""
    seen: list[str] = []
    with lake.traced(lambda query, params: seen.append(query)):
        yield seen


def test_the_same_question_is_asked_once(lake, make, asked):
    make(FRAME, key=("id",), label="y")
    lake.read(TAGS)
    asked.clear()
    assert lake.read(TAGS) == []
    assert TAGS not in asked


def test_what_this_process_wrote_is_seen_at_once(lake, make, asked):
    version = make(FRAME, key=("id",), label="y")
    for name in ("first", "second", "third"):
        lake.read(TAGS)
        tag(lake, version, name, author="ann")
        assert (name,) in lake.read(TAGS)


def test_a_change_of_one_table_leaves_the_answers_from_others(lake, make, asked):
    version = make(FRAME, key=("id",), label="y")
    lake.read(DRAFTS)
    tag(lake, version, "golden", author="ann")
    asked.clear()
    lake.read(DRAFTS)
    assert DRAFTS not in asked


def test_nothing_is_told_that_is_older_than_what_was_read_before(lake, make, monkeypatch):
    """However soon one asks: whoever has seen a version finds it in the list of versions."""
    version = make(FRAME, key=("id",), label="y")
    monkeypatch.setattr(recall, "FRESH", 3600.0)
    assert lake.read(TAGS) == [] == lake.read(TAGS)
    with open_lake(Settings(lake=lake.url)) as other:
        tag(other, version, "theirs", author="ben")
    assert lake.read(TAGS) == []
    with lake.session() as session:
        assert session.rows("SELECT count(*) FROM lake.workbench.tags") == [(1,)]
        assert lake.read(TAGS) == [("theirs",)]


def test_what_another_process_wrote_is_seen(lake, make):
    version = make(FRAME, key=("id",), label="y")
    assert lake.read(TAGS) == []
    with open_lake(Settings(lake=lake.url)) as other:
        tag(other, version, "theirs", author="ben")
    time.sleep(FRESH)
    assert lake.read(TAGS) == [("theirs",)]


def test_answers_outlive_no_maintenance(lake, make):
    version = make(FRAME, key=("id",), label="y")
    lake.read(TAGS)
    with open_lake(Settings(lake=lake.url)) as other:
        tag(other, version, "theirs", author="ben")
        other.call("CALL ducklake_expire_snapshots('lake', older_than => now() + INTERVAL 1 DAY)")
    time.sleep(FRESH)
    assert lake.read(TAGS) == [("theirs",)]


def test_an_answer_is_the_callers_own(lake, make):
    make(FRAME, key=("id",), label="y")
    lake.read(DRAFTS).clear()
    assert lake.read(DRAFTS) == [(0,)]


def test_it_keeps_few_answers_and_none_that_is_large(lake, make, asked):
    make(FRAME, key=("id",), label="y")
    large = f"SELECT unnest(range({LARGEST + 1})) FROM lake.workbench.versions"
    first = "SELECT -1, count(*) FROM lake.workbench.versions"
    for query in (first, large, *(f"SELECT {n}, count(*) FROM lake.workbench.versions" for n in range(KEPT))):
        lake.read(query)
    asked.clear()
    lake.read(large)
    lake.read(first)
    assert {large, first} <= set(asked)


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        ("SELECT 1 FROM lake.workbench.tags JOIN lake.workbench.versions USING (dataset)", {"tags", "versions"}),
        ("WITH x AS (FROM lake.workbench.tags) FROM x", {"tags"}),
        ("SELECT * FROM lake.workbench.tags, lake.data.people", set()),
        ('SELECT * FROM lake.workbench.tags, lake.data."people" AT (VERSION => 3)', set()),
        ("DELETE FROM lake.workbench.tags", set()),
        ("SELECT * FROM ducklake_snapshots('lake'), lake.workbench.tags", set()),
        ("SELECT 1", set()),
    ],
)
def test_only_queries_on_the_bookkeeping_are_remembered(query, tables):
    assert tables_of(query) == tables

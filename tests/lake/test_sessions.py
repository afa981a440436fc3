"""Statements run in sessions, can be watched, and are explained when the store fails; writes are all or nothing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.errors import StoreError
from workbench.lake import newest, open_lake, view_of

FRAME = pd.DataFrame({"id": range(1, 9), "x": 0.5})


def tag(session, name):
    session.insert("tags", [{"dataset": "t", "tag": name, "version": 1}])


def test_a_tracer_sees_every_statement_and_its_values(lake):
    seen = []
    with lake.traced(lambda query, params: seen.append((query, list(params)))):
        lake.read("SELECT ?::BIGINT + 1", [41])
    assert ("SELECT ?::BIGINT + 1", [41]) in seen
    before = len(seen)
    lake.read("SELECT 1")
    assert len(seen) == before


def test_publishing_is_one_transaction(lake, make):
    make(FRAME, key=("id",))
    draft = new_draft(lake, "t", author="ann").draft
    stage(lake, draft, [Correction({"id": 3}, column="x", new=7)], author="ann")
    seen = []
    with lake.traced(lambda query, params: seen.append(query.split("(")[0])):
        publish_draft(lake, draft, author="ann", message="it's one")
    assert [query for query in seen if query in ("BEGIN", "COMMIT", "ROLLBACK")] == ["BEGIN", "COMMIT"]
    writes = [n for n, query in enumerate(seen) if query.startswith(("INSERT INTO lake", "UPDATE lake", "DELETE"))]
    assert seen.index("BEGIN") < min(writes) and max(writes) < seen.index("COMMIT")
    assert lake.read("SELECT author, commit_message FROM ducklake_snapshots('lake') ORDER BY 1 DESC LIMIT 1") != []
    last = lake.read("SELECT author, commit_message FROM ducklake_snapshots('lake') ORDER BY snapshot_id DESC LIMIT 1")
    assert last == [("ann", "it's one")]


def test_a_write_that_fails_half_way_leaves_nothing(lake, make):
    make(FRAME)

    def work(session):
        tag(session, "half")
        raise KeyError("a mistake of ours")

    with pytest.raises(KeyError):
        lake.write(work, message="half")
    assert newest(lake, "t").tags == ()
    lake.write(lambda session: tag(session, "whole"), message="whole")
    assert newest(lake, "t").tags == ("whole",)


def test_a_write_that_meets_another_writer_starts_again_and_reads_again(lake, make, foreign):
    make(FRAME)
    seen = []

    def work(session):
        seen.append(newest(session, "t").tags)
        if len(seen) == 1:
            foreign("theirs")
        tag(session, "ours")
        return len(seen)

    lake.write(lambda session: tag(session, "first"), message="first")
    assert lake.write(work, message="tag") == 2
    assert seen == [("first",), ("first", "theirs")]
    assert newest(lake, "t").tags == ("first", "ours", "theirs")


def test_a_mistake_in_a_statement_is_no_fault_of_the_store(lake):
    with pytest.raises(Exception, match="syntax error") as caught:
        lake.read("SELEC 1")
    assert not isinstance(caught.value, StoreError)


def test_records_of_any_number_are_inserted(lake):
    records = [{"dataset": f"t{n}", "tag": "x", "version": n} for n in range(2500)]
    lake.write(lambda session: session.insert("tags", records), message="many")
    lake.write(lambda session: session.insert("tags", []), message="none")
    assert lake.read("SELECT count(*), sum(version) FROM lake.workbench.tags") == [(2500, sum(range(2500)))]


def test_temporary_tables_and_registered_frames_live_in_their_session(lake):
    with lake.session() as session:
        session.temporary("people", {"name": "VARCHAR", "age": "BIGINT"}, [{"name": "o'Hara", "age": 7}, {"age": 8}])
        session.register("frame", pa.table({"age": [8], "city": ["Rome"]}))
        rows = session.rows("SELECT p.name, f.city FROM people p LEFT JOIN frame f USING (age) ORDER BY age")
        assert rows == [("o'Hara", None), (None, "Rome")]
        assert session.arrow("SELECT age FROM people ORDER BY 1").column("age").to_pylist() == [7, 8]
        assert [batch.num_rows for batch in session.batches("FROM range(5000)", size=2048)] == [2048, 2048, 904]
    with lake.session() as session, pytest.raises(Exception, match="people does not exist"):
        session.rows("FROM people")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda file: file.unlink(), "No such file"),
        (lambda file: file.write_bytes(file.read_bytes()[:300]), "damaged.*first.parquet"),
        (lambda file: file.write_bytes(b""), "damaged.*first.parquet"),
    ],
)
def test_a_data_file_that_is_gone_or_damaged_is_named(lake, make, settings, damage, says):
    make(FRAME)
    damage(Path(lake.files) / "data" / "t" / "first.parquet")
    with open_lake(settings) as again:
        view = view_of(again, newest(again, "t"))
        with pytest.raises(StoreError, match=says):
            view.fetch("SELECT sum(id) FROM {rows}")
        with pytest.raises(StoreError, match=says):
            view.to_arrow()

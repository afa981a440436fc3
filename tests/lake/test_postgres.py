"""The same lake with its catalogue in PostgreSQL: only the settings differ.

Needs a server: ``TEST_POSTGRES_URL=postgres:host=… user=… dbname=postgres``, where we may make databases.
"""

from __future__ import annotations

import os
import random
import re
import uuid

import pandas as pd
import pytest

from workbench.api import OpenLake
from workbench.drafts import Correction, conflicts_of, new_draft, publish_draft, stage
from workbench.errors import AlreadyUnderWay, Cancelled, ConflictError, UnknownName
from workbench.evaluation import evaluate
from workbench.ingest import import_source
from workbench.lake import claim_held, claimed, dataset_names, maintain, newest, open_lake, read_versions, view_of
from workbench.lake.extensions import load_extension
from workbench.runs import run
from workbench.versions import blame, diff, resolve, restore, tag

URL = os.environ.get("TEST_POSTGRES_URL", "")
FRAME = pd.DataFrame({"id": range(1, 41), "x": 0, "y": ["a", "b"] * 20})

pytestmark = pytest.mark.skipif(not URL, reason="NOT TESTED: PostgreSQL; set TEST_POSTGRES_URL to test it")


@pytest.fixture
def settings(tmp_path, settings):
    """Settings for a lake in a database of its own, which goes again."""
    import duckdb

    name = f"lake_{uuid.uuid4().hex}"
    server = duckdb.connect()
    load_extension(server, "postgres_scanner")
    server.execute(f"ATTACH '{URL.removeprefix('postgres:')}' AS server (TYPE postgres)")
    server.execute(f"CALL postgres_execute('server', 'CREATE DATABASE {name}', use_transaction => false)")
    url = re.sub(r"dbname=\S+", f"dbname={name}", URL)
    yield settings.model_copy(update={"lake": url, "data_path": str(tmp_path / "files")})
    server.execute(f"CALL postgres_execute('server', 'DROP DATABASE {name} WITH (FORCE)', use_transaction => false)")
    server.close()


@pytest.fixture
def lake(settings):
    with open_lake(settings, create=True) as opened:
        yield opened


def correct(lake, cells, message="correct"):
    draft = new_draft(lake, "t", author="ann").draft
    stage(lake, draft, [Correction({"id": key}, column="x", new=new) for key, new in cells.items()], author="ann")
    return publish_draft(lake, draft, author="ann", message=message).version


def test_a_lake_is_only_made_when_asked_for(settings):
    with pytest.raises(UnknownName, match="There is no lake"):
        open_lake(settings)


def test_import_publish_diff_restore_and_blame(lake, settings, make, recomputed):
    first = make(FRAME, key=("id",), label="y")
    second = correct(lake, {1: 7, 2: 8})
    third = correct(lake, {2: 9, **{key: key for key in range(10, 40)}})
    assert [version.version for version in read_versions(lake, "t")] == [1, 2, 3]
    assert [(c.key["id"], c.old, c.new) for c in diff(lake, first, second).changes] == [(1, 0, 7), (2, 0, 8)]
    assert diff(lake, second, third).cells_changed == 31
    assert [event.version for event in blame(lake, "t", 2, column="x")] == [1, 2, 3]
    tag(lake, second, "good", author="ann")
    back = restore(lake, resolve(lake, "t@good"), author="ann", message="back")
    assert back.content_hash == second.content_hash
    maintain(lake)
    with open_lake(settings) as again:
        for version in read_versions(again, "t"):
            assert recomputed(again, version) == version.content_hash
        assert newest(again, "t").rows == 40


def test_a_dataset_is_renamed_dropped_and_brought_back(lake, settings, make, recomputed):
    opened = OpenLake(lake, "ann")
    content = make(FRAME, key=("id",)).content_hash
    correct(lake, {1: 7})
    tag(lake, newest(lake, "t"), "good", author="ann")
    open_draft = new_draft(lake, "t", author="ann").draft
    opened.rename("t", "people")
    with open_lake(settings) as again:
        assert dataset_names(again) == ["people"] and newest(again, "people").tags == ("good",)
        with pytest.raises(UnknownName, match="There is no dataset 't'"):
            newest(again, "t")
        OpenLake(again, "ben").drop("people")
        assert dataset_names(again) == []
    assert [each.dataset for each in opened.dropped()] == ["people"]
    maintain(lake)
    opened.undrop("people")
    assert [version.version for version in read_versions(lake, "people")] == [1, 2]
    assert recomputed(lake, read_versions(lake, "people")[0]) == content
    assert [draft.draft for draft in opened["people"].drafts()] == [open_draft]
    assert dataset_names(lake) == ["people"]


def test_a_file_is_imported(lake, tmp_path, recomputed):
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    import_source(lake, "t", str(tmp_path / "t.csv"), key=["id"], label="y", author="ann")
    version = newest(lake, "t")
    assert version.rows == 40 and recomputed(lake, version) == version.content_hash


def test_two_processes_that_make_one_lake_both_find_it(settings, writer, answers):
    both = [writer("create", settings) for _ in range(2)]
    assert [answers(process) for process in both] == [[{"versions": 0}]] * 2


def test_a_transaction_that_meets_another_writer_starts_again(lake, make):
    make(FRAME, key=("id",))
    seen = []

    def work(session):
        seen.append(newest(session, "t").tags)
        if len(seen) == 1:
            # A program that takes no turn.
            with lake.session() as other:
                other.insert("tags", [{"dataset": "t", "tag": "theirs", "version": 1}])
        session.insert("tags", [{"dataset": "t", "tag": "ours", "version": 1}])

    lake.write(work, message="tag")
    assert seen == [(), ("theirs",)]
    assert newest(lake, "t").tags == ("ours", "theirs")


def test_a_draft_that_no_longer_fits_is_refused_cell_by_cell(lake, make):
    make(FRAME, key=("id",))
    late = new_draft(lake, "t", author="bob").draft
    stage(
        lake, late, [Correction({"id": 1}, column="x", new=5), Correction({"id": 2}, column="x", new=5)], author="bob"
    )
    correct(lake, {1: 7})
    assert [(c.expected, c.found, c.new) for c in conflicts_of(lake, late)] == [(0, 7, 5)]
    with pytest.raises(ConflictError, match="1 of draft"):
        publish_draft(lake, late, author="bob", message="late")
    done = publish_draft(lake, late, author="bob", message="late", skip_conflicts=True)
    assert dict(view_of(lake, done.version).fetch("SELECT id, x FROM {rows} WHERE id < 3")) == {1: 7, 2: 5}


def test_a_claim_is_held_by_one_connection_at_a_time(lake, settings, writer):
    with claimed(lake, "run of t"):
        assert claim_held(lake, "run of t") and not claim_held(lake, "run of u")
    holder = writer("claim", settings, "run of t")
    holder.stdout.readline()
    with pytest.raises(AlreadyUnderWay, match="A run of t is under way"), claimed(lake, "run of t"):
        pass
    holder.kill()
    holder.communicate()
    waited = []
    with claimed(lake, "run of t", wait=waited.append):
        assert len(waited) < 100, "PostgreSQL notices soon that the process is gone"


def test_a_dataset_is_checked_measured_and_run(lake):
    generator = random.Random(1)
    rows = [(n, generator.random(), generator.random()) for n in range(200)]
    frame = pd.DataFrame(rows, columns=["id", "a", "b"])
    frame["y"] = ["yes" if a + b > 1 else "no" for _, a, b in rows]
    version = import_source(lake, "people", frame, key=["id"], label="y", model="linear", author="ann")
    first = run(lake, "people", author="cron")
    assert first.outcome == "passed" and first.evaluation["metrics"]["accuracy"]["mean"] > 0.8
    assert evaluate(lake, view_of(lake, version)).to_dict()["metrics"] == first.evaluation["metrics"]
    assert run(lake, "people", author="cron").findings["new"] == 0


def test_writers_take_turns_on_one_dataset_and_on_different_ones(lake, make, settings, writer, answers, recomputed):
    """Without turns DuckLake lets each writer's commits fail the others', whatever tables they write."""
    for name in ("both", "one", "two"):
        make(FRAME.head(3), name, key=("id",))
    duties = [("both", 1), ("both", 2), ("one", 1), ("two", 1)]
    writers = [writer("busy", settings, name, row, 10, timeout=600) for name, row in duties]
    said = [[document["version"] for document in answers(process)] for process in writers]
    assert sorted(said[0] + said[1]) == list(range(2, 22)) and said[2] == said[3] == list(range(2, 12))
    last = newest(lake, "both")
    assert dict(view_of(lake, last).fetch("SELECT id, x FROM {rows}")) == {1: 10, 2: 10, 3: 0}
    assert recomputed(lake, last) == last.content_hash
    assert len({version.snapshot for version in read_versions(lake)}) == 43


def test_fits_made_before_a_cancel_are_used_by_the_next_try(lake):
    def stop(stage, done, total):
        if done == 2:
            raise Cancelled("enough")

    frame = pd.DataFrame({"id": range(60), "x": [float(n % 7) for n in range(60)], "y": ["yes", "no", "no"] * 20})
    import_source(lake, "fits", frame, key=("id",), label="y", model="embedding", author="ann")
    view = view_of(lake, newest(lake, "fits"))
    with pytest.raises(Cancelled):
        evaluate(lake, view, seeds=3, progress=stop)
    told = []
    found = evaluate(lake, view, seeds=3, progress=lambda stage, done, total: told.append(done))
    assert told == [2, 3] and found.seeds == 3
    assert lake.read("SELECT count(*) FROM lake.workbench.fits") == [(0,)]

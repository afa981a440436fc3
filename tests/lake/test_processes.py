"""Several processes at one lake are the normal case: nothing is lost, nothing is hidden, and a kill breaks nothing."""

from __future__ import annotations

import random
import signal
import time

import pandas as pd
import pytest

from workbench.errors import LakeBusy
from workbench.lake import newest, open_lake, read_versions, view_of
from workbench.lake.migrations import MIGRATIONS
from workbench.versions import diff

FRAME = pd.DataFrame({"id": range(1, 41), "x": 0, "y": "a"})
MINE = {"dataset": "t", "tag": "mine", "version": 1}


@pytest.fixture
def first(make):
    return make(FRAME, key=("id",), label="y")


def test_two_processes_that_make_one_lake_both_find_it(tmp_path, settings, writer, answers):
    both = [writer("create", settings) for _ in range(2)]
    assert [answers(process) for process in both] == [[{"versions": 0}]] * 2
    with open_lake(settings) as lake:
        assert lake.read("SELECT count(*), count(DISTINCT name) FROM lake.workbench.migrations") == [
            (len(MIGRATIONS),) * 2
        ], "each step ran once"


def test_overlapping_writers_lose_nothing_and_report_every_conflict(
    tmp_path, lake, first, settings, writer, answers, recomputed
):
    """Four processes correct one shared cell and one of their own each, while another one only reads."""
    stop = tmp_path / "stop"
    reader = writer("read", settings, stop)
    writers = [writer("correct", settings, number, 4) for number in range(4)]
    said = {document["version"]: document for process in writers for document in answers(process)}
    stop.touch()
    assert answers(reader)[0]["reads"] > 0

    versions = read_versions(lake, "t")
    assert [version.version for version in versions] == list(range(1, 18))
    assert sorted(said) == list(range(2, 18)), "each publish reported its own version"
    assert len({version.snapshot for version in versions}) == 17
    assert [recomputed(lake, version) for version in versions] == [version.content_hash for version in versions]

    shared = [view_of(lake, version).fetch("SELECT x FROM {rows} WHERE id = 1")[0][0] for version in versions]
    bases = dict(lake.read("SELECT version, base FROM lake.workbench.drafts WHERE state = 'published'"))
    for number, document in said.items():
        seen, before, after = (shared[v - 1] for v in (bases[number], number - 1, number))
        if seen == before:
            assert after == document["value"] and document["conflicts"] == []
        else:
            assert after == before and document["conflicts"] == [["1", before, document["value"]]]
    assert any(document["conflicts"] for document in said.values()), "the writers did overlap"
    own = dict(view_of(lake, versions[-1]).fetch("SELECT id, x FROM {rows} WHERE id BETWEEN 10 AND 13"))
    assert own == {10 + number: 1000 * (number + 1) + 3 for number in range(4)}


def test_a_process_killed_ten_times_leaves_whole_versions(lake, first, settings, writer, recomputed):
    generator = random.Random(7)
    before = 1
    for _ in range(10):
        process = writer("publish", settings)
        process.stdout.readline()
        time.sleep(generator.uniform(0, 0.4))
        process.kill()
        process.communicate()
        with open_lake(settings) as again:
            versions = read_versions(again, "t")
            assert [version.version for version in versions] == list(range(1, len(versions) + 1))
            assert len(versions) > before
            assert recomputed(again, versions[-1]) == versions[-1].content_hash
            assert len(diff(again, versions[0], versions[-1]).changes) == 19
        before = len(versions)
    assert recomputed(lake, newest(lake, "t")) == newest(lake, "t").content_hash


@pytest.mark.parametrize("milliseconds", [0, 2, 5, 10, 20])
def test_a_kill_in_the_middle_of_a_commit_leaves_the_old_or_the_new_version(
    lake, first, settings, writer, recomputed, milliseconds
):
    process = writer("die_in_commit", settings, milliseconds)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    with open_lake(settings) as again:
        last = newest(again, "t")
        assert last.version in ((1,) if milliseconds == 0 else (1, 2))
        assert recomputed(again, last) == last.content_hash
        changed = again.read("SELECT count(*) FROM lake.workbench.overrides")[0][0]
        state = again.read("SELECT state FROM lake.workbench.drafts")[0][0]
    assert (last.version, changed, state) in ((1, 0, "open"), (2, 19, "published"))


@pytest.mark.parametrize("at", ["CREATE TABLE", "CALL ducklake_add_data_files", "COMMIT"])
def test_a_kill_in_the_middle_of_an_import_leaves_no_dataset(lake, first, settings, writer, answers, at):
    source = lake.files + "/data/t/first.parquet"
    process = writer("die_in_import", settings, source, at)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    with open_lake(settings) as again:
        assert [version.name for version in read_versions(again)] == ["t@1"]
        assert again.read("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'data'") == [(1,)]
    assert answers(writer("tag", settings, "after")) == [{"written": True}]


@pytest.mark.parametrize("how", ["hold", "take_turn"])
def test_a_catalogue_held_for_too_long_says_so_and_is_free_afterwards(lake, first, settings, writer, how):
    holder = writer(how, settings)
    holder.stdout.readline()
    with open_lake(settings.model_copy(update={"write_timeout": 0.5})) as hurried:
        with pytest.raises(LakeBusy, match=r"held by other processes; gave up the write after 0\.5 s") as caught:
            hurried.write(lambda session: session.insert("tags", [MINE]), message="tag")
        assert "write_timeout" in caught.value.hint
        assert newest(hurried, "t").tags == (), "a reader is never held up"
        holder.kill()
        holder.communicate()
        hurried.write(lambda session: session.insert("tags", [MINE]), message="tag")
        assert newest(hurried, "t").tags == ("mine",)


def test_opening_the_lake_again_in_one_process_does_not_disturb_a_transaction(lake, first, settings, foreign):
    """A second SQLite library in the process would drop its locks and delete the journal it writes to."""
    seen = []

    def work(session):
        seen.append(newest(session, "t").tags)
        if len(seen) == 1:
            with open_lake(settings) as again:
                assert newest(again, "t").tags == ()
            foreign("other")
        session.insert("tags", [MINE])

    lake.write(work, message="tag")
    assert seen == [(), ("other",)], "the first attempt met the other process, the second saw what it wrote"
    with open_lake(settings) as again:
        assert newest(again, "t").tags == ("mine", "other")

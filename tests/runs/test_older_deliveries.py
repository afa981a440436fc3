"""A source that has nothing new to say is not merged over a newer delivery of another one."""

from __future__ import annotations

import sqlite3

import pytest

import workbench
from workbench.drafts import Correction, publish_draft, stage
from workbench.errors import DoubtfulRefresh
from workbench.reporting import report_runs

S1, S3 = "id,x\n1,10\n2,5\n", "id,x\n1,12\n2,5\n"


@pytest.fixture
def lake(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s1.csv").write_text(S1)
    (tmp_path / "s3.csv").write_text(S3)
    with workbench.open(f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}", author="ann", create=True) as opened:
        yield opened


@pytest.fixture
def night(lake):
    lake.import_data("night", "s1.csv", key=["id"])
    lake["night"].refresh("s3.csv")
    return lake["night"]


def correct(dataset, value):
    """Publish another value of x in row 1."""
    draft = dataset.draft().draft
    stage(dataset.lake, draft, [Correction({"id": 1}, "set", "x", new=value)], author="ann")
    publish_draft(dataset.lake, draft, author="ann", message="corrected")


def values(dataset):
    return dataset.at().to_pandas()["x"].tolist()


def test_a_run_does_not_take_back_a_newer_delivery_and_its_correction(night, tmp_path):
    correct(night, 13)
    for _ in range(2):
        run = night.run(evaluate=False).to_dict()
        assert (run["exit_code"], run["version"], values(night)) == (0, 3, [13, 5])
        why = run["refresh"]["not_merged"]
        assert "s1.csv is as it was when v1 was made of it, and" in why and "s3.csv was merged since (v2)" in why
        assert "`workbench set night --source" in why and "unchanged: " in report_runs([run], format="text")
    assert night.refresh().not_merged == why and why in night.refresh().summary()
    (tmp_path / "s1.csv").write_text("id,x\n1,10\n2,6\n")
    run = night.run(evaluate=False).to_dict()
    assert run["refresh"]["not_merged"] == "" and values(night) == [10, 6]
    assert run["refresh"]["replaced_corrections"] == 1
    assert "1 correction replaced by new values of the source" in report_runs([run], format="text")


def test_a_person_who_names_an_older_delivery_is_asked(night):
    with pytest.raises(DoubtfulRefresh, match="it is what v1 was made of, and s3.csv was merged since"):
        night.refresh("s1.csv")
    assert night.refresh("s1.csv", confirmed=True).updated_cells == 1 and values(night) == [10, 5]
    assert night.refresh().version is None and not night.refresh().not_merged


def test_a_delivery_that_was_read_and_changed_nothing_is_older_too(lake, tmp_path):
    lake.import_data("night", "s1.csv", key=["id"])
    (tmp_path / "s1.csv").write_text("id,x\n2,5\n1,10\n")
    assert lake["night"].run(evaluate=False).refresh["version"] is None
    lake["night"].refresh("s3.csv")
    for _ in range(2):
        run = lake["night"].run(evaluate=False)
        assert "as it was when v1" in run.refresh["not_merged"] and values(lake["night"]) == [12, 5]


def test_a_source_that_goes_back_to_what_it_said_is_news(lake, tmp_path):
    lake.import_data("night", "s1.csv", key=["id"])
    for text, x in ((S3, 12), (S1, 10), (S3, 12)):
        (tmp_path / "s1.csv").write_text(text)
        lake["night"].run(evaluate=False)
        assert values(lake["night"]) == [x, 5]


def test_the_same_bytes_read_in_another_way_are_another_delivery(lake, tmp_path):
    lake.import_data("night", "s1.csv", key=["id"])
    lake["night"].run(evaluate=False)
    lake["night"].set(options=workbench.ReadOptions(skip_rows=0, skip_end=1))
    assert not any("not merged again" in note for note in lake["night"].run(evaluate=False).notes)


def test_a_table_that_is_as_it_was(lake, tmp_path):
    with sqlite3.connect(tmp_path / "s.db") as database:
        database.executescript("CREATE TABLE t (id INTEGER, x INTEGER); INSERT INTO t VALUES (1, 10), (2, 5)")
    lake.import_data("night", "sqlite:s.db?table=t", key=["id"])
    lake["night"].refresh("s3.csv")
    assert "s3.csv was merged since" in lake["night"].run(evaluate=False).refresh["not_merged"]
    with sqlite3.connect(tmp_path / "s.db") as database:
        database.execute("UPDATE t SET x = 6 WHERE id = 2")
    assert lake["night"].run(evaluate=False).refresh["not_merged"] == "" and values(lake["night"]) == [10, 6]

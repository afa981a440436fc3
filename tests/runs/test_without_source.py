"""A dataset that was uploaded has no source until somebody attaches one."""

from __future__ import annotations

import pandas as pd
import pytest

import workbench
from workbench.reporting import report_runs

FRAME = pd.DataFrame({"id": [1, 2], "age": [31, 52]})


@pytest.fixture
def uploaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with workbench.open(f"sqlite:{tmp_path / 'lake' / 'catalog.sqlite'}", author="ann", create=True) as lake:
        lake.import_data("people", FRAME, key=["id"])
        yield lake


def test_a_run_says_that_nothing_was_read_again(uploaded):
    run = uploaded["people"].run().to_dict()
    assert run["refresh"] is None and "has no source" in run["notes"][0] and "nothing was read again" in run["notes"][0]
    assert "nothing was read again" in report_runs([run], format="text")


def test_a_source_is_attached_and_the_next_run_reads_it(uploaded, tmp_path):
    (tmp_path / "people.csv").write_text("id,age\n1,31\n2,53\n3,20\n")
    uploaded["people"].set(source="people.csv")
    assert uploaded["people"].newest.definition.source.endswith("people.csv")
    run = uploaded["people"].run().to_dict()
    assert run["refresh"]["rows_added"] == 1 and run["refresh"]["cells_changed"] == 1
    assert not any("no source" in note for note in run["notes"])

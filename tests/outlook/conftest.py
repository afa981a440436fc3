"""A dataset that three rounds of review have made better, each round published and measured; made once, then copied."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import workbench
from workbench.api import OpenLake
from workbench.drafts import Correction
from workbench.findings import CheckResult, find, findings_table, record

TRAIN, TEST = 600, 400
ROUNDS = (range(0, 90), range(90, 160), range(160, 210))
"""Places, among the rows with a wrong label, of those that each round puts right."""


def frame() -> tuple[pd.DataFrame, list[int]]:
    """The rows as they are found, and the keys of train rows whose label is wrong."""
    random = np.random.default_rng(3)
    x = random.normal(size=(TRAIN + TEST, 2))
    label = np.where(x[:, 0] + 0.2 * random.normal(size=TRAIN + TEST) > 0, "yes", "no")
    wrong = [int(row) for row in np.flatnonzero(x[:TRAIN, 0] > 0)[:240]]
    label[wrong] = np.where(label[wrong] == "yes", "no", "yes")
    split = np.repeat(["train", "test"], [TRAIN, TEST])
    return pd.DataFrame({"id": range(TRAIN + TEST), "x": x[:, 0], "z": x[:, 1], "split": split, "y": label}), wrong


@pytest.fixture(scope="session")
def reviewed_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with ``d``: four measured versions, 210 labels fixed, 10 kept, 20 open."""
    folder = tmp_path_factory.mktemp("reviewed") / "lake"
    rows, wrong = frame()
    with workbench.open(f"sqlite:{folder / 'catalog.sqlite'}", author="ann", create=True) as lake:
        data = lake.import_data("d", rows, key=["id"], label="y", split_column="split", model="embedding")
        doubt = [(row, str(rows["y"][row])) for row in wrong]
        record(lake.lake, data.newest, [CheckResult("label.issue", "failed", findings=table(doubt))], author="ann")
        data.evaluate()
        found = {int(f.key["id"]): f for f in data.findings(limit=1000)}
        for places in ROUNDS:
            data.decide([found[wrong[place]].finding for place in places], "fix", use_suggestion=True)
            lake.publish(data.drafts()[0].draft, message="a round")
            data.evaluate()
        data.decide([found[wrong[place]].finding for place in range(210, 220)], "keep")
        assert len(find(lake.lake, "d", [found[wrong[0]].finding])) == 1
    return folder


def table(doubt: list[tuple[int, str]]):
    """Findings about labels, as a check returns them."""
    rows = [
        {
            "check_code": "label.issue", "rid": row + 1, "row_key": json.dumps({"id": str(row)}), "column_name": "y",
            "observed": label, "severity": "warning", "message": "doubtful",
            "suggestion": "no" if label == "yes" else "yes", "score": place / 1000, "evidence": "{}",
            "evidence_key": label,
        }
        for place, (row, label) in enumerate(doubt)
    ]  # fmt: skip
    return findings_table({name: [row[name] for row in rows] for name in rows[0]})


@pytest.fixture
def reviewed(reviewed_lake: Path, tmp_path: Path) -> Iterator[OpenLake]:
    """A copy of that lake, open."""
    shutil.copytree(reviewed_lake, tmp_path / "reviewed")
    with workbench.open(f"sqlite:{tmp_path / 'reviewed' / 'catalog.sqlite'}", author="ann") as lake:
        yield lake


@pytest.fixture
def correct(reviewed):
    """Publish corrections that answer no finding: ``correct({7: {"z": 0.5}})``."""

    def correct(cells, *, measure=True):
        draft = reviewed["d"].draft(title="by file").draft
        changes = [
            Correction({"id": key}, column=name, new=new) for key, row in cells.items() for name, new in row.items()
        ]
        reviewed.stage(draft, changes)
        version = reviewed.publish(draft, message="by file").version
        if measure:
            reviewed["d"].evaluate()
        return version

    return correct

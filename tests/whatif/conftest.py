"""A dataset whose label follows from x, with wrong labels, ages out of range, and findings about both."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import workbench
from workbench.findings import CheckResult, findings_table, queue, record
from workbench.lake import Lake, newest, open_lake

TRAIN, VALIDATION, TEST = 500, 40, 400
SCHEMA = """import pandera.pandas as pa

schema = pa.DataFrameSchema({"age": pa.Column("Int64", pa.Check.in_range(0, 120), nullable=True)}, strict=False)
"""


@pytest.fixture(scope="session")
def truth() -> pd.DataFrame:
    """The right rows; key and rid are the same."""
    random = np.random.default_rng(3)
    rows = TRAIN + VALIDATION + TEST
    x = random.normal(size=(rows, 2))
    label = np.where(x[:, 0] + 0.2 * random.normal(size=rows) > 0, "yes", "no")
    frame = pd.DataFrame({"id": range(1, rows + 1), "x": x[:, 0], "z": x[:, 1], "age": 40, "note": "as is", "y": label})
    return frame.assign(split=np.repeat(["train", "validation", "test"], [TRAIN, VALIDATION, TEST]))


@pytest.fixture(scope="session")
def checked(truth, tmp_path_factory) -> Path:
    """A lake with ``t``, made once: 170 train labels wrong, three of validation and of test, and two ages; measured."""
    folder = tmp_path_factory.mktemp("checked")
    (folder / "schema.py").write_text(SCHEMA)
    train = truth.index[(truth["id"] <= TRAIN) & (truth["x"] > 0)][:170]
    wrong = [int(rid) for rid in [*truth.loc[train, "id"], *range(501, 504), *range(541, 544)]]
    frame, mended = truth.copy(), dict(zip(truth["id"], truth["y"], strict=True))
    frame.loc[[rid - 1 for rid in wrong], "y"] = [other(mended[rid]) for rid in wrong]
    frame.loc[[8, 9], "age"] = [999, 210]
    labels = [
        found("label.issue", rid, "y", frame["y"][rid - 1], mended[rid], score=n / 500) for n, rid in enumerate(wrong)
    ]
    ages = [found("schema.age.in_range", rid, "age", str(frame["age"][rid - 1]), None) for rid in (9, 10)]
    with workbench.open(f"sqlite:{folder / 'lake' / 'catalog.sqlite'}", author="tester", create=True) as lake:
        data = lake.import_data(
            "t", frame, key=["id"], label="y", model="embedding", ignore=["note"], split_column="split",
            schema=str(folder / "schema.py"),
        )  # fmt: skip
        for code, rows in (("label.issue", labels), ("schema.age.in_range", ages)):
            record(lake.lake, data.newest, [CheckResult(code, "failed", findings=table(rows))], author="tester")
        data.evaluate()
    return folder / "lake"


@pytest.fixture
def lake(settings, checked) -> Iterator[Lake]:
    """A copy of that lake, open."""
    shutil.copytree(checked, Path(settings.lake.removeprefix("sqlite:")).parent)
    with open_lake(settings) as opened:
        yield opened


@pytest.fixture
def dirty(lake):
    """Version 1."""
    return newest(lake, "t")


@pytest.fixture
def doubtful(lake, dirty):
    """The findings about labels, the most doubtful first."""
    return [finding for finding in queue(lake, "t") if finding.check == "label.issue"]


def other(label: str) -> str:
    """The other class."""
    return {"yes": "no", "no": "yes"}[label]


def found(check, rid, column, observed, suggestion, *, score=None):
    """One finding."""
    return {
        "check_code": check, "rid": rid, "row_key": json.dumps({"id": str(rid)}), "column_name": column,
        "observed": observed, "severity": "error", "message": "wrong", "suggestion": suggestion, "score": score,
        "evidence": "{}", "evidence_key": observed,
    }  # fmt: skip


def table(rows):
    """Findings as a check returns them."""
    return findings_table({name: [row[name] for row in rows] for name in rows[0]})

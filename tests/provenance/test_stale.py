"""What was said of older code is said no longer, in one process that lives long."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import workbench
from workbench import iterations
from workbench.checks import CHECKS

CONTRACT = """
import pandera.pandas as pa
from limits import LIMIT
class People(pa.DataFrameModel):
    n: int = pa.Field(le=LIMIT)
"""
MODEL = """
from sklearn.linear_model import LogisticRegression
from strength import C
def make():
    return LogisticRegression(C=float(C))
"""


@pytest.fixture
def people(tmp_path, monkeypatch):
    """A dataset whose schema and model are each two files long."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schemas").mkdir()
    files = {"contract.py": CONTRACT, "limits.py": "LIMIT = 99", "mine.py": MODEL, "strength.py": "C = '1'"}
    files["schemas/people.py"] = "from contract import People as schema\n"
    for name, source in files.items():
        (tmp_path / name).write_text(source)
    rng = np.random.default_rng(0)
    x = rng.normal(size=60)
    frame = pd.DataFrame({"id": range(60), "n": range(60), "x": x, "y": np.where(x > 0, "a", "b")})
    with workbench.open(create=True) as lake:
        yield lake.import_data("people", frame, key=["id"], label="y", model="mine:make")


def test_a_stricter_contract_is_not_passed(people, tmp_path):
    assert people.definition.schema == "schemas/people.py"
    assert people.validate().outcome == "passed"
    asked = iterations.checks_asked(people.lake, people.newest)
    (tmp_path / "limits.py").write_text("LIMIT = 40")
    found = people.validate()
    assert (found.outcome, found.failures) == ("failed", 19)
    assert iterations.checks_asked(people.lake, people.newest) != asked
    (tmp_path / "limits.py").write_text("LIMIT = 99")
    assert people.validate().outcome == "passed"
    assert iterations.checks_asked(people.lake, people.newest) == asked


def test_another_constant_of_the_model_begins_a_new_series(people, tmp_path):
    before = people.evaluate()
    assert people.evaluate() == before
    (tmp_path / "strength.py").write_text("C = 9e9")
    after = people.evaluate()
    assert after.fingerprint != before.fingerprint and after.id != before.id
    (tmp_path / "strength.py").write_text("C = '1'")
    assert people.evaluate().id == before.id


def test_the_cache_key_of_checks_covers_their_versions_and_the_code_behind_them(people, monkeypatch):
    before = iterations.checks_asked(people.lake, people.newest)
    for check in CHECKS:
        with monkeypatch.context() as changed:
            changed.setattr(check, "version", check.version + 1)
            assert iterations.checks_asked(people.lake, people.newest) != before
    assert iterations.checks_asked(people.lake, people.newest) == before
    label = next(check for check in CHECKS if check.code == "label.issue")
    assert {"evaluation", "models", "labels"} <= set(label.sources)


def test_a_schema_that_broke_meanwhile_has_no_cache_key(people, tmp_path):
    (tmp_path / "limits.py").write_text("1 / 0")
    assert iterations.checks_asked(people.lake, people.newest) == ""

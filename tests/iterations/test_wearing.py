"""The wear of a test set: one look per state of the data, none for what an attribution went through."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import workbench
from workbench.drafts import Correction
from workbench.errors import UsageError
from workbench.impact import together
from workbench.iterations.wearing import FRESH_AFTER, Wear
from workbench.reporting.wear import report_wear
from workbench.settings import Settings

TRAIN, TEST = 160, 80


@pytest.fixture
def opened(settings: Settings):
    """An open lake with the dataset d, not measured yet: rows 0 to 159 train, 160 to 239 test."""
    random = np.random.default_rng(2)
    x = random.normal(size=TRAIN + TEST)
    frame = pd.DataFrame({"id": range(len(x)), "x": x, "note": "", "y": np.where(x > 0, "yes", "no")})
    frame["split"] = ["train"] * TRAIN + ["test"] * TEST
    with workbench.open(settings.lake, author="ann", create=True) as lake:
        lake.import_data("d", frame, key=["id"], label="y", split_column="split", model="embedding", ignore=["note"])
        yield lake


@pytest.fixture
def edit(opened):
    """Publish other labels of rows, or a comment: ``edit(3, 4)``, ``edit(note=5)``."""
    labels = dict(opened["d"].at(1).to_pandas()[["id", "y"]].values)

    def edit(*rows, note=None, evaluate_draft=False):
        cells = [(row, "y", "no" if labels[row] == "yes" else "yes") for row in rows]
        cells += [(note, "note", "a comment")] if note is not None else []
        draft = opened["d"].draft(title="edit").draft
        opened.stage(draft, [Correction({"id": row}, column=name, new=value) for row, name, value in cells])
        if evaluate_draft:
            opened.evaluate_draft(draft)
        return opened.publish(draft, message="edit")

    return edit


def test_before_anything_was_measured_there_is_no_wear(opened):
    found = opened.wear("d")
    assert (found.decisions, found.earlier, found.worn, found.test_labels) == (0, 0, False, "d@1")
    assert report_wear(found) == ["The test rows of d@1 have informed no decision yet: nothing was measured on them."]


def test_each_state_counts_once_however_often_it_is_looked_at(opened, edit):
    data = opened["d"]
    data.evaluate()
    data.evaluate()
    assert opened.wear("d").decisions == 1
    edit(3, 4, evaluate_draft=True)
    assert opened.wear("d").decisions == 2, "the draft"
    data.evaluate()
    data.compare(1, 2)
    data.compare(1, 2, metric="log_loss")
    assert opened.wear("d").decisions == 2, "the version that it became is the same state"
    edit(note=5)
    data.evaluate()
    found = opened.wear("d")
    assert (found.decisions, found.test_labels) == (2, "d@3"), "a comment changes nothing that a model learns"
    assert found.level == together(2) and found.by_chance == pytest.approx(0.1)


def test_what_an_attribution_goes_through_does_not_count(opened, edit):
    data = opened["d"]
    edit(3)
    edit(4)
    edit(5)
    opened.attribute("d@1", "d@4", by="version")
    kept = opened.lake.read("SELECT count(DISTINCT input_hash) FROM lake.workbench.evaluations")[0][0]
    assert kept == 8, "every subset of three groups"
    assert opened.wear("d").decisions == 2, "the first and the last version"
    data.evaluate(2)
    assert opened.wear("d").decisions == 3


def test_a_changed_test_label_begins_a_new_count(opened, edit):
    data = opened["d"]
    data.evaluate()
    edit(3)
    data.evaluate()
    edit(TRAIN, TRAIN + 1, TRAIN + 2)
    before = opened.wear("d")
    assert (before.decisions, before.earlier) == (0, 2)
    assert "2 more states were looked at on other test rows or labels" in report_wear(before)[-1]
    data.evaluate()
    found = opened.wear("d")
    assert (found.test_labels, found.decisions, found.earlier) == ("d@3", 2, 0), (
        "measuring v3 compares v2 and v1 again, under the new labels; v3 learns what v2 learnt"
    )


def test_a_dataset_without_a_label_has_no_test_set_to_wear(opened):
    opened.import_data("plain", pd.DataFrame({"id": [1, 2], "x": [1.0, 2.0]}), key=["id"])
    with pytest.raises(UsageError, match="no label column"):
        opened.wear("plain")


def test_after_twenty_decisions_fresh_rows_are_due():
    few, many = (Wear("d", "d@9", count, 0, 0.05 * count, together(count)) for count in (FRESH_AFTER - 1, FRESH_AFTER))
    assert not few.worn and many.worn
    assert "Consider fresh test rows after 20 decisions." in report_wear(few)
    said = " ".join(report_wear(many))
    assert "have informed 20 decisions" in said and "about 1.0 may" in said and "At 99.75 % instead of 95 %" in said
    assert "Fresh test rows are due" in said
    assert json.loads(json.dumps(many.to_dict())) == {
        "dataset": "d", "test_labels": "d@9", "decisions": 20, "earlier": 0, "by_chance": 1.0, "level": 0.9975,
        "fresh_after": 20, "worn": True,
    }  # fmt: skip

"""Model inputs: which rows and columns a model sees, as what, and the hash that tells whether they changed."""

from __future__ import annotations

import datetime
import math
import subprocess
import sys
import threading
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from workbench.errors import UsageError
from workbench.evaluation import input_hash, inputs
from workbench.lake import view_of

ROWS = pd.DataFrame(
    {
        "id": [3, 1, 2, 5, 4, 6],
        "age": [31.0, 45.5, None, 20.0, 61.0, 33.0],
        "city": ["Oslo", None, "", "Rome", "Oslo", "Bern"],
        "comment": ["a", "b", "c", "d", "e", "f"],
        "y": ["no", "yes", "yes", None, "no", "yes"],
    }
)
LANES = [0, 0, 2, 0, 1, 2]


@pytest.fixture
def people(make):
    return make(ROWS, "people", key=("id",), label="y", ignore=("comment",), lanes=LANES)


def test_rows_come_in_key_order_without_key_label_and_ignored_columns(lake, people):
    rows = inputs(view_of(lake, people))
    assert list(rows.X.columns) == ["age", "city"]
    assert rows.row_key.tolist() == ['{"id":"1"}', '{"id":"2"}', '{"id":"3"}', '{"id":"4"}', '{"id":"6"}']
    assert rows.rid.tolist() == [2, 3, 1, 5, 6] and rows.lanes.tolist() == [0, 2, 0, 1, 2]
    assert rows.y.tolist() == ["yes", "yes", "no", "no", "yes"]
    assert rows.X["age"].tolist()[0] == 45.5 and math.isnan(rows.X["age"].tolist()[1])
    assert rows.X["city"].isna().tolist() == [True, False, False, False, False]
    assert rows.X["city"].tolist()[1] == ""


def test_a_train_row_without_a_label_is_left_out_and_counted(lake, people):
    rows = inputs(view_of(lake, people))
    assert rows.available == {"train": 2, "validation": 1, "test": 2}
    assert rows.notes == ("1 train rows without a label are left out",)


def test_a_test_row_without_a_label_is_kept_to_be_asked_about(lake, people, publish):
    rows = inputs(view_of(lake, publish("people", {3: {"y": None}})))
    assert rows.label[rows.rid == 3].tolist() == [None]
    assert rows.taken("test") == 1 and int(rows.rows("test").sum()) == 2


def test_excluded_rows_are_out(lake, people, publish):
    rows = inputs(view_of(lake, publish("people", {1: {"_excluded": True}})))
    assert 1 not in rows.rid


def test_a_dataset_without_a_label_column_is_refused(lake, make):
    plain = view_of(lake, make(ROWS, "plain", key=("id",), lanes=LANES))
    for asked in (inputs, input_hash):
        with pytest.raises(UsageError, match="plain@1 has no label column") as refused:
            asked(plain)
        assert "--label" in refused.value.hint


def test_the_hash_ignores_row_order_row_identity_and_ignored_columns(lake, people, make, publish):
    before = input_hash(view_of(lake, people))
    again = ROWS.assign(lane=LANES).sample(frac=1, random_state=1)
    shuffled = make(
        again[["city", "y", "id", "comment", "age"]],
        "shuffled",
        key=("id",),
        label="y",
        ignore=("comment",),
        lanes=again["lane"].tolist(),
    )
    assert input_hash(view_of(lake, shuffled)) == before
    assert input_hash(view_of(lake, publish("people", {1: {"comment": "looked at"}}))) == before


def test_the_hash_says_in_which_lane_an_input_changed(lake, people, publish):
    before = input_hash(view_of(lake, people)).split("-")
    for rid, change, part in [
        (1, {"age": 32.0}, 1),
        (1, {"y": "yes"}, 1),
        (1, {"_excluded": True}, 1),
        (2, {"city": ""}, 1),
        (3, {"city": None}, 2),
        (6, {"y": "no"}, 2),
        (5, {"age": 62.0}, 3),
    ]:
        after = input_hash(view_of(lake, publish("people", {rid: change}))).split("-")
        assert [place for place in range(4) if before[place] != after[place]] == [part], change
        before = after


def test_a_row_that_changes_lane_changes_both_lanes(lake, people, publish):
    before = input_hash(view_of(lake, people)).split("-")
    after = input_hash(view_of(lake, publish("people", {3: {"_lane": 0}}))).split("-")
    assert [place for place in range(4) if before[place] != after[place]] == [1, 2]


def test_columns_are_read_through_the_schemas_types(lake, make):
    frame = pd.DataFrame({"id": ["007", "008", "009"], "size": ["12", "13.5", "big"], "y": ["1", "0", "1"]})
    view = view_of(lake, make(frame, key=("id",), label="y", lanes=[0, 0, 2]))
    types = {"size": "DOUBLE", "id": "BIGINT", "gone": "DATE"}
    rows = inputs(view, types=types)
    assert rows.X["size"].tolist()[:2] == [12.0, 13.5] and math.isnan(rows.X["size"].tolist()[2])
    assert rows.row_key.tolist()[0] == '{"id":"007"}', "the key is as it is written"
    assert inputs(view).X["size"].tolist() == ["12", "13.5", "big"]
    assert input_hash(view, types) != input_hash(view)


def test_a_fraction_is_no_whole_number_to_the_model_either(lake, make):
    """Validation reports the cell as unreadable, so the model must not see it rounded."""
    frame = pd.DataFrame({"id": [1, 2, 3, 4], "size": ["12", "13.5", "14.0", "big"], "y": ["1", "0", "1", "0"]})
    rows = inputs(view_of(lake, make(frame, key=("id",), label="y", lanes=[0] * 4)), types={"size": "BIGINT"})
    assert rows.X["size"].fillna(-1).tolist() == [12, -1, 14, -1]


def test_every_type_of_column_is_read(lake, make):
    moment = datetime.datetime(1650, 2, 3, 4, 5)
    frame = pd.DataFrame(
        {
            "k": ["a", "b"],
            "Name": ["x", None],
            "name": ["y", "🙂"],
            'odd "name".x': [1, 2],
            "select": [True, None],
            "day": [datetime.date(1601, 5, 6), None],
            "moment": pd.Series([moment, None], dtype="datetime64[us]"),
            "zoned": pd.Series([moment, None], dtype="datetime64[us]").dt.tz_localize("Asia/Tokyo"),
            "clock": [datetime.time(1, 2), None],
            "vector": [[1.0, 2.0], [3.0, None]],
            "exact": [Decimal("1.25"), None],
            "large": [2**62, 5],
            "endless": [np.inf, np.nan],
            "bytes": [b"\x00\xff", b""],
            "y": ["no", "yes"],
        }
    )
    rows = inputs(view_of(lake, make(frame, key=("k",), label="y", lanes=[0, 2])))
    X = rows.X.set_index(pd.Index(["a", "b"]))
    assert X.loc["a", 'odd "name".x'] == 1.0 and X.loc["a", "select"] == 1.0 and X.loc["a", "exact"] == 1.25
    assert X.loc["a", "Name"] == "x" and X.loc["a", "name"] == "y" and X.loc["b", "name"] == "🙂"
    assert X.loc["a", "day"] == pd.Timestamp("1601-05-06") and X.loc["a", "moment"] == pd.Timestamp(moment)
    assert X.loc["a", "clock"] == "01:02:00" and X.loc["a", "vector"].tolist() == [1.0, 2.0]
    assert X.loc["a", "zoned"].tzinfo is None and X.loc["a", "large"] == 2.0**62
    assert X["select"].isna().tolist() == [False, True]


def test_the_cap_takes_a_fixed_sample_that_an_edit_hardly_moves(lake, make, publish):
    frame = pd.DataFrame({"id": range(1000), "x": np.arange(1000.0), "y": ["a", "b"] * 500})
    first = make(frame, key=("id",), label="y", lanes=[0] * 900 + [2] * 100)
    rows = inputs(view_of(lake, first), max_train_rows=50)
    assert rows.taken("train") == 50 and rows.taken("test") == 100 and rows.sampled
    assert rows.notes == ("fitted on a fixed sample of 50 of 900 train rows",)
    chosen = rows.row_key[rows.rows("train")]
    out = int(rows.rid[rows.rows("train")][0])
    later = inputs(view_of(lake, publish("t", {out: {"_excluded": True}, 7: {"x": -1.0}})), max_train_rows=50)
    assert len(set(later.row_key[later.rows("train")]) - set(chosen)) == 1, "only the next key moved up"


def test_a_seed_leaves_out_the_same_tenth_of_the_keys_in_every_version(lake, make, publish):
    frame = pd.DataFrame({"id": range(2000), "x": np.arange(2000.0), "y": ["a", "b"] * 1000})
    first = inputs(view_of(lake, make(frame, key=("id",), label="y", lanes=[0] * 2000)), seeds=5)
    second = inputs(view_of(lake, publish("t", {5: {"x": -1.0, "y": "b"}, 9: {"_excluded": True}})), seeds=5)
    assert first.left_out.mean(axis=0) == pytest.approx([0.1] * 5, abs=0.03)
    assert (first.left_out[:, 0] != first.left_out[:, 1]).any()
    kept = np.isin(first.row_key, second.row_key)
    assert (first.left_out[kept] == second.left_out).all()


def test_labels_of_a_regression_are_numbers_or_missing(lake, make):
    frame = pd.DataFrame({"id": [1, 2, 3], "x": [1, 2, 3], "y": ["1.50", "much", "inf"]})
    rows = inputs(view_of(lake, make(frame, key=("id",), label="y", task="regression", lanes=[0, 0, 2])))
    assert rows.y.tolist()[0] == 1.5 and rows.available == {"train": 1, "test": 0}


HOLD = (
    "import sqlite3, sys; held = sqlite3.connect(sys.argv[1]); held.execute('PRAGMA locking_mode = EXCLUSIVE');"
    "held.execute('BEGIN EXCLUSIVE'); print('held', flush=True); sys.stdin.read()"
)


def test_a_catalogue_locked_in_mid_reading_is_waited_for(lake, people):
    view = view_of(lake, people)
    before = input_hash(view)
    begun = []

    def lock_after_the_first_begin(query, params):
        if query == "BEGIN":
            begun.append(query)
            if len(begun) == 1:
                assert holder.stdout.readline() == b"held\n"
                threading.Timer(0.3, holder.stdin.close).start()

    catalogue = lake.url.removeprefix("sqlite:")
    with (
        subprocess.Popen(
            [sys.executable, "-c", HOLD, catalogue], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as holder,
        lake.traced(lock_after_the_first_begin),
    ):
        rows = inputs(view)
    assert len(begun) > 1
    assert len(rows.X) == 5 and input_hash(view) == before

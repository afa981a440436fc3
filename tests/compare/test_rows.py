"""Which test rows flipped, from what was predicted before, without a fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.compare import NotMeasured, compare, flipped_rows, kept_comparison
from workbench.evaluation import evaluate, read_predictions
from workbench.lake import view_of


@pytest.fixture
def two(lake, make, publish):
    """Version 1 with wrong train labels, version 2 with right ones; one train row in four is a test row."""
    random = np.random.default_rng(0)
    x = random.normal(size=160)
    truth = np.where(x > 0, "yes", "no")
    lanes = [2 if row % 4 == 3 else 0 for row in range(160)]
    wrong = [row for row in range(160) if lanes[row] == 0 and truth[row] == "yes" and row % 10 < 6]
    given = truth.copy()
    given[wrong] = "no"
    frame = pd.DataFrame({"id": range(160), "x": x, "y": given})
    first = make(frame, key=("id",), label="y", model="embedding", lanes=lanes)
    second = publish("t", {row + 1: {"y": "yes"} for row in wrong})
    return view_of(lake, first), view_of(lake, second)


def test_what_was_never_measured_is_said_and_not_fitted(lake, two):
    with pytest.raises(NotMeasured, match="would have to be fitted"):
        kept_comparison(lake, *two)
    evaluate(lake, two[0])
    with pytest.raises(NotMeasured):
        flipped_rows(lake, *two)
    assert lake.read("SELECT count(DISTINCT evaluation) FROM lake.workbench.evaluations") == [(1,)]


def test_a_kept_comparison_is_the_comparison(lake, two):
    assert compare(lake, *two) == kept_comparison(lake, *two)


def test_flipped_rows_are_those_whose_averaged_prediction_changed(lake, two):
    found = compare(lake, *two)
    rows = flipped_rows(lake, *two)
    said = []
    for view in two:
        evaluation = evaluate(lake, view)
        kept = read_predictions(lake, evaluation.id)
        mean = kept.by_seed(evaluation.seeds).mean(axis=0)
        said.append(dict(zip(kept.rid.tolist(), np.array(evaluation.train_classes)[mean.argmax(axis=1)], strict=True)))
    labels = dict(two[1].fetch("SELECT _rid, y FROM {rows} WHERE _lane = 2"))
    wanted = {rid for rid in labels if (said[0][rid] == labels[rid]) != (said[1][rid] == labels[rid])}
    assert wanted and {flip.rid for flip in rows.flips} == wanted
    assert rows.rows == found.test_rows and rows.gained + rows.lost == len(wanted)
    for flip in rows.flips:
        assert flip.key == {"id": flip.rid - 1}
        assert (flip.label, flip.before, flip.after) == (labels[flip.rid], said[0][flip.rid], said[1][flip.rid])
        assert flip.gained == (flip.after == flip.label)
        assert 0 <= flip.before_share <= 1
    moved = [abs(flip.after_share - flip.before_share) for flip in rows.flips]
    assert moved == sorted(moved, reverse=True)


def test_confusion_counts_every_shared_row_under_both(lake, two):
    compare(lake, *two)
    rows = flipped_rows(lake, *two)
    for side in (0, 1):
        assert sum(counts[side] for counts in rows.confusion.values()) == rows.rows
    right = [sum(counts[side] for (label, said), counts in rows.confusion.items() if label == said) for side in (0, 1)]
    assert right[1] - right[0] == rows.gained - rows.lost


def test_the_list_is_cut_and_the_counts_are_not(lake, two):
    compare(lake, *two)
    whole, cut = flipped_rows(lake, *two), flipped_rows(lake, *two, limit=1)
    assert cut.flips == whole.flips[:1] and len(whole.flips) > 1
    assert (cut.gained, cut.lost, cut.confusion) == (whole.gained, whole.lost, whole.confusion)


def test_there_and_back_is_mirrored(lake, two):
    a, b = two
    compare(lake, a, b)
    there, back = flipped_rows(lake, a, b), flipped_rows(lake, b, a)
    assert (there.gained, there.lost) == (back.lost, back.gained)
    assert flipped_rows(lake, a, a).flips == ()


def test_regression_has_no_right_and_wrong(lake, make):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"id": range(60), "x": random.normal(size=60), "y": random.normal(size=60)})
    view = view_of(
        lake, make(frame, key=("id",), label="y", task="regression", model="embedding", lanes=[0, 0, 2] * 20)
    )
    evaluate(lake, view)
    assert flipped_rows(lake, view, view).rows == 0

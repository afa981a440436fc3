"""What further review is likely to bring, when it is below the noise, and whether more rows would buy more."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

import workbench
from workbench.compare import compare
from workbench.errors import Cancelled, DataError, UsageError
from workbench.evaluation import evaluate
from workbench.lake import read_versions, view_of
from workbench.metrics import METRICS
from workbench.outlook import Forecast, outlook
from workbench.outlook.ahead import choice_of, worth_of
from workbench.outlook.points import scored
from workbench.outlook.telling import sentences

ACCURACY, MAE = METRICS["accuracy"], METRICS["mae"]


def traces(lake):
    """Rows of all that is more than a figure kept under its hash."""
    tables = ("versions", "drafts", "corrections", "decisions", "findings", "sightings", "measurements", "draft_events")
    return {name: lake.read(f"SELECT count(*) FROM lake.workbench.{name}")[0][0] for name in tables}


def test_each_version_stands_at_the_rows_corrected_so_far(reviewed):
    found = outlook(reviewed.lake, "d")
    assert [(point.name, point.n) for point in found.points] == [("d@1", 0), ("d@2", 90), ("d@3", 160), ("d@4", 210)]
    assert found.method == "curve" and found.version == "d@4" and found.counted.endswith("in answer to findings")
    assert (found.answered, found.confirmed, found.open) == (200, 190, 20)
    assert all(point.low <= point.mean <= point.high for point in found.points)


def test_the_figures_are_those_of_the_comparison(reviewed):
    found = outlook(reviewed.lake, "d")
    versions = read_versions(reviewed.lake, "d")
    compared = compare(reviewed.lake, view_of(reviewed.lake, versions[0]), view_of(reviewed.lake, versions[3]))
    assert found.points[0].mean == compared.a_mean and found.points[-1].mean == compared.b_mean
    assert found.test_rows == compared.test_rows and found.test_labels == compared.test_labels


def test_what_more_decisions_bring_has_an_interval_and_words(reviewed):
    found = outlook(reviewed.lake, "d", decisions=50)
    ahead = found.forecast
    assert ahead.effort == "50 more decisions" and ahead.n == pytest.approx(210 + 50 * 0.95)
    assert ahead.low <= ahead.change <= ahead.high and ahead.low < ahead.high
    assert found.curve[0][0] == 0 and found.curve[-1][0] >= ahead.n
    said = sentences(found)
    assert said[0].startswith("What 50 more decisions are likely to bring in accuracy: ")
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["said"] == said


def test_hindsight_sets_what_was_foretold_beside_what_came(reviewed):
    found = outlook(reviewed.lake, "d")
    versions = read_versions(reviewed.lake, "d")
    compared = compare(reviewed.lake, view_of(reviewed.lake, versions[2]), view_of(reviewed.lake, versions[3]))
    brought = found.brought
    assert (brought.change, brought.low, brought.high) == (compared.change, compared.low, compared.high)
    assert found.foretold.effort == "the last 50 corrections" and found.foretold.low <= found.foretold.high
    assert any(said.startswith("In hindsight: for the last 50 corrections") for said in sentences(found))


def test_a_look_fits_nothing_and_leaves_nothing(reviewed):
    before, stages = traces(reviewed.lake), []
    kept = reviewed.lake.read("SELECT count(*) FROM lake.workbench.evaluations")
    outlook(reviewed.lake, "d", progress=lambda stage, done, total: stages.append(stage))
    assert set(stages) == {"reading predictions", "fitting the curves"} and traces(reviewed.lake) == before
    assert reviewed.lake.read("SELECT count(*) FROM lake.workbench.evaluations") == kept


def test_more_rows_are_set_against_more_decisions(reviewed):
    before = traces(reviewed.lake)
    found = outlook(reviewed.lake, "d", sizes=True, decisions=50, rows=300)
    assert [point.n for point in found.sizes.points] == [38, 75, 150, 300, 600]
    assert found.sizes.points[-1].mean == found.points[-1].mean
    assert [each.n for each in found.sizes.forecasts] == [750, 900, 1200] and found.sizes.more.n == 900
    assert found.choice.low <= found.choice.change <= found.choice.high
    assert found.choice.change == pytest.approx(found.forecast.change - found.sizes.more.change)
    assert sentences(found)[-1].startswith("50 more decisions: ") and "300 more rows: " in sentences(found)[-1]
    assert traces(reviewed.lake) == before

    stages = []
    again = outlook(
        reviewed.lake, "d", sizes=True, decisions=50, rows=300, progress=lambda *told: stages.append(told[0])
    )
    assert again == found and not [stage for stage in stages if stage.startswith("evaluating")]


def test_above_the_cap_sizes_are_parts_of_the_sample_and_it_is_said(reviewed, monkeypatch):
    monkeypatch.setenv("WORKBENCH_MAX_TRAIN_ROWS", "300")
    with workbench.open(reviewed.lake.url) as lake:
        found = lake.outlook("d", sizes=True)
    assert [point.n for point in found.sizes.points] == [38, 75, 150, 300]
    assert any("19 of 300 train rows are too few" in note for note in found.sizes.notes)
    assert any("fixed sample of 300 of 600 train rows" in note for note in found.sizes.notes)
    assert any("only once max_train_rows is raised" in note for note in found.sizes.notes)


def test_it_can_be_stopped(reviewed):
    def stop(stage, done, total):
        if done > 7:
            raise Cancelled("stopped")

    before = traces(reviewed.lake)
    with pytest.raises(Cancelled):
        outlook(reviewed.lake, "d", sizes=True, progress=stop)
    assert traces(reviewed.lake) == before


def test_a_rule_begins_the_curve_anew(reviewed, correct):
    """It answers no finding, so what it did is not what decisions did."""
    correct({key: {"z": 9.0} for key in range(50)})
    found = outlook(reviewed.lake, "d")
    assert [point.name for point in found.points] == ["d@5"] and found.method == "none" and found.verdict == "unknown"
    assert "the curve begins at d@5" in found.notes[0]
    assert sentences(found)[0].startswith("There is nothing to go by yet: a curve needs 3 measured versions")


def test_a_restore_begins_the_curve_anew(reviewed):
    reviewed["d"].restore(2)
    reviewed["d"].evaluate()
    found = outlook(reviewed.lake, "d")
    assert [(point.name, point.n) for point in found.points] == [("d@5", 0)] and found.forecast is None


def test_a_version_that_no_model_learns_from_begins_nothing(reviewed, correct):
    correct({TEST: {"y": "yes"} for TEST in range(600, 605)})
    found = outlook(reviewed.lake, "d")
    assert [(point.name, point.n) for point in found.points][2:] == [("d@3", 160), ("d@5", 210)]
    assert found.test_labels == "d@5"


def test_what_is_not_measured_is_said(reviewed, correct):
    correct({5: {"z": 1.0}}, measure=False)
    assert "d@5 is not measured yet: workbench evaluate d@5" in outlook(reviewed.lake, "d").notes


def test_with_two_versions_the_average_is_carried_on(lake, make, publish_fixes):
    publish_fixes(1)
    found = outlook(lake, "t")
    assert found.method == "average" and found.counted == "train rows corrected" and found.answered == 0
    slope = (found.points[1].mean - found.points[0].mean) / found.points[1].n
    assert found.forecast.change == pytest.approx(100 * slope) and found.curve == ()
    assert any("on average" in note for note in found.notes)


def test_with_one_version_nothing_is_claimed(lake, make, publish_fixes):
    publish_fixes(0)
    found = outlook(lake, "t")
    assert found.forecast is None and found.detectable is None and found.verdict == "unknown"


@pytest.fixture
def publish_fixes(lake, make):
    """Make ``t`` with a number as its label, and publish so many drafts that put numbers right, each measured."""
    from workbench.drafts import Correction, new_draft, publish_draft, stage
    from workbench.iterations import measure

    random = np.random.default_rng(1)
    x = random.normal(size=300)
    frame = pd.DataFrame({"id": range(1, 301), "x": x, "y": 3 * x + 0.1 * random.normal(size=300)})
    truth = frame["y"].copy()
    frame.loc[:59, "y"] += 20.0

    def publish_fixes(rounds):
        version = make(frame, key=("id",), label="y", task="regression", model="linear", lanes=[0] * 200 + [2] * 100)
        measure(lake, version)
        for round_ in range(rounds):
            draft = new_draft(lake, "t", author="ann").draft
            rows = range(20 * round_ + 1, 20 * round_ + 21)
            changes = [Correction({"id": rid}, column="y", new=float(truth[rid - 1])) for rid in rows]
            stage(lake, draft, changes, author="ann")
            measure(lake, publish_draft(lake, draft, author="ann", message="m").version)

    return publish_fixes


def test_in_regression_a_smaller_error_is_a_gain(lake, make, publish_fixes):
    publish_fixes(2)
    found = outlook(lake, "t", decisions=20)
    assert found.metric == "mae" and found.method == "curve"
    assert found.points[-1].mean < found.points[0].mean
    assert found.forecast.change <= 0 and "MAE" in sentences(found)[0]


@pytest.mark.parametrize(
    ("change", "low", "detectable", "metric", "verdict"),
    [
        (0.01, 0.004, 0.005, ACCURACY, "worth going on"),
        (0.01, -0.002, 0.005, ACCURACY, "cannot tell"),
        (0.002, 0.001, 0.005, ACCURACY, "below the noise"),
        (-0.01, -0.02, 0.005, ACCURACY, "below the noise"),
        (0.01, 0.004, None, ACCURACY, "cannot tell"),
        (-1.0, -2.0, 0.5, MAE, "worth going on"),
        (1.0, 0.5, 0.5, MAE, "below the noise"),
    ],
)
def test_when_to_stop(change, low, detectable, metric, verdict):
    high = -0.6 if metric is MAE and change < 0 else 3.0
    assert worth_of(Forecast("100 more", 1.0, change, low, high), detectable, metric) == verdict


@pytest.mark.parametrize(
    ("cleaner", "more", "metric", "verdict"),
    [
        (0.02, 0.01, ACCURACY, "cleaner data"),
        (0.01, 0.02, ACCURACY, "more data"),
        (-2.0, -1.0, MAE, "cleaner data"),
        (0.0100, 0.0101, ACCURACY, "cannot tell apart"),
    ],
)
def test_more_data_or_cleaner_data(cleaner, more, metric, verdict):
    noise = 0.001 * np.random.default_rng(0).normal(size=(2, 400))
    noise[:, 0] = 0
    assert choice_of(cleaner + noise[0], more + noise[1], metric).verdict == verdict
    assert choice_of(None, more + noise[1], metric).verdict == "unknown"


def test_below_the_noise_is_said_and_what_may_still_come(reviewed):
    found = outlook(reviewed.lake, "d")
    small = dataclasses.replace(
        found, forecast=Forecast("100 more decisions", 310, 0.001, 0.0005, 0.002), detectable=0.005, rest=None,
        verdict="below the noise",
        foretold=None,
    )  # fmt: skip
    assert (
        sentences(small)[1]
        == "Below the noise (this test set shows 0.5 pt or more): stopping costs nothing you could measure."
    )
    unsure = dataclasses.replace(small, forecast=dataclasses.replace(small.forecast, high=0.02))
    assert "most likely stopping costs nothing" in sentences(unsure)[1]
    more = dataclasses.replace(small, rest=Forecast("all 900 open findings", 1000, 0.008, 0.002, 0.02))
    assert sentences(more)[2] == "But all 900 open findings about train rows together: +0.8 pt (0.2 to 2.0)."
    none = dataclasses.replace(small, forecast=Forecast("100 more decisions", 310, 0.0001, -0.0002, 0.0004))
    assert sentences(none)[0].endswith("in accuracy: less than 0.1 pt.")


def test_bad_questions_are_refused(lake, make, reviewed):
    frame = pd.DataFrame({"id": [1, 2, 3], "x": [1.0, 2.0, 3.0], "y": ["a", "b", "a"]})
    make(frame, "plain", key=("id",))
    with pytest.raises(UsageError, match="no label column"):
        outlook(lake, "plain")
    make(frame, "fresh", key=("id",), label="y")
    with pytest.raises(UsageError, match="No version of 'fresh' has a figure"):
        outlook(lake, "fresh")
    with pytest.raises(UsageError, match="at least one decision"):
        outlook(reviewed.lake, "d", decisions=0)


def test_figures_on_other_test_rows_lie_on_no_one_curve(reviewed):
    """Half of the test rows are excluded in one version, the other half in the next."""
    from workbench.drafts import Correction

    found = []
    for out, back in ((range(600, 800), ()), (range(800, 1000), range(600, 800))):
        draft = reviewed["d"].draft().draft
        changes = [Correction({"id": key}, "exclude") for key in out] + [
            Correction({"id": key}, "restore") for key in back
        ]
        reviewed.stage(draft, changes)
        view = view_of(reviewed.lake, reviewed.publish(draft, message="other test rows").version)
        found.append(evaluate(reviewed.lake, view))
    with pytest.raises(DataError, match="d@5 to d@6 share no test row with a label"):
        scored(reviewed.lake, found, view, ACCURACY, types=None)
    assert scored(reviewed.lake, found[:1], view, ACCURACY, types=None).test_rows == 200


def test_a_version_without_test_rows_is_refused(reviewed):
    from workbench.drafts import Correction

    draft = reviewed["d"].draft().draft
    reviewed.stage(draft, [Correction({"id": key}, "exclude") for key in range(600, 1000)])
    reviewed.publish(draft, message="no test rows left")
    with pytest.raises(DataError, match="test rows"):
        outlook(reviewed.lake, "d", sizes=True)

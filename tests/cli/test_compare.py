"""Comparisons of two and of many versions, by seeds and by samples, and the wear of the test set, in a shell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import workbench
from workbench.drafts import Correction
from workbench.impact import together


@pytest.fixture
def four(people):
    """The shell, with a dataset d of four versions: labels mended, then one label broken, then most of one class."""
    random = np.random.default_rng(5)
    x = random.normal(size=500)
    label = np.where(x + 0.5 * random.normal(size=500) > 0, "yes", "no")
    frame = pd.DataFrame({"id": range(500), "x": x, "split": ["train"] * 300 + ["test"] * 200, "y": label})
    wrong = [row for row in range(120) if label[row] == "yes"]
    frame.loc[wrong, "y"] = "no"
    edits = [{row: "yes" for row in wrong}, {wrong[0]: "no"}, {row: "no" for row in wrong[1:40]}]
    with workbench.open(author="ann") as lake:
        data = lake.import_data("d", frame, key=["id"], label="y", split_column="split", model="embedding")
        for cells in edits:
            draft = data.draft().draft
            lake.stage(draft, [Correction({"id": row}, column="y", new=value) for row, value in cells.items()])
            lake.publish(draft, message="edit")
    return people


def test_two_versions_are_compared_as_ever_and_the_json_has_one_comparison(four):
    told = four("compare", "d@1", "d@2")
    assert told.code == 0 and told.out.startswith("d@2 against d@1: GAIN")
    assert "noise floor: other seeds, same data: ±" in told.out and "recall by class, the most harmed first" in told.out
    found = four("compare", "d@1", "d@2", "--json").json
    assert found["verdict"] == "gain" and found["level"] == 0.95 and found["resampled"] is False
    assert found["rows_needed"] is None and "comparisons" not in found
    with workbench.open() as lake:
        assert lake.compare("d@1", "d@2").to_dict()["low"] == found["low"]


def test_an_evaluation_says_what_other_seeds_would_move(four):
    told = four("evaluate", "d@2")
    found = four("evaluate", "d@2", "--json").json["metrics"]["accuracy"]
    assert 0 < found["noise_floor"] < 0.1
    assert f"noise floor: other seeds, same data: accuracy ±{100 * found['noise_floor']:.1f} pt" in told.err


def test_what_cannot_be_told_says_what_would_settle_it(four):
    told = four("compare", "d@2", "d@3")
    assert "CANNOT TELL" in told.out
    assert "settle" in told.out.splitlines()[2]


def test_more_seeds_are_asked_for_where_they_limit_what_can_be_told(four):
    found = four("compare", "d@2", "d@3", "--json").json
    assert found["verdict"] == "cannot tell" and found["fits"] == 5
    told = four("compare", "d@2", "d@3")
    assert found["widening"] > 1.3 and not found["seeds_needed"]
    assert "--seeds 10) would narrow it" in told.out

    more = four("compare", "d@2", "d@3", "--seeds", "30", "--json").json
    assert more["fits"] == 30 and more["high"] - more["low"] < found["high"] - found["low"]
    assert more["widening"] < found["widening"]


def test_seeds_and_samples_are_not_asked_for_at_once(four):
    told = four("compare", "d@1", "d@2", "--seeds", "8", "--resample")
    assert told.code == 2 and "Leave one of them out." in told.err
    assert four("compare", "d@1", "d@2", "--seeds", "1").code == 2


def test_many_versions_are_compared_with_the_first_by_intervals_that_hold_together(four):
    told = four("compare", "d@1", "d@2", "d@3", "d@4")
    assert told.code == 0
    assert "3 versions against d@1" in told.out and "Each interval of a change is at 98.33 %" in told.out
    found = four("compare", "d@1", "d@2", "d@3", "d@4", "--json").json
    assert (found["base"], found["level"]) == ("d@1", together(3))
    assert [each["b"] for each in found["comparisons"]] == ["d@2", "d@3", "d@4"]
    single = four("compare", "d@1", "d@4", "--json").json
    assert found["comparisons"][2]["low"] < single["low"] and found["comparisons"][2]["change"] == single["change"]
    with workbench.open() as lake:
        assert lake.compare_many("d@1", "d@2", "d@3", "d@4").to_dict() == lake["d"].compare_many(1, 2, 3, 4).to_dict()
        assert lake.compare_many("d@1", "d@2", "d@3", "d@4").comparisons[0].low == found["comparisons"][0]["low"]


def test_samples_answer_for_data_like_this(four):
    told = four("compare", "d@1", "d@2", "--resample")
    assert "Would it help on data like this? 20 fits of each version" in told.out
    found = four("compare", "d@1", "d@2", "--resample", "--json").json
    assert found["resampled"] is True and found["fits"] == 20 and found["noise_floor"] is None
    with workbench.open() as lake:
        assert lake.compare("d@1", "d@2", resample=20).low == found["low"]
        assert lake["d"].compare(1, 2, resample=20).low == found["low"]
    many = four("compare", "d@1", "d@2", "d@3", "--resample", "--json").json
    assert all(each["resampled"] for each in many["comparisons"])


def test_wear_is_told_in_words_and_as_json(four):
    assert "have informed no decision yet" in four("wear", "d").out
    four("compare", "d@1", "d@2")
    told = four("wear", "d")
    assert told.code == 0 and "The test rows of d@4 have informed 2 decisions" in told.out
    assert "Consider fresh test rows after 20 decisions." in told.out
    found = four("wear", "d", "--json").json
    assert (found["decisions"], found["worn"], found["level"]) == (2, False, together(2))
    with workbench.open() as lake:
        assert lake.wear("d").to_dict() == found


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("compare", "d@1"), "Missing argument 'NAME@B..'"),
        (("compare", "d@1", "d@2", "d@2"), "d@2 is named twice"),
        (("compare", "d@1", "d@1", "d@2"), "d@1 is named twice"),
        (("compare", "d@1", "d@2", "people"), "not comparable"),
        (("compare", "d@1", "d@2", "d@9"), "no version '9'"),
        (("wear", "nobody"), "no dataset"),
    ],
)
def test_bad_questions_are_refused(four, arguments, says):
    refused = four(*arguments)
    assert refused.code == 2 and says in refused.err and "Traceback" not in refused.err

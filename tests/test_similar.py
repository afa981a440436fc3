"""The rows most like one: found in a real version, with their labels, and never for a test row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.errors import Cancelled, UsageError
from workbench.lake import Version, newest, open_lake
from workbench.similar import HIDDEN, Likeness, likeness

N = 60
TEST, VALIDATION = 50, 40
"""Rows from here on are of the test lane, and of the validation lane."""

SCHEMA = """
import pandera.pandas as pa

schema = pa.DataFrameSchema({"age": pa.Column(float, coerce=True)})
"""


def people(n: int = N, seed: int = 0) -> pd.DataFrame:
    """Rows of all kinds of cells; the rid of row i is i + 1, its key i."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "id": range(n),
            "age": rng.integers(20, 60, n).astype(float),
            "city": rng.choice(["Oslo", "Rome", "Lima"], n),
            "note": [" ".join(rng.choice(["red", "green", "blue", "sour", "sweet"], 5)) for _ in range(n)],
            "answer": rng.choice(["yes", "no"], n),
        }
    )
    frame.loc[3, "age"] = None
    return frame


def lanes(n: int = N) -> list[int]:
    return [2 if row >= TEST else 1 if row >= VALIDATION else 0 for row in range(n)]


@pytest.fixture
def version(make) -> Version:
    return make(people(), "people", key=("id",), label="answer", lanes=lanes())


@pytest.fixture
def learnt(lake, version) -> Likeness:
    return likeness(lake, version)


def keys(found) -> list[int]:
    return [int(row.key["id"]) for row in found.rows]


def test_a_row_is_never_among_its_neighbours_and_no_test_row_is(learnt):
    for rid in range(1, TEST + 1):
        found = learnt.similar(rid)
        assert len(found.rows) == 10 and not found.hidden and not found.note
        assert rid not in {row.rid for row in found.rows}
        assert all(row.lane in ("train", "validation") for row in found.rows)
        assert [row.distance for row in found.rows] == sorted(row.distance for row in found.rows)


def test_labels_are_those_of_the_rows_and_counted(learnt):
    given = people()["answer"]
    found = learnt.similar(5)
    assert [row.label for row in found.rows] == [given[key] for key in keys(found)]
    assert dict(found.counts) == given[keys(found)].value_counts().to_dict()
    assert [count for _, count in found.counts] == sorted((count for _, count in found.counts), reverse=True)


def test_of_a_test_row_nothing_is_told(learnt):
    found = learnt.similar(TEST + 1)
    assert (found.rows, found.counts, found.hidden) == ((), (), HIDDEN)


def test_rows_of_the_other_lanes_all_are_found_where_more_are_asked_for(learnt):
    assert sorted(keys(learnt.similar(1, k=99))) == list(range(1, TEST))
    assert len(learnt) == TEST


def test_a_planted_twin_comes_first_and_is_marked(lake, make):
    frame = people()
    # Rows that are told apart by nothing that the space knows: wild numbers are all alike there.
    frame.loc[20:39, "age"] = np.arange(20) * 1e6
    frame["city"], frame["note"] = "Oslo", "red"
    twins = frame.iloc[:40].assign(id=range(N, N + 40), answer="other")
    made = make(pd.concat([frame, twins]), key=("id",), label="answer", lanes=[*lanes(), *[0] * 40])
    learnt = likeness(lake, made)
    for row in range(40):
        found = learnt.similar(row + 1, k=30)
        equal = [each for each in found.rows if each.equal]
        assert N + row in [int(each.key["id"]) for each in equal]
        assert found.rows[: len(equal)] == tuple(equal) and {each.distance for each in equal} == {0}
        ages = [*frame["age"], *twins["age"]]
        assert all(np.isclose(ages[int(each.key["id"])], ages[row], equal_nan=True) for each in equal)


def test_the_order_of_rows_and_columns_in_the_file_changes_nothing(lake, make):
    frame, order = people(), np.random.default_rng(1).permutation(N)
    plain = likeness(lake, make(frame, "plain", key=("id",), label="answer", lanes=lanes()))
    mixed = frame.iloc[order][["answer", "note", "id", "city", "age"]]
    shuffled = make(mixed, "shuffled", key=("id",), label="answer", lanes=[lanes()[row] for row in order])
    other = likeness(lake, shuffled)
    for row in range(TEST):
        here, there = plain.similar(row + 1), other.similar(int(np.flatnonzero(order == row)[0]) + 1)
        assert keys(here) == keys(there) and here.counts == there.counts
        assert [each.distance for each in here.rows] == pytest.approx([each.distance for each in there.rows])


def test_excluded_rows_and_rows_without_a_label_are_no_neighbours(lake, make, publish):
    frame = people()
    frame.loc[5, "answer"] = None
    make(frame, key=("id",), label="answer", lanes=lanes())
    learnt = likeness(lake, publish("t", {8: {"_excluded": True}}))
    assert sorted(keys(learnt.similar(1, k=99))) == sorted(set(range(1, TEST)) - {5, 7})
    assert len(learnt.similar(8).rows) == len(learnt.similar(6).rows) == 10, "they have neighbours all the same"


def test_without_a_label_rows_are_similar_and_nothing_is_counted(lake, make):
    made = make(people().drop(columns="answer"), key=("id",), lanes=lanes())
    found = likeness(lake, made).similar(1)
    assert len(found.rows) == 10 and found.counts == ()
    assert {row.label for row in found.rows} == {None}
    assert likeness(lake, made).similar(TEST + 1).rows == ()


def test_numbers_as_labels_are_told_and_not_counted(lake, make):
    frame = people().assign(answer=np.arange(N) / 2)
    found = likeness(lake, make(frame, key=("id",), label="answer", task="regression", lanes=lanes())).similar(1)
    assert found.counts == () and [float(row.label) for row in found.rows] == [key / 2 for key in keys(found)]


def test_without_a_key_rows_are_named_by_their_identity(lake, make):
    found = likeness(lake, make(people().drop(columns="id"), label="answer", lanes=lanes())).similar(1)
    assert [int(row.key["rid"]) for row in found.rows] == [row.rid for row in found.rows]


def test_a_sample_says_so_and_a_row_outside_it_has_neighbours_too(settings, lake, version):
    with open_lake(settings.model_copy(update={"max_train_rows": 12})) as small:
        learnt = likeness(small, newest(small, "people"))
        assert len(learnt) == 12 + TEST - VALIDATION
        asked = {rid: learnt.similar(rid, k=99) for rid in range(1, VALIDATION + 1)}
    said = "Compared with a fixed sample of 22 of 50 labelled train and validation rows."
    assert {found.note for found in asked.values()} == {said}
    compared = {row.rid for found in asked.values() for row in found.rows}
    assert len(compared) == 22
    assert all({row.rid for row in found.rows} == compared - {rid} for rid, found in asked.items())


def test_types_are_those_of_the_schema(lake, make, tmp_path):
    (tmp_path / "rules.py").write_text(SCHEMA)
    ages = ["20", "20.0", "x", "59", *["40", "45"] * 10]
    frame = pd.DataFrame({"id": range(24), "age": ages, "answer": ["a", "b"] * 12})
    made = make(frame, key=("id",), label="answer", lanes=[0] * 24, schema=str(tmp_path / "rules.py"))
    first = likeness(lake, made).similar(1, k=1).rows[0]
    assert (first.key, first.distance, first.equal) == ({"id": "1"}, 0, True), "20 and 20.0 are one number"


def test_what_cannot_be_asked_says_why(lake, make, learnt):
    with pytest.raises(UsageError, match="people@1 has no row 999"):
        learnt.similar(999)
    for k in (0, 100):
        with pytest.raises(UsageError, match=f"{k} similar rows"):
            learnt.similar(1, k=k)
    bare = make(people()[["id", "answer"]], "bare", key=("id",), label="answer", lanes=lanes())
    with pytest.raises(UsageError, match="no column"):
        likeness(lake, bare)


def test_a_row_whose_lane_has_no_other_has_no_similar_rows(lake, make):
    frame = people(4)
    found = likeness(lake, make(frame, key=("id",), label="answer", lanes=[0, 2, 2, 2])).similar(1)
    assert (found.rows, found.hidden) == ((), "")


def test_the_work_can_be_stopped(lake, version):
    def stop(stage: str, done: int, total: int) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        likeness(lake, version, progress=stop)


def test_a_later_version_has_its_own(lake, version, publish, learnt):
    before = learnt.similar(2).rows[0]
    later = likeness(lake, publish("people", {before.rid: {"answer": "changed"}}))
    assert later.similar(2).rows[0].label == "changed"
    assert learnt.similar(2).rows[0].label == before.label

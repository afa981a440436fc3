"""What is measured is on record, once; and measured figures follow the test labels."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from workbench.iterations import measure, measurements, measuring
from workbench.lake import newest, view_of


@pytest.fixture
def people(make):
    generator = random.Random(5)
    rows = [(n, generator.random(), generator.random()) for n in range(240)]
    frame = pd.DataFrame(rows, columns=["id", "a", "b"])
    frame["y"] = ["yes" if (a + b > 1) != (n % 9 == 0) else "no" for n, a, b in rows]
    return make(frame, key=("id",), label="y", model="linear", lanes=[0] * 160 + [2] * 80)


@pytest.fixture
def relabel(lake, people, publish):
    """Publish a version in which a train row bears the other label: ``relabel(1)``."""

    def relabel(rid: int):
        now = view_of(lake, newest(lake, "t")).fetch("SELECT y FROM {rows} WHERE _rid = ?", [rid])[0][0]
        return publish("t", {rid: {"y": "no" if now == "yes" else "yes"}})

    return relabel


def records(lake) -> int:
    return lake.read("SELECT count(*) FROM lake.workbench.measurements")[0][0]


def test_measuring_again_writes_nothing(lake, people):
    first = measure(lake, people)
    assert measure(lake, people) == first and records(lake) == 1


def test_a_version_is_compared_with_the_measured_one_before_it(lake, people, relabel):
    measure(lake, people)
    unmeasured = relabel(1)
    third = relabel(2)
    measure(lake, third)
    assert [(row["version"], row["against"]) for row in measurements(lake, "t")] == [(1, None), (3, 1)]
    measure(lake, unmeasured)
    assert [(row["version"], row["against"]) for row in measurements(lake, "t")] == [(1, None), (2, 1), (3, 2)]


def test_earlier_comparisons_are_made_again_only_when_test_labels_changed(lake, people, publish, relabel, monkeypatch):
    compared = []
    compare = measuring._compared

    def counted(lake, a, b, **options):
        compared.append((a.version, b.version))
        return compare(lake, a, b, **options)

    monkeypatch.setattr(measuring, "_compared", counted)
    measure(lake, people)
    measure(lake, relabel(1))
    measure(lake, relabel(2))
    assert compared == [(1, 2), (2, 3)], "train rows alone: what was said of v2 stands"
    before = measurements(lake, "t")[1]["comparison"]
    measure(lake, publish("t", {row: {"y": "no"} for row in range(170, 200)}))
    assert compared[2:] == [(1, 2), (2, 3), (3, 4)]
    after = measurements(lake, "t")[1]["comparison"]
    assert (before["test_labels"], after["test_labels"]) == ("t@2", "t@4")
    assert before["a_mean"] != after["a_mean"]

"""A validation is kept with its version, by content and schema, and few changed rows cost little."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from workbench.lake import newest, open_lake, read_versions, view_of
from workbench.validation import revalidate, stored_validation, validate, validated

RULES = """
def seen(value):
    SEEN.append(value)
    return value >= 0

SEEN = []
schema = pa.DataFrameSchema({
    "id": pa.Column(int, unique=True),
    "x": pa.Column(float, [pa.Check(seen, element_wise=True), pa.Check.lt(100)], nullable=True),
})
"""


@pytest.fixture
def rules(schema):
    return schema(RULES)


def looked_at(rules):
    """Return the values that the schema's own check was shown since the last call."""
    seen = rules.pandera.columns["x"].checks[0]._check_fn.__globals__["SEEN"]
    values, seen[:] = list(seen), []
    return values


@pytest.fixture
def first(make):
    return make(pd.DataFrame({"id": range(1, 101), "x": [float(n % 10 - 1) for n in range(1, 101)]}), key=("id",))


def stored_rows(lake):
    return dict(lake.read("SELECT version, count(*) FROM lake.workbench.failure_cases GROUP BY 1 ORDER BY 1"))


def test_a_known_result_is_not_worked_out_again(lake, first, rules):
    fresh = validated(lake, first, rules)
    assert len(looked_at(rules)) == 100
    assert validated(lake, first, rules) == fresh == stored_validation(lake, first, rules.fingerprint)
    assert looked_at(rules) == []
    assert stored_validation(lake, first, "another schema") is None


def test_another_schema_is_another_result(lake, first, rules, schema):
    validated(lake, first, rules)
    stricter = schema(RULES.replace("lt(100)", "lt(5)"))
    assert stricter.fingerprint != rules.fingerprint
    assert validated(lake, first, stricter).failures == validate(view_of(lake, first), stricter).failures
    assert stored_validation(lake, first, rules.fingerprint).failures == 10


def test_few_changed_rows_are_looked_at_alone(lake, first, publish, rules):
    validated(lake, first, rules)
    looked_at(rules)
    second = publish("t", {10: {"x": 7.5}, 11: {"x": -8.0}})
    found = validated(lake, second, rules)
    assert sorted(looked_at(rules)) == [-8.0, 7.5]
    assert found == validate(view_of(lake, second), rules)
    assert stored_rows(lake) == {1: 10, 2: 2}


def test_many_changed_rows_are_validated_in_full(lake, first, publish, rules):
    validated(lake, first, rules)
    looked_at(rules)
    second = publish("t", {rid: {"x": -5.0} for rid in range(1, 51)})
    found = validated(lake, second, rules)
    assert len(looked_at(rules)) == 100
    assert found == validate(view_of(lake, second), rules)


def test_a_state_that_comes_back_is_known_again_though_rows_moved(lake, first, publish, rules):
    validated(lake, first, rules)
    second = publish("t", {rid: {"x": 50.0} for rid in range(1, 6)})
    third = publish("t", {rid: {"x": float(rid % 10 - 1)} for rid in range(1, 6)})
    assert third.content_hash == first.content_hash != second.content_hash
    looked_at(rules)
    found = validated(lake, third, rules)
    assert len(looked_at(rules)) == 5
    assert found == validate(view_of(lake, third), rules)
    assert (found.version, found.label) == (3, "t@3")
    assert stored_rows(lake) == {1: 10}


def test_an_earlier_version_can_be_validated_from_a_later_one(lake, first, publish, rules):
    second = publish("t", {1: {"x": -1.0}})
    validated(lake, second, rules)
    looked_at(rules)
    assert validated(lake, first, rules) == validate(view_of(lake, first), rules)


def test_cases_that_nobody_touched_are_not_written_again(lake, make, publish, rules):
    rng = np.random.default_rng(0)
    first = make(pd.DataFrame({"id": range(1, 20_001), "x": rng.uniform(-10, 1, 20_000)}), key=("id",))
    many = validated(lake, first, rules).failures
    for rid in range(1, 6):
        version = publish("t", {rid: {"x": 0.5}})
        found = validated(lake, version, rules)
        assert found == validate(view_of(lake, version), rules)
    written = stored_rows(lake)
    assert written.pop(1) == many > 15_000
    assert sum(written.values()) <= 15
    looked_at(rules)
    for version in read_versions(lake, "t"):
        assert stored_validation(lake, version, rules.fingerprint).failures <= many
    assert looked_at(rules) == []


def test_a_new_key_means_everything_is_looked_at(lake, first, rules):
    before = validated(lake, first, rules)
    keyless = dataclasses.replace(view_of(lake, first), definition=dataclasses.replace(first.definition, key=()))
    found = revalidate(first, keyless, rules, before, [])
    assert found == validate(keyless, rules)
    assert found.cases.column("row_key")[0].as_py() == '{"rid":10}'


def test_a_draft_is_validated_from_its_base_and_not_stored(lake, first, rules):
    base = view_of(lake, first)
    draft = dataclasses.replace(
        base,
        rows=f"(SELECT * REPLACE (CASE WHEN _rid = 10 THEN 3 ELSE x END AS x) FROM {base.rows})",
        label="t@1 + draft 1",
        known_hash="",
    )
    found = validated(lake, draft, rules, touched=[10])
    assert len(looked_at(rules)) == 101
    assert found == validate(draft, rules)
    assert (found.failures, found.label) == (9, "t@1 + draft 1")
    assert validated(lake, draft, rules) == found
    assert stored_rows(lake) == {1: 10}


def test_two_writers_may_store_the_same_result_at_once(lake, settings, first, rules):
    def work(_):
        with open_lake(settings) as own:
            return validated(own, newest(own, "t"), rules)

    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(work, range(3)))
    assert results == [results[0]] * 3
    assert lake.read("SELECT count(*) FROM lake.workbench.validations") == [(1,)]
    assert stored_rows(lake) == {1: 10}

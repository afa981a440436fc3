"""The rows written between two versions, from the changes alone, are the ones that comparing the states would find."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.lake import feed, latest_images, maintain, newest, publish_rows, read_versions, touch, view_of
from workbench.versions import restore

FRAME = pd.DataFrame({"id": range(1, 9), "x": 0.5, "y": "a"})
STEPS = st.lists(
    st.one_of(
        st.dictionaries(
            st.integers(1, 8), st.fixed_dictionaries({"x": st.sampled_from([None, 0.5, 1.5, 2.5])}), min_size=1
        ),
        st.integers(1, 8),
        st.just("restore"),
    ),
    min_size=1,
    max_size=4,
)


def state(lake, version):
    return dict(view_of(lake, version).fetch("SELECT _rid, row(_excluded, x, y) FROM {rows}"))


@settings(deadline=None, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, tidy=st.booleans())
def test_touched_rows_and_their_images_are_those_of_the_states(lake, make, publish, steps, tidy):
    name = f"t{len(lake.read('SELECT DISTINCT dataset FROM lake.workbench.versions'))}"
    first = make(FRAME, name, key=("id",))
    for step in steps:
        if step == "restore":
            restore(lake, first, author="ann", message="back")
        elif isinstance(step, int):
            publish(name, {}, gone=(step,))
        else:
            publish(name, {rid: cells for rid, cells in step.items() if rid in state(lake, newest(lake, name))})
    if tidy:
        maintain(lake)
    versions = read_versions(lake, name)
    states = {version.version: state(lake, version) for version in versions}
    with lake.session() as session:
        for a, b in itertools.combinations(versions, 2):
            old, new = states[a.version], states[b.version]
            differ = {rid for rid in {*old, *new} if old.get(rid) != new.get(rid)}
            touch(session, a, b)
            assert differ <= {row[0] for row in session.rows("FROM touched_rows")}
            images = latest_images(session, a, b)
            if images:
                found = dict(session.rows(f"SELECT _rid, row(_excluded, x, y) FROM {images}"))
                assert differ <= set(found) and found.items() <= new.items()


def test_a_version_and_itself_differ_nowhere_and_the_order_does_not_count(lake, make, publish):
    first = make(FRAME, key=("id",))
    second = publish("t", {2: {"x": 9.0}, 5: {"y": "b"}})
    with lake.session() as session:
        assert touch(session, first, first) == 0
        assert touch(session, second, first) == touch(session, first, second) == 2
        assert latest_images(session, second, second) is None


def test_removed_rows_are_found_though_nothing_was_written_of_them(lake, make, publish):
    first = make(FRAME, key=("id",))
    second = publish("t", {2: {"x": 9.0}}, gone=(7,))
    with lake.session() as session:
        touch(session, first, second, table="mine")
        assert sorted(session.rows("FROM mine")) == [(2,), (7,)]
        assert latest_images(session, first, second) is None
        wrote = session.rows(f"SELECT DISTINCT _rid, snapshot_id FROM {feed(session, first, second)} ORDER BY 1")
        assert wrote == [(2, second.snapshot), (7, second.snapshot)]


def test_nothing_is_published_where_nothing_differs(lake, make, publish):
    first = make(FRAME, key=("id",))
    assert publish("t", {1: {"x": 0.5}}, gone=(77,)) == first


@pytest.mark.parametrize("count", [3, 6000])
def test_rows_read_by_the_caller_are_not_read_again(lake, make, count):
    make(pd.DataFrame({"id": range(1, 6001), "x": 0.5}), key=("id",))
    head = newest(lake, "t")
    seen = []
    with lake.traced(lambda query, params: seen.append(query)), lake.session() as session:
        session.run(f"CREATE TEMP TABLE held AS SELECT * FROM {view_of(lake, head).rows} WHERE _rid <= {count}")
        session.run("CREATE TEMP TABLE new_rows AS SELECT * REPLACE (1.5 AS x) FROM held")
        session.run("CREATE TEMP TABLE gone_rows (_rid BIGINT)")
        lake.write(
            lambda s: publish_rows(s, head, kind="publish", author="ann", message="held", held="held"),
            session=session,
        )
    assert newest(lake, "t").cells_changed == count
    assert [
        query for query in seen if query.startswith("CREATE OR REPLACE TEMP TABLE old_rows") and "data" in query
    ] == []

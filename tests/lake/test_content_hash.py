"""Equal data, equal hash, however it is stored or came about; and any difference shows."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.lake import Column, newest, read_versions
from workbench.lake.sql import content_hash, digest_sums, hash_sums, quote, row_digest
from workbench.versions import restore

QUIET = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = ["a", "b", "B c"]
cells = st.one_of(st.none(), st.text("ab,\"'\\ \u00e9\u2713", max_size=3))
tables = st.lists(st.tuples(cells, cells, cells), max_size=6)
numbers = st.lists(st.one_of(st.none(), st.integers(-(10**15) + 1, 10**15 - 1)), min_size=1, max_size=8)


@pytest.fixture
def hashed(lake):
    """Hash rows given as tuples under columns."""
    with lake.session() as session:

        def hashed(rows, columns, excluded=()):
            shape = {f"c{n}": column.type for n, column in enumerate(columns)}
            records = [{**{f"c{n}": v for n, v in enumerate(row)}, "n": n} for n, row in enumerate(rows)]
            session.temporary("given", {**shape, "n": "BIGINT"}, records)
            named = ", ".join(f"c{n} AS {quote(column.physical)}" for n, column in enumerate(columns))
            out = json.dumps(list(excluded))
            source = f"(SELECT {named}, list_contains({out}::BIGINT[], n) AS _excluded FROM given)"
            query = f"SELECT {digest_sums('d')} FROM (SELECT {row_digest(columns)} AS d FROM {source})"
            return content_hash(columns, session.rows(query)[0])

        yield hashed


def text_columns(names=NAMES):
    return tuple(Column(name, name, "VARCHAR") for name in names)


@QUIET
@given(rows=tables, data=st.data())
def test_the_order_of_rows_and_columns_does_not_count(hashed, rows, data):
    columns = text_columns()
    expected = hashed(rows, columns)
    assert hashed(data.draw(st.permutations(rows)), columns) == expected
    order = data.draw(st.permutations(range(3)))
    turned = [tuple(row[n] for n in order) for row in rows]
    assert hashed(turned, tuple(columns[n] for n in order)) == expected


@QUIET
@given(values=numbers)
def test_how_a_whole_number_is_stored_does_not_count(hashed, values):
    as_whole = hashed([(v,) for v in values], (Column("x", "x", "BIGINT"),))
    assert hashed([(v,) for v in values], (Column("x", "x", "DOUBLE"),)) == as_whole
    assert hashed([(v,) for v in values], (Column("x", "x", "HUGEINT"),)) == as_whole
    assert hashed([(None if v is None else str(v),) for v in values], (Column("x", "x_2", "VARCHAR"),)) == as_whole


@QUIET
@given(rows=tables.filter(bool), data=st.data())
def test_any_other_value_anywhere_shows(hashed, rows, data):
    columns = text_columns()
    row, column = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, 2))
    other = data.draw(cells.filter(lambda value: value != rows[row][column]))
    changed = [list(r) for r in rows]
    changed[row][column] = other
    assert hashed(changed, columns) != hashed(rows, columns)


@QUIET
@given(rows=tables, row=st.tuples(cells, cells, cells))
def test_equal_rows_do_not_cancel_each_other(hashed, rows, row):
    columns = text_columns()
    counts = [hashed([*rows, *[row] * n], columns) for n in range(4)]
    assert len(set(counts)) == 4


def test_what_looks_alike_is_told_apart(hashed):
    columns = text_columns()
    alike = [
        [("", "b", "c")], [(None, "b", "c")], [("null", "b", "c")], [("b", "", "c")], [('","', "b", "c")],
        [("b", "c", "")], [("", "b", "c-")],
    ]  # fmt: skip
    assert len({hashed(rows, columns) for rows in alike}) == len(alike)
    assert hashed([("a", "b", "c")], columns) != hashed([("a", "b", "c")], text_columns(["a", "b", "d"]))
    assert hashed([("a", "b", "c")], columns) != hashed([("a", "b", "c")], columns, excluded=[0])


def test_a_hash_says_how_many_rows_and_reads_back():
    columns = text_columns()
    text = content_hash(columns, (7, 2**64 + 5, 2**70 + 9))
    assert text.startswith("7-") and hash_sums(text) == (7, 5, 9)


edits = st.lists(
    st.tuples(
        st.dictionaries(
            st.integers(1, 8),
            st.fixed_dictionaries(
                {}, optional={"x": st.sampled_from([None, 0.5, 3.0]), "y": cells, "_excluded": st.booleans()}
            ),
            max_size=3,
        ),
        st.sets(st.integers(1, 8), max_size=2),
    ),
    min_size=1,
    max_size=4,
)  # fmt: skip
FRAME = pd.DataFrame({"id": range(1, 9), "x": [0.5, None, 1, 1, 2, 2, 3, 3], "y": list("aabbccdd")})


@settings(deadline=None, max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=edits)
def test_the_hash_carried_from_version_to_version_is_the_one_computed_afresh(lake, make, publish, recomputed, steps):
    name = f"t{len(lake.read('SELECT DISTINCT dataset FROM lake.workbench.versions'))}"
    first = make(FRAME, name, key=("id",))
    for changed, gone in steps:
        publish(name, {rid: cell for rid, cell in changed.items() if rid not in gone}, gone=tuple(gone))
    for version in read_versions(lake, name):
        assert recomputed(lake, version) == version.content_hash
    assert restore(lake, first, author="ann", message="back").content_hash == first.content_hash
    assert recomputed(lake, newest(lake, name)) == first.content_hash

"""States in between hold exactly the changes of the chosen groups."""

from __future__ import annotations

import itertools

import pytest

from workbench.attribution.groups import BY, OTHERWISE, ROWS, Group, moves
from workbench.errors import UnknownName, UsageError
from workbench.lake import read_versions, view_of


@pytest.fixture
def small(lake, dirty, edit, publish):
    """Each way in which a row can change, one after another."""
    edit({(1, "z"): 7.0, (2, "z"): 7.0, (3, "x"): 7.0}, "ann")
    edit({(1, "z"): 8.0, (4, "x"): 8.0}, "ben", actions=[(5, "exclude"), (6, "delete")])
    publish("t", {7: {"z": 9.0}}, gone=(8,))
    return read_versions(lake, "t")


def cells(view):
    """Every cell and whether its row counts, by row."""
    return dict((row[0], row[1:]) for row in view.fetch("SELECT _rid, _excluded, id, x, z, y FROM {rows}"))


def test_both_ends_are_the_versions_themselves(lake, small):
    with moves(lake, small[0], small[3], "author") as moved:
        everything = frozenset(group.name for group in moved.groups)
        assert moved.state(lake, frozenset()) == view_of(lake, small[0])
        assert moved.state(lake, everything) == view_of(lake, small[3])


def test_what_was_changed_twice_belongs_to_who_changed_it_last(lake, small):
    with moves(lake, small[0], small[3], "author") as moved:
        assert set(moved.groups) == {
            Group("ann", cells=2, rows=0), Group("ben", cells=2, rows=2), Group(OTHERWISE, cells=1, rows=1),
        }  # fmt: skip
        by_ben = cells(moved.state(lake, frozenset({"ben"})))
    first, last = cells(view_of(lake, small[0])), cells(view_of(lake, small[3]))
    assert {rid for rid in first if by_ben.get(rid) != first[rid]} == {1, 4, 5, 6}
    assert by_ben[1] == last[1] and by_ben[4] == last[4] and by_ben[5][0] is True and 6 not in by_ben
    assert by_ben[8] == first[8] and by_ben[7] == first[7]


def test_every_state_mixes_the_two_ends(lake, small):
    first, last = cells(view_of(lake, small[0])), cells(view_of(lake, small[3]))
    for by in BY:
        with moves(lake, small[0], small[3], by) as moved:
            names = [group.name for group in moved.groups]
            for size in (1, len(names) - 1):
                for chosen in itertools.combinations(names, size):
                    state, rest = moved.state(lake, frozenset(chosen)), frozenset(names) - set(chosen)
                    mixed, other = cells(state), cells(moved.state(lake, rest))
                    for rid in first.keys() | last.keys():
                        ends = first.get(rid), last.get(rid)
                        if ends[0] is None or ends[1] is None:
                            assert {mixed.get(rid), other.get(rid)} == set(ends), by
                            continue
                        for place, pair in enumerate(zip(*ends, strict=True)):
                            here = [mixed[rid][place], other[rid][place]]
                            assert sorted(here, key=str) == sorted(pair, key=str), by


def test_by_column_whole_rows_are_a_group_of_their_own(lake, small):
    with moves(lake, small[0], small[3], "column") as moved:
        assert set(moved.groups) == {Group("z", 3, 0), Group("x", 2, 0), Group(ROWS, 0, 3)}


def test_a_row_that_came_is_whole(lake, dirty, publish, edit):
    edit({}, "ann", actions=[(5, "delete")])
    publish("t", {9: {"z": 1.0}})
    versions = read_versions(lake, "t")
    with moves(lake, versions[0], versions[2], "version") as moved:
        without = cells(moved.state(lake, frozenset({OTHERWISE})))
    assert 5 in without and without[9][3] == 1.0


def test_versions_that_cannot_be_mixed_are_refused(lake, small, make, truth):
    with pytest.raises(UnknownName, match="grouping"), moves(lake, small[0], small[1], "mood"):
        pass
    with pytest.raises(UsageError, match="newer"), moves(lake, small[1], small[0], "author"):
        pass
    other = make(truth, "other", key=("id",), label="y", model="embedding")
    with pytest.raises(UsageError, match="two datasets"), moves(lake, small[0], other, "author"):
        pass

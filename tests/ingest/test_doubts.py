"""A delivery that looks like a mistake is asked about, with its figures, before anything is published."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import DoubtfulRefresh
from workbench.ingest import refresh
from workbench.lake import newest
from workbench.runs import run
from workbench.versions import diff

ROWS = [(n, "abc"[n % 3], n * 10) for n in range(1, 13)]


def csv(rows=ROWS, header="id,grp,amt"):
    return header + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)


@pytest.fixture
def t(load, sound):
    load(csv(), key=("id",), label="grp")
    yield
    sound()


def doubted(deliver, content, mode="upsert"):
    with pytest.raises(DoubtfulRefresh) as error:
        deliver(content, mode, confirmed=False)
    return {doubt.code: doubt for doubt in error.value.doubts}


@pytest.mark.parametrize("mode", ["upsert", "append", "full"])
def test_keys_in_another_spelling_are_not_doubled(t, deliver, lake, mode):
    found = doubted(deliver, csv([(f"0{n}", grp, amt) for n, grp, amt in ROWS]), mode)
    assert found["keys"].figures == {"rows": 12, "delivered": 12, "matched": 0, "respelt": 12}
    assert newest(lake, "t").version == 1


def test_keys_of_which_none_is_known(t, deliver):
    other = csv([(n + 100, grp, amt) for n, grp, amt in ROWS])
    assert "none of 12 keys is known" in doubted(deliver, other)["keys"].why
    assert deliver(other, "append", confirmed=False).added == 12


def test_more_than_a_third_of_the_rows_would_leave(t, deliver):
    found = doubted(deliver, csv(ROWS[:7]), "full")
    assert found["rows"].figures == {"rows": 12, "delivered": 7, "leaving": 5}
    assert deliver(csv(ROWS[:8]), "full", confirmed=False).removed == 4
    assert deliver(csv(ROWS[:1]), "full", confirmed=True).removed == 7


def test_half_of_the_columns_would_leave(load, deliver):
    load("id,a,b,c\n1,1,1,1\n2,2,2,2\n", key=("id",))
    assert doubted(deliver, "id,d\n1,1\n2,2\n", "full")["columns"].figures["removed"] == ["a", "b", "c"]
    result = deliver("id,a,b\n1,1,1\n2,2,2\n", "full", confirmed=False)
    assert result.columns_removed == ("c",) and "columns gone: c" in result.summary()


def test_a_column_that_is_not_delivered_is_named(t, deliver):
    result = deliver(csv([row[:2] for row in ROWS], "id,grp"))
    assert result.version is None and result.columns_missing == ("amt",)
    assert "not delivered, kept as they were: amt" in result.summary()


@pytest.mark.parametrize("header", ["ID,grp,amt", "id,grp ,AMT", "id,grp,amt\u200b"])
def test_a_header_spelt_otherwise_is_read_under_the_known_names_when_asked_to(t, deliver, header):
    with pytest.raises(DoubtfulRefresh) as error:
        deliver(csv(header=header), confirmed=False)
    assert set(error.value.rename.values()) <= {"id", "grp", "amt"} and "--rename" in str(error.value)
    changed = csv([(n, grp, amt + (n == 3)) for n, grp, amt in ROWS], header)
    assert deliver(changed, confirmed=False, rename=error.value.rename).updated_cells == 1
    assert deliver(changed, confirmed=False).version is None


def test_columns_that_changed_places(t, deliver):
    found = doubted(deliver, csv([(n, amt, grp) for n, grp, amt in ROWS]))
    assert found["types"].figures == {"columns": ["amt"]} and "label" in found
    one = csv([*ROWS[:-1], (12, "a", "n/a")])
    assert deliver(one, confirmed=False).columns_widened == ("amt",)


def test_a_label_that_is_missing_or_unknown(t, deliver):
    assert doubted(deliver, "id,amt\n1,10\n99,1\n")["label"].figures == {"label": "grp", "unlabelled": 1}
    found = doubted(deliver, csv([(n, grp.upper(), amt) for n, grp, amt in ROWS]))
    assert "A, B, C instead of a, b, c" in found["label"].why
    assert deliver("id,amt\n1,11\n", confirmed=False).updated_cells == 1


def test_a_run_is_not_refreshed_and_leaves_the_lake_as_it_was(t, lake, tmp_path):
    (tmp_path / "t.csv").write_text(csv(ROWS[:3]))
    done = run(lake, "t", author="nightly", mode="full", evaluate=False)
    assert (done.outcome, done.exit_code, newest(lake, "t").version) == ("error", 3, 1)
    assert done.refresh["doubts"][0]["figures"] == {"rows": 12, "delivered": 3, "leaving": 9}
    assert "9 of 12 rows would leave (75%)" in done.error


def test_renamed_columns_without_a_key_count_as_diff_counts(load, deliver, lake, sound):
    first = load("a,b\n1,x\n2,y\n3,z\n")
    result = deliver("a,c\n1,x\n2,y\n3,z\n", "full")
    found = diff(lake, first, result.version)
    assert (result.updated_cells, found.cells_changed) == (0, 0)
    assert (found.columns_added, found.columns_removed) == (("c",), ("b",))
    assert (result.added, result.removed) == (found.rows_added, found.rows_removed) == (0, 0)
    sound()


@pytest.mark.parametrize("mode", ["full", "append"])
def test_rows_without_a_key_are_not_paired_by_a_column_that_is_not_unique(load, deliver, rows, mode):
    load("kind,v\nx,1\nx,2\ny,3\n")
    content = "kind,w\nx,9\nx,8\ny,7\n"
    assert doubted(deliver, content, mode)["rows without a key"].figures == {"unsure": 2}
    deliver(content, mode)
    kept = {row[0]: row[-1] for row in rows(system="_rid") if row[0] <= 3}
    assert kept == ({3: 7} if mode == "full" else {1: None, 2: None, 3: None})


def test_append_without_a_key_knows_a_corrected_row_before_and_after_the_source_caught_up(
    load, deliver, publish, rows, sound
):
    load("a,b\n1,x\n2,y\n2,y\n")
    publish("t", {2: {"b": "w"}})
    assert deliver("a,b\n1,x\n2,y\n2,y\n", "append", confirmed=False).version is None
    assert deliver("a,b\n1,x\n2,w\n2,y\n3,z\n", "append", confirmed=False).added == 1
    assert rows() == [(1, "x"), (2, "w"), (2, "y"), (3, "z")]
    assert deliver("a,b\n1,x\n2,w\n2,y\n3,z\n", "full", confirmed=False).settled_corrections == 1
    sound()


def test_a_row_without_a_key_is_known_where_the_source_fixed_some_of_its_corrected_cells(
    load, deliver, publish, rows, sound
):
    load("a,b,c,d\n1,x,p,i\n2,y,q,j\n3,y,q,k\n")
    publish("t", {2: {"b": "w", "c": "r"}, 3: {"b": "w", "c": "r", "d": "l"}})
    content = "a,b,c,d\n1,x,p,i\n2,w,q,j\n3,w,r,k\n4,z,s,m\n"
    assert deliver(content, "append", confirmed=False).added == 1
    corrected = [(1, "x", "p", "i"), (2, "w", "r", "j"), (3, "w", "r", "l"), (4, "z", "s", "m")]
    assert rows() == corrected
    result = deliver(content, "full", confirmed=False)
    assert (result.added, result.removed, result.settled_corrections, result.kept_corrections) == (0, 0, 3, 2)
    assert rows() == corrected
    sound()


def test_a_row_that_could_be_another_one_is_not_taken_for_a_partly_fixed_one(load, deliver, publish, rows):
    load("a,b,c\n1,x,p\n1,x,p\n2,x,p\n")
    publish("t", {1: {"b": "w", "c": "r"}, 2: {"b": "w", "c": "r"}, 3: {"a": 5, "b": "w", "c": "r"}})
    # The first could be either of two rows; of the second row no cell is left that nobody corrected.
    assert deliver("a,b,c\n1,w,p\n5,w,p\n", "append").added == 2


def test_a_frame_of_new_rows_is_no_mistake(t, lake):
    frame = pd.DataFrame({"id": [1, 50], "grp": ["b", "a"], "amt": [10, 5]})
    assert refresh(lake, "t", frame, author="a").added == 1

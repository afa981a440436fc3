"""A newer delivery never undoes what people did, and never hides what the source says anew."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.drafts import Correction, new_draft, publish_draft, stage
from workbench.errors import DataError, KeyColumnError, UnknownName, UsageError
from workbench.ingest import import_source, refresh
from workbench.lake import newest, read_versions, view_of

FIRST = "id,age,city\n1,10,Rome\n2,200,Oslo\n3,30,Bern\n"


@pytest.fixture
def t(load, sound):
    """Three people; the age of the second is wrong at source."""
    load(FIRST, key=("id",))
    yield
    sound()


def test_the_same_delivery_makes_no_version(t, deliver, lake):
    for mode in ("upsert", "full", "append"):
        result = deliver(FIRST, mode)
        assert result.version is None and result.unchanged == 3
        assert (result.added, result.removed, result.updated_cells) == (0, 0, 0)
    assert newest(lake, "t").version == 1


def test_new_values_and_new_rows_are_taken(t, deliver, rows):
    result = deliver("id,age,city\n3,31,Bern\n4,40,Wien\n")
    assert (result.added, result.removed, result.updated_cells, result.unchanged) == (1, 0, 1, 0)
    assert rows(system="_rid") == [(1, 1, 10, "Rome"), (2, 2, 200, "Oslo"), (3, 3, 31, "Bern"), (4, 4, 40, "Wien")]
    assert result.version.kind == "refresh" and result.version.message == "delivery"
    assert result.version.detail["mode"] == "upsert"


def test_rows_leave_only_in_full(t, deliver, rows):
    assert deliver("id,age,city\n1,10,Rome\n").version is None
    assert deliver("id,age,city\n1,11,Rome\n", "append").ignored == 1
    result = deliver("id,age,city\n1,10,Rome\n", "full")
    assert result.removed == 2 and rows() == [(1, 10, "Rome")]


def test_append_takes_new_keys_only(t, deliver, rows):
    result = deliver("id,age,city\n1,99,Rome\n9,90,Graz\n", "append")
    assert (result.added, result.updated_cells, result.ignored) == (1, 0, 1)
    assert rows()[0] == (1, 10, "Rome") and rows()[-1] == (9, 90, "Graz")


@pytest.mark.parametrize("mode", ["upsert", "full"])
def test_a_correction_stays_while_the_source_repeats_itself(t, deliver, publish, rows, mode):
    publish("t", {2: {"age": 20}})
    result = deliver(FIRST, mode)
    assert result.version is None and result.kept_corrections == 1
    result = deliver(FIRST.replace("Oslo", "Bergen"), mode)
    assert result.kept_corrections == 1 and rows()[1] == (2, 20, "Bergen")
    assert deliver(FIRST.replace("Oslo", "Bergen"), mode).kept_corrections == 1


@pytest.mark.parametrize("mode", ["upsert", "full"])
def test_a_new_value_of_the_source_wins(t, deliver, publish, rows, mode):
    publish("t", {2: {"age": 20}})
    result = deliver(FIRST.replace("200", "21"), mode)
    assert (result.replaced_corrections, result.kept_corrections) == (1, 0) and rows()[1] == (2, 21, "Oslo")
    assert deliver(FIRST, mode).updated_cells == 1 and rows()[1] == (2, 200, "Oslo")


@pytest.mark.parametrize("mode", ["upsert", "full"])
def test_a_source_that_caught_up_owns_the_cell_again(t, deliver, publish, rows, mode):
    publish("t", {2: {"age": 20}})
    result = deliver(FIRST.replace("200", "20"), mode)
    assert result.version is None and result.settled_corrections == 1
    assert deliver(FIRST, mode).updated_cells == 1 and rows()[1] == (2, 200, "Oslo")


def test_a_correction_of_a_missing_cell_and_one_to_missing(load, deliver, publish, rows, sound):
    load("id,a,b\n1,,x\n2,5,y\n", key=("id",))
    publish("t", {1: {"a": 7}, 2: {"a": None}})
    assert deliver("id,a,b\n1,,z\n2,5,y\n").kept_corrections == 2 and rows() == [(1, 7, "z"), (2, None, "y")]
    assert deliver("id,a,b\n1,8,z\n2,,y\n").replaced_corrections == 1 and rows() == [(1, 8, "z"), (2, None, "y")]
    sound()


def test_a_correction_made_twice_still_knows_what_the_source_said(t, deliver, publish, rows):
    publish("t", {2: {"age": 19}})
    publish("t", {2: {"age": 20}})
    assert deliver(FIRST).kept_corrections == 1 and rows()[1] == (2, 20, "Oslo")


@pytest.mark.parametrize("mode", ["upsert", "full", "append"])
def test_an_excluded_row_stays_excluded(t, deliver, publish, rows, mode):
    publish("t", {2: {"_excluded": True}})
    deliver(FIRST.replace("Oslo", "Bergen"), mode)
    assert rows(system="_excluded")[1] == (True, 2, 200, "Oslo" if mode == "append" else "Bergen")
    assert newest_excluded(rows) == [False, True, False]


def newest_excluded(rows):
    return [row[0] for row in rows(system="_excluded")]


@pytest.mark.parametrize("mode", ["upsert", "full", "append"])
def test_a_deleted_row_stays_out(t, deliver, publish, rows, mode):
    publish("t", {}, gone=(2,))
    result = deliver(FIRST.replace("Oslo", "Bergen"), mode)
    assert result.version is None and result.still_deleted == 1
    assert [row[0] for row in rows()] == [1, 3]


def test_a_deleted_row_stays_out_though_the_source_dropped_it_for_a_while(t, deliver, publish, rows):
    publish("t", {}, gone=(2,))
    assert deliver("id,age,city\n1,10,Rome\n3,30,Bern\n", "full").version is None
    result = deliver(FIRST)
    assert result.version is None and (result.still_deleted, result.deleted_changed) == (1, 0)
    assert deliver(FIRST.replace("200", "20")).deleted_changed == 1
    assert [row[0] for row in rows()] == [1, 3]


def test_a_corrected_row_that_was_deleted_is_not_changed_while_the_source_repeats_itself(t, deliver, publish):
    publish("t", {2: {"age": 20}})
    publish("t", {}, gone=(2,))
    assert deliver(FIRST).deleted_changed == 0
    assert deliver(FIRST.replace("200", "20")).deleted_changed == 1


AWAY = "id,age,city\n1,10,Rome\n3,30,Bern\n"


@pytest.mark.parametrize("mode", ["upsert", "full", "append"])
def test_a_row_that_left_and_returns_is_the_same_row_with_its_corrections(t, deliver, publish, rows, mode):
    publish("t", {2: {"_excluded": True, "age": 20}})
    before = rows(system="_rid _lane _excluded")[1]
    left = deliver(AWAY, "full")
    assert (left.removed, left.corrected_left) == (1, 1)
    assert deliver(AWAY, "full").corrected_left == 0 and deliver(AWAY.replace("30", "31"), "full").removed == 0
    result = deliver(FIRST + "4,40,Wien\n", mode)
    assert (result.added, result.returned, result.corrected_returned, result.kept_corrections) == (2, 1, 1, 1)
    after = rows(system="_rid _lane _excluded")
    assert after[1] == before and after[3][0] == 4
    assert deliver(FIRST + "4,40,Wien\n", "full").kept_corrections == 1


def test_a_corrected_row_comes_back_changed_after_three_refreshes(t, deliver, publish, rows):
    publish("t", {2: {"age": 20, "city": "Bergen"}})
    for age in (31, 32, 33):
        deliver(AWAY.replace("30", str(age)), "full")
    result = deliver(FIRST.replace("200", "21").replace("30", "33"), "full")
    assert (result.kept_corrections, result.replaced_corrections, result.corrected_returned) == (1, 1, 1)
    assert rows()[1] == (2, 21, "Bergen")
    assert deliver(FIRST.replace("200", "21").replace("30", "33"), "full").kept_corrections == 1


def test_a_corrected_row_comes_back_when_the_source_has_caught_up(t, deliver, publish, rows):
    publish("t", {2: {"age": 20}})
    deliver(AWAY, "full")
    assert deliver(FIRST.replace("200", "20"), "full").settled_corrections == 1
    assert deliver(FIRST, "full").updated_cells == 1 and rows()[1] == (2, 200, "Oslo")


def test_a_corrected_row_that_left_and_was_restored_keeps_its_corrections(t, deliver, publish, lake, rows):
    from workbench.versions import restore

    publish("t", {2: {"age": 20}})
    deliver(AWAY, "full")
    restore(lake, read_versions(lake, "t")[1], author="tester", message="it was real")
    assert deliver(FIRST, "full").kept_corrections == 1 and rows()[1] == (2, 20, "Oslo")


def test_a_correction_outlives_a_column_that_is_missing_when_its_row_returns(t, deliver, publish, rows):
    publish("t", {2: {"age": 20}})
    deliver(AWAY, "full")
    assert deliver("id,city\n2,Oslo\n").kept_corrections == 1 and rows()[1] == (2, 20, "Oslo")


def test_an_excluded_row_that_the_source_changed_is_told(t, deliver, publish):
    publish("t", {2: {"_excluded": True}})
    assert deliver(FIRST).excluded_changed == 0
    result = deliver(FIRST.replace("Oslo", "Bergen"))
    assert result.excluded_changed == 1 and "1 excluded rows were changed by the source" in result.summary()


def test_identities_are_never_given_twice(t, deliver, rows):
    deliver(FIRST + "4,40,Wien\n")
    deliver(FIRST, "full")
    deliver(FIRST + "5,50,Graz\n")
    assert [row[0] for row in rows(system="_rid")] == [1, 2, 3, 5]


def test_a_row_brought_back_stays_though_the_source_lacks_it(t, deliver, lake, rows):
    from workbench.versions import restore

    first = read_versions(lake, "t")[0]
    deliver("id,age,city\n1,10,Rome\n3,30,Bern\n", "full")
    restore(lake, first, author="tester", message="the second was real")
    assert deliver("id,age,city\n1,10,Rome\n3,30,Bern\n", "full").version is None
    assert deliver(FIRST, "full").version is None
    assert deliver("id,age,city\n1,10,Rome\n3,30,Bern\n", "full").removed == 1


def test_a_restore_is_a_correction_like_any_other(t, deliver, lake, rows):
    from workbench.versions import restore

    first = read_versions(lake, "t")[0]
    deliver(FIRST.replace("10,Rome", "11,Rome"))
    restore(lake, first, author="tester", message="no")
    assert deliver(FIRST.replace("10,Rome", "11,Rome")).kept_corrections == 1 and rows()[0] == (1, 10, "Rome")
    assert deliver(FIRST.replace("10,Rome", "12,Rome")).replaced_corrections == 1 and rows()[0] == (1, 12, "Rome")


def test_an_open_draft_survives(t, deliver, lake, rows):
    draft = new_draft(lake, "t", title="ages", author="ann")
    stage(lake, draft.draft, [Correction(key={"id": 2}, column="age", new=20)], author="ann")
    deliver(FIRST.replace("Rome", "Roma") + "4,40,Wien\n")
    publish_draft(lake, draft.draft, author="ann", message="ages")
    assert rows() == [(1, 10, "Roma"), (2, 20, "Oslo"), (3, 30, "Bern"), (4, 40, "Wien")]
    assert deliver(FIRST).kept_corrections == 1


def test_a_new_column_is_appended(t, deliver, rows, kinds, lake):
    result = deliver("id,City,age\n1,x,10\n4,y,40\n")
    assert result.columns_added == ("City",) and list(kinds()) == ["id", "age", "city", "City"]
    assert rows() == [(1, 10, "Rome", "x"), (2, 200, "Oslo", None), (3, 30, "Bern", None), (4, 40, None, "y")]
    assert rows(read_versions(lake, "t")[0])[0] == (1, 10, "Rome")


def test_a_missing_column_is_kept_and_goes_only_in_full(t, deliver, rows, kinds, lake):
    part = "id,city\n1,Roma\n2,Oslo\n3,Bern\n"
    assert deliver(part).updated_cells == 1 and rows()[0] == (1, 10, "Roma")
    assert deliver(part, "full").columns_removed == ("age",) and rows()[0] == (1, "Roma")
    back = deliver(FIRST, "full")
    assert back.columns_added == ("age",) and rows()[1] == (2, "Oslo", 200)
    assert [c.physical for c in back.version.columns] == ["id", "city", "age_2"]
    assert rows(read_versions(lake, "t")[0])[1] == (2, 200, "Oslo")


@pytest.mark.parametrize("mode", ["upsert", "full"])
def test_cells_that_do_not_fit_widen_the_column(t, deliver, publish, rows, kinds, lake, mode):
    publish("t", {2: {"age": 20}})
    result = deliver(FIRST.replace("30", "30.5"), mode)
    assert result.columns_widened == ("age",) and result.kept_corrections == 1 and result.updated_cells == 1
    assert kinds()["age"] == "DOUBLE" and rows() == [(1, 10.0, "Rome"), (2, 20.0, "Oslo"), (3, 30.5, "Bern")]
    result = deliver(FIRST.replace("30", "unknown"), mode)
    assert kinds()["age"] == "VARCHAR" and result.kept_corrections == 1 and result.updated_cells == 1
    assert rows() == [(1, "10", "Rome"), (2, "20", "Oslo"), (3, "unknown", "Bern")]
    assert rows(read_versions(lake, "t")[0])[1] == (2, 200, "Oslo")


def test_text_that_stands_for_numbers_keeps_being_compared_as_numbers(load, deliver, publish, rows, sound):
    load("id,x\n1,1.10\n2,2.50\n3,3.25\n", key=("id",))
    publish("t", {2: {"x": 2.0}})
    assert deliver("id,x\n1,1.10\n2,2.50\n3,lost\n").updated_cells == 1
    result = deliver("id,x\n1,1.10\n2,2.50\n3,lost\n")
    assert result.version is None and result.kept_corrections == 1
    assert rows() == [(1, "1.10"), (2, "2.0"), (3, "lost")]
    sound()


def test_a_key_that_no_longer_fits_its_type_is_widened_too(t, deliver, rows):
    result = deliver(FIRST + "A4,40,Wien\n")
    assert result.columns_widened == ("id",) and result.added == 1 and result.updated_cells == 0
    assert rows(system="_rid")[3] == (4, "A4", 40, "Wien")


def test_a_forced_type_is_kept_up(load, deliver, rows, kinds):
    load("id,zip,n\n1,7,007\n", key=("id",), types={"zip": "VARCHAR", "n": "BIGINT"})
    assert deliver("id,zip,n\n1,8,008\n").updated_cells == 2
    assert rows() == [(1, "8", 8)] and kinds() == {"id": "BIGINT", "zip": "VARCHAR", "n": "BIGINT"}


def test_a_frame_refreshes_a_file(t, lake, rows):
    frame = pd.DataFrame({"id": [1, 2], "age": [10.0, None], "city": ["Rome", "Oslo"]})
    result = refresh(lake, "t", frame, author="tester")
    assert result.updated_cells == 1 and rows()[:2] == [(1, 10, "Rome"), (2, None, "Oslo")]


def test_dates_from_a_frame_and_from_a_file_are_the_same(load, lake, kinds):
    load("id,d\n1,2024-01-31\n2,\n", key=("id",))
    frame = pd.DataFrame({"id": [1, 2], "d": pd.to_datetime(["2024-01-31", None])})
    assert refresh(lake, "t", frame, author="tester").version is None and kinds()["d"] == "DATE"


def test_a_file_refreshes_a_frame_with_other_types(lake, deliver, kinds):
    from decimal import Decimal

    frame = pd.DataFrame({"id": [1, 2], "m": [Decimal("1.10"), Decimal("4.00")], "f": [0.5, 1.0]})
    frame["t"] = pd.to_datetime(["2024-01-31 10:00", None]).tz_localize("UTC")
    import_source(lake, "t", frame.astype({"f": "float32"}), key=("id",), author="tester")
    before = kinds()
    assert deliver("id,m,f,t\n1,1.1,0.50,2024-01-31T10:00:00Z\n2,4,1,\n").version is None
    assert deliver("id,m,f,t\n1,1.1,0.50,2024-01-31 12:00:00+02\n2,4.25,1,\n").updated_cells == 1
    assert kinds() == before and before["m"].startswith("DECIMAL")


def test_lanes_follow_the_features_and_never_move(load, deliver, rows, lake):
    body = "".join(f"{n},{n % 7},{'abc'[n % 3]}\n" for n in range(60))
    load("id,x,y\n" + body, key=("id",))
    lanes = {row[2:]: row[0] for row in rows(system="_lane")}
    deliver("id,x,y,extra\n" + "".join(f"{n + 100},{n % 7},{'abc'[n % 3]},{n}\n" for n in range(30)))
    after = rows(system="_lane")
    assert all(lanes[row[2:4]] == row[0] for row in after) and len({row[0] for row in after}) > 1
    deliver("id,x,y\n0,6,c\n1,99,a\n")
    assert [row[0] for row in rows(system="_lane")] == [row[0] for row in after]


def test_a_split_column_moves_nobody(load, deliver, rows):
    load("id,s\n1,train\n2,test\n", key=("id",), split_column="s")
    result = deliver("id,s\n1,test\n2,test\n3,validation\n")
    assert result.lane_kept == 1 and rows(system="_lane") == [(0, 1, "test"), (2, 2, "test"), (1, 3, "validation")]
    assert result.version.detail["lane_kept"] == 1
    with pytest.raises(DataError, match=r"names no lane.*'Test' \(1 rows\)"):
        deliver("id,s\n4,Test\n")
    with pytest.raises(DataError, match="1 new row has no lane"):
        deliver("id\n9\n")


def test_without_a_key_rows_are_known_by_content(load, deliver, publish, rows, lake, sound):
    load("a,b\n1,x\n1,x\n2,y\n3,z\n")
    with pytest.raises(UsageError, match="no key"):
        deliver("a,b\n1,x\n")
    publish("t", {3: {"b": "why"}})
    publish("t", {}, gone=(4,))
    result = deliver("a,b\n1,x\n2,y\n3,z\n4,w\n", "full")
    assert (result.added, result.removed, result.kept_corrections, result.still_deleted) == (1, 1, 1, 1)
    assert rows(system="_rid") == [(1, 1, "x"), (3, 2, "why"), (5, 4, "w")]
    result = deliver("a,b\n4,w\n4,w\n5,v\n", "append")
    assert result.added == 2 and [row[1:] for row in rows(system="_rid")[3:]] == [(4, "w"), (5, "v")]
    assert deliver("a,b\n4,w\n4,w\n5,v\n", "append").version is None
    sound()


def test_wrong_deliveries_change_nothing(t, deliver, lake):
    for content, error, says in (
        ("id,age,city\n1,1,a\n1,2,b\n", KeyColumnError, r"stands more than once: 1 \(lines 2, 3\)"),
        ("id,age,city\n,1,a\n", KeyColumnError, "line 2, column 'id': the key is missing in 1 row"),
        ("ID,age,city\n1,1,a\n", KeyColumnError, "no key column 'id'"),
        ("id,age,city\n1,1\n", DataError, "line 2: expected 3 fields as in the header, found 2"),
        ("", DataError, "empty"),
    ):
        with pytest.raises(error, match=says):
            deliver(content)
    with pytest.raises(DataError, match="full refresh would remove every row"):
        deliver("id,age,city\n", "full")
    with pytest.raises(UsageError, match="no mode"):
        deliver(FIRST, "merge")
    with pytest.raises(UnknownName, match="no dataset 'u'"):
        refresh(lake, "u", "x.csv", author="tester")
    assert newest(lake, "t").version == 1


def test_full_needs_what_the_model_needs(load, deliver):
    load("id,y\n1,a\n2,b\n", key=("id",), label="y")
    with pytest.raises(DataError, match="column 'y': the column is missing"):
        deliver("id,z\n1,2\n", "full")


def test_the_source_of_the_import_is_read_again(t, lake, tmp_path):
    assert refresh(lake, "t", author="tester").version is None
    (tmp_path / "t.csv").write_text(FIRST.replace("Rome", "Roma"))
    assert refresh(lake, "t", author="tester").updated_cells == 1
    import_source(lake, "u", pd.DataFrame({"a": [1]}), author="tester")
    with pytest.raises(UsageError, match="remembers no source"):
        refresh(lake, "u", author="tester")


def test_somebody_publishing_meanwhile_is_seen(t, lake, tmp_path, publish, rows):
    path = tmp_path / "delivery.csv"
    path.write_text(FIRST.replace("Rome", "Roma"))
    seen = []

    def meddle(stage, done, total):
        if stage.startswith("publishing") and not seen:
            seen.append(stage)
            publish("t", {2: {"age": 20}})

    result = refresh(lake, "t", path, author="tester", progress=meddle)
    assert result.version.version == 3 and result.kept_corrections == 1
    assert rows() == [(1, 10, "Roma"), (2, 20, "Oslo"), (3, 30, "Bern")]
    assert view_of(lake, result.version).fetch("SELECT count(*) FROM {rows}") == [(3,)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("05.01.2024", "05.01.2024 "),
        ("05.01.2024", "\u00a005.01.2024"),
        ("Caf\u00e9", "Cafe\u0301"),
        ("x", "2024-05-05 "),
    ],
)
def test_other_blanks_around_what_the_source_said_leave_a_correction_alone(
    load, deliver, publish, rows, lake, sound, before, after
):
    load(f"id,d\n1,{before}\n2,y\n", key=("id",))
    publish("t", {1: {"d": "2024-05-05"}})
    for mode in ("upsert", "full"):
        result = deliver(f"id,d\n1,{after}\n2,y\n", mode)
        assert (result.version, result.kept_corrections, rows()[0]) == (None, 1, (1, "2024-05-05"))
    said = "SELECT source_value FROM lake.workbench.overrides WHERE dataset = 't' AND state = 'cell'"
    assert lake.read(said) == [(after,)]
    deliver("id,d\n2,y\n", "full")
    result = deliver(f"id,d\n1, {after} \n2,y\n", "full")
    assert (result.kept_corrections, rows()[0], lake.read(said)) == (1, (1, "2024-05-05"), [(f" {after} ",)])
    assert deliver("id,d\n1,06.01.2024\n2,y\n").replaced_corrections == 1
    sound()


def test_without_a_key_a_corrected_row_is_known_though_the_source_writes_other_blanks(load, deliver, publish, rows):
    load("d,e\n05.01.2024,a\nx,b\ny,c\n")
    publish("t", {1: {"d": "2024-05-05"}, 2: {"e": "B"}})
    result = deliver("d,e\n05.01.2024 ,a\nx,b\ny,c\n", "full")
    assert (result.version, result.kept_corrections) == (None, 2)
    result = deliver("d,e\n05.01.2024 ,a\nx ,b\ny,c\n", "full")
    assert (result.added, result.removed) == (1, 1), "a blank in a cell that nobody corrected is a change"
    assert sorted(rows()) == [("2024-05-05", "a"), ("x ", "b"), ("y", "c")]

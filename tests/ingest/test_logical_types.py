"""A text keeps its spelling, and whether it means a number is told apart from how it is stored."""

from __future__ import annotations

import math
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.ingest import import_source, refresh
from workbench.lake import newest, read_versions, view_of
from workbench.versions import diff, export, set_types

VERSIONS = "id,release,section,price\n1,1.1,4.1,5\n2,1.10,4.10,5.50\n3,1.2,4.2,499\n4,1.20,4.20,7.25\n"


@pytest.fixture
def meant(lake):
    """Tell what the columns of the newest version of ``t`` mean."""
    return lambda: {column.name: column.logical_type for column in newest(lake, "t").columns}


@pytest.fixture
def told(lake, tmp_path):
    """Export the newest version of a dataset as CSV."""

    def told(name: str = "t") -> str:
        path = tmp_path / f"{uuid.uuid4().hex}.csv"
        export(view_of(lake, newest(lake, name)), path, formula_safe=False)
        return path.read_bytes().decode()

    return told


def test_codes_stay_text_and_numbers_keep_their_spelling(lake, load, meant, told):
    version = load(VERSIONS, key=("id",))
    assert meant() == {"id": "number", "release": "text", "section": "text", "price": "number"}
    assert told() == VERSIONS
    assert [str(note["message"]) for note in version.detail["types"]] == [
        "Column 'release' is text: 1.1 and 1.10 are the same number, written in two ways, so they look like codes. If "
        "they are numbers, set the type to number.",
        "Column 'section' is text: 4.1 and 4.10 are the same number, written in two ways, so they look like codes. If "
        "they are numbers, set the type to number.",
    ]
    frame = view_of(lake, version).to_pandas()
    assert frame["price"].tolist() == [5.0, 5.5, 499.0, 7.25] and frame["price"].dtype == "float64"
    assert frame["release"].tolist() == ["1.1", "1.10", "1.2", "1.20"]


JSON = """\
{"id":1,"x":18,"even":1,"mixed":1.50,"text":"1.50 \\" 2.50"}
{"id":2,"x":11.5,"even":0.25,"mixed":"x","text":"\\\\"}
{"id":3,"x":1e3,"even":3,"mixed":2.0E1,"text":"}"}
{"id":4,"x":2.50,"even":-4.5,"mixed":null,"text":":1.10,"}
{"id":5,"x":2.5,"even":0.5,"mixed":7,"text":""}
"""


def test_numbers_of_json_keep_their_spelling(lake, load, meant, tmp_path):
    version = load(JSON, key=("id",), file="t.jsonl")
    assert meant() == {"id": "number", "x": "number", "even": "number", "mixed": "text", "text": "text"}
    stored = {column.name: column.type for column in version.columns}
    assert (stored["x"], stored["even"]) == ("VARCHAR", "DOUBLE")
    out = tmp_path / "out.jsonl"
    export(view_of(lake, version), out)
    mixed = JSON.replace("1.50,", '"1.50",').replace("2.0E1", '"2.0E1"').replace("7,", '"7",')
    assert out.read_text().strip() == mixed.strip()
    assert view_of(lake, version).to_pandas()["x"].tolist() == [18, 11.5, 1000, 2.5, 2.5]
    (tmp_path / "next.jsonl").write_text(JSON.replace("11.5", "11.50").replace("1e3", "1000"))
    assert refresh(lake, "t", tmp_path / "next.jsonl", author="tester").version is None


@pytest.mark.parametrize("pair", ["5 5.0", "250.1 250.10", "+1 1", "1e3 1000", "007 7", ".5 0.5", "-0.00 0.00"])
def test_two_spellings_of_one_value_are_codes(load, meant, told, pair):
    one, other = pair.split()
    text = f"id,x\n1,{one}\n2,{other}\n3,2.75\n"
    note = load(text, key=("id",)).detail["types"][0]
    assert meant()["x"] == "text" and note["why"] == "spellings" and {*note["examples"]} == {one, other}
    assert told() == text


@pytest.mark.parametrize(
    ("cells", "kind", "logical", "why"),
    [
        ("1 20 -3", "BIGINT", "number", None),
        ("1 1.5 0.25", "DOUBLE", "number", None),
        ("1.0 1.5 0.25", "DOUBLE", "number", None),
        ("1 1.5 2.0", "VARCHAR", "number", None),
        ("1.50 2.25", "VARCHAR", "number", None),
        ("32.35100 1.00000", "VARCHAR", "number", None),
        ("0.123456789012345678901 2.5", "VARCHAR", "number", None),
        ("1e5 1E-7", "VARCHAR", "number", None),
        (".5 .25", "VARCHAR", "number", None),
        ("007 12", "VARCHAR", "text", "written"),
        ("+1 2", "VARCHAR", "text", "written"),
        ("12345678901234567890 12345678901234567891", "VARCHAR", "text", "written"),
        ("1_000 2", "VARCHAR", "text", "written"),
        ("nan 1.5", "VARCHAR", "text", "written"),
        ("NA 1.5", "VARCHAR", "text", None),
        ("1e999 1.5", "VARCHAR", "text", "written"),
        ("yes no", "VARCHAR", "text", None),
        ("2024-01-31", "DATE", "date", None),
        ("true", "BOOLEAN", "boolean", None),
    ],
)
def test_what_a_column_of_texts_is(load, kinds, meant, told, cells, kind, logical, why):
    text = "x,n\n" + "".join(f"{cell},{n}\n" for n, cell in enumerate([*cells.split(), ""]))
    notes = load(text).detail["types"]
    assert (kinds()["x"], meant()["x"]) == (kind, logical) and [note["why"] for note in notes] == [why] * bool(why)
    assert told() == text


numbers = st.one_of(
    st.integers(-(10**17), 10**17).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-999, max_value=999).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.from_regex(r"[-+]?0{0,2}[0-9]{1,18}(\.[0-9]{0,3})?([eE][-+]?[0-9]{1,3})?", fullmatch=True),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.one_of(st.just(""), numbers), min_size=1, max_size=6))
def test_what_comes_out_is_what_came_in(lake, load, told, cells):
    name = f"d{uuid.uuid4().hex}"
    text = "x,n\n" + "".join(f"{cell},{n}\n" for n, cell in enumerate(cells))
    version = load(text, name, file=f"{name}.csv")
    assert told(name) == text
    there = [cell for cell in cells if cell]
    if version.columns[0].logical_type == "number":
        read = view_of(lake, version).to_pandas()["x"].dropna()
        assert [float(value) for value in read] == [float(cell) for cell in there]
        assert len({float(cell) for cell in there}) == len({*there}) and all(map(math.isfinite, read))


def test_a_person_may_say_what_a_column_is(load, lake, kinds, meant, told):
    text = "id,release,zip,age\n1,1.1,0042,7\n2,1.10,12,?\n"
    version = load(text, key=("id",), types={"release": "number", "zip": "text", "age": "number"})
    assert meant() == {"id": "number", "release": "number", "zip": "text", "age": "number"} and told() == text
    assert [(note["column"], note["why"], note["cells"], note["examples"]) for note in version.detail["types"]] == [
        ("age", "unreadable", 1, ["?"])
    ]
    frame = view_of(lake, version).to_pandas()
    assert frame["release"].tolist() == [1.1, 1.1] and frame["age"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1,50\n2,7\n", "1,50.0\n2,7.0\n"),
        ("1,50.5\n2,7\n", "1,50.50\n2,7.0\n"),
        ("1,50.5\n2,7.0\n", "1,50.500\n2,7\n"),
        ("1,5.50\n2,7.25\n", "1,5.5\n2,7.250\n"),
        ("1,2024-01-31\n2,2024-02-01\n", "1,2024-1-31\n2,2024-2-1\n"),
    ],
)
def test_another_spelling_of_a_number_is_no_change(load, deliver, told, kinds, before, after):
    load("id,x\n" + before, key=("id",))
    stored = kinds()
    result = deliver("id,x\n" + after)
    assert result.version is None and result.unchanged == 2 and result.columns_widened == ()
    assert told() == "id,x\n" + before and kinds() == stored


def test_another_spelling_is_no_change_where_rows_have_no_key(load, deliver, told):
    load("x,y\n50,a\n7,b\n5,a\n")
    assert deliver("x,y\n7.0,b\n5.0,a\n50.0,a\n", "full").version is None
    result = deliver("x,y\n7.0,b\n5.0,a\n50.50,a\n", "full")
    assert (result.added, result.removed) == (1, 1) and told() == "x,y\n7,b\n5,a\n50.50,a\n"


def test_a_second_spelling_that_comes_later_is_told_once(load, deliver, told):
    load("id,x\n1,1.1\n2,2.50\n", key=("id",))
    note = deliver("id,x\n3,1.10\n").types[0]
    assert (note.why, note.examples) == ("respelt", ("1.1", "1.10")) and told() == "id,x\n1,1.1\n2,2.50\n3,1.10\n"
    assert deliver("id,x\n4,1.100\n").types == ()


def test_another_spelling_of_a_code_is_a_change(load, deliver, told):
    load("id,release\n1,1.1\n2,1.10\n", key=("id",))
    assert deliver("id,release\n1,1.10\n2,1.10\n").updated_cells == 1
    assert told() == "id,release\n1,1.10\n2,1.10\n"


def test_a_new_value_keeps_its_spelling_and_the_others_theirs(load, deliver, lake, kinds, told, sound):
    load("id,x,y\n1,50,a\n2,7,b\n", key=("id",))
    result = deliver("id,x,y\n1,50.0,a\n2,7.0,c\n3,8.50,d\n")
    assert (result.updated_cells, result.added, result.columns_widened) == (1, 1, ("x",))
    assert told() == "id,x,y\n1,50,a\n2,7,c\n3,8.50,d\n" and kinds()["x"] == "VARCHAR"
    assert view_of(lake, newest(lake, "t")).to_pandas()["x"].tolist() == [50.0, 7.0, 8.5]
    assert deliver("id,x,y\n1,50,a\n2,7,c\n3,8.5,d\n").version is None
    sound()


def test_a_correction_stays_where_the_source_only_writes_otherwise(load, deliver, publish, told):
    load("id,x\n1,5.50\n2,7.25\n", key=("id",))
    publish("t", {1: {"x": "6"}})
    result = deliver("id,x\n1,5.5\n2,7.25\n")
    assert result.version is None and result.kept_corrections == 1 and told() == "id,x\n1,6\n2,7.25\n"
    assert deliver("id,x\n1,6.00\n2,7.25\n").settled_corrections == 1


def test_a_cell_that_is_no_number_does_not_make_text_of_the_others(load, deliver, lake, meant, told):
    load("id,x\n1,50\n2,7\n", key=("id",))
    result = deliver("id,x\n1,n/a\n2,7\n")
    assert meant()["x"] == "number" and [(note.why, note.examples) for note in result.types] == [
        ("unreadable", ("n/a",))
    ]
    assert told() == "id,x\n1,n/a\n2,7\n" and "cannot be read as one (for example 'n/a')" in result.summary()
    assert view_of(lake, newest(lake, "t")).to_pandas()["x"].tolist()[1:] == [7.0]


def test_a_dataset_without_logical_types_behaves_as_it_did(lake, make, deliver, kinds):
    import pandas as pd

    make(pd.DataFrame({"id": [1, 2], "x": [1.5, 2.0], "zip": ["007", "1.10"]}), key=("id",))
    assert deliver("id,x,zip\n1,1.50,007\n2,2,1.10\n").version is None
    assert deliver("id,x,zip\n1,3.50,007\n2,2,1.1\n").updated_cells == 2 and kinds()["x"] == "DOUBLE"
    assert [(c.logical, c.reads) for c in newest(lake, "t").columns] == [
        ("", c.type) for c in newest(lake, "t").columns
    ]


def test_a_type_is_set_without_a_cell_being_rewritten(load, lake, meant, told):
    first = load(VERSIONS, key=("id",))
    files = sorted(Path(lake.files).rglob("*.parquet"))
    made = set_types(lake, "t", {"release": "number"}, author="ann")
    assert (made.version, made.kind, made.cells_changed, made.message) == (2, "set", 0, "set type: release is number")
    assert made.content_hash == first.content_hash and sorted(Path(lake.files).rglob("*.parquet")) == files
    assert meant()["release"] == "number" and told() == VERSIONS
    assert view_of(lake, made).to_pandas()["release"].tolist() == [1.1, 1.1, 1.2, 1.2]
    assert view_of(lake, first).to_pandas()["release"].tolist() == ["1.1", "1.10", "1.2", "1.20"]
    assert diff(lake, first, made).cells_changed == 0
    assert set_types(lake, "t", {"release": "number"}, author="ann").version == 2
    assert set_types(lake, "t", {"price": "text", "release": "text"}, author="ann").version == 3
    assert view_of(lake, newest(lake, "t")).to_pandas()["price"].tolist() == ["5", "5.50", "499", "7.25"]


@pytest.mark.parametrize(
    ("types", "why"),
    [
        ({"price": "money"}, "no logical type 'money'"),
        ({"gone": "number"}, "no column 'gone'"),
        ({"id": "text"}, "belongs to the key"),
        ({"n": "date"}, "stored as BIGINT and cannot be read as a date"),
    ],
)
def test_a_type_that_cannot_be_is_refused(load, lake, types, why):
    load("id,price,n\n1,5,1\n2,5.50,2\n", key=("id",))
    with pytest.raises(Exception, match=why):
        set_types(lake, "t", types, author="ann")
    assert len(read_versions(lake, "t")) == 1


def test_a_code_that_was_taken_for_a_number_can_be_made_text(load, lake, deliver, told):
    load("id,x\n1,1.1\n2,1.5\n", key=("id",))
    set_types(lake, "t", {"x": "text"}, author="ann")
    assert deliver("id,x\n1,1.10\n2,1.5\n").updated_cells == 1 and told() == "id,x\n1,1.10\n2,1.5\n"


def test_equal_rows_share_a_split_however_their_numbers_are_written(load, deliver, rows):
    load("id,x,y\n" + "".join(f"{n},{n % 4}.50,a\n" for n in range(40)), key=("id",))
    deliver("id,x,y\n" + "".join(f"{n},{n % 4}.5,a\n" for n in range(40, 80)))
    lanes = {}
    for lane, _, x, _ in rows(system="_lane"):
        lanes.setdefault(float(x), set()).add(lane)
    assert all(len(found) == 1 for found in lanes.values())


def test_the_rows_of_memory_are_compared_as_numbers(load, lake, told):
    import pandas as pd

    load("id,x\n1,5.50\n2,7.25\n", key=("id",))
    assert refresh(lake, "t", pd.DataFrame({"id": [1, 2], "x": [5.5, 7.25]}), author="tester").version is None
    assert refresh(lake, "t", pd.DataFrame({"id": [1], "x": [6.0]}), author="tester").updated_cells == 1
    import_source(lake, "m", pd.DataFrame({"x": ["5", "5.50"]}), types={"x": "number"}, author="tester")
    assert view_of(lake, newest(lake, "m")).to_pandas()["x"].tolist() == [5.0, 5.5]

"""Each check of a schema ends in exactly one outcome, and points at row, key, column and value."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from workbench.errors import Cancelled, SchemaError
from workbench.lake import view_of
from workbench.validation import CASE_FIELDS, validate


@pytest.fixture
def people(make, lake):
    frame = pd.DataFrame(
        {
            "id": [1, 2, 3, 4, 5],
            "age": ["17", "abc", None, "200", "1.5"],
            "height": [1.0, 2.5, None, float("nan"), -3.0],
            "name": ["ann", "bob", None, "ann", "eve"],
            "rank": pd.array([1, None, 3, 3, 5], dtype="Int64"),
        }
    )
    return view_of(lake, make(frame, "people", key=("id",), label="name"))


def cases(validation, code):
    rows = validation.cases.to_pylist()
    return [(row["rid"], row["observed"]) for row in rows if row["check_code"] == code]


def states(validation):
    return {check.check: check.outcome for check in validation.checks}


def test_a_clean_table_passes(people, schema):
    found = validate(people, schema("schema = pa.DataFrameSchema({'id': pa.Column(int, pa.Check.gt(0), unique=True)})"))
    assert (found.dataset, found.version, found.label) == ("people", 1, "people@1")
    assert (found.outcome, found.failures, found.exit_code()) == ("passed", 0, 0)
    assert states(found) == {
        "schema.id.column_in_dataframe": "passed",
        "schema.id.dtype": "passed",
        "schema.id.not_nullable": "passed",
        "schema.id.unique": "passed",
        "schema.id.greater_than": "passed",
    }
    assert found.cases.column_names == list(CASE_FIELDS)
    assert found.cases.num_rows == 0


def test_a_failure_case_says_where_and_what(people, schema):
    found = validate(
        people, schema("schema = pa.DataFrameSchema({'height': pa.Column(None, pa.Check.ge(0), nullable=True)})")
    )
    assert found.cases.to_pylist() == [
        {
            "rid": 5,
            "row_key": '{"id":"5"}',
            "check_code": "schema.height.greater_than_or_equal_to",
            "column_name": "height",
            "check_name": "greater_than_or_equal_to(0)",
            "observed": "-3",
            "severity": "error",
        }
    ]
    assert found.checks[-1].message == "1 value fails greater_than_or_equal_to(0)."


def test_cells_that_cannot_be_read_are_reported_once_and_the_others_are_checked(people, schema):
    found = validate(people, schema("schema = pa.DataFrameSchema({'age': pa.Column(int, pa.Check.in_range(0, 120))})"))
    assert cases(found, "schema.age.dtype") == [(2, "abc"), (5, "1.5")]
    assert cases(found, "schema.age.not_nullable") == [(3, None)]
    assert cases(found, "schema.age.in_range") == [(4, "200")]
    assert found.failures == 4


def test_whole_numbers_with_gaps_are_whole_numbers(people, schema):
    found = validate(people, schema("schema = pa.DataFrameSchema({'rank': pa.Column(int, pa.Check.isin([1, 3]))})"))
    assert states(found)["schema.rank.dtype"] == "passed"
    assert cases(found, "schema.rank.not_nullable") == [(2, None)]
    assert cases(found, "schema.rank.isin") == [(5, "5")]
    allowed = schema("schema = pa.DataFrameSchema({'rank': pa.Column('int64', nullable=True)})")
    assert validate(people, allowed).outcome == "passed"


def test_nan_is_missing(people, publish, lake, schema):
    version = publish("people", {4: {"height": float("nan")}})
    rules = schema("schema = pa.DataFrameSchema({'height': pa.Column(float, pa.Check.lt(9), unique=True)})")
    assert cases(validate(view_of(lake, version), rules), "schema.height.not_nullable") == [(3, None), (4, "nan")]


def test_nulls_are_shown_to_a_check_that_asks_for_them(people, schema):
    found = validate(
        people,
        schema(
            """
            schema = pa.DataFrameSchema({
                "rank": pa.Column(int, pa.Check.lt(5, ignore_na=False), nullable=True),
                "age": pa.Column(int, pa.Check.lt(100, ignore_na=False), nullable=True),
            })
            """
        ),
    )
    assert cases(found, "schema.rank.less_than") == [(2, None), (5, "5")]
    assert cases(found, "schema.age.less_than") == [(3, None), (4, "200")]


def test_severity_is_warning_where_the_check_or_its_column_says_so(people, schema):
    found = validate(
        people,
        schema(
            """
            def not_bob(names):
                return names != "bob"
            schema = pa.DataFrameSchema({
                "height": pa.Column(float, [pa.Check.ge(0, raise_warning=True)], nullable=True),
                "rank": pa.Column(int, pa.Check.lt(4), metadata={"severity": "warning"}),
                "name": pa.Column(str, pa.Check(not_bob, statistics={"severity": "warning"}), nullable=True),
            })
            """
        ),
    )
    severities = {check.check: check.severity for check in found.checks if check.outcome == "failed"}
    assert severities == {
        "schema.height.greater_than_or_equal_to": "warning",
        "schema.rank.not_nullable": "warning",
        "schema.rank.less_than": "warning",
        "schema.name.not_bob": "warning",
    }
    assert found.failures == 4
    assert (found.outcome, found.exit_code("error"), found.exit_code("warning")) == ("passed", 0, 1)


def test_two_checks_of_one_name_are_told_apart_in_the_schemas_order(people, schema):
    found = validate(
        people,
        schema(
            """
            schema = pa.DataFrameSchema({
                "rank": pa.Column(int, [pa.Check.lt(5), pa.Check.lt(3, raise_warning=True)], nullable=True),
            })
            """
        ),
    )
    assert cases(found, "schema.rank.less_than") == [(5, "5")]
    assert cases(found, "schema.rank.less_than_2") == [(3, "3"), (4, "3"), (5, "5")]


def test_a_check_that_raises_is_an_error_and_the_others_go_on(people, schema):
    found = validate(
        people,
        schema(
            """
            def broken(values):
                raise RuntimeError("no luck")
            schema = pa.DataFrameSchema({
                "height": pa.Column(float, [
                    pa.Check(lambda v: 1 / (v - 2.5) < 0, element_wise=True, name="inverse"),
                    pa.Check.le(2),
                    pa.Check(broken),
                    pa.Check(lambda s: "yes"),
                ], nullable=True),
                "name": pa.Column(str, pa.Check.gt(5), nullable=True),
            })
            """
        ),
    )
    messages = {check.check: check.message for check in found.checks if check.outcome == "error"}
    assert messages.pop("schema.name.greater_than").startswith("TypeError: ")
    assert messages == {
        "schema.height.inverse": "ZeroDivisionError: float division by zero",
        "schema.height.broken": "RuntimeError: no luck",
        "schema.height.lambda": "TypeError: the check answered with a str, not with truth values",
    }
    assert cases(found, "schema.height.less_than_or_equal_to") == [(2, "2.5")]
    assert cases(found, "schema.height.inverse") == []
    assert (found.outcome, found.exit_code(), found.exit_code("never")) == ("error", 3, 0)


def test_a_missing_column_fails_once_and_its_checks_are_skipped(people, schema):
    found = validate(
        people,
        schema(
            """
            schema = pa.DataFrameSchema({
                "id": pa.Column(int),
                "gone": pa.Column(int, pa.Check.gt(0), unique=True),
                "maybe": pa.Column(int, pa.Check.gt(0), required=False),
                "x_.*": pa.Column(int, regex=True, nullable=True),
                "y_.*": pa.Column(int, regex=True, nullable=True, required=False),
                "name": pa.Column(None, pa.Check(lambda g: True, groupby="gone", name="by_gone"), nullable=True),
            }, unique=["id", "gone"])
            """
        ),
    )
    got = {code: state for code, state in states(found).items() if not code.startswith("schema.id.")}
    assert got == {
        "schema.gone.column_in_dataframe": "failed",
        "schema.gone.dtype": "skipped",
        "schema.gone.not_nullable": "skipped",
        "schema.gone.unique": "skipped",
        "schema.gone.greater_than": "skipped",
        "schema.maybe.dtype": "not applicable",
        "schema.maybe.not_nullable": "not applicable",
        "schema.maybe.greater_than": "not applicable",
        "schema.x_.*.column_in_dataframe": "failed",
        "schema.x_.*.dtype": "skipped",
        "schema.y_.*.dtype": "not applicable",
        "schema.name.column_in_dataframe": "passed",
        "schema.name.by_gone": "skipped",
        "schema.unique": "skipped",
    }
    assert [(row["rid"], row["column_name"]) for row in found.cases.to_pylist()] == [(None, "gone"), (None, "x_.*")]


def test_a_pattern_stands_for_the_columns_it_matches(people, schema):
    found = validate(
        people,
        schema("schema = pa.DataFrameSchema({'r|h': pa.Column(float, pa.Check.ge(0), regex=True, nullable=True)})"),
    )
    assert cases(found, "schema.height.greater_than_or_equal_to") == [(5, "-3")]
    assert states(found)["schema.rank.greater_than_or_equal_to"] == "passed"


def test_strict_and_ordered_are_about_the_columns(people, schema):
    columns = "{'name': pa.Column(None, nullable=True), 'id': pa.Column(int)}"
    found = validate(people, schema(f"schema = pa.DataFrameSchema({columns}, strict=True, ordered=True)"))
    about = [(row["check_code"], row["column_name"]) for row in found.cases.to_pylist()]
    assert about == [
        ("schema.column_in_schema", "age"),
        ("schema.column_in_schema", "height"),
        ("schema.column_in_schema", "rank"),
        ("schema.column_ordered", "id"),
        ("schema.column_ordered", "name"),
    ]


def test_what_the_workbench_does_not_do_is_said(people, schema):
    found = validate(
        people,
        schema(
            """
            schema = pa.DataFrameSchema({
                "id": pa.Column(int, parsers=pa.Parser(lambda s: s + 1, name="plus_one")),
                "name": pa.Column(list[str], nullable=True),
            }, index=pa.Index(int))
            """
        ),
    )
    unasked = {check.check for check in found.checks if check.outcome == "not applicable"}
    assert unasked == {"schema.name.dtype", "schema.index"}
    assert all(check.message for check in found.checks if check.outcome == "not applicable")
    assert found.outcome == "passed"


def test_a_default_excuses_missing_cells(people, schema):
    assert (
        validate(people, schema("schema = pa.DataFrameSchema({'rank': pa.Column(int, default=0)})")).outcome == "passed"
    )


def test_uniqueness_ignores_missing_cells_and_reports_as_told(people, schema):
    rules = """
    schema = pa.DataFrameSchema({{
        "name": pa.Column(str, unique=True, nullable=True, report_duplicates="{keep}"),
    }})
    """
    for keep, rids in [("all", [1, 4]), ("exclude_first", [4]), ("exclude_last", [1])]:
        found = validate(people, schema(rules.format(keep=keep)))
        assert cases(found, "schema.name.unique") == [(rid, "ann") for rid in rids]


def test_columns_are_unique_together(make, lake, schema):
    frame = pd.DataFrame({"a": [1, 1, 1, None, None], "b": ["x", "y", "x", None, None], "n": [1, 2, 3, 4, 5]})
    view = view_of(lake, make(frame))
    found = validate(view, schema("schema = pa.DataFrameSchema({'n': pa.Column(int)}, unique=['a', 'b'])"))
    assert cases(found, "schema.unique") == [(1, '{"a":"1","b":"x"}'), (3, '{"a":"1","b":"x"}')]
    several = schema("schema = pa.DataFrameSchema({'n': pa.Column(int)}, unique=[['a', 'b'], ['n']])")
    assert list(states(validate(view, several)).items())[-2:] == [
        ("schema.unique", "failed"),
        ("schema.unique_2", "passed"),
    ]


def test_values_are_unique_as_their_type(make, lake, schema):
    frame = pd.DataFrame({"n": ["7", "07", "8", "x", "x"]})
    found = validate(
        view_of(lake, make(frame)), schema("schema = pa.DataFrameSchema({'n': pa.Column(int, unique=True)})")
    )
    assert cases(found, "schema.n.unique") == [(1, "7"), (2, "07")]
    assert cases(found, "schema.n.dtype") == [(4, "x"), (5, "x")]


def test_whole_columns_and_tables_are_seen_at_once(people, schema):
    found = validate(
        people,
        schema(
            """
            def both(groups):
                return len(groups["ann"]) == 2
            schema = pa.DataFrameSchema(
                {
                    "height": pa.Column(float, pa.Check(lambda s: s.mean() > 1, name="tall"), nullable=True),
                    "rank": pa.Column(int, pa.Check(lambda s: s <= s.median(), name="low"), nullable=True),
                    "name": pa.Column(str, pa.Check(both, groupby="name"), nullable=True),
                },
                checks=[
                    pa.Check(lambda d: d["height"] <= d["id"], name="wide"),
                    pa.Check(lambda d: d[["height", "rank"]] >= 2, name="cells"),
                    pa.Check(lambda row: row["id"] != 3, element_wise=True, name="row_by_row"),
                    pa.Check(lambda d: len(d) > 100, name="long"),
                ],
            )
            """
        ),
    )
    assert cases(found, "schema.height.tall") == [(None, None)]
    assert cases(found, "schema.rank.low") == [(5, "5")]
    assert states(found)["schema.name.both"] == "passed"
    assert [rid for rid, _ in cases(found, "schema.wide")] == [2, 3, 4]
    assert cases(found, "schema.wide")[0][1] == '{"height":"2.5","name":"bob","rank":null}'
    assert cases(found, "schema.cells") == [(1, "1"), (1, "1"), (5, "-3")]
    assert [rid for rid, _ in cases(found, "schema.row_by_row")] == [3]
    assert cases(found, "schema.long") == [(None, None)]
    assert {c.check: c.message for c in found.checks}["schema.long"] == "The table as a whole fails long."


def test_a_model_class_is_asked_like_a_schema(people, schema):
    found = validate(
        people,
        schema(
            """
            class People(pa.DataFrameModel):
                height: float = pa.Field(ge=0, nullable=True)
                rank: pd.Int64Dtype = pa.Field(nullable=True, metadata={"severity": "warning"})

                @pa.check("rank", name="odd")
                def odd(cls, ranks):
                    return ranks % 2 == 1

                @pa.check("height", groupby="name")
                def tall(cls, groups):
                    return groups["bob"].mean() > 3

                @pa.dataframe_check
                def wide(cls, table):
                    return table["id"] < 5

                name: str = pa.Field(nullable=True)
            """
        ),
    )
    failed = {check.check: (check.severity, check.failures) for check in found.checks if check.outcome == "failed"}
    assert failed == {
        "schema.height.greater_than_or_equal_to": ("error", 1),
        "schema.height.tall": ("error", 1),
        "schema.wide": ("error", 1),
    }
    assert states(found)["schema.rank.odd"] == "passed"


def test_excluded_rows_are_out(people, publish, lake, schema):
    version = publish("people", {1: {"_excluded": True}, 5: {"_excluded": True}})
    found = validate(
        view_of(lake, version),
        schema(
            """
            schema = pa.DataFrameSchema({
                "height": pa.Column(float, pa.Check.ge(0), nullable=True),
                "name": pa.Column(str, unique=True, nullable=True),
                "id": pa.Column(int, pa.Check(lambda s: len(s) == 3, name="three")),
            })
            """
        ),
    )
    assert (found.outcome, found.failures) == ("passed", 0)


def test_custom_checks_see_the_dtype_that_the_schema_asks_for(people, schema):
    rules = """
    def kind(wanted):
        return pa.Check(lambda s: str(s.dtype) == wanted, name=f"is_{wanted}")
    schema = pa.DataFrameSchema({
        "id": pa.Column("Int64", kind("Int64")),
        "age": pa.Column("float64", kind("float64"), nullable=True),
        "height": pa.Column("category", kind("category"), nullable=True),
        "name": pa.Column(str, kind("str"), nullable=True),
        "rank": pa.Column("int64", kind("Int64"), nullable=True),
    })
    """
    assert [
        check.check
        for check in validate(people, schema(rules)).checks
        if ".is_" in check.check and check.outcome != "passed"
    ] == []


def test_odd_columns_names_and_values(make, lake, schema):
    frame = pd.DataFrame({'we"ird, näme': ["1", 'say "no"\n'], "select": [1, 2], "Select": [3, 4], "rowid": [1, 1]})
    found = validate(
        view_of(lake, make(frame, key=('we"ird, näme',))),
        schema(
            """
            schema = pa.DataFrameSchema({
                'we"ird, näme': pa.Column(int),
                "select": pa.Column(int, pa.Check.lt(2)),
                "Select": pa.Column(int, pa.Check.lt(4)),
                "rowid": pa.Column(int, unique=True),
            })
            """
        ),
    )
    assert cases(found, 'schema.we"ird, näme.dtype') == [(2, 'say "no"\n')]
    assert cases(found, "schema.select.less_than") == [(2, "2")]
    assert cases(found, "schema.Select.less_than") == [(2, "4")]
    assert cases(found, "schema.rowid.unique") == [(1, "1"), (2, "1")]


def test_old_dates_time_zones_and_huge_numbers(make, lake, schema):
    frame = pd.DataFrame({"day": ["1066-10-14", "2020-02-30", "2020-02-29"], "big": ["9" * 18, "9" * 25, "1"]})
    frame["at"] = pd.to_datetime(["2020-01-01T00:00Z", "2021-01-01T00:00Z", None])
    found = validate(
        view_of(lake, make(frame)),
        schema(
            """
            SUMMER = pd.Timestamp("2020-06-01", tz="UTC")
            schema = pa.DataFrameSchema({
                "day": pa.Column("datetime64[ns]", pa.Check.gt(pd.Timestamp(1500, 1, 1))),
                "big": pa.Column(int, pa.Check.lt(10)),
                "at": pa.Column(pd.DatetimeTZDtype(tz="Europe/Berlin"), pa.Check.lt(SUMMER), nullable=True),
            })
            """
        ),
    )
    assert cases(found, "schema.day.dtype") == [(2, "2020-02-30")]
    assert cases(found, "schema.day.greater_than") == [(1, "1066-10-14")]
    assert cases(found, "schema.big.dtype") == [(2, "9" * 25)]
    assert cases(found, "schema.big.less_than") == [(1, "9" * 18)]
    assert [rid for rid, _ in cases(found, "schema.at.less_than")] == [2]


def test_a_table_without_rows_passes_what_is_asked_of_cells(make, lake, schema):
    view = view_of(lake, make(pd.DataFrame({"a": pd.Series([], dtype="int64")})))
    found = validate(view, schema("schema = pa.DataFrameSchema({'a': pa.Column(str, pa.Check.gt(0), unique=True)})"))
    assert found.outcome == "passed"


def test_a_schema_for_another_table_is_refused(people, schema):
    with pytest.raises(SchemaError, match="none of the columns of people@1: it asks for 'x'"):
        validate(people, schema("schema = pa.DataFrameSchema({'x': pa.Column(int)})"))
    with pytest.raises(SchemaError, match="'unique' names the column 'nmae'"):
        validate(people, schema("schema = pa.DataFrameSchema({'id': pa.Column(int)}, unique=['id', 'nmae'])"))
    per = "pa.Check(lambda groups: True, groupby='nmae', name='per')"
    with pytest.raises(SchemaError, match="'per' names the column 'nmae'"):
        validate(people, schema(f"schema = pa.DataFrameSchema({{'id': pa.Column(int)}}, checks={per})"))


def test_it_says_how_far_it_is_and_can_be_stopped(people, schema):
    told = []
    rules = schema("schema = pa.DataFrameSchema({'id': pa.Column(int, pa.Check.gt(0))})")
    validate(people, rules, batch_size=2, progress=lambda *step: told.append(step))
    assert told == [("validate", 0, 5), ("validate", 2, 5), ("validate", 4, 5), ("validate", 5, 5)]

    def stop(stage, done, total):
        if done:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        validate(people, rules, batch_size=2, progress=stop)


def test_a_draft_is_validated_like_a_version(people, schema):
    name = next(column.physical for column in people.columns if column.name == "height")
    draft = dataclasses.replace(
        people,
        rows=f"(SELECT * REPLACE (CASE WHEN _rid = 5 THEN 0 ELSE {name} END AS {name}) FROM {people.rows})",
        label="people@1 + draft 7",
        known_hash="",
    )
    rules = schema("schema = pa.DataFrameSchema({'height': pa.Column(float, pa.Check.ge(0), nullable=True)})")
    assert (validate(people, rules).failures, validate(draft, rules).failures) == (1, 0)
    assert validate(draft, rules).label == "people@1 + draft 7"

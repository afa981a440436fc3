"""pandera as people use it: the failing rows are those of pandera's own ``validate(lazy=True)`` on the whole frame."""

from __future__ import annotations

import subprocess
import sys
from itertools import count

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from workbench.checks import run_checks
from workbench.lake import view_of
from workbench.validation import failing_checks, load_schema, validate

NUMBERS = count(1)
SAME_LAKE = settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
rows = st.lists(
    st.tuples(
        st.one_of(st.none(), st.sampled_from(["Oslo", "oslo ", "Rome", "NYC", ""])),
        st.one_of(st.none(), st.integers(-3, 12)),
        st.one_of(st.none(), st.floats(-3, 12, allow_nan=False).map(lambda value: round(value, 1))),
        st.sampled_from(["a", "b"]),
    ),
    min_size=1,
    max_size=8,
)

FEATURES = {
    "a class with its Config": """
        class Rows(pa.DataFrameModel):
            id: int = pa.Field(unique=True)
            city: str = pa.Field(isin=["Oslo", "Rome"], nullable=True)
            n: pd.Int64Dtype = pa.Field(in_range={"min_value": 0, "max_value": 9}, nullable=True)
            x: float = pa.Field(ge=0, nullable=True)
            class Config:
                name, coerce, strict, unique = "rows", True, "filter", ["city", "n"]
            @pa.check("x", groupby="g")
            def small(cls, groups):
                return all(values.max() < 99 for values in groups.values())
            @pa.dataframe_check
            def wide(cls, table):
                return table["x"].fillna(0) <= table["n"].fillna(5).astype(float)
            g: str
        """,
    "parsers of columns": """
        schema = pa.DataFrameSchema({
            "city": pa.Column(str, [pa.Check.isin(["oslo", "rome"]), pa.Check.str_length(1, 4)], nullable=True,
                              parsers=[pa.Parser(lambda s: s.str.lower()), pa.Parser(lambda s: s.str.strip())]),
            "x": pa.Column(float, pa.Check.ge(1), nullable=True, parsers=pa.Parser(lambda v: v + 1, element_wise=True)),
            "n": pa.Column("Int64", pa.Check.lt(9), nullable=True),
        })
        """,
    "parsers of tables and of classes": """
        class Rows(pa.DataFrameModel):
            id: int
            n: pd.Int64Dtype = pa.Field(ge=0, nullable=True)
            twice: float = pa.Field(le=20, nullable=True)
            @pa.dataframe_parser
            def add(cls, table):
                return table.assign(twice=table["x"] * 2)
            @pa.parser("n")
            def shift(cls, values):
                return values + 1
        """,
    "a parser that drops rows": """
        schema = pa.DataFrameSchema(
            {"n": pa.Column("Int64", pa.Check.ge(0)), "x": pa.Column(float, pa.Check.ge(0), nullable=True)},
            parsers=pa.Parser(lambda table: table.dropna(subset=["n"])),
        )
        """,
    "defaults": """
        schema = pa.DataFrameSchema({
            "city": pa.Column(str, pa.Check.isin(["Oslo", "Rome"]), default="unknown"),
            "x": pa.Column(float, pa.Check.ge(0), default=1.5),
            "added": pa.Column(float, default=0.0, nullable=True),
        }, add_missing_columns=True)
        """,
    "columns by pattern and optional ones": """
        schema = pa.DataFrameSchema({
            "^[nx]$": pa.Column(float, pa.Check.ge(0), nullable=True, regex=True, coerce=True),
            "gone": pa.Column(int, pa.Check.ge(0), required=False),
        })
        """,
    "categories and other dtypes of pandas": """
        schema = pa.DataFrameSchema({
            "city": pa.Column(pd.StringDtype(), pa.Check.str_matches("^[A-Z]"), nullable=True, coerce=True),
            "n": pa.Column("Int64", pa.Check.ne(3), nullable=True, unique=True, report_duplicates="exclude_last"),
            "g": pa.Column("category", pa.Check.isin(["a"]), coerce=True),
        })
        """,
    "strict='filter' and a check of the whole table": """
        schema = pa.DataFrameSchema(
            {"n": pa.Column("Int64", nullable=True), "x": pa.Column(float, nullable=True)},
            checks=[pa.Check(lambda table: list(table.columns) == ["n", "x"], name="only_these"),
                    pa.Check(lambda table: table["x"] <= 9, name="low")],
            strict="filter",
        )
        """,
    "a check that was registered": """
        import pandera.extensions as extensions
        @extensions.register_check_method(statistics=["least"])
        def at_least(values, *, least):
            return values >= least
        schema = pa.DataFrameSchema({"x": pa.Column(float, pa.Check.at_least(least=2), nullable=True)})
        """,
    "an index": """
        schema = pa.DataFrameSchema(
            {"x": pa.Column(float, nullable=True)},
            index=pa.Index(int, [pa.Check.gt(1), pa.Check(lambda ids: ids != 3, name="not_three")], name="id"),
            checks=pa.Check(lambda table: (table["x"] < 9) & (table.index != 2), name="by_index"),
        )
        """,
    "an index of several levels": """
        schema = pa.DataFrameSchema(
            {"x": pa.Column(float, nullable=True)},
            index=pa.MultiIndex([pa.Index(int, pa.Check.lt(4), name="id"),
                                 pa.Index(str, pa.Check.isin(["a"]), name="g")]),
        )
        """,
}


def failing(schema, frame):
    """What pandera finds: column or None, and the row's number."""
    levels = [name for name in getattr(schema.index, "names", None) or [getattr(schema.index, "name", None)] if name]
    places = dict(enumerate(frame["id"]))
    if levels:
        # pandera names a failing index value, and not its row: the positions are found by asking of each row alone.
        found = set()
        for place, rid in places.items():
            found |= {(name, rid) for name, _ in _failing(schema, frame.iloc[[place]].set_index(levels))}
        return found
    # What a parser adds is no column of the dataset: the failure is the row's.
    return {(name if name in frame else None, places.get(index)) for name, index in _failing(schema, frame)}


def _failing(schema, frame):
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        of_table = cases["schema_context"] == "DataFrameSchema"
        return {
            (None if table else name, index)
            for name, index, table in zip(cases["column"], cases["index"], of_table, strict=True)
        }
    return set()


@pytest.mark.parametrize("feature", FEATURES)
@SAME_LAKE
@given(rows=rows)
def test_the_failing_rows_are_panderas_own(make, lake, schema, feature, rows):
    frame = pd.DataFrame(rows, columns=["city", "n", "x", "g"])
    frame = frame.astype({"city": "str", "n": "Int64", "x": "float64", "g": "str"})
    frame.insert(0, "id", range(1, len(frame) + 1))
    rules = schema(FEATURES[feature])
    found = validate(view_of(lake, make(frame, f"t{next(NUMBERS)}", key=("id",))), rules)
    assert {check.check for check in found.checks if check.outcome in ("error", "skipped")} == set()
    ours = {(row["column_name"], row["rid"]) for row in found.cases.to_pylist()}
    theirs = failing(rules.pandera, frame)
    if rules.pandera.index is not None:
        ours, theirs = {rid for _, rid in ours}, {rid for _, rid in theirs}
    assert ours == theirs


@pytest.fixture
def towns(make, lake):
    frame = pd.DataFrame({"id": [1, 2, 3], "city": ["Oslo", "ROME", None], "n": [1.0, 2.0, 30.0], "g": ["a", "b", "a"]})
    return view_of(lake, make(frame, "towns", key=("id",)))


def states(validation):
    return {check.check: (check.outcome, check.message) for check in validation.checks}


LOWER = """
schema = pa.DataFrameSchema({"city": pa.Column(str, pa.Check.isin(["oslo"]), default="oslo",
                                               parsers=pa.Parser(lambda s: s.str.lower(), name="lower"))})
"""


def test_a_rule_behind_a_parser_shows_the_stored_value_and_the_parser_is_said(towns, schema):
    found = validate(towns, schema(LOWER))
    assert [(row["rid"], row["observed"]) for row in found.cases.to_pylist()] == [(2, "ROME")]
    said = states(found)
    assert said["schema.city.parser_lower"][0] == said["schema.city.default"][0] == "passed"
    assert "what the parser makes" in said["schema.city.parser_lower"][1]
    assert "checked as 'oslo'" in said["schema.city.default"][1]


def test_a_single_value_is_parsed_before_its_checks_are_asked(towns, schema):
    rules = schema(LOWER)
    assert failing_checks(towns, rules, "city", "OSLO") == []
    assert [check.check for check in failing_checks(towns, rules, "city", "Rome")] == ["schema.city.isin"]


def test_a_parser_that_raises_is_an_error_and_what_stands_behind_it_is_not_known(towns, schema):
    rules = schema(
        """
        schema = pa.DataFrameSchema({
            "city": pa.Column(str, pa.Check.isin(["x"]), parsers=pa.Parser(lambda s: 1 / 0, name="broken")),
            "n": pa.Column(float, pa.Check.lt(9)),
        })
        """
    )
    found = validate(towns, rules)
    said = states(found)
    assert said["schema.city.parser_broken"] == ("error", "ZeroDivisionError: division by zero")
    assert said["schema.city.isin"][0] == "not applicable"
    assert said["schema.n.less_than"][0] == "failed"
    assert (found.outcome, found.failures) == ("error", 1)


FRESH = """
import sys
import pandas as pd
import workbench
with workbench.open("sqlite:" + sys.argv[1], create=True) as lake:
    frame = pd.DataFrame({"id": [1, 2], "a": ["YES", "maybe"], "b": ["NO", "no"]})
    dataset = lake.import_data("people", frame, key=["id"], schema="rules.py")
    for rule in dataset.validate().checks:
        print(rule.check, rule.outcome, rule.failures)
"""


def test_parsers_run_in_a_process_that_validated_nothing_before(tmp_path):
    rules = tmp_path / "rules.py"
    rules.write_text(
        "import pandera.pandas as pa\n"
        "answer = pa.Check.isin(['yes', 'no'])\n"
        "schema = pa.DataFrameSchema(\n"
        "    {'a': pa.Column(str, answer, parsers=pa.Parser(lambda s: s.str.lower())), 'b': pa.Column(str, answer)},\n"
        "    parsers=pa.Parser(lambda t: t.assign(b=t['b'].str.lower())))\n"
    )
    command = [sys.executable, "-c", FRESH, str(tmp_path / "catalog.sqlite")]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
    said = done.stdout.splitlines()
    assert {"schema.a.parser_lambda passed 0", "schema.parser_lambda passed 0"} <= set(said)
    assert [line for line in said if " passed " not in line] == ["schema.a.isin failed 1"]


def test_rules_behind_a_broken_parser_are_not_counted_as_kept(make, lake, tmp_path):
    rules = tmp_path / "rules.py"
    rules.write_text(
        "import pandera.pandas as pa\n"
        "schema = pa.DataFrameSchema({'id': pa.Column(int),\n"
        "    'a': pa.Column(str, pa.Check.isin(['x']), parsers=pa.Parser(lambda s: 1 / 0))})\n"
    )
    version = make(pd.DataFrame({"id": [1], "a": ["x"]}), "one", key=("id",))
    results = run_checks(lake, view_of(lake, version), schema=load_schema(rules), only=["schema"])
    found = next(result for result in results if result.code == "schema")
    said = "all 4 rules are kept; 1 could not be asked: schema.a.parser_lambda; 3 were not asked"
    assert (found.outcome, found.message) == ("error", said)


def test_hypotheses_are_asked_as_pandera_asks_them(towns, schema):
    rules = schema(
        """
        def spread(a, b):
            return a.max() - b.max(), 0.0
        def positive(statistic, p_value):
            return statistic > 0
        schema = pa.DataFrameSchema({
            "g": pa.Column(str),
            "n": pa.Column(float, [
                pa.Hypothesis(spread, samples=["a", "b"], groupby="g", relationship=positive, name="more"),
                pa.Hypothesis(spread, samples=["b", "a"], groupby="g", relationship=positive, name="less"),
            ]),
        })
        """
    )
    said = states(validate(towns, rules))
    assert (said["schema.n.more"][0], said["schema.n.less"][0]) == ("passed", "failed")


def test_an_index_without_a_name_is_about_no_column(towns, schema):
    said = states(validate(towns, schema("schema = pa.DataFrameSchema({'n': pa.Column(float)}, index=pa.Index(int))")))
    assert said["schema.index"] == ("not applicable", "The index has no name, so it is about no column of the dataset.")

"""The demo's files say the same thing: the data, the reviewer's truth, the rules, SOURCE.md and the schema."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path
from types import ModuleType

import pandas as pd
import pandera.pandas as pa
import pytest
from pandera.errors import SchemaErrors, SchemaWarning

ROOT = Path(__file__).parent.parent
ORIGINAL = ROOT.parent / "shared" / "data" / "plain_adult"
FILES = ("adult.csv", "adult_truth.csv", "adult_rules.csv")
CATEGORIES = (
    *("workclass", "education", "marital_status", "occupation"),
    *("relationship", "race", "sex", "native_country"),
)
PLANTED = {"flipped_label", "impossible_age", "spelling", "stray_space", "repeated_row"}


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(ROOT / "data" / name, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return read("adult.csv").set_index("person_id")


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    return read("adult_truth.csv")


@pytest.fixture(scope="module")
def rules() -> pd.DataFrame:
    return read("adult_rules.csv")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load(ROOT / "data" / "make_adult.py")


@pytest.fixture(scope="module")
def schema() -> pa.DataFrameSchema:
    return load(ROOT / "schemas" / "adult.py").schema


def load(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def reviewed(data: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Apply the truth cell by cell, each only to the value it expects."""
    mended = data.copy()
    for column, of_column in truth[truth.action == "set"].groupby("column"):
        assert mended.loc[of_column.person_id, column].tolist() == of_column.old.tolist()
        mended.loc[of_column.person_id, column] = of_column.new.to_numpy()
    return mended.drop(truth.loc[truth.action == "exclude", "person_id"])


def ruled(data: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """Apply the rules to every row."""
    mended = data.copy()
    for column, of_column in rules.groupby("column"):
        mended[column] = mended[column].replace(dict(zip(of_column.old, of_column.new, strict=True)))
    return mended


def stated(heading: str) -> dict[str, list[int]]:
    """Read the table of SOURCE.md with this heading: first cell → the numbers after it."""
    source = (ROOT / "data" / "SOURCE.md").read_text(encoding="utf-8")
    (body,) = re.findall(rf"{re.escape(heading)}\n.*\n((?:\|.*\|\n)+)", source)
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in body.splitlines()]
    return {first: [int(number) for number in numbers] for first, *numbers in cells}


def with_types(frame: pd.DataFrame) -> pd.DataFrame:
    """Give rows of text the types a reader would: numbers where all cells are numbers."""
    typed = frame.reset_index()
    for column in typed.columns.difference([*CATEGORIES, "income", "split"]):
        typed[column] = pd.to_numeric(typed[column]).astype("Int64" if column == "age" else "int64")
    return typed


def test_files_are_plain_and_small():
    for name in FILES:
        content = (ROOT / "data" / name).read_bytes()
        assert len(content) < 2_000_000
        assert b"\r" not in content and b'"' not in content and content.endswith(b"\n")
        content.decode("ascii")


def test_keys_are_unique_and_say_nothing(data):
    assert sorted(map(int, data.index)) == list(range(1, len(data) + 1))
    thirds = [set(part.split.unique()) for part in (data[:5000], data[5000:10000], data[10000:])]
    assert thirds == [{"train", "validation", "test"}] * 3


def test_source_md_counts_the_rows(data, truth):
    counted = {lane: [sum(data.split == lane)] for lane in ("train", "validation", "test")}
    counted |= {f'"?" in {column}': [sum(data[column] == "?")] for column in CATEGORIES if "?" in set(data[column])}
    twins = reviewed(data, truth).drop(columns=["income", "split"]).duplicated(keep=False)
    counted["equal in all features to another row of the source"] = [sum(twins)]
    assert stated("| rows | count |") == counted


def test_source_md_counts_the_errors(data, truth):
    lane = data.split.loc[truth.person_id].to_numpy()
    repeated = truth.person_id.isin(truth.loc[truth.action == "exclude", "person_id"])
    groups = (lane == "train", repeated, lane == "validation", lane == "test")
    counted = {kind: [sum((truth.kind == kind) & group) for group in groups] for kind in set(truth.kind)}
    assert stated("| kind | train | of these in repeated rows | validation | test |") == counted


def test_errors_are_planted_in_train_and_validation_only(data, truth):
    planted = truth[truth.kind.isin(PLANTED)]
    assert set(data.split.loc[planted.person_id]) == {"train", "validation"}
    of_test = truth[data.split.loc[truth.person_id].to_numpy() == "test"]
    assert set(of_test.kind) == {"label_stop"}
    assert len(of_test) == sum(data.split == "test")


def test_the_shares_of_flipped_labels_are_as_stated(data, truth):
    drawn = data.drop(truth.loc[truth.action == "exclude", "person_id"]).query("split != 'test'")
    right = reviewed(data, truth).income.loc[drawn.index]
    flipped = drawn.income != right
    assert flipped[right == "<=50K"].mean() == pytest.approx(0.20, abs=1e-4)
    assert flipped[right == ">50K"].mean() == pytest.approx(0.30, abs=3e-4)


def test_a_cell_has_one_error_and_every_error_shows(truth):
    wrong = truth[truth.action == "set"]
    assert not wrong.duplicated(["person_id", "column"]).any()
    assert (wrong.old != wrong.new).all()


def test_repeated_rows_equal_their_originals(data, truth):
    repeated = truth[truth.action == "exclude"]
    assert len(repeated) == 60 and repeated.repeats.is_unique
    pd.testing.assert_frame_equal(
        data.loc[repeated.person_id].reset_index(drop=True), data.loc[repeated.repeats].reset_index(drop=True)
    )
    assert set(data.split.loc[repeated.person_id]) == {"train"}


def test_truth_mends_everything_the_schema_can_see(data, truth, schema):
    mended = with_types(reviewed(data, truth))
    with pytest.warns(SchemaWarning, match="not_a_question_mark"):
        schema.validate(mended, lazy=True)
    assert len(mended) == 16_000


def test_rules_and_truth_agree(data, truth, rules):
    """Rules reach the same cells as the truth, but leave an age missing where the truth knows it."""
    by_rule, by_hand = ruled(data, rules), reviewed(data, truth)
    features = [column for column in data.columns if column != "income"]
    differing = by_rule.loc[by_hand.index, features] != by_hand[features]
    ages = truth.loc[truth.kind == "impossible_age", "person_id"]
    assert set(by_hand.index[differing.any(axis=1)]) == set(ages) & set(by_hand.index)
    assert list(differing.columns[differing.any()]) == ["age"]
    assert (by_rule.age.loc[ages] == "").all()
    pd.testing.assert_series_equal(by_rule.income, data.income.str.removesuffix("."))


def test_rules_and_truth_together_leave_no_planted_error(data, truth, rules):
    by_rule = ruled(data, rules)
    labels_and_rows = truth[truth.kind.isin({"flipped_label", "repeated_row"})]
    both, by_hand = reviewed(by_rule, labels_and_rows), reviewed(data, truth)
    pd.testing.assert_frame_equal(both.drop(columns="age"), by_hand.drop(columns="age"))


def test_each_rule_is_unambiguous_and_meets_a_row(data, rules):
    assert not rules.duplicated(["column", "old"]).any()
    assert rules.reason.ne("").all()
    assert (rules.new == "").equals(rules.column == "age")
    for column, of_column in rules.groupby("column"):
        assert set(of_column.old) <= set(data[column])
        assert not set(of_column.new) & set(of_column.old)


def test_the_script_documents_every_spelling(truth, script):
    documented = {(c, old, new) for c, of in script.SPELLINGS.items() for new, olds in of.items() for old in olds}
    spelled = truth.loc[truth.kind == "spelling", ["column", "old", "new"]].drop_duplicates()
    assert set(spelled.itertuples(index=False, name=None)) <= documented
    assert len({(column, old) for column, old, _ in documented}) == len(documented)


def original() -> Path:
    if not ORIGINAL.is_dir():
        pytest.skip("the original files of UCI Adult are not at ../shared/data/plain_adult")
    return ORIGINAL


def test_the_script_makes_the_same_files_again(tmp_path):
    command = [sys.executable, str(ROOT / "data" / "make_adult.py"), str(original()), str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (ROOT / "data" / name).read_bytes()
    for printed in run.stdout.strip().split("\n\n"):
        assert printed in (ROOT / "data" / "SOURCE.md").read_text(encoding="utf-8")


def test_every_reviewed_row_is_a_row_of_the_original(data, truth):
    lines = {
        lane: Counter((original() / name).read_text(encoding="ascii").splitlines())
        for lane, name in {"train": "adult.data", "test": "adult.test"}.items()
    }
    mended = reviewed(data, truth)
    mended.loc[mended.split == "test", "income"] += "."
    for lane, rows in mended.groupby(mended.split.replace("validation", "train")):
        drawn = Counter(", ".join(row) for row in rows.drop(columns="split").itertuples(index=False, name=None))
        assert drawn <= lines[lane]


def test_the_schema_file_holds_one_schema_and_imports_pandera_only():
    file = ROOT / "schemas" / "adult.py"
    imported = [
        node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    assert [alias.name for node in imported for alias in node.names] == ["pandera.pandas"]
    held = [
        value
        for value in vars(load(file)).values()
        if isinstance(value, pa.DataFrameSchema) or (isinstance(value, type) and issubclass(value, pa.DataFrameModel))
    ]
    assert len(held) == 1


def failures(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Column and check (without its arguments) of every failure case."""
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
        return sorted(zip(cases.column, cases.check.str.replace(r"\(.*", "", regex=True), strict=True))
    return []


@pytest.fixture
def good(data, truth) -> pd.DataFrame:
    """Three rows nobody could object to, one in each lane."""
    mended = reviewed(data, truth)
    known = mended[~mended.eq("?").any(axis=1)]
    return with_types(known.groupby("split").head(1))


def test_good_rows_pass(schema, good):
    assert failures(schema, good) == []


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("age", 0, ["in_range"]),
        ("age", -38, ["in_range"]),
        ("age", 999, ["in_range"]),
        ("age", pd.NA, []),
        ("fnlwgt", 0, ["greater_than"]),
        ("education_num", 17, ["in_range"]),
        ("hours_per_week", 100, ["in_range"]),
        ("capital_gain", -1, ["greater_than_or_equal_to"]),
        ("capital_loss", -1, ["greater_than_or_equal_to"]),
        ("workclass", "private", ["isin"]),
        ("workclass", " Private", ["isin", "no_blanks_around"]),
        ("native_country", "Usa", ["isin"]),
        ("education", "HS-grad ", ["isin", "no_blanks_around"]),
        ("education", "?", ["isin"]),
        ("sex", None, ["not_nullable"]),
        ("income", "<=50K.", ["isin"]),
        ("split", "holdout", ["isin"]),
    ],
)
def test_a_bad_cell_fails(schema, good, column, value, expected):
    good.loc[0, column] = value
    assert failures(schema, good) == [(column, check) for check in expected]


def test_a_repeated_key_fails(schema, good):
    good.loc[1, "person_id"] = good.loc[0, "person_id"]
    assert failures(schema, good) == [("person_id", "field_uniqueness")] * 2


@pytest.mark.parametrize("column", ["workclass", "occupation", "native_country"])
def test_a_question_mark_is_a_warning(schema, good, column):
    good.loc[0, column] = "?"
    with pytest.warns(SchemaWarning, match=f"'{column}' failed .* not_a_question_mark"):
        assert failures(schema, good) == []


def test_the_shipped_rows_fail_where_the_truth_says(schema, data, truth):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SchemaWarning)
        found = failures(schema, with_types(data))
    seen = truth[(truth.action == "set") & (truth.kind != "flipped_label")]
    expected = [(c, "in_range" if c == "age" else "isin") for c in seen.column]
    expected += [(c, "no_blanks_around") for c in seen.loc[seen.kind == "stray_space", "column"]]
    assert found == sorted(expected)
